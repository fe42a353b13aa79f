/**
 * Shapes of the daemon's custom requests as the extension reads them. Addresses and 64-bit values
 * are hex strings, machine time is a decimal string, lines are 1-based; whatever is not known is
 * absent, and then not shown.
 */

/** A place in a source file of this host. */
export interface Place {
  readonly path: string;
  readonly line: number;
}

export interface Hart {
  readonly id: number;
  readonly state: string;
  readonly privilege: string;
  readonly pc: string;
  readonly thread?: number;
  readonly process?: number;
  readonly coroutine?: number;
  readonly frozen: boolean;
  readonly instructions: number | string;
  /** The DAP thread that stands for this hart. */
  readonly threadId?: number;
  /** The function at pc, and where that is. */
  readonly name?: string;
  readonly path?: string;
  readonly line?: number;
}

export interface Thread {
  readonly id: number;
  readonly name: string;
  readonly kind: string;
  readonly state: string;
  readonly priority?: number;
  readonly hart?: number;
  readonly process?: number;
  readonly coroutine?: number;
}

export interface Coroutine {
  readonly id: number;
  readonly name: string;
  readonly state: string;
  readonly priority?: number;
  readonly executor?: number;
  readonly thread?: number;
  readonly hart?: number;
  readonly awaiting?: Place;
  readonly spawnedAt?: Place;
  readonly polls?: number;
  readonly wakes?: number;
}

export interface CoroutinePage {
  /** How many match the filter, shown or not. */
  readonly total: number;
  readonly coroutines: readonly Coroutine[];
}

export interface AwaitFrame {
  readonly name: string;
  readonly path?: string;
  readonly line?: number;
  readonly address?: string;
  readonly note?: string;
  /** Not a frame but a remark between frames, e.g. where the coroutine was spawned. */
  readonly label?: boolean;
  /** As in DAP `scopes`: the values alive across the await, or 0. */
  readonly variablesReference?: number;
}

export interface Executor {
  readonly id: number;
  readonly name: string;
  readonly mode: string;
  readonly queues: readonly {
    readonly priority: number;
    /** Those at its front. */
    readonly coroutines: readonly number[];
    /** How many are in it. */
    readonly count: number;
    /** Whether the bitmap says that this queue has something ready. */
    readonly bit?: boolean;
  }[];
  readonly wakers: readonly { readonly coroutine: number; readonly address: string }[];
  readonly wakerCount: number;
  readonly current?: number;
}

export interface Bitmap {
  readonly name: string;
  readonly address: string;
  readonly value: string;
  /** Priorities whose bit is set. */
  readonly bits: readonly number[];
  readonly owner: string;
}

/** A DAP variable, as far as a tree shows it. */
export interface Variable {
  readonly name: string;
  readonly value: string;
  readonly type?: string;
  readonly variablesReference: number;
}
