/**
 * The kernel's own world out of the machine's: threads, coroutines, queues, bitmaps, and scheduling
 * events. A profile (data) says where they are; what it does not describe is unknown.
 */
import type { Address, MachineTime, PhysicalAddress } from "../base/brand.ts";
import type { Disposable } from "../base/disposable.ts";
import type { Condition, Module, StackFrame, Value } from "../inspect/api.ts";
import type { Hart } from "../machine/api.ts";
import type { SourceLocation, StructType, SymbolFile } from "../symbols/api.ts";

export const EVENT_KINDS = [
  "wake",
  "waker.clone",
  "waker.drop",
  "bitmap",
  "spawn",
  "poll",
  "pending",
  "complete",
  "migrate",
  "thread.switch",
  "thread.block",
  "process.switch",
  "syscall",
  "trap",
  "interrupt",
  "ipi",
  "panic",
] as const;
export type EventKind = (typeof EVENT_KINDS)[number];

/**
 * One scheduling fact. Fields that do not apply or are not known are undefined. For wakes
 * `coroutine` is the woken one (as ids.ts counts them); for switches `old` and `new` are thread ids;
 * for bitmaps the words. `process` is whose the coroutine is (undefined: the kernel's own); of facts
 * without a coroutine, what the hart runs.
 */
export interface SchedulingEvent {
  readonly time: MachineTime;
  readonly hart: number | undefined;
  readonly kind: EventKind;
  readonly thread: number | undefined;
  readonly process: number | undefined;
  readonly coroutine: number | undefined;
  readonly prio: number | undefined;
  /** For bitmap events: the lowest bit that changed. */
  readonly bit: number | undefined;
  readonly old: bigint | undefined;
  readonly new: bigint | undefined;
  readonly pc: Address | undefined;
  /** For bitmap events: which one, by the profile's name. */
  readonly bitmap?: string | undefined;
  /** For spawns: what the coroutine runs, as CoroutineInfo.name; for system calls and processes, theirs. */
  readonly name?: string | undefined;
}

/** Names that a condition on events may use without a frame. */
export const EVENT_FIELDS = [
  "time",
  "hart",
  "thread",
  "process",
  "coroutine",
  "prio",
  "bit",
  "old",
  "new",
  "pc",
  "bitmap",
] as const;

export interface ProcessInfo {
  readonly id: number;
  readonly name: string;
  /** The file that it runs. */
  readonly path: string | undefined;
  readonly state: string;
  readonly parent: number | undefined;
  /** Of its root page table. */
  readonly root: PhysicalAddress | undefined;
  readonly exitCode: number | undefined;
}

export type CoroutineState = "ready" | "running" | "waiting" | "done";

export interface ThreadInfo {
  readonly id: number;
  readonly name: string;
  readonly kind: string;
  readonly state: string;
  readonly priority: number | undefined;
  readonly hart: number | undefined;
  readonly process: number | undefined;
  readonly coroutine: number | undefined;
}

export const WAIT_KINDS = [
  "timer",
  "coroutine",
  "call",
  "lock",
  "device",
  "event",
  "turn",
  "any",
] as const;

/** What a coroutine waits for, as its innermost future says; what is not known is undefined. */
export interface Wait {
  /**
   * `call`: for the kernel to answer. `turn`: only for others to run first. `any`: whichever of `of`
   * comes first.
   */
  readonly kind: (typeof WAIT_KINDS)[number];
  /** In words: `a message`. Of a call, its name. */
  readonly what: string | undefined;
  /** Of a timer, in ticks of the guest's `time`. */
  readonly deadline: number | undefined;
  /**
   * Whose end is awaited, which of the kernel's does the call, or who holds the lock; ids as those of
   * CoroutineInfo.
   */
  readonly coroutine: number | undefined;
  /** The thread that holds the lock. */
  readonly thread: number | undefined;
  readonly of: readonly Wait[];
}

export const GROUPINGS = ["executor", "state", "priority", "process", "function"] as const;
export type Grouping = (typeof GROUPINGS)[number];

/** Coroutines that have one thing in common. */
export interface CoroutineGroup {
  /** For `CoroutineQuery.group`. */
  readonly key: string;
  /** What they have in common, as people read it. */
  readonly label: string;
  readonly count: number;
}

export interface CoroutineInfo {
  /** Unique in the machine: see ids.ts. */
  readonly id: number;
  /** Whose it is; undefined: the kernel's. */
  readonly process: number | undefined;
  /** The async fn as users name it, e.g. `ring::runner`. */
  readonly name: string;
  readonly state: CoroutineState | "unknown";
  readonly priority: number | undefined;
  readonly executor: number | undefined;
  readonly thread: number | undefined;
  readonly hart: number | undefined;
  readonly awaiting: SourceLocation | undefined;
  /** While it waits. */
  readonly waitsFor: Wait | undefined;
  readonly spawnedAt: SourceLocation | undefined;
  readonly polls: number | undefined;
  readonly wakes: number | undefined;
}

/** One frame of a suspended coroutine's await stack, innermost first. */
export interface AwaitFrame {
  readonly name: string;
  readonly location: SourceLocation | undefined;
  readonly address: Address | undefined;
  /** `suspended`, `not started`, `finished`, `panicked`; or why the chain cannot be followed further. */
  readonly note: string | undefined;
  readonly environment: StructType | undefined;
  /** Values alive across the await. */
  variables(): readonly Value[];
}

/** A future of a chain of awaits, as all coroutines in that chain have it. */
export interface ChainFrame {
  readonly name: string;
  readonly location: SourceLocation | undefined;
  /** `not started`, `finished`, `panicked`, or why the chain cannot be followed further. */
  readonly note: string | undefined;
}

/** Coroutines that are suspended in the same futures, each at the same `.await`. */
export interface AwaitChain {
  /** Innermost first. */
  readonly frames: readonly ChainFrame[];
  readonly counts: { readonly ready: number; readonly waiting: number; readonly unknown: number };
  /** Ids of the first few. */
  readonly coroutines: readonly number[];
}

export interface AwaitChains {
  readonly chains: readonly AwaitChain[];
  /** Coroutines in the middle of a poll: their frames are on the stacks of harts and threads. */
  readonly polled: number;
}

export interface ExecutorInfo {
  readonly id: number;
  /** Whose it is; undefined: the kernel's. */
  readonly process: number | undefined;
  readonly name: string;
  readonly mode: string;
  readonly queues: readonly ReadyQueue[];
  /** Those at the front of the cache, in its order. */
  readonly wakers: readonly { readonly coroutine: number; readonly address: Address }[];
  /** How many there are, listed or not. */
  readonly wakerCount: number;
  readonly current: number | undefined;
  /** Results of system calls that it has not read yet. */
  readonly callbacks: number | undefined;
  /** The same one by one, the oldest first; undefined where the profile does not describe them. */
  readonly unread: readonly Callback[] | undefined;
}

/** A system call is done, and nobody has looked yet. */
export interface Callback {
  /** Who made the call. */
  readonly coroutine: number | undefined;
  /** What the call returned. */
  readonly result: number | undefined;
  /** The error that the result stands for. */
  readonly error: string | undefined;
}

export interface ReadyQueue {
  readonly priority: number;
  /** Those at its front, in order. */
  readonly coroutines: readonly number[];
  /** How many are in it, listed or not. */
  readonly count: number;
}

export interface BitmapInfo {
  readonly name: string;
  readonly address: Address;
  readonly value: bigint;
  /** Whose it is; undefined: the kernel's. */
  readonly process: number | undefined;
  /** Priorities whose bit is set. */
  readonly bits: readonly number[];
  readonly owner: string;
  /** How many bits it has. */
  readonly width: number;
  /** What a set bit says. */
  readonly meaning: string | undefined;
}

/** A bit, what stands in its queue, and whether the two say the same. */
export interface BitmapBit {
  readonly bit: number;
  readonly set: boolean;
  /** How many stand in its queue, and the first of them; undefined where no queue is known. */
  readonly members: number | undefined;
  readonly coroutines: readonly number[];
  readonly threads: readonly number[];
  /** `being updated`: they differ, and the lock is held. `not checked`: what it takes is not known. */
  readonly verdict: "agrees" | "differs" | "being updated" | "not checked";
  /** How they differ. */
  readonly problem: string | undefined;
}

export interface CheckedBitmap extends BitmapInfo {
  /** The lock that guards it, where that is known. */
  readonly lock: { readonly held: boolean; readonly hart: number | undefined } | undefined;
  readonly checked: readonly BitmapBit[];
}

export interface CoroutineQuery {
  /** `state:waiting prio:<3 hart:1 text`; undefined: all. */
  readonly filter?: string | undefined;
  readonly start?: number | undefined;
  readonly count?: number | undefined;
  /** Only those of one group. */
  readonly group?: { readonly by: Grouping; readonly key: string } | undefined;
  /** By a number for each, the least first; those without one follow as they come. */
  readonly rank?: ((id: number) => number | undefined) | undefined;
}

/** A line with an `.await` at which coroutines are suspended. */
export interface AwaitSite {
  readonly location: SourceLocation;
  readonly count: number;
  /** Ids of the first few. */
  readonly coroutines: readonly number[];
}

export interface Awareness {
  /** The profile in use, and what it leaves unknown. */
  readonly profile: { readonly name: string; readonly gaps: readonly string[] } | undefined;
  threads(): readonly ThreadInfo[];
  /** Empty where the profile does not describe processes. */
  processes(): readonly ProcessInfo[];
  /** Which program a process runs, where its symbols are known. */
  programOf(process: number): Module | undefined;
  /** The satp under which a process runs; undefined when there is no such process. */
  spaceOf(process: number): bigint | undefined;
  /**
   * Symbols of a program: of every process whose path ends in `name`. It is among the inspector's
   * modules from now on, so that breakpoints may be set before it runs.
   */
  addProgram(name: string, symbols: SymbolFile): Module;
  /**
   * Symbols of what every process has beside its program: before the programs. Where the kernel runs
   * the same code, as the profile says of the library of this name, they are the kernel's there, too.
   */
  addLibrary(name: string, symbols: SymbolFile): Module;
  /**
   * A process that a hart enters for the first time, before it executes anything there, or whose
   * address space is a new one.
   */
  onProcess(
    listener: (process: { readonly id: number; readonly path: string | undefined }) => void,
  ): Disposable;
  /** Between runs: memory may have been changed by others than the guest. */
  forget(): void;
  coroutines(query?: CoroutineQuery): {
    readonly total: number;
    readonly coroutines: readonly CoroutineInfo[];
  };
  coroutine(id: number): CoroutineInfo | undefined;
  /** How many coroutines that the filter lets through have one thing in common. */
  groups(by: Grouping, filter: string | undefined): readonly CoroutineGroup[];
  /** With at most `members` of each queue and waker cache; left out: all that a screen could ever show. */
  executors(members?: number): readonly ExecutorInfo[];
  bitmaps(): readonly BitmapInfo[];
  /** The same with what stands behind each bit. */
  checkBitmaps(): readonly CheckedBitmap[];
  /** What a hart runs now. */
  current(hart: Hart): {
    readonly thread: number | undefined;
    readonly process: number | undefined;
    readonly coroutine: number | undefined;
  };
  /** The await chain of a coroutine that is not running; a running one has its machine stack. */
  awaitStack(coroutine: number): readonly AwaitFrame[];
  /**
   * The await chains of all coroutines that nobody polls, merged where they are equal, with the ids
   * of the first `samples` of each.
   */
  chains(samples: number): AwaitChains;
  /** The machine stack of a thread that is not running, from its saved context. */
  threadStack(thread: number): Iterable<StackFrame>;
  /** How many coroutines of each environment type live, by state, and where they stand. */
  census(): readonly {
    readonly name: string;
    readonly location: SourceLocation;
    readonly counts: Readonly<Record<CoroutineState, number>>;
    /** How often those were polled whose own body it is; undefined where the kernel does not count. */
    readonly polls: number | undefined;
    /** Where some are suspended: at an `.await`, waiting or ready to go on from there. */
    readonly awaits: readonly AwaitSite[];
  }[];
  /** Kinds that this kernel can report, with the reason for those it cannot. */
  readonly available: ReadonlyMap<EventKind, true | string>;
  /**
   * Hooks the given kinds. The listener runs as the event happens (inside the machine's run) and
   * answers true to stop there. Kinds nobody listens to cost nothing. With `where` (a condition over
   * EVENT_FIELDS) only the fields it names are worked out until it holds: hot filters belong there.
   */
  listen(
    kinds: readonly EventKind[],
    listener: (event: SchedulingEvent) => boolean,
    where?: Condition,
  ): Disposable;
  /** Counts the given kinds from now on, and works nothing else out of them. */
  count(kinds: readonly EventKind[]): EventCounts;
}

export interface EventCounts extends Disposable {
  /** Of each kind so far; of kinds that are not counted: 0. */
  of(kind: EventKind): number;
}
