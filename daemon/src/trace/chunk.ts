/**
 * A block of events as columns: no object for each event, and cheap to drop as a whole. Most columns
 * hold 16-bit codes of the values that occur in the block, so an event takes some 23 bytes.
 */
import { EVENT_KINDS, type EventKind, type SchedulingEvent } from "../awareness/api.ts";
import { type Address, machineTime } from "../base/brand.ts";
import type { Signal } from "../base/disposable.ts";

/** Events in a chunk; a column has at most so many values, and one code for none. */
export const CHUNK = 1 << 14;

const KIND_NUMBER = new Map(EVENT_KINDS.map((kind, index) => [kind, index]));
const NONE = -1;

export const kindNumber = (kind: EventKind): number => KIND_NUMBER.get(kind)!;

/** The events held, for those who read many of them. */
export interface Chunks {
  /** Cursor of the first event of the first chunk, and the one that the next event will have. */
  readonly first: number;
  readonly next: number;
  /** All but the last are full. */
  readonly chunks: readonly Chunk[];
  /** A chunk has become full; nothing was dropped for the next one yet. */
  readonly filled: Signal<undefined>;
}

/** A column of values of which few are different; undefined has the code 0. */
class Column<Value extends number | bigint | string> {
  readonly #codes = new Uint16Array(CHUNK);
  readonly #values: (Value | undefined)[] = [undefined];
  #known: Map<Value, number> | undefined = new Map();
  #last: Value | undefined;
  #lastCode = 0;

  set(at: number, value: Value | undefined): void {
    if (value === undefined) return;
    if (value !== this.#last) {
      this.#last = value;
      this.#lastCode = this.#codeOf(value);
    }
    this.#codes[at] = this.#lastCode;
  }

  get(at: number): Value | undefined {
    return this.#values[this.#codes[at]!];
  }

  /** Nothing more will be set. */
  seal(): void {
    this.#known = undefined;
  }

  #codeOf(value: Value): number {
    const known = this.#known!.get(value);
    if (known !== undefined) return known;
    const code = this.#values.push(value) - 1;
    this.#known!.set(value, code);
    return code;
  }
}

export class Chunk {
  length = 0;
  /** Machine time of the first event; the column counts from there. */
  #origin = 0;
  #time: Uint32Array | Float64Array = new Uint32Array(CHUNK);
  readonly #kind = new Uint8Array(CHUNK);
  readonly #hart = new Int16Array(CHUNK);
  readonly #bit = new Int8Array(CHUNK);
  readonly #thread = new Column<number>();
  readonly #process = new Column<number>();
  readonly #coroutine = new Column<number>();
  readonly #prio = new Column<number>();
  readonly #old = new Column<bigint>();
  readonly #new = new Column<bigint>();
  readonly #pc = new Column<bigint>();
  readonly #bitmap = new Column<string>();
  /** Names are told when something is spawned, which is rare: by position. */
  readonly #names = new Map<number, string>();

  get full(): boolean {
    return this.length === CHUNK;
  }

  append(event: SchedulingEvent, kind: number): void {
    const at = this.length++;
    this.#setTime(at, event.time);
    this.#kind[at] = kind;
    this.#hart[at] = event.hart ?? NONE;
    this.#bit[at] = event.bit ?? NONE;
    this.#thread.set(at, event.thread);
    this.#process.set(at, event.process);
    this.#coroutine.set(at, event.coroutine);
    this.#prio.set(at, event.prio);
    this.#old.set(at, event.old);
    this.#new.set(at, event.new);
    this.#pc.set(at, event.pc);
    this.#bitmap.set(at, event.bitmap);
    if (event.name !== undefined) this.#names.set(at, event.name);
    if (this.full) this.#seal();
  }

  timeAt(at: number): number {
    return this.#origin + this.#time[at]!;
  }

  kindAt(at: number): number {
    return this.#kind[at]!;
  }

  hartAt(at: number): number | undefined {
    const hart = this.#hart[at]!;
    return hart === NONE ? undefined : hart;
  }

  threadAt(at: number): number | undefined {
    return this.#thread.get(at);
  }

  coroutineAt(at: number): number | undefined {
    return this.#coroutine.get(at);
  }

  prioAt(at: number): number | undefined {
    return this.#prio.get(at);
  }

  oldAt(at: number): bigint | undefined {
    return this.#old.get(at);
  }

  newAt(at: number): bigint | undefined {
    return this.#new.get(at);
  }

  pcAt(at: number): bigint | undefined {
    return this.#pc.get(at);
  }

  bitmapAt(at: number): string | undefined {
    return this.#bitmap.get(at);
  }

  nameAt(at: number): string | undefined {
    return this.#names.get(at);
  }

  event(at: number): SchedulingEvent {
    const bit = this.#bit[at]!;
    const bitmap = this.bitmapAt(at);
    const name = this.nameAt(at);
    return {
      time: machineTime(this.timeAt(at)),
      hart: this.hartAt(at),
      kind: EVENT_KINDS[this.#kind[at]!]!,
      thread: this.threadAt(at),
      process: this.#process.get(at),
      coroutine: this.coroutineAt(at),
      prio: this.prioAt(at),
      bit: bit === NONE ? undefined : bit,
      old: this.oldAt(at),
      new: this.newAt(at),
      pc: this.pcAt(at) as Address | undefined,
      ...(bitmap !== undefined && { bitmap }),
      ...(name !== undefined && { name }),
    };
  }

  #setTime(at: number, time: number): void {
    if (at === 0) this.#origin = time;
    const since = time - this.#origin;
    if (since < 0 || since > 0xffff_ffff) this.#widen();
    this.#time[at] = since;
  }

  /** Four thousand million instructions in one chunk: rare, and then doubles hold it. */
  #widen(): void {
    if (this.#time instanceof Uint32Array) this.#time = Float64Array.from(this.#time);
  }

  #seal(): void {
    for (const column of [this.#thread, this.#process, this.#coroutine, this.#prio]) column.seal();
    for (const column of [this.#old, this.#new, this.#pc, this.#bitmap]) column.seal();
  }
}
