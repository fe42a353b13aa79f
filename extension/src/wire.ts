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

/** A number for the kernel's own coroutines, `3:17` for those of process 3. */
export type CoroutineId = number | string;

export interface Hart {
  readonly id: number;
  readonly state: string;
  readonly privilege: string;
  readonly pc: string;
  readonly thread?: number;
  readonly process?: number;
  readonly coroutine?: CoroutineId;
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
  /** Of the DAP thread that stands for it, while one does. */
  readonly threadId?: number;
  readonly name: string;
  readonly kind: string;
  readonly state: string;
  readonly priority?: number;
  readonly hart?: number;
  readonly process?: number;
  readonly coroutine?: CoroutineId;
}

export interface Process {
  readonly id: number;
  readonly name: string;
  /** The file that it runs. */
  readonly path?: string;
  readonly state: string;
  readonly parent?: number;
  /** Physical address of its root page table. */
  readonly root?: string;
  readonly exitCode?: number;
  /** The ELF that it runs. */
  readonly module?: number;
}

/** What the page table of a process maps. */
export interface AddressSpace {
  readonly total: number;
  readonly ranges: readonly {
    readonly start: string;
    readonly end: string;
    /** Where it stands, if in one piece. */
    readonly physical?: string;
    readonly flags: string;
    readonly user: boolean;
  }[];
}

/** An ELF of the session. */
export interface Module {
  readonly id: number;
  readonly name: string;
  /** A program, in address spaces of its own. */
  readonly user: boolean;
  readonly symbolStatus: string;
  readonly ranges: readonly {
    readonly start: string;
    readonly end: string;
    readonly flags: string;
  }[];
  /** That run it. */
  readonly processes: readonly number[];
}

/** What a suspended coroutine waits for; see docs/dap.md. */
export interface Wait {
  readonly kind: "timer" | "coroutine" | "call" | "lock" | "device" | "event" | "turn" | "any";
  readonly what?: string;
  readonly coroutine?: CoroutineId;
  readonly thread?: number;
  /** Ticks of the guest's clock, and microseconds from now. */
  readonly deadline?: string;
  readonly left?: number;
  readonly of?: readonly Wait[];
}

/** Events of one coroutine that stop the machine. */
export const COROUTINE_STOPS = ["wake", "poll", "complete"] as const;
export type CoroutineStop = (typeof COROUTINE_STOPS)[number];

export type Grouping = "executor" | "state" | "priority" | "process" | "function";

export interface CoroutineGroup {
  readonly key: string;
  readonly label: string;
  readonly count: number;
}

export interface Coroutine {
  readonly id: CoroutineId;
  /** Of the DAP thread that stands for it, while one does. */
  readonly threadId?: number;
  readonly process?: number;
  readonly name: string;
  readonly state: string;
  readonly priority?: number;
  readonly executor?: number;
  readonly thread?: number;
  readonly hart?: number;
  readonly awaiting?: Place;
  readonly waitsFor?: Wait;
  /** How many instructions it has been ready for. */
  readonly readyFor?: number;
  readonly breakOn?: readonly CoroutineStop[];
  readonly pinned?: boolean;
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
  readonly process?: number;
  readonly name: string;
  readonly mode: string;
  readonly queues: readonly {
    readonly priority: number;
    /** Those at its front. */
    readonly coroutines: readonly CoroutineId[];
    /** How many are in it. */
    readonly count: number;
    /** Whether the bitmap says that this queue has something ready. */
    readonly bit?: boolean;
  }[];
  readonly wakers: readonly { readonly coroutine: CoroutineId; readonly address: string }[];
  readonly wakerCount: number;
  readonly current?: CoroutineId;
  /** Results of system calls that it has not read yet. */
  readonly callbacks?: number;
  /** The same one by one, the oldest first. */
  readonly unread?: readonly Callback[];
}

/** The result of a system call. */
export interface Callback {
  /** Who made the call. */
  readonly coroutine?: CoroutineId;
  readonly result?: number;
  /** The error that it stands for. */
  readonly error?: string;
}

export interface BitmapBit {
  readonly bit: number;
  readonly set: boolean;
  /** How many stand in its queue, and the first of them. */
  readonly members?: number;
  readonly coroutines: readonly CoroutineId[];
  readonly threads: readonly number[];
  readonly verdict: "agrees" | "differs" | "being updated" | "not checked";
  /** How it differs from its queue. */
  readonly problem?: string;
  /** The machine stops when it changes. */
  readonly breaks?: boolean;
}

export interface Bitmap {
  readonly name: string;
  readonly process?: number;
  readonly address: string;
  readonly value: string;
  /** Priorities whose bit is set. */
  readonly bits: readonly number[];
  readonly owner: string;
  readonly meaning?: string;
  readonly lock?: { readonly held: boolean; readonly hart?: number };
  readonly checked: readonly BitmapBit[];
}

/** A DAP variable, as far as a tree shows it. */
export interface Variable {
  readonly name: string;
  readonly value: string;
  readonly type?: string;
  readonly memoryReference?: string;
  readonly variablesReference: number;
}
