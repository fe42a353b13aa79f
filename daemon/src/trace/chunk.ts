/** A block of events as columns: no object for each event, and cheap to drop as a whole. */
import { EVENT_KINDS, type EventKind, type SchedulingEvent } from "../awareness/api.ts";
import { type Address, machineTime } from "../base/brand.ts";

/** Events in a chunk. */
export const CHUNK = 1 << 14;

const KIND_NUMBER = new Map(EVENT_KINDS.map((kind, index) => [kind, index]));
/** Bits of `has`. */
const HAS_OLD = 1;
const HAS_NEW = 2;
const HAS_PC = 4;
const NONE = -1;

export const kindNumber = (kind: EventKind): number => KIND_NUMBER.get(kind)!;

export class Chunk {
  length = 0;
  readonly #time = new Float64Array(CHUNK);
  readonly #kind = new Uint8Array(CHUNK);
  readonly #has = new Uint8Array(CHUNK);
  readonly #hart = new Int16Array(CHUNK);
  readonly #bit = new Int16Array(CHUNK);
  /** NaN where unknown: ids are any numbers that a kernel chooses. */
  readonly #thread = new Float64Array(CHUNK);
  readonly #process = new Float64Array(CHUNK);
  readonly #coroutine = new Float64Array(CHUNK);
  readonly #prio = new Float64Array(CHUNK);
  readonly #old = new BigUint64Array(CHUNK);
  readonly #new = new BigUint64Array(CHUNK);
  readonly #pc = new BigUint64Array(CHUNK);
  /** By position; only bitmap events have a name. */
  readonly #bitmap = new Map<number, string>();

  get full(): boolean {
    return this.length === CHUNK;
  }

  append(event: SchedulingEvent): void {
    const at = this.length++;
    this.#time[at] = event.time;
    this.#kind[at] = kindNumber(event.kind);
    this.#hart[at] = event.hart ?? NONE;
    this.#bit[at] = event.bit ?? NONE;
    this.#thread[at] = event.thread ?? Number.NaN;
    this.#process[at] = event.process ?? Number.NaN;
    this.#coroutine[at] = event.coroutine ?? Number.NaN;
    this.#prio[at] = event.prio ?? Number.NaN;
    let has = 0;
    if (event.old !== undefined) {
      has |= HAS_OLD;
      this.#old[at] = event.old;
    }
    if (event.new !== undefined) {
      has |= HAS_NEW;
      this.#new[at] = event.new;
    }
    if (event.pc !== undefined) {
      has |= HAS_PC;
      this.#pc[at] = event.pc;
    }
    this.#has[at] = has;
    if (event.bitmap !== undefined) this.#bitmap.set(at, event.bitmap);
  }

  kindAt(at: number): number {
    return this.#kind[at]!;
  }

  event(at: number): SchedulingEvent {
    const has = this.#has[at]!;
    const bitmap = this.#bitmap.get(at);
    const small = (value: number) => (value === NONE ? undefined : value);
    const known = (value: number) => (Number.isNaN(value) ? undefined : value);
    return {
      time: machineTime(this.#time[at]!),
      hart: small(this.#hart[at]!),
      kind: EVENT_KINDS[this.#kind[at]!]!,
      thread: known(this.#thread[at]!),
      process: known(this.#process[at]!),
      coroutine: known(this.#coroutine[at]!),
      prio: known(this.#prio[at]!),
      bit: small(this.#bit[at]!),
      old: has & HAS_OLD ? this.#old[at]! : undefined,
      new: has & HAS_NEW ? this.#new[at]! : undefined,
      pc: has & HAS_PC ? (this.#pc[at]! as Address) : undefined,
      ...(bitmap !== undefined && { bitmap }),
    };
  }
}
