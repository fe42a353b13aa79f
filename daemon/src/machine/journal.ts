/**
 * The journal: every input from outside of the machine, each with the exact place in the run where
 * it came. Image, options and journal make a run repeat.
 */
import type { MachineTime, PhysicalAddress } from "../base/brand.ts";
import { assert } from "../base/errors.ts";

/**
 * A place in a run that running there again leads to. Machine time alone is none: a trap takes no
 * time, and time that is skipped while all harts wait is no instruction's.
 */
export interface Position {
  /** Instructions retired and traps taken since reset, by all harts. */
  readonly step: number;
  /** The hart that has the turn has been chosen; otherwise that comes next. */
  readonly inTurn: boolean;
}

export type OutsideInput =
  /** Typed at the guest's console. */
  | { readonly kind: "console"; readonly bytes: Uint8Array }
  /** `pc`, or `x0` to `x31`. */
  | {
      readonly kind: "register";
      readonly hart: number;
      readonly register: string;
      readonly value: bigint;
    }
  | { readonly kind: "memory"; readonly address: PhysicalAddress; readonly bytes: Uint8Array }
  | { readonly kind: "freeze"; readonly hart: number; readonly frozen: boolean }
  /** From here on these harts alone run; undefined: all. */
  | { readonly kind: "only"; readonly harts: readonly number[] | undefined };

export interface JournalEntry {
  readonly time: MachineTime;
  readonly at: Position;
  readonly input: OutsideInput;
}

/** Inputs in the order in which they came, up to a place in the run. */
export interface Journal {
  readonly entries: readonly JournalEntry[];
  readonly end: Position;
}

/** The entries up to one, as a list that snapshots share. */
export interface Past {
  readonly entry: JournalEntry;
  readonly before: Past | undefined;
  readonly length: number;
}

interface InputParts {
  readonly position: () => Position;
  readonly time: () => MachineTime;
  /** Whether running has led to this place, or past it. */
  readonly reached: (at: Position) => boolean;
  readonly apply: (input: OutsideInput) => void;
}

/** Applies inputs as they come, keeps them, and feeds those of a journal at their places. */
export class Inputs {
  readonly #parts: InputParts;
  #past: Past | undefined;
  /** What is replayed; undefined: inputs come from outside. */
  #replay: Journal | undefined;
  #next = 0;
  readonly #deferred: OutsideInput[] = [];

  constructor(parts: InputParts) {
    this.#parts = parts;
  }

  /** An input from outside, now. What a replay would still have fed is no longer true, and dropped. */
  add(input: OutsideInput): void {
    this.#replay = undefined;
    this.#enter(input);
  }

  /** An input that comes in the middle of an instruction: it counts from the end of it on. */
  defer(input: OutsideInput): void {
    this.#deferred.push(input);
  }

  /** The instruction has ended. */
  settle(): void {
    if (this.#deferred.length === 0) return;
    for (const input of this.#deferred.splice(0)) this.add(input);
  }

  get journal(): Journal {
    const entries: JournalEntry[] = new Array(this.#past?.length ?? 0);
    for (let past = this.#past; past !== undefined; past = past.before) {
      entries[past.length - 1] = past.entry;
    }
    return { entries, end: this.#parts.position() };
  }

  get past(): Past | undefined {
    return this.#past;
  }

  /** The machine is where it was when `past` was all that had come. */
  restore(past: Past | undefined): void {
    this.#past = past;
    this.#replay = undefined;
    this.#deferred.length = 0;
  }

  /** The journal begins with what has come already; the rest is fed as its places are reached. */
  replay(journal: Journal): void {
    const next = this.#past?.length ?? 0;
    assert(next <= journal.entries.length, "the journal replayed goes on from what has come");
    this.#replay = journal;
    this.#next = next;
    const ahead = this.next!;
    const { step } = this.#parts.position();
    assert(step <= ahead.step, "the machine has not passed the journal's next input");
  }

  /** The next place where something is fed, or where the replay ends. */
  get next(): Position | undefined {
    const replay = this.#replay;
    return replay && (replay.entries[this.#next]?.at ?? replay.end);
  }

  /** Feeds what is due here. True when the replay has ended with it. */
  feed(): boolean {
    for (let replay = this.#replay; replay !== undefined; replay = this.#replay) {
      const entry = replay.entries[this.#next];
      if (!this.#parts.reached(entry?.at ?? replay.end)) return false;
      if (entry === undefined) {
        this.#replay = undefined;
        return true;
      }
      this.#next += 1;
      this.#enter(entry.input);
    }
    return false;
  }

  #enter(input: OutsideInput): void {
    const { position, time, apply } = this.#parts;
    const entry: JournalEntry = { time: time(), at: position(), input };
    this.#past = { entry, before: this.#past, length: (this.#past?.length ?? 0) + 1 };
    apply(input);
  }
}
