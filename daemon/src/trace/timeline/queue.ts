/** How many coroutines were ready, over machine time: a list of changes, with sums at each 32nd. */
import type { EventReader } from "./events.ts";
import { growingDoubles, growingInts } from "./growing.ts";
import { trim } from "./marks.ts";

const STEP_BITS = 5;
const STEP = 1 << STEP_BITS;

export class Queue {
  readonly #events: EventReader;
  readonly #cursors = growingInts();
  /** The length from a change on. */
  readonly #lengths = growingInts();
  /** By block of 32 changes: the sum of length times instructions before it, and the longest in it. */
  readonly #areas = growingDoubles();
  readonly #peaks = growingInts();
  #area = 0;
  #since = 0;
  #length = 0;

  constructor(events: EventReader) {
    this.#events = events;
  }

  change(cursor: number, time: number, by: 1 | -1): void {
    this.#area += this.#length * (time - this.#since);
    this.#since = time;
    // What was ready before the recording began is not known: never less than nothing.
    this.#length = Math.max(0, this.#length + by);
    const index = this.#cursors.end;
    this.#cursors.push(cursor);
    this.#lengths.push(this.#length);
    if ((index & (STEP - 1)) === 0) {
      this.#areas.push(this.#area);
      this.#peaks.push(this.#length);
    } else if (this.#length > this.#peaks.at(index >>> STEP_BITS)) {
      this.#peaks.set(index >>> STEP_BITS, this.#length);
    }
  }

  trim(): void {
    if (!trim(this.#cursors, this.#events)) return;
    const { first } = this.#cursors;
    this.#lengths.drop(first);
    this.#areas.drop(first >>> STEP_BITS);
    this.#peaks.drop(first >>> STEP_BITS);
  }

  /** Average and longest in each of `count` equal parts of [from, to); undefined before the first change. */
  parts(
    from: number,
    to: number,
    count: number,
  ): { readonly average: number | undefined; readonly most: number | undefined }[] {
    this.trim();
    const width = (to - from) / count;
    let at = this.#at(from, this.#cursors.first);
    return Array.from({ length: count }, (_, part) => {
      const begin = from + part * width;
      const end = part === count - 1 ? to : begin + width;
      const start = at;
      at = this.#at(end, Math.max(at, this.#cursors.first));
      if (at < this.#cursors.first) return { average: undefined, most: undefined };
      const known = Math.max(
        begin,
        start < this.#cursors.first ? this.#time(this.#cursors.first) : begin,
      );
      const area =
        this.#areaAt(at, end) - this.#areaAt(Math.max(start, this.#cursors.first), known);
      return {
        average: end > known ? area / (end - known) : this.#lengths.at(at),
        most: this.#most(Math.max(start, this.#cursors.first), at, end),
      };
    });
  }

  #time(index: number): number {
    return this.#events.time(this.#cursors.at(index));
  }

  #at(time: number, from: number): number {
    return this.#events.lastBy(this.#cursors, time, from);
  }

  /** Of the origin that all areas have, where the whole block is held; else of another one. */
  #areaAt(index: number, time: number): number {
    const { first } = this.#cursors;
    let at = (index >>> STEP_BITS) << STEP_BITS;
    let area = 0;
    if (at >= first) {
      area = this.#areas.at(at >>> STEP_BITS);
    } else {
      // The beginning of the block is gone: from what follows it, backwards.
      const next = at + STEP;
      at = first;
      if (next < this.#cursors.end) {
        area = this.#areas.at(next >>> STEP_BITS);
        for (let i = first; i < next; i++)
          area -= this.#lengths.at(i) * (this.#time(i + 1) - this.#time(i));
      }
    }
    for (; at < index; at++) area += this.#lengths.at(at) * (this.#time(at + 1) - this.#time(at));
    return area + this.#lengths.at(index) * (time - this.#time(index));
  }

  /** The longest from the change `from` to `to`, whose own counts unless it begins at the very end. */
  #most(from: number, to: number, end: number): number {
    const last = to > from && this.#time(to) === end ? to - 1 : to;
    let most = 0;
    for (let at = from; at <= last; ) {
      if ((at & (STEP - 1)) === 0 && at + STEP <= last) {
        most = Math.max(most, this.#peaks.at(at >>> STEP_BITS));
        at += STEP;
      } else {
        most = Math.max(most, this.#lengths.at(at));
        at += 1;
      }
    }
    return most;
  }
}
