/** Mutated profiles: parsed, or a FormatError; bound to a real image: gaps, never a crash or a hang. */
import { expect, test } from "vitest";
import { bindProfile } from "../../daemon/src/awareness/binding.ts";
import { type Profile, parseProfile } from "../../daemon/src/awareness/profile.ts";
import { FormatError } from "../../daemon/src/base/errors.ts";
import { createInspector } from "../../daemon/src/inspect/inspector.ts";
import { bundledProfile, kernelSymbols } from "../awareness/boot.ts";
import { random, rounds, SEED, TIMEOUT } from "./random.ts";

const PIECES = [
  '"',
  "{",
  "}",
  "[",
  "]",
  ":",
  ",",
  "null",
  "0",
  "-1",
  "task.id",
  "task",
  "thread",
  "&",
  "*",
  ".future",
  "::",
  "\\u0000",
  " as u64",
  "executor::EXECUTOR",
];

test("mutated profiles", { timeout: TIMEOUT }, () => {
  const next = random(SEED);
  const original = bundledProfile();
  const words = original.match(/"[^"]+"/g)!;
  const inspector = createInspector();
  inspector.modules.add(kernelSymbols);
  let bound = 0;
  for (let round = 0; round < rounds(1500); round++) {
    let text = original;
    for (let n = next(4); n >= 0; n--) {
      const at = next(text.length + 1);
      const kind = next(4);
      if (kind === 0) text = text.slice(0, at) + PIECES[next(PIECES.length)] + text.slice(at);
      else if (kind === 1) text = text.slice(0, at) + text.slice(at + 1 + next(30));
      else text = text.replace(words[next(words.length)]!, () => words[next(words.length)]!);
    }
    let profile: Profile;
    try {
      profile = parseProfile(text, "fuzz.json");
    } catch (error) {
      if (error instanceof FormatError) continue;
      expect.fail(`FUZZ_SEED=${SEED}, round ${round}: ${(error as Error).stack}\n${text}`);
    }
    try {
      bindProfile(profile, inspector.modules);
      bound++;
    } catch (error) {
      expect.fail(`FUZZ_SEED=${SEED}, round ${round}: ${(error as Error).stack}\n${text}`);
    }
  }
  expect(bound).toBeGreaterThan(100);
});
