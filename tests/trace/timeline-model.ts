/**
 * A small kernel that is only a model: threads on harts poll coroutines, wake each other, are forced
 * off in the middle of a poll and come back elsewhere. It knows by itself what ran when, and tells the
 * events that a recording would hold.
 */
import type { EventKind, SchedulingEvent } from "../../daemon/src/awareness/api.ts";
import { type Address, machineTime } from "../../daemon/src/base/brand.ts";

export interface TrueBar {
  readonly start: number;
  end: number;
  /** Of a hart: the coroutine or thread. */
  readonly who: number;
  readonly state: "ready" | "running" | "preempted";
  readonly begins: boolean;
}

export interface TrueMark {
  readonly time: number;
  readonly index: number;
}

interface Coroutine {
  readonly id: number;
  readonly prio: number;
  state: "ready" | "running" | "preempted" | "waiting" | "done";
  woken: boolean;
  /** Set by a wake. */
  since: number | undefined;
  bar: TrueBar | undefined;
}

interface Thread {
  readonly id: number;
  polling: Coroutine | undefined;
  hart: Hart | undefined;
}

interface Hart {
  readonly id: number;
  thread: Thread;
  poll: TrueBar | undefined;
  threadBar: TrueBar | undefined;
}

/** Whole numbers below `n` from a seed. */
export function chance(seed: number): (n: number) => number {
  let state = seed >>> 0 || 1;
  return (n) => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return Math.floor(((state >>> 0) / 2 ** 32) * n);
  };
}

export interface ModelOptions {
  readonly seed: number;
  readonly harts?: number;
  readonly coroutines?: number;
  /** Most instructions between two events; some are at the same time. */
  readonly pace?: number;
  /** Polls of a coroutine, on the average. */
  readonly life?: number;
  /** Now and then nothing happens for so many. */
  readonly pause?: number;
}

export class Model {
  time = 0;
  index = 0;
  readonly polls = new Map<number, TrueBar[]>();
  readonly threadBars = new Map<number, TrueBar[]>();
  readonly tracks = new Map<number, TrueBar[]>();
  readonly wakes = new Map<number, TrueMark[]>();
  readonly traps = new Map<number, TrueMark[]>();
  readonly bitmap: TrueMark[] = [];
  readonly late: { readonly time: number; readonly prio: number; readonly late: number }[] = [];
  /** Changes of the number of ready coroutines. */
  readonly queue: { readonly time: number; readonly length: number }[] = [];
  readonly #emit: (event: SchedulingEvent) => void;
  readonly #chance: (n: number) => number;
  readonly #pace: number;
  readonly #pause: number;
  readonly #most: number;
  readonly #life: number;
  readonly #harts: Hart[] = [];
  readonly #threads: Thread[] = [];
  #living: Coroutine[] = [];
  #nextId = 1;
  #word = 0n;
  #ready = 0;

  constructor(options: ModelOptions, emit: (event: SchedulingEvent) => void) {
    this.#emit = emit;
    this.#chance = chance(options.seed);
    this.#pace = options.pace ?? 40;
    this.#pause = options.pause ?? 0;
    this.#most = options.coroutines ?? 12;
    this.#life = options.life ?? 8;
    const harts = options.harts ?? 3;
    for (let id = 1; id <= harts * 2; id++) {
      this.#threads.push({ id, polling: undefined, hart: undefined });
    }
    for (let id = 0; id < harts; id++) {
      const thread = this.#threads[id]!;
      const hart: Hart = { id, thread, poll: undefined, threadBar: undefined };
      this.#harts.push(hart);
      this.polls.set(id, []);
      this.threadBars.set(id, []);
      this.traps.set(id, []);
      thread.hart = hart;
      this.#switch(hart, thread);
    }
  }

  run(events: number): void {
    const until = this.index + events;
    while (this.index < until) this.#act();
  }

  /** Empties the lists of what was: for long runs that nobody compares. */
  forget(): void {
    for (const lanes of [this.polls, this.threadBars, this.tracks]) {
      for (const bars of lanes.values()) bars.length = 0;
    }
    for (const marks of [...this.wakes.values(), ...this.traps.values()]) marks.length = 0;
    this.bitmap.length = 0;
    this.late.length = 0;
    this.queue.length = 0;
  }

  #act(): void {
    this.time += this.#chance(this.#pace);
    if (this.#pause > 0 && this.#chance(200) === 0) this.time += this.#chance(this.#pause);
    const hart = this.#harts[this.#chance(this.#harts.length)]!;
    const what = this.#chance(20);
    if (what === 0 && this.#living.length < this.#most) this.#spawn(hart);
    else if (what <= 4) this.#wake(hart);
    else if (what === 5) this.#trap(hart);
    else if (what === 6) this.#change(hart);
    else if (what === 7) this.#switchSome(hart);
    else if (hart.thread.polling) this.#end(hart, hart.thread.polling);
    else this.#poll(hart);
  }

  #tell(kind: EventKind, hart: Hart, more: Partial<SchedulingEvent>): void {
    this.#emit({
      time: machineTime(this.time),
      hart: hart.id,
      kind,
      thread: hart.thread.id,
      process: undefined,
      coroutine: undefined,
      prio: undefined,
      bit: undefined,
      old: undefined,
      new: undefined,
      pc: 0x8020_0000n as Address,
      ...more,
    });
    this.index += 1;
  }

  #some<T>(list: readonly T[]): T | undefined {
    return list[this.#chance(list.length)];
  }

  #bar(lane: TrueBar[], who: number, state: TrueBar["state"], begins = false): TrueBar {
    const bar = { start: this.time, end: Number.POSITIVE_INFINITY, who, state, begins };
    lane.push(bar);
    return bar;
  }

  #set(coroutine: Coroutine, state: Coroutine["state"], hart?: Hart, begins = false): void {
    if (coroutine.bar) coroutine.bar.end = this.time;
    const before = coroutine.state === "ready" ? 1 : 0;
    const after = state === "ready" ? 1 : 0;
    if (before !== after) {
      this.#ready += after - before;
      this.queue.push({ time: this.time, length: this.#ready });
    }
    coroutine.state = state;
    coroutine.bar =
      state === "waiting" || state === "done"
        ? undefined
        : this.#bar(this.tracks.get(coroutine.id)!, hart?.id ?? 0, state, begins);
  }

  #spawn(hart: Hart): void {
    const id = this.#nextId++;
    this.tracks.set(id, []);
    this.wakes.set(id, []);
    const prio = this.#chance(3);
    const fresh = { id, prio, state: "waiting", woken: false, since: undefined, bar: undefined };
    const coroutine = fresh as Coroutine;
    this.#living.push(coroutine);
    this.#set(coroutine, "ready");
    this.#tell("spawn", hart, { coroutine: id, prio, name: `kind${id % 3}::run` });
  }

  #wake(hart: Hart): void {
    const coroutine = this.#some(this.#living);
    if (!coroutine) return;
    this.wakes.get(coroutine.id)!.push({ time: this.time, index: this.index });
    if (coroutine.state === "waiting") {
      coroutine.since = this.time;
      this.#set(coroutine, "ready");
    } else if (coroutine.state !== "ready") {
      coroutine.woken = true;
    }
    this.#tell("wake", hart, { coroutine: coroutine.id, prio: coroutine.prio });
  }

  #poll(hart: Hart): void {
    // The first ready one from anywhere on.
    const from = this.#chance(this.#living.length);
    const isReady = ({ state }: Coroutine): boolean => state === "ready";
    const coroutine = this.#living.slice(from, from + 50).find(isReady);
    if (!coroutine) return;
    const { id, prio, since } = coroutine;
    if (since !== undefined) this.late.push({ time: this.time, prio, late: this.time - since });
    coroutine.since = undefined;
    coroutine.woken = false;
    hart.thread.polling = coroutine;
    hart.poll = this.#bar(this.polls.get(hart.id)!, id, "running", true);
    this.#set(coroutine, "running", hart, true);
    this.#tell("poll", hart, { coroutine: id, prio });
  }

  #end(hart: Hart, coroutine: Coroutine): void {
    const done = this.#chance(this.#life) === 0;
    hart.thread.polling = undefined;
    hart.poll!.end = this.time;
    hart.poll = undefined;
    if (done) {
      this.#set(coroutine, "done");
      this.#living = this.#living.filter((other) => other !== coroutine);
    } else if (coroutine.woken) {
      coroutine.since = this.time;
      this.#set(coroutine, "ready");
    } else {
      this.#set(coroutine, "waiting");
    }
    coroutine.woken = false;
    const { id, prio } = coroutine;
    this.#tell(done ? "complete" : "pending", hart, { coroutine: id, prio });
  }

  #switchSome(hart: Hart): void {
    const free = this.#some(this.#threads.filter(({ hart: runs }) => !runs));
    if (free) this.#switch(hart, free);
  }

  #switch(hart: Hart, to: Thread): void {
    const from = hart.thread;
    if (from !== to) {
      from.hart = undefined;
      if (from.polling) {
        hart.poll!.end = this.time;
        hart.poll = undefined;
        this.#set(from.polling, "preempted", hart);
      }
    }
    if (hart.threadBar) hart.threadBar.end = this.time;
    hart.thread = to;
    to.hart = hart;
    hart.threadBar = this.#bar(this.threadBars.get(hart.id)!, to.id, "running");
    if (to.polling) {
      hart.poll = this.#bar(this.polls.get(hart.id)!, to.polling.id, "running");
      this.#set(to.polling, "running", hart);
    }
    this.#tell("thread.switch", hart, { old: BigInt(from.id), new: BigInt(to.id) });
  }

  #trap(hart: Hart): void {
    this.traps.get(hart.id)!.push({ time: this.time, index: this.index });
    this.#tell("interrupt", hart, { old: 0n, new: 5n });
  }

  #change(hart: Hart): void {
    const old = this.#word;
    const bit = this.#chance(8);
    this.#word ^= 1n << BigInt(bit);
    this.bitmap.push({ time: this.time, index: this.index });
    this.#tell("bitmap", hart, { old, new: this.#word, bit, prio: bit, bitmap: "ready" });
  }
}
