/**
 * The interleaving: which hart has its turn, and for how many instructions. Turns outlast `run`, so
 * where a run is cut into slices changes nothing; their choice follows only from the machine's state
 * and the seed.
 */
import { unreachable } from "../base/errors.ts";
import type { MachineOptions } from "./api.ts";
import { Random } from "./random.ts";
import { PriorityPoints } from "./schedule-pct.ts";

/** Picks the next turn among the harts that can run. Harts are bits of a mask: no turn allocates. */
export interface Policy {
  /** One of the harts of a mask that is not empty. */
  hart(mask: number, last: number): number;
  /** Instructions of the turn; asked for after `hart`, once. */
  length(): number;
  /** So many instructions of the turn have retired. */
  spent(instructions: number): void;
  /** All that later choices follow from, by name. */
  save(): PolicyState;
  restore(state: PolicyState): void;
}

/** Which of these there are depends on the policy. */
export interface PolicyState {
  /** The generator's words. */
  readonly random?: readonly number[];
  readonly priorities?: readonly number[];
  readonly points?: readonly number[];
  readonly left?: number;
  readonly bottom?: number;
}

export interface ScheduleState {
  /** Whose turn it is, or -1; instructions it has left; who had the turn before. */
  readonly hart: number;
  readonly left: number;
  readonly last: number;
  readonly policy: PolicyState;
}

/** Ascending hart numbers, a fixed length. */
class RoundRobin implements Policy {
  readonly #quantum: number;

  constructor(quantum: number) {
    this.#quantum = quantum;
  }

  hart(mask: number, last: number): number {
    const later = last < 0 ? mask : mask & (-2 << last);
    return lowest(later === 0 ? mask : later);
  }

  length(): number {
    return this.#quantum;
  }

  spent(): void {}

  save(): PolicyState {
    return {};
  }

  restore(): void {}
}

/** Any hart that can run, for 1 to 2 * quantum - 1 instructions: quantum on average. */
class SeededRandom implements Policy {
  readonly #quantum: number;
  readonly #random: Random;

  constructor(quantum: number, seed: number) {
    this.#quantum = quantum;
    this.#random = new Random(seed);
  }

  hart(mask: number): number {
    let count = 0;
    for (let rest = mask; rest !== 0; rest &= rest - 1) count++;
    for (let skip = this.#random.below(count); skip > 0; skip--) mask &= mask - 1;
    return lowest(mask);
  }

  length(): number {
    return 1 + this.#random.below(2 * this.#quantum - 1);
  }

  spent(): void {}

  save(): PolicyState {
    return { random: this.#random.state };
  }

  restore({ random = [] }: PolicyState): void {
    this.#random.restore(random);
  }
}

/** The number of the lowest bit that is set. */
const lowest = (mask: number): number => 31 - Math.clz32(mask & -mask);

/** The options that decide the interleaving. */
export type ScheduleOptions = Pick<
  MachineOptions,
  "harts" | "schedule" | "quantum" | "seed" | "pctDepth" | "pctLength"
>;

function policyOf(options: ScheduleOptions): Policy {
  const { harts, schedule, quantum, seed, pctDepth, pctLength } = options;
  switch (schedule) {
    case "round-robin":
      return new RoundRobin(quantum);
    case "random":
      return new SeededRandom(quantum, seed);
    case "pct":
      return new PriorityPoints(harts, quantum, seed, { depth: pctDepth, length: pctLength });
    default:
      return unreachable(schedule);
  }
}

export class Schedule {
  readonly #policy: Policy;
  #hart = -1;
  #left = 0;
  #last = -1;

  constructor(options: ScheduleOptions) {
    this.#policy = policyOf(options);
  }

  /** Whose turn it is, or -1 between turns. */
  get hart(): number {
    return this.#hart;
  }

  /** Who had the last turn, or has this one. */
  get last(): number {
    return this.#last;
  }

  /** Instructions that the turn has left. */
  get left(): number {
    return this.#left;
  }

  /** Begins the next turn with one of the harts in the mask; -1 when it is empty. */
  pick(runnable: number): number {
    if (runnable === 0) return -1;
    this.#hart = this.#policy.hart(runnable, this.#last);
    this.#last = this.#hart;
    this.#left = this.#policy.length();
    return this.#hart;
  }

  /** The hart retired this many instructions of its turn. */
  spend(instructions: number): void {
    this.#left -= instructions;
    this.#policy.spent(instructions);
    if (this.#left <= 0) this.end();
  }

  end(): void {
    this.#hart = -1;
    this.#left = 0;
  }

  /** All that the rest of the interleaving follows from. */
  save(): ScheduleState {
    return {
      hart: this.#hart,
      left: this.#left,
      last: this.#last,
      policy: this.#policy.save(),
    };
  }

  restore({ hart, left, last, policy }: ScheduleState): void {
    this.#hart = hart;
    this.#left = left;
    this.#last = last;
    this.#policy.restore(policy);
  }
}
