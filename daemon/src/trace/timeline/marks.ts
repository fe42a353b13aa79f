/** Events of one lane that have a time and no length, oldest first: by cursor, found by time. */
import type { EventReader } from "./events.ts";
import { growingInts } from "./growing.ts";

export class Marks {
  readonly #events: EventReader;
  readonly #cursors = growingInts();

  constructor(events: EventReader) {
    this.#events = events;
  }

  get first(): number {
    return this.#cursors.first;
  }

  get end(): number {
    return this.#cursors.end;
  }

  push(cursor: number): void {
    this.#cursors.push(cursor);
  }

  cursor(index: number): number {
    return this.#cursors.at(index);
  }

  time(index: number): number {
    return this.#events.time(this.#cursors.at(index));
  }

  /** Forgets what the store does not hold any more. */
  trim(): void {
    trim(this.#cursors, this.#events);
  }

  /** The first mark at or after a time, `from` or later. */
  at(time: number, from = this.first): number {
    return search(from, this.end, (index) => this.time(index) >= time);
  }
}

interface Cursors {
  readonly first: number;
  readonly end: number;
  at(index: number): number;
  drop(index: number): void;
}

export function trim(cursors: Cursors, events: EventReader): boolean {
  const { end, first } = cursors;
  if (first === end || events.holds(cursors.at(first))) return false;
  cursors.drop(search(first, end, (index) => events.holds(cursors.at(index))));
  return true;
}

/** The first index of [from, to) that fits, else `to`; near `from` it costs little. */
export function search(from: number, to: number, fits: (index: number) => boolean): number {
  let step = 1;
  let low = from;
  while (low + step <= to && !fits(low + step - 1)) {
    low += step;
    step *= 2;
  }
  let high = Math.min(to, low + step - 1);
  while (low < high) {
    const middle = low + Math.floor((high - low) / 2);
    if (fits(middle)) high = middle;
    else low = middle + 1;
  }
  return low;
}
