/**
 * What one thing (a hart, a coroutine) is doing over machine time: a list of changes, each with what
 * goes on from there. How long it did what between any two times is known without looking at every
 * change between them: sums are kept at each 32nd.
 */
import type { EventReader } from "./events.ts";
import { type Growing, growingDoubles, growingInts } from "./growing.ts";
import { trim } from "./marks.ts";

const STEP_BITS = 5;
const STEP = 1 << STEP_BITS;

/** What goes on, as one number: a class, whether a poll begins with it, and whom it is about. */
export type Doing = number;
const CLASS_MASK = 7;
const BEGINS = 8;
const WHO_SHIFT = 4;

/** Nothing that a bar is drawn for. */
export const NOTHING: Doing = 0;
/** `kind` from 1 to the track's number of classes; `who` below 2^28. */
export const doing = (kind: number, who: number, begins: boolean): Doing =>
  ((who << WHO_SHIFT) | (begins ? BEGINS : 0) | kind) >>> 0;
export const classOf = (what: Doing): number => what & CLASS_MASK;
export const whoOf = (what: Doing): number => what >>> WHO_SHIFT;
export const begins = (what: Doing): boolean => (what & BEGINS) !== 0;

/**
 * Sums up to some time, from an origin of their own: only differences mean something. The last is
 * the number of polls begun, those before are instructions by class, beginning with class 1.
 */
export type Totals = Float64Array;

export class Track {
  readonly #events: EventReader;
  readonly #classes: number;
  readonly #cursors = growingInts();
  readonly #doings = growingInts();
  /** Totals at each 32nd change, where there are so many. */
  #sums: Growing<Float64Array> | undefined;
  /** Totals at the oldest change that is held. */
  #head: Totals;

  constructor(events: EventReader, classes: number) {
    this.#events = events;
    this.#classes = classes;
    this.#head = this.zeros();
  }

  /** Indexes of the oldest change held, and of the next one. */
  get first(): number {
    return this.#cursors.first;
  }

  get end(): number {
    return this.#cursors.end;
  }

  /** The event that a change came with. */
  event(index: number): number {
    return this.#events.whole(this.#cursors.at(index));
  }

  doing(index: number): Doing {
    return this.#doings.at(index);
  }

  time(index: number): number {
    return this.#events.time(this.#cursors.at(index));
  }

  /** What goes on since the last change. */
  get last(): Doing {
    return this.first < this.end ? this.doing(this.end - 1) : NOTHING;
  }

  push(cursor: number, what: Doing): void {
    this.trim();
    const index = this.end;
    this.#cursors.push(cursor);
    this.#doings.push(what);
    if ((index & (STEP - 1)) !== 0 || index === 0) return;
    this.#sums ??= this.#startSums();
    const totals = this.#head.slice();
    this.totals(index - 1, this.time(index), totals);
    for (const sum of totals) this.#sums.push(sum);
  }

  /** Forgets what the store does not hold any more. */
  trim(): void {
    const { end, first } = this;
    if (first === end || this.#events.holds(this.#cursors.at(first))) return;
    trim(this.#cursors, this.#events);
    this.#doings.drop(this.first);
    this.#restart();
  }

  /** The change after which `time` comes, at or after `from`; `from - 1` when that one is later. */
  at(time: number, from = this.first): number {
    return this.#events.lastBy(this.#cursors, time, from);
  }

  /** The last change before `time`, at or after `from`; `from - 1` when there is none. */
  before(time: number, from = this.first): number {
    return this.#events.firstAt(this.#cursors, time, from) - 1;
  }

  /** For `totals`. */
  zeros(): Totals {
    return new Float64Array(this.#classes + 1);
  }

  /** Like `at`, by cursor: what went on when an event happened. */
  atCursor(cursor: number): number {
    let low = this.first;
    let high = this.end;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (this.event(middle) > cursor) high = middle;
      else low = middle + 1;
    }
    return low - 1;
  }

  /** The sums up to `time`, which is not before the change `index` and not after the next one. */
  totals(index: number, time: number, into: Totals): void {
    const width = into.length;
    const block = index >>> STEP_BITS;
    let at = block << STEP_BITS;
    if (index < this.first || at <= this.first) {
      at = this.first;
      for (let i = 0; i < width; i++) into[i] = this.#head[i]!;
      if (index < this.first) return;
    } else {
      for (let i = 0; i < width; i++) into[i] = this.#sums!.at(block * width + i);
    }
    let since = this.time(at);
    for (; at < index; at++) {
      const until = this.time(at + 1);
      this.#add(this.doing(at), until - since, into);
      since = until;
    }
    this.#add(this.doing(index), time - since, into);
  }

  #add(what: Doing, length: number, into: Totals): void {
    const kind = classOf(what);
    if (kind !== 0) into[kind - 1]! += length;
    if (begins(what)) into[this.#classes]! += 1;
  }

  /** The first 32 changes begin at the head's sums, which are not kept among the others. */
  #startSums(): Growing<Float64Array> {
    const sums = growingDoubles();
    for (let i = 0; i < this.#head.length; i++) sums.push(0);
    return sums;
  }

  /** Totals at the new head: those of the next block, less what is held before it. */
  #restart(): void {
    const { end, first } = this;
    const block = first >>> STEP_BITS;
    const width = this.#head.length;
    const next = (block + 1) << STEP_BITS;
    // Where no block follows, later sums begin here.
    if (!this.#sums || next >= end) return;
    const head = this.#head.map((_, i) => this.#sums!.at((block + 1) * width + i));
    const held = this.zeros();
    for (let at = first; at < next; at++)
      this.#add(this.doing(at), this.time(at + 1) - this.time(at), held);
    this.#head = head.map((sum, i) => sum - held[i]!);
    this.#sums.drop(block * width);
  }
}
