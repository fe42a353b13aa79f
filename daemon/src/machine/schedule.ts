/**
 * The interleaving: which hart has its turn, and for how many instructions. Turns outlast `run`, so
 * where a run is cut into slices changes nothing; their choice follows only from the machine's state
 * and the seed.
 */
import { unreachable } from "../base/errors.ts";
import type { SchedulePolicy } from "./api.ts";
import { Random } from "./random.ts";

/** Picks the next turn among the harts that can run. Harts are bits of a mask: no turn allocates. */
interface Policy {
  /** One of the harts of a mask that is not empty. */
  hart(mask: number, last: number): number;
  /** Instructions of the turn; asked for after `hart`, once. */
  length(): number;
  readonly state: readonly number[];
}

/** Ascending hart numbers, a fixed length. */
class RoundRobin implements Policy {
  readonly state: readonly number[] = [];
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
}

/** Any hart that can run, for 1 to 2 * quantum - 1 instructions: quantum on average. */
class SeededRandom implements Policy {
  readonly #quantum: number;
  readonly #random: Random;

  constructor(quantum: number, seed: number) {
    this.#quantum = quantum;
    this.#random = new Random(seed);
  }

  get state(): readonly number[] {
    return this.#random.state;
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
}

/** The number of the lowest bit that is set. */
const lowest = (mask: number): number => 31 - Math.clz32(mask & -mask);

function policyOf(schedule: SchedulePolicy, quantum: number, seed: number): Policy {
  switch (schedule) {
    case "round-robin":
      return new RoundRobin(quantum);
    case "random":
      return new SeededRandom(quantum, seed);
    default:
      return unreachable(schedule);
  }
}

export class Schedule {
  readonly #policy: Policy;
  #hart = -1;
  #left = 0;
  #last = -1;

  constructor(schedule: SchedulePolicy, quantum: number, seed: number) {
    this.#policy = policyOf(schedule, quantum, seed);
  }

  /** Whose turn it is, or -1 between turns. */
  get hart(): number {
    return this.#hart;
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
    if (this.#left <= 0) this.end();
  }

  end(): void {
    this.#hart = -1;
    this.#left = 0;
  }

  /** All that the rest of the interleaving follows from. */
  get state(): readonly number[] {
    return [this.#hart, this.#left, this.#last, ...this.#policy.state];
  }
}
