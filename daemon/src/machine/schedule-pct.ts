/**
 * Probabilistic concurrency testing (Burckhardt, Kothari, Musuvathi, Nagarakatte: A Randomized
 * Scheduler with Probabilistic Guarantees of Finding Bugs, ASPLOS 2010). Harts have random distinct
 * priorities and the highest one that can run does; at d - 1 random points the hart that runs falls
 * below all others. A bug that takes d orderings to show is found with probability of at least
 * 1 / (n * k^(d-1)) for n harts and k steps.
 *
 * A kernel never ends by itself, and a hart that spins for a lock would starve its holder for ever.
 * So a run is a sequence of rounds of k instructions, each with priorities and points of its own.
 */
import { Random } from "./random.ts";
import type { Policy, PolicyState } from "./schedule.ts";

/** Orderings that a bug needs, and instructions of a round, when the user does not say. */
export const PCT_DEPTH = 3;
export const PCT_LENGTH = 100_000;

export class PriorityPoints implements Policy {
  readonly #quantum: number;
  readonly #depth: number;
  readonly #length: number;
  readonly #random: Random;
  /** By hart; the highest that can run has the turn. */
  #priorities: number[];
  /** Where in the round priorities change, ascending; those that have been passed are gone. */
  #points: number[] = [];
  /** Instructions that the round has left. */
  #left = 0;
  /** Below all priorities that are given. */
  #bottom = 0;

  constructor(
    harts: number,
    quantum: number,
    seed: number,
    { depth = PCT_DEPTH, length = PCT_LENGTH }: { depth?: number; length?: number } = {},
  ) {
    this.#quantum = quantum;
    this.#depth = depth;
    this.#length = length;
    this.#random = new Random(seed);
    this.#priorities = Array.from({ length: harts }, () => 0);
  }

  hart(mask: number, last: number): number {
    if (this.#left <= 0) this.#begin();
    while (this.#points.length > 0 && this.#points[0]! <= this.#length - this.#left) {
      this.#points.shift();
      if (last >= 0) this.#priorities[last] = --this.#bottom;
    }
    let best = -1;
    for (let hart = 0; hart < this.#priorities.length; hart++) {
      if (!((mask >>> hart) & 1)) continue;
      if (best < 0 || this.#priorities[hart]! > this.#priorities[best]!) best = hart;
    }
    return best;
  }

  /** To the next point, or until priorities are compared again: a hart may have woken meanwhile. */
  length(): number {
    const point = this.#points[0] ?? this.#length;
    return Math.min(this.#quantum, point - (this.#length - this.#left), this.#left);
  }

  spent(instructions: number): void {
    this.#left -= instructions;
  }

  save(): PolicyState {
    return {
      random: this.#random.state,
      priorities: [...this.#priorities],
      points: [...this.#points],
      left: this.#left,
      bottom: this.#bottom,
    };
  }

  restore({ random = [], priorities = [], points = [], left = 0, bottom = 0 }: PolicyState): void {
    this.#random.restore(random);
    this.#priorities = [...priorities];
    this.#points = [...points];
    this.#left = left;
    this.#bottom = bottom;
  }

  /** A round: a random permutation of priorities, and d - 1 points anywhere in it. */
  #begin(): void {
    const harts = this.#priorities.length;
    for (let hart = 0; hart < harts; hart++) this.#priorities[hart] = hart + 1;
    for (let last = harts - 1; last > 0; last--) {
      const other = this.#random.below(last + 1);
      const priority = this.#priorities[last]!;
      this.#priorities[last] = this.#priorities[other]!;
      this.#priorities[other] = priority;
    }
    this.#points = Array.from(
      { length: this.#depth - 1 },
      () => 1 + this.#random.below(this.#length),
    ).sort((a, b) => a - b);
    this.#left = this.#length;
    this.#bottom = 0;
  }
}
