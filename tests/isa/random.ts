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

/** splitmix64 (Steele, Lea, Flood 2014), by its published constants. */
export function generator(seed: number): Random {
  let state = BigInt(seed);
  const quad = (): bigint => {
    state = BigInt.asUintN(64, state + 0x9e3779b97f4a7c15n);
    let value = state;
    value = BigInt.asUintN(64, (value ^ (value >> 30n)) * 0xbf58476d1ce4e5b9n);
    value = BigInt.asUintN(64, (value ^ (value >> 27n)) * 0x94d049bb133111ebn);
    return value ^ (value >> 31n);
  };
  const word = (): number => Number(quad() >> 32n);
  const below = (limit: number): number => word() % limit;
  return { word, quad, below, pick: (list) => list[below(list.length)]! };
}
