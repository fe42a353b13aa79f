/** Events of one lane that have a time and no length, oldest first: by cursor, found by time. */
import type { EventReader } from "./events.ts";
import { type Growing, growingInts } from "./growing.ts";

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
    return this.#events.firstAt(this.#cursors, time, from);
  }
}

/** Drops the cursors of events that are not held any more; whether there were any. */
export function trim(cursors: Growing<Uint32Array>, events: EventReader): boolean {
  const { end, first } = cursors;
  let held = first;
  while (held < end && !events.holds(cursors.at(held))) held += 1;
  cursors.drop(held);
  return held > first;
}
