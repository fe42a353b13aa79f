/**
 * Random programs of the privileged level against QEMU: traps and what they leave, CSRs, returns,
 * delegation, interrupts, page tables, and memory. A failure names its seed and the least steps that
 * still differ. PRIVILEGED_PROGRAMS is the number of programs (150 steps each), PRIVILEGED_SEED the
 * first seed.
 */
import { expect, test } from "vitest";
import { generator } from "../isa/random.ts";
import { bySteps, MEMORY_STEP, programOf, step } from "./support/privileged-programs.ts";
import { installed, onBoth } from "./support/qemu.ts";

if (!installed)
  console.log("skipped: random privileged programs against QEMU (it is not installed)");

const PROGRAMS = Number(process.env.PRIVILEGED_PROGRAMS ?? (process.env.CI ? 20 : 4));
const SEED = Number(process.env.PRIVILEGED_SEED ?? 1);
const STEPS = 150;

interface Difference {
  readonly step: number;
  readonly here: readonly string[];
  readonly qemu: readonly string[];
}

function compare(steps: readonly string[]): Difference | undefined {
  const { here, qemu } = onBoth(programOf(steps));
  const [ours, theirs] = [bySteps(here), bySteps(qemu)];
  for (const number of new Set([...ours.keys(), ...theirs.keys()])) {
    const [a, b] = [ours.get(number) ?? [], theirs.get(number) ?? []];
    if (a.join() !== b.join()) return { step: number, here: a, qemu: b };
  }
  return undefined;
}

/** As few of the steps as still differ: steps hardly ever depend on others. */
function shrunk(steps: readonly string[], first: number): readonly string[] {
  const alone = steps.filter((text) => text.includes(`# step ${first}\n`));
  if (alone.length > 0 && compare(alone) !== undefined) return alone;
  let least = first === MEMORY_STEP ? steps : steps.slice(0, first + 1);
  for (let part = least.length >> 1; part >= 1; part >>= 1) {
    for (let from = 0; from < least.length; ) {
      const fewer = [...least.slice(0, from), ...least.slice(from + part)];
      if (compare(fewer) === undefined) from += part;
      else least = fewer;
    }
  }
  return least;
}

const seeds = Array.from({ length: PROGRAMS }, (_, index) => SEED + index);
test.skipIf(!installed).each(seeds)("PRIVILEGED_SEED=%i", { timeout: 300_000 }, (seed) => {
  const random = generator(seed);
  const steps = Array.from({ length: STEPS }, (_, number) => step(random, number));
  const found = compare(steps);
  if (found === undefined) return;
  const least = shrunk(steps, found.step);
  const { here, qemu } = compare(least) ?? found;
  expect.fail(`${least.join("\n")}\nhere: ${here.join(" ")}\nQEMU: ${qemu.join(" ")}`);
});
