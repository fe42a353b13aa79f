/** What the page of the parallel stacks and the extension say to each other (docs/dap.md, Parallel stacks). */
import type { CoroutineId, Place } from "../wire.ts";

export const KINDS = ["hart", "thread", "coroutine"] as const;
export type StackKind = (typeof KINDS)[number];

export interface Counts {
  readonly harts: number;
  readonly threads: number;
  readonly coroutines: number;
}

export interface StackFrame {
  readonly name: string;
  readonly path?: string;
  readonly line?: number;
  readonly note?: string;
}

export interface StackBox {
  readonly id: number;
  readonly parent?: number;
  /** Innermost first. */
  readonly frames: readonly StackFrame[];
  readonly through: Counts;
  readonly harts: readonly {
    readonly id: number;
    readonly coroutine?: CoroutineId;
    readonly threadId?: number;
  }[];
  readonly threads: readonly {
    readonly id: number;
    readonly name: string;
    readonly state: string;
    readonly threadId?: number;
  }[];
  readonly coroutines?: {
    readonly ready: number;
    readonly waiting: number;
    readonly unknown: number;
    readonly ids: readonly CoroutineId[];
  };
}

export interface StacksBody {
  readonly boxes: readonly StackBox[];
  readonly total: Counts;
  readonly found: Counts;
  readonly polled: number;
  readonly notShown: {
    readonly stacks: number;
    readonly coroutines: number;
    readonly threads: number;
  };
}

export interface StacksQuery {
  readonly kinds: readonly StackKind[];
  readonly filter?: string;
}

export type FromStacks =
  | { readonly type: "open"; readonly place: Place }
  /** Show this thread in the Call Stack. */
  | { readonly type: "focus"; readonly threadId: number }
  /** Show these in the Coroutines view. */
  | { readonly type: "coroutines"; readonly ids: readonly CoroutineId[] };
