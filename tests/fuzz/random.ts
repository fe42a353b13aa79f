/** Seeded pseudo-random numbers for fuzzers (xorshift32): the seed alone reproduces a failure. */
export function random(seed: number): (below: number) => number {
  let state = (seed * 2654435761) >>> 0 || 1;
  return (below) => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    state >>>= 0;
    return state % below;
  };
}

/** What a run follows from; a failure names it, and `FUZZ_SEED` repeats it. */
export const SEED = Number(process.env.FUZZ_SEED ?? 20261122);

const FACTOR = Number(process.env.FUZZ_FACTOR ?? 1);

/** `few` rounds take seconds. `npm run fuzz` asks for more of them at a time. */
export const rounds = (few: number): number => few * FACTOR;

/** For all rounds together, on a machine with other things to do. */
export const TIMEOUT = 120_000 * FACTOR;
