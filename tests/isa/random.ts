/** Repeatable random numbers for tests: whoever uses them names the seed in the failure. */
export interface Random {
  /** 32 random bits as an unsigned number. */
  word(): number;
  /** 64 random bits. */
  quad(): bigint;
  /** 0 to limit - 1. */
  below(limit: number): number;
  pick<T>(list: readonly T[]): T;
}

/** xoshiro128** (Blackman and Vigna 2018), seeded by a Weyl sequence through MurmurHash3's finalizer. */
export function generator(seed: number): Random {
  let weyl = seed | 0;
  const mixed = (): number => {
    weyl = (weyl + 0x9e37_79b9) | 0;
    let value = Math.imul(weyl ^ (weyl >>> 16), 0x85eb_ca6b);
    value = Math.imul(value ^ (value >>> 13), 0xc2b2_ae35);
    return value ^ (value >>> 16);
  };
  let [a, b, c, d] = [mixed(), mixed(), mixed(), mixed()];
  const word = (): number => {
    const product = Math.imul(b, 5);
    const result = Math.imul((product << 7) | (product >>> 25), 9);
    const shifted = b << 9;
    c ^= a;
    d ^= b;
    b ^= c;
    a ^= d;
    c ^= shifted;
    d = (d << 11) | (d >>> 21);
    return result >>> 0;
  };
  const quad = (): bigint => (BigInt(word()) << 32n) | BigInt(word());
  const below = (limit: number): number => Math.floor((word() / 0x1_0000_0000) * limit);
  return { word, quad, below, pick: (list) => list[below(list.length)]! };
}
