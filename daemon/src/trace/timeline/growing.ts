/**
 * Typed arrays that grow at the end and are dropped at the front. An entry keeps its index for ever,
 * so the index of an entry may be kept elsewhere.
 */
type Numbers = Uint32Array | Float64Array;

export class Growing<Data extends Numbers> {
  /** Index of the oldest entry held, and of the next one. */
  first = 0;
  end = 0;
  #data: Data;
  /** Index of `#data[0]`. */
  #origin = 0;
  readonly #make: (length: number) => Data;

  constructor(make: (length: number) => Data, capacity = 8) {
    this.#make = make;
    this.#data = make(capacity);
  }

  get length(): number {
    return this.end - this.first;
  }

  /** The entry must be held. */
  at(index: number): number {
    return this.#data[index - this.#origin]!;
  }

  set(index: number, value: number): void {
    this.#data[index - this.#origin] = value;
  }

  push(value: number): void {
    if (this.end - this.#origin === this.#data.length) this.#grow();
    this.#data[this.end - this.#origin] = value;
    this.end += 1;
  }

  /** Entries before this index are forgotten. */
  drop(index: number): void {
    this.first = Math.min(Math.max(index, this.first), this.end);
  }

  /** Moves what is held to the front of a block that has room for as much again at most. */
  #grow(): void {
    const held = this.#data.subarray(this.first - this.#origin, this.end - this.#origin);
    // Doubling is for small arrays; a big one would stand half empty.
    const room = Math.max(8, held.length + Math.min(held.length, 1 << 20));
    const data = held.length * 2 <= this.#data.length ? this.#data : this.#make(room);
    if (data === this.#data) data.copyWithin(0, this.first - this.#origin, this.end - this.#origin);
    else data.set(held);
    this.#data = data;
    this.#origin = this.first;
  }
}

export const growingInts = (): Growing<Uint32Array> =>
  new Growing((length) => new Uint32Array(length));
export const growingDoubles = (): Growing<Float64Array> =>
  new Growing((length) => new Float64Array(length));
