/** The lanes of a timeline: what is kept for each hart, coroutine and bitmap. */
import { Dominance, type Dominant } from "./dominance.ts";
import type { EventReader } from "./events.ts";
import { Marks } from "./marks.ts";
import { classOf, type Doing, Track, whoOf } from "./track.ts";

/** Classes of a coroutine's track; nothing is waiting, done, or not known. */
export const READY = 1;
export const RUNNING = 2;
/** In the middle of a poll, but forced off its hart. */
export const PREEMPTED = 3;
/** The only class of a hart's tracks: it runs somebody. */
export const BUSY = 1;

/** A track in which one of many runs at a time, with who ran longest in each cell. */
export class ManyTrack extends Track {
  readonly dominance = new Dominance();
  #since = 0;

  constructor(events: EventReader) {
    super(events, 1);
  }

  /** Who runs and goes on, as far as that is in [start, end). */
  open(start: number, end: number): Dominant | undefined {
    const { last } = this;
    const time = end - Math.max(start, this.#since);
    return classOf(last) !== 0 && time > 0 ? { who: whoOf(last), time } : undefined;
  }

  /** The change and, with it, the bar that ends there. */
  change(cursor: number, time: number, what: Doing): void {
    const { last } = this;
    if (classOf(last) !== 0) this.dominance.add(this.#since, time, whoOf(last));
    this.push(cursor, what);
    this.#since = time;
  }
}

export class HartLane {
  readonly id: number;
  /** Coroutines, by ordinal. */
  readonly polls: ManyTrack;
  /** Kernel or user threads, by ordinal. */
  readonly threads: ManyTrack;
  /** Traps, interrupts, system calls and the like. */
  readonly marks: Marks;
  thread: number | undefined;

  constructor(id: number, events: EventReader) {
    this.id = id;
    this.polls = new ManyTrack(events);
    this.threads = new ManyTrack(events);
    this.marks = new Marks(events);
  }
}

export class CoroutineLane {
  readonly id: number;
  readonly ordinal: number;
  readonly track: Track;
  readonly wakes: Marks;
  prio: number | undefined;
  /** Machine time of its first and last event; nothing happens after `done`. */
  readonly seen: number;
  last = 0;
  done = false;
  /** The hart that runs it now. */
  hart: HartLane | undefined;
  /** What its thread is polling, itself among it. */
  stack: CoroutineLane[] | undefined;
  /** Woken while it is being polled. */
  woken = false;
  /** Cursor of the event that made it ready, when that was a wake. */
  readySince: number | undefined;

  constructor(id: number, ordinal: number, time: number, events: EventReader) {
    this.id = id;
    this.ordinal = ordinal;
    this.seen = time;
    this.track = new Track(events, 3);
    this.wakes = new Marks(events);
  }

  get state(): Doing {
    return classOf(this.track.last);
  }
}
