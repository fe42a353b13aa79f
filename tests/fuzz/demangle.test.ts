/** Mutated mangled names: a name or none, of bounded length and in bounded time. */
import { expect, test } from "vitest";
import { demangle, readable } from "../../daemon/src/symbols/demangle.ts";
import { random, rounds, SEED, TIMEOUT } from "./random.ts";

const NAMES = [
  "_RNvNtCs1gdARiE7NlB_4core3mem4swap",
  "_RNqCs4fqI2P2rA04_11utf8_identsu30____7hkackfecea1cbdathfdh9hlq6y",
  "_RNCNCNgCs6DXkGYLi8lr_2cc5spawn00B5_",
  "_RNCINkXs25_NgCsbmNqQUJIY6D_4core5sliceINyB9_4IterhENuNgNoBb_4iter8iterator8Iterator9rpositionNCNgNpB9_6memchr7memrchrs_0E0Bb_",
  "_RINbNbCskIICzLVDPPb_5alloc5alloc8box_freeDINbNiB4_5boxed5FnBoxuEp6OutputuEL_ECs1iopQbuBiw2_3std",
  "_RMCs4fqI2P2rA04_13const_genericINtB0_4CharKc76_E",
  "_ZN4core3fmt9Formatter9write_str17h0123456789abcdefE",
];
const PIECES = [
  "B_",
  "B0_",
  "I",
  "E",
  "K",
  "N",
  "X",
  "p",
  "u30",
  "_",
  "$LT$",
  "..",
  "99999999",
  "é",
  "\0",
];
const MAX_MILLISECONDS = 2000;

test(`FUZZ_SEED=${SEED}`, { timeout: TIMEOUT }, () => {
  const below = random(SEED);
  const pick = <T>(list: readonly T[]): T => list[below(list.length)]!;
  let read = 0;
  for (let round = 0; round < rounds(20_000); round++) {
    let name = pick(NAMES);
    for (let edits = below(5); edits > 0; edits--) {
      const at = 2 + below(name.length - 1);
      const kind = below(4);
      if (kind === 0) name = name.slice(0, at) + pick(PIECES) + name.slice(at);
      else if (kind === 1) name = name.slice(0, at) + name.slice(at + 1 + below(4));
      else if (kind === 2) name = name.slice(0, at) + pick(NAMES).slice(2 + below(20));
      else name = name.slice(0, at) + name.slice(at).repeat(1 + below(3));
    }
    const started = performance.now();
    const what = `FUZZ_SEED=${SEED}, round ${round}: ${JSON.stringify(name)}`;
    let text = "";
    try {
      if (demangle(name) !== undefined) read++;
      text = readable(name);
    } catch (error) {
      throw new Error(`${what}: ${(error as Error).stack}`, { cause: error });
    }
    expect(performance.now() - started, what).toBeLessThan(MAX_MILLISECONDS);
    expect(text.length, what).toBeLessThan(1 << 20);
  }
  expect(read).toBeGreaterThan(rounds(20_000) / 20);
});
