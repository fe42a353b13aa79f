/**
 * Mutated debugging sections, of a small DWARF 5 image many times and of the bundled kernel a few: answers
 * or FormatErrors, in bounded time and memory.
 */
import { existsSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { Elf } from "../../daemon/src/symbols/elf.ts";
import { TEXT_ADDRESS } from "../symbols/builder.ts";
import { dwarf5Image } from "../symbols/dwarf5-image.ts";
import { random, rounds, SEED, TIMEOUT } from "./random.ts";
import { askEverything } from "./symbol-queries.ts";

const ROUNDS = rounds(800);
const MAX_MILLISECONDS = 5000;
const MAX_MEBIBYTES = 512;
const SECTIONS = /^\.(debug_|eh_frame|symtab|strtab)/;

type Next = (below: number) => number;

/** Where the debugging sections of an image lie in its bytes. */
function targets(image: Uint8Array): { start: number; length: number }[] {
  return new Elf(image, "image").sections
    .filter(({ name, bytes }) => SECTIONS.test(name) && bytes.length > 0)
    .map(({ bytes }) => ({ start: bytes.byteOffset - image.byteOffset, length: bytes.length }));
}

function mutate(
  image: Uint8Array,
  places: readonly { start: number; length: number }[],
  next: Next,
) {
  const bytes = image.slice();
  for (let edits = 1 + next(6); edits > 0; edits--) {
    const { start, length } = places[next(places.length)]!;
    // Tables begin with their headers, where a byte decides most.
    const at = start + next(next(3) === 0 ? Math.min(64, length) : length);
    const run = next(4) === 0 ? 1 + next(8) : 1;
    for (let index = at; index < Math.min(at + run, start + length); index++) {
      const interesting = [0, 1, 0x7f, 0x80, 0xff, next(256), bytes[start + next(length)]!];
      bytes[index] = interesting[next(interesting.length)]!;
    }
  }
  return bytes;
}

function fuzz(image: Uint8Array, rounds: number, pcs: readonly bigint[], names: readonly string[]) {
  const places = targets(image);
  const before = process.memoryUsage();
  for (let round = 0; round < rounds; round++) {
    const seed = SEED + round;
    const bytes = mutate(image, places, random(seed));
    const started = performance.now();
    try {
      askEverything(bytes, pcs, names);
    } catch (error) {
      throw new Error(`FUZZ_SEED=${seed}: ${error}`, { cause: error });
    }
    expect(performance.now() - started, `FUZZ_SEED=${seed}`).toBeLessThan(MAX_MILLISECONDS);
    const { arrayBuffers, external } = process.memoryUsage();
    const grown = (arrayBuffers + external - before.arrayBuffers - before.external) / 2 ** 20;
    expect(grown, `FUZZ_SEED=${seed}`).toBeLessThan(MAX_MEBIBYTES);
  }
}

describe(`seed ${SEED}`, () => {
  it(`survives ${ROUNDS} mutated DWARF 5 images`, { timeout: TIMEOUT }, () => {
    const pcs = [0, 8, 0x10, 0x18, 0x1f].map((offset) => BigInt(TEXT_ADDRESS + offset));
    fuzz(dwarf5Image(), ROUNDS, pcs, ["outer", "inner", "flags", "table", "int"]);
  });

  const kernel = fileURLToPath(
    new URL("../../kernel/prebuilt/asyncos-kernel.elf", import.meta.url),
  );
  it.skipIf(!existsSync(kernel))(
    "survives mutated DWARF 4 of the kernel",
    { timeout: TIMEOUT },
    () => {
      const image = new Uint8Array(readFileSync(kernel));
      const { entry } = new Elf(image, kernel);
      const pcs = Array.from({ length: 12 }, (_, index) => entry + BigInt(index * 0x1d3a));
      fuzz(image, Math.ceil(ROUNDS / 100), pcs, ["Executor", "wake", "poll", "BITMAP", "spawn"]);
    },
  );
});
