/**
 * Runs the machine in slices, so that messages get their turn between them: a pause is answered
 * within a slice and what is already waiting in the host's queue.
 */
import { assert } from "../base/errors.ts";
import type { Machine, RunOutcome } from "../machine/api.ts";
import type { Environment } from "./api.ts";

/** How long a slice should take: far below the 100 ms within which a pause answers. */
const SLICE_MS = 10;
/** Past this a slow listener asks for the slice to end, whatever the instruction count says. */
const OVERDUE_MS = 25;
const FIRST_SLICE = 500_000;
const SMALLEST_SLICE = 2_000;
/** Generated code is only replaced by better code when a run returns. */
const LARGEST_SLICE = 4_000_000;

export interface Run {
  /** Harts that run while all others stand still; undefined: all. */
  readonly only?: readonly number[] | undefined;
  /** Instructions after which the run ends by itself. */
  readonly limit?: number | undefined;
}

export type RunEnd = RunOutcome | { readonly kind: "pause" };

export interface RunEvents {
  /** After each slice that is not the last one: output is flushed here. */
  slice(): void;
  /** Whether a stop that a listener asked for is a reason to end the run (or only the slice). */
  wanted(): boolean;
  ended(end: RunEnd): void;
  /** Nothing can happen in the machine without an outside input: it rests until `wake` or `pause`. */
  resting(): void;
  /** An error out of a listener or the machine: a bug of ours. The run is over. */
  failed(error: unknown): void;
}

export class Runner {
  readonly #machine: Machine;
  readonly #environment: Environment;
  readonly #events: RunEvents;
  #run: Run | undefined;
  #left = 0;
  #slice = FIRST_SLICE;
  #sliceBegan = 0;
  #pausing = false;
  #resting = false;
  #generation = 0;

  constructor(machine: Machine, environment: Environment, events: RunEvents) {
    this.#machine = machine;
    this.#environment = environment;
    this.#events = events;
  }

  get running(): boolean {
    return this.#run !== undefined;
  }

  start(run: Run): void {
    assert(!this.#run, "one run at a time");
    this.#run = run;
    this.#left = run.limit ?? Number.POSITIVE_INFINITY;
    this.#pausing = false;
    this.#resting = false;
    this.#defer();
  }

  /** Ends the run at the end of the current slice. */
  pause(): void {
    if (!this.#run) return;
    this.#pausing = true;
    this.#rouse();
  }

  /** Goes on after an outside input. */
  wake(): void {
    if (this.#run) this.#rouse();
  }

  /** Drops the run without a word: the session is over. */
  drop(): void {
    this.#run = undefined;
    this.#generation += 1;
  }

  /** For slow listeners: true when the slice has taken too long, and they should end it by answering true. */
  get overdue(): boolean {
    return this.#environment.now() - this.#sliceBegan > OVERDUE_MS;
  }

  #rouse(): void {
    if (!this.#resting) return;
    this.#resting = false;
    this.#defer();
  }

  #defer(): void {
    const generation = ++this.#generation;
    this.#environment.defer(() => {
      if (generation === this.#generation) this.#step();
    });
  }

  #step(): void {
    const run = this.#run;
    if (!run) return;
    if (this.#pausing) {
      this.#end({ kind: "pause" });
      return;
    }
    let outcome: RunOutcome;
    const instructions = Math.min(this.#slice, this.#left);
    this.#sliceBegan = this.#environment.now();
    const before = this.#machine.time;
    try {
      outcome = this.#machine.run(run.only ? { instructions, only: run.only } : { instructions });
    } catch (error) {
      this.#run = undefined;
      this.#events.failed(error);
      return;
    }
    this.#adapt(this.#environment.now() - this.#sliceBegan, this.#machine.time - before);
    this.#left -= this.#machine.time - before;
    const over =
      outcome.kind === "limit" ? this.#left <= 0 : outcome.kind !== "stop" || this.#events.wanted();
    if (outcome.kind === "idle" && !run.only) {
      this.#resting = true;
      this.#events.slice();
      this.#events.resting();
    } else if (over) this.#end(outcome);
    else {
      this.#events.slice();
      this.#defer();
    }
  }

  #end(end: RunEnd): void {
    this.#run = undefined;
    this.#events.ended(end);
  }

  /** Follows the speed by halves and doubles; a slice that ended early says little about it. */
  #adapt(milliseconds: number, instructions: number): void {
    if (milliseconds > 2 * SLICE_MS) this.#slice = Math.max(SMALLEST_SLICE, this.#slice >> 1);
    else if (milliseconds < SLICE_MS / 2 && instructions >= this.#slice) {
      this.#slice = Math.min(LARGEST_SLICE, this.#slice * 2);
    }
  }
}
