/**
 * From events to lanes: who runs where, who is ready since when. Each event changes the lanes that it
 * is about, once, in the order of the recording.
 *
 * A poll belongs to a thread: where a thread is forced off its hart in the middle of a poll, the
 * coroutine goes with it, and comes back with it, maybe on another hart.
 */
import { EVENT_KINDS, type EventKind } from "../../awareness/api.ts";
import { CHUNK, type Chunk } from "../chunk.ts";
import type { EventReader } from "./events.ts";
import { growingDoubles, growingInts } from "./growing.ts";
import { BUSY, CoroutineLane, HartLane, PREEMPTED, READY, RUNNING } from "./lanes.ts";
import { Marks, trim } from "./marks.ts";
import { Queue } from "./queue.ts";
import { doing, NOTHING } from "./track.ts";

/** Kinds that are marks of a hart's lane. */
const MARKED: ReadonlySet<EventKind> = new Set([
  "trap",
  "interrupt",
  "syscall",
  "ipi",
  "process.switch",
  "panic",
]);

/** More lanes of coroutines are not kept, but for those that live: about 1 KB each. */
const MOST_LANES = 1 << 17;

/** One event, as far as lanes are about it. */
interface Now {
  readonly cursor: number;
  readonly time: number;
  readonly chunk: Chunk;
  readonly at: number;
}

export class Scheduling {
  readonly events: EventReader;
  readonly harts = new Map<number, HartLane>();
  /** In the order in which they were first heard of; less those that were forgotten. */
  coroutines: CoroutineLane[] = [];
  /** Ids and names by ordinal (the number in that order), also of those that were forgotten. */
  readonly ids = growingDoubles();
  readonly names: (string | undefined)[] = [];
  readonly bitmaps = new Map<string, Marks>();
  /** Ids of threads by ordinal. */
  readonly threads: number[] = [];
  readonly queue: Queue;
  /** Polls that followed a wake: cursor of the poll, and of the event since which it was ready. */
  readonly latePolls = growingInts();
  readonly lateSince = growingInts();
  readonly #byId = new Map<number, CoroutineLane>();
  readonly #threadOrdinals = new Map<number, number>();
  /** Coroutines that a thread is polling, the innermost last; harts without threads count as one each. */
  readonly #polling = new Map<number | string, CoroutineLane[]>();
  readonly #handlers: (((now: Now, hart: HartLane | undefined) => void) | undefined)[];
  #read: number;
  #swept: number;

  constructor(events: EventReader) {
    this.events = events;
    this.queue = new Queue(events);
    this.#read = events.first;
    this.#swept = events.first;
    this.#handlers = EVENT_KINDS.map((kind) => this.#handlerOf(kind));
  }

  /** Takes in every event that the store has. */
  catchUp(): void {
    const { events } = this;
    this.#read = Math.max(this.#read, events.first);
    while (this.#read < events.next) {
      const chunk = events.chunk(this.#read);
      let at = events.index(this.#read);
      for (; at < chunk.length; at++) this.#take(chunk, at);
    }
    if (events.first - this.#swept >= 16 * CHUNK) this.#sweep();
    if (this.coroutines.length > MOST_LANES) this.#forgetDone();
  }

  coroutine(id: number): CoroutineLane | undefined {
    return this.#byId.get(id);
  }

  /** The lane of a hart, made when it is first heard of. */
  hart(id: number): HartLane {
    let lane = this.harts.get(id);
    if (!lane) {
      lane = new HartLane(id, this.events);
      this.harts.set(id, lane);
    }
    return lane;
  }

  #take(chunk: Chunk, at: number): void {
    const cursor = this.#read++;
    const handler = this.#handlers[chunk.kindAt(at)];
    if (!handler) return;
    const hart = chunk.hartAt(at);
    const now = { cursor, time: chunk.timeAt(at), chunk, at };
    handler.call(this, now, hart === undefined ? undefined : this.hart(hart));
  }

  #handlerOf(kind: EventKind) {
    if (MARKED.has(kind))
      return (now: Now, hart: HartLane | undefined) => hart?.marks.push(now.cursor);
    switch (kind) {
      case "spawn":
        return this.#spawn;
      case "wake":
        return this.#wake;
      case "poll":
        return this.#poll;
      case "pending":
        return (now: Now) => this.#ends(now, false);
      case "complete":
        return (now: Now) => this.#ends(now, true);
      case "thread.switch":
        return this.#switch;
      case "bitmap":
        return this.#bitmap;
      default:
        return undefined;
    }
  }

  #lane({ chunk, at, time }: Now, fresh = false): CoroutineLane | undefined {
    const id = chunk.coroutineAt(at);
    if (id === undefined) return undefined;
    let lane = this.#byId.get(id);
    if (!lane || fresh) {
      lane = new CoroutineLane(id, this.ids.end, time, this.events);
      this.coroutines.push(lane);
      this.ids.push(id);
      this.names.push(undefined);
      this.#byId.set(id, lane);
    }
    lane.last = time;
    lane.prio = chunk.prioAt(at) ?? lane.prio;
    return lane;
  }

  #spawn(now: Now): void {
    const id = now.chunk.coroutineAt(now.at);
    // An id that comes again is another coroutine.
    const again = id !== undefined && this.#byId.get(id)?.done === true;
    const lane = this.#lane(now, again);
    if (!lane) return;
    this.names[lane.ordinal] = now.chunk.nameAt(now.at);
    if (lane.state === 0) this.#ready(lane, now);
  }

  #ready(lane: CoroutineLane, { cursor, time }: Now): void {
    lane.track.push(cursor, doing(READY, 0, false));
    this.queue.change(cursor, time, 1);
  }

  #wake(now: Now): void {
    const lane = this.#lane(now);
    if (!lane) return;
    lane.wakes.push(now.cursor);
    if (lane.done || lane.state === READY) return;
    if (lane.state !== 0) {
      lane.woken = true;
      return;
    }
    lane.readySince = now.cursor;
    this.#ready(lane, now);
  }

  #poll(now: Now, hart: HartLane | undefined): void {
    const lane = this.#lane(now);
    if (!lane || !hart) return;
    const { cursor, time } = now;
    this.#runsThread(now, hart);
    if (lane.state === READY) this.queue.change(cursor, time, -1);
    if (lane.readySince !== undefined && this.events.holds(lane.readySince)) {
      this.latePolls.push(cursor);
      this.lateSince.push(lane.readySince);
    }
    lane.readySince = undefined;
    lane.woken = false;
    const stack = this.#stack(hart);
    const outer = stack.at(-1);
    if (outer && outer !== lane) outer.track.push(cursor, doing(PREEMPTED, hart.id, false));
    if (outer !== lane) stack.push(lane);
    lane.stack = stack;
    lane.hart = hart;
    lane.track.push(cursor, doing(RUNNING, hart.id, true));
    hart.polls.change(cursor, time, doing(BUSY, lane.ordinal, true));
  }

  #ends(now: Now, done: boolean): void {
    const lane = this.#lane(now);
    if (!lane) return;
    const { cursor, time } = now;
    const { hart } = lane;
    const at = lane.stack?.lastIndexOf(lane) ?? -1;
    if (at >= 0) lane.stack!.splice(at);
    lane.stack = undefined;
    lane.hart = undefined;
    if (hart) {
      const outer = this.#stack(hart).at(-1);
      hart.polls.change(cursor, time, outer ? doing(BUSY, outer.ordinal, false) : NOTHING);
      outer?.track.push(cursor, doing(RUNNING, hart.id, false));
    }
    if (lane.state === READY) this.queue.change(cursor, time, -1);
    if (!done && lane.woken) {
      lane.readySince = cursor;
      this.#ready(lane, now);
    } else {
      lane.track.push(cursor, NOTHING);
    }
    lane.woken = false;
    lane.done = done;
  }

  #switch(now: Now, hart: HartLane | undefined): void {
    const to = now.chunk.newAt(now.at);
    if (!hart || to === undefined) return;
    this.#runs(now, hart, Number(to));
  }

  /** A poll says which thread it is on, also where no switch was seen. */
  #runsThread(now: Now, hart: HartLane): void {
    const thread = now.chunk.threadAt(now.at);
    if (thread !== undefined && thread !== hart.thread) this.#runs(now, hart, thread);
  }

  #runs(now: Now, hart: HartLane, thread: number): void {
    const { cursor, time } = now;
    const leaves = this.#stack(hart).at(-1);
    hart.thread = thread;
    hart.threads.change(cursor, time, doing(BUSY, this.#threadOrdinal(thread), false));
    const comes = this.#stack(hart).at(-1);
    if (leaves === comes) return;
    if (leaves) {
      leaves.hart = undefined;
      leaves.track.push(cursor, doing(PREEMPTED, hart.id, false));
    }
    if (comes) {
      comes.hart = hart;
      comes.track.push(cursor, doing(RUNNING, hart.id, false));
    }
    hart.polls.change(cursor, time, comes ? doing(BUSY, comes.ordinal, false) : NOTHING);
  }

  #bitmap({ chunk, at, cursor }: Now): void {
    const name = chunk.bitmapAt(at) ?? "";
    let marks = this.bitmaps.get(name);
    if (!marks) {
      marks = new Marks(this.events);
      this.bitmaps.set(name, marks);
    }
    marks.push(cursor);
  }

  #stack(hart: HartLane): CoroutineLane[] {
    const key = hart.thread ?? hartKey(hart);
    let stack = this.#polling.get(key);
    if (!stack) {
      stack = [];
      this.#polling.set(key, stack);
    }
    return stack;
  }

  #threadOrdinal(id: number): number {
    let ordinal = this.#threadOrdinals.get(id);
    if (ordinal === undefined) {
      ordinal = this.threads.push(id) - 1;
      this.#threadOrdinals.set(id, ordinal);
    }
    return ordinal;
  }

  /** Now and then: what the store has dropped goes from every lane, and lanes that are left empty. */
  #sweep(): void {
    const { events } = this;
    this.#swept = events.first;
    const time = events.first < events.next ? events.time(events.first) : 0;
    for (const { marks, polls, threads } of this.harts.values()) {
      for (const part of [marks, polls, threads]) part.trim();
      for (const part of [polls, threads]) part.dominance.drop(time);
    }
    for (const marks of this.bitmaps.values()) marks.trim();
    this.queue.trim();
    this.trimLatencies();
    for (const lane of this.coroutines) {
      lane.track.trim();
      lane.wakes.trim();
    }
    this.#forget((lane) => lane.last < time);
  }

  /** The lanes of those that were done first go; a quarter at a time. */
  #forgetDone(): void {
    let most = this.coroutines.length - MOST_LANES * 0.75;
    this.#forget(() => most-- > 0);
  }

  #forget(goes: (done: CoroutineLane) => boolean): void {
    this.coroutines = this.coroutines.filter((lane) => {
      if (!lane.done || !goes(lane)) return true;
      if (this.#byId.get(lane.id) === lane) this.#byId.delete(lane.id);
      return false;
    });
  }

  trimLatencies(): void {
    if (trim(this.latePolls, this.events)) this.lateSince.drop(this.latePolls.first);
  }
}

const hartKey = ({ id }: HartLane): string => `hart ${id}`;
