/**
 * An event while it happens. Fields are worked out when a condition or the event itself asks for
 * them, so that a false condition on one field costs that field alone. One draft serves all events
 * of a kind, one after the other: nothing is allocated for those that no condition lets through.
 */
import type { Address, MachineTime } from "../base/brand.ts";
import type { Hart } from "../machine/api.ts";
import type { EventKind, SchedulingEvent } from "./api.ts";
import { ownId, processOf } from "./ids.ts";

/** Where a source's fields come from; NaN is unknown. Left out: not a field of this source. */
export interface FieldReaders {
  readonly coroutine?: (() => number) | undefined;
  readonly prio?: (() => number) | undefined;
  /** Left out: what the hart runs. */
  readonly thread?: (() => number) | undefined;
  readonly old?: (() => number | bigint) | undefined;
  readonly new?: (() => number | bigint) | undefined;
  readonly bit?: (() => number) | undefined;
  readonly pc?: (() => Address | undefined) | undefined;
  readonly bitmap?: string | undefined;
  readonly name?: (() => string | undefined) | undefined;
  /** Whose it is; left out: the coroutine's, or what the hart runs. */
  readonly process?: (() => number) | undefined;
}

/** What an event asks of its surroundings. */
export interface Surroundings {
  time(): MachineTime;
  thread(hart: number): number;
  process(hart: number): number;
}

const known = (value: number | undefined): number | undefined =>
  value === undefined || Number.isNaN(value) ? undefined : value;
const knownWord = (value: number | bigint | undefined): bigint | undefined =>
  value === undefined || Number.isNaN(value) ? undefined : BigInt(value);

/**
 * A condition reads these properties by name. Coroutines are counted as their process does there, and
 * `process` is whose the coroutine is, 0 for the kernel's own; so `coroutine == 17 && process == 3`.
 */
export class Draft {
  readonly kind: EventKind;
  source: Hart | undefined;
  readonly #around: Surroundings;
  #readers: FieldReaders = {};
  #event: SchedulingEvent | undefined;

  constructor(kind: EventKind, around: Surroundings) {
    this.kind = kind;
    this.#around = around;
  }

  /** From now on the draft is of another event. */
  begin(source: Hart | undefined, readers: FieldReaders): void {
    this.source = source;
    this.#readers = readers;
    this.#event = undefined;
  }

  get time(): MachineTime {
    return this.#around.time();
  }

  get hart(): number | undefined {
    return this.source?.id;
  }

  get thread(): number | undefined {
    if (this.#readers.thread) return known(this.#readers.thread());
    return this.source && known(this.#around.thread(this.source.id));
  }

  get process(): number | undefined {
    const id = this.#coroutine;
    return id === undefined ? this.#near : (processOf(id) ?? 0);
  }

  get coroutine(): number | undefined {
    const id = this.#coroutine;
    return id === undefined ? undefined : ownId(id);
  }

  /** Unique in the machine. */
  get #coroutine(): number | undefined {
    return known(this.#readers.coroutine?.());
  }

  /** Of a fact without a coroutine. */
  get #near(): number | undefined {
    if (this.#readers.process) return known(this.#readers.process());
    return this.source && known(this.#around.process(this.source.id));
  }

  get prio(): number | undefined {
    return known(this.#readers.prio?.());
  }

  get bit(): number | undefined {
    return known(this.#readers.bit?.());
  }

  get old(): bigint | undefined {
    return knownWord(this.#readers.old?.());
  }

  get new(): bigint | undefined {
    return knownWord(this.#readers.new?.());
  }

  get pc(): Address | undefined {
    return this.#readers.pc ? this.#readers.pc() : this.source?.pc;
  }

  get bitmap(): string | undefined {
    return this.#readers.bitmap;
  }

  get name(): string | undefined {
    return this.#readers.name?.();
  }

  /** The fact, with every field as it is now. */
  finish(): SchedulingEvent {
    if (this.#event) return this.#event;
    const coroutine = this.#coroutine;
    // One shape for all, whatever is unknown: readers of many events stay fast.
    this.#event = {
      time: this.time,
      hart: this.hart,
      kind: this.kind,
      thread: this.thread,
      process: coroutine === undefined ? this.#near : processOf(coroutine),
      coroutine,
      prio: this.prio,
      bit: this.bit,
      old: this.old,
      new: this.new,
      pc: this.pc,
      bitmap: this.bitmap,
      name: this.name,
    };
    return this.#event;
  }
}
