/**
 * The interleaving: which hart has its turn, and for how many instructions. Turns outlast `run`, so
 * where a run is cut into slices changes nothing; their choice follows only from the machine's state
 * and the seed.
 */
import { unreachable } from "../base/errors.ts";
import type { SchedulePolicy } from "./api.ts";
import { Random } from "./random.ts";

/** Picks the next turn among the harts that can run. */
interface Policy {
  /** `candidates` is ascending and not empty. */
  next(candidates: readonly number[], last: number): { hart: number; length: number };
  readonly state: readonly number[];
}

/** Ascending hart numbers, a fixed length. */
class RoundRobin implements Policy {
  readonly state: readonly number[] = [];
  readonly #quantum: number;

  constructor(quantum: number) {
    this.#quantum = quantum;
  }

  next(candidates: readonly number[], last: number) {
    const hart = candidates.find((candidate) => candidate > last) ?? candidates[0]!;
    return { hart, length: this.#quantum };
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

  next(candidates: readonly number[]) {
    const hart = candidates[this.#random.below(candidates.length)]!;
    return { hart, length: 1 + this.#random.below(2 * this.#quantum - 1) };
  }
}

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
  readonly #candidates: number[] = [];

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

  /** Begins the next turn among the harts for which `runnable` holds; -1 when there is none. */
  pick(harts: number, runnable: (hart: number) => boolean): number {
    const candidates = this.#candidates;
    candidates.length = 0;
    for (let hart = 0; hart < harts; hart++) if (runnable(hart)) candidates.push(hart);
    if (candidates.length === 0) return -1;
    const { hart, length } = this.#policy.next(candidates, this.#last);
    this.#hart = hart;
    this.#last = hart;
    this.#left = length;
    return hart;
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
