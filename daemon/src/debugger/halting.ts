/** What breakpoints, filters and steps share while the machine runs: how they ask for a stop. */
import { type Awareness, EVENT_FIELDS } from "../awareness/api.ts";
import { ownId } from "../awareness/ids.ts";
import type { Address } from "../base/brand.ts";
import type { Inspector, StackFrame } from "../inspect/api.ts";
import type { Hart, Machine } from "../machine/api.ts";
import type { Reason } from "./stops.ts";

export interface Halting {
  readonly machine: Machine;
  readonly inspector: Inspector;
  readonly awareness: Awareness;
  /** Adds a reason to the stop that the calling listener is about to ask for. */
  report(reason: Reason): void;
  /** A stop here shows the stack without so many of its innermost inlined levels. */
  show(hart: Hart, hidden: number): void;
  /** Whether this hart still stands where the user resumed: what stopped there must not stop again. */
  unmoved(hart: Hart): boolean;
  /** Whether the slice has taken so long that a slow listener should end it. */
  readonly overdue: boolean;
  /** A line for the user's console. */
  print(text: string): void;
}

/** Names in conditions of code and data breakpoints, the same as those of events. */
export const HIT_FIELDS: readonly string[] = EVENT_FIELDS;

/** The fields of a hit, worked out when a condition reads them. */
export class HitFields {
  readonly [name: string]: unknown;
  readonly hart: number | undefined;
  readonly pc: Address | undefined;
  readonly old: bigint | undefined;
  readonly new: bigint | undefined;
  readonly #halting: Halting;
  readonly #hart: Hart | undefined;

  constructor(halting: Halting, hart: Hart | undefined, change?: { old: bigint; new: bigint }) {
    this.#halting = halting;
    this.#hart = hart;
    this.hart = hart?.id;
    this.pc = hart?.pc;
    this.old = change?.old;
    this.new = change?.new;
  }
  get time(): number {
    return this.#halting.machine.time;
  }
  get thread(): number | undefined {
    return this.#hart && this.#halting.awareness.current(this.#hart).thread;
  }
  /** 0 in the kernel's own coroutines, as with events. */
  get process(): number | undefined {
    const now = this.#hart && this.#halting.awareness.current(this.#hart);
    return now?.process ?? (now?.coroutine === undefined ? undefined : 0);
  }
  /** As its process counts it. */
  get coroutine(): number | undefined {
    const id = this.#coroutine;
    return id === undefined ? undefined : ownId(id);
  }
  get #coroutine(): number | undefined {
    return this.#hart && this.#halting.awareness.current(this.#hart).coroutine;
  }
  get prio(): number | undefined {
    const coroutine = this.#coroutine;
    return coroutine === undefined
      ? undefined
      : this.#halting.awareness.coroutine(coroutine)?.priority;
  }
}

/** The innermost frame of a hart, unwound when first asked for. */
export function innermost(
  inspector: Inspector,
  hart: Hart | undefined,
): () => StackFrame | undefined {
  let frame: StackFrame | undefined;
  let known = false;
  return () => {
    if (known || !hart) return frame;
    known = true;
    for (const first of inspector.stack(hart)) {
      frame = first;
      break;
    }
    return frame;
  };
}
