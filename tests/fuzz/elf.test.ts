/** Mutated ELF containers: a FormatError or an image that answers, quickly, never another end. */
import { expect, it } from "vitest";
import { TEXT_ADDRESS } from "../symbols/builder.ts";
import { dwarf5Image } from "../symbols/dwarf5-image.ts";
import { random, rounds, SEED, TIMEOUT } from "./random.ts";
import { askEverything } from "./symbol-queries.ts";

const ROUNDS = rounds(800);
const MAX_MILLISECONDS = 5000;

const image = dwarf5Image();
const PCS = [0, 8, 0x10, 0x18, 0x1f].map((offset) => BigInt(TEXT_ADDRESS + offset));
const NAMES = ["outer", "inner", "flags", "table"];

function mutate(next: (below: number) => number): Uint8Array {
  const bytes = image.slice(0, next(8) === 0 ? next(image.length + 1) : image.length);
  for (let edits = 1 + next(4); edits > 0 && bytes.length > 0; edits--) {
    // The header and the section headers matter most, and are the smallest part.
    const place = next(3);
    const at =
      place === 0 ? next(64) : place === 1 ? image.length - 1 - next(64 * 13) : next(image.length);
    const interesting = [0, 1, 0x7f, 0x80, 0xff, next(256)];
    bytes[Math.min(at, bytes.length - 1)] = interesting[next(interesting.length)]!;
  }
  return bytes;
}

it(`survives ${ROUNDS} mutated images (seed ${SEED})`, { timeout: TIMEOUT }, () => {
  for (let round = 0; round < ROUNDS; round++) {
    const bytes = mutate(random(SEED + round));
    const started = performance.now();
    try {
      askEverything(bytes, PCS, NAMES);
    } catch (error) {
      throw new Error(`FUZZ_SEED=${SEED + round}: ${error}`, { cause: error });
    }
    expect(performance.now() - started, `FUZZ_SEED=${SEED + round}`).toBeLessThan(MAX_MILLISECONDS);
  }
});
