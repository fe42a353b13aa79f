/**
 * The generator behind seeded schedules: xoshiro128** (Blackman and Vigna), seeded by splitmix32.
 * Defined bit for bit in 32-bit integers, so a seed means the same interleaving on every host.
 */
export class Random {
  readonly #state: Uint32Array;

  /** Any integer up to 2^53 in magnitude: both halves count. */
  constructor(seed: number) {
    this.#state = new Uint32Array(4);
    let x = ((seed | 0) ^ Math.imul(Math.floor(seed / 0x1_0000_0000) | 0, 0x85ebca6b)) | 0;
    for (let i = 0; i < 4; i++) {
      x = (x + 0x9e3779b9) | 0;
      let z = x;
      z = Math.imul(z ^ (z >>> 16), 0x21f0aaad);
      z = Math.imul(z ^ (z >>> 15), 0x735a2d97);
      this.#state[i] = z ^ (z >>> 15);
    }
    // The all-zero state is the generator's only fixed point.
    if (this.#state.every((word) => word === 0)) this.#state[0] = 1;
  }

  /** Uniform in 0 .. 2^32 - 1. */
  next(): number {
    const s = this.#state;
    const product = Math.imul(s[1]!, 5);
    const result = Math.imul((product << 7) | (product >>> 25), 9) >>> 0;
    const t = s[1]! << 9;
    s[2] = s[2]! ^ s[0]!;
    s[3] = s[3]! ^ s[1]!;
    s[1] = s[1]! ^ s[2]!;
    s[0] = s[0]! ^ s[3]!;
    s[2] = s[2]! ^ t;
    s[3] = (s[3]! << 11) | (s[3]! >>> 21);
    return result;
  }

  /** An integer in 0 .. bound - 1, for bounds up to 2^21 or so without noticeable bias. */
  below(bound: number): number {
    return Math.floor((this.next() / 0x1_0000_0000) * bound);
  }

  /** The four words that the next values follow from. */
  get state(): readonly number[] {
    return [...this.#state];
  }

  restore(state: readonly number[]): void {
    this.#state.set(state);
  }
}
