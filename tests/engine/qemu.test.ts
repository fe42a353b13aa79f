// Random programs against QEMU: registers, float registers, fcsr and data that both leave. A
// failure names the program's seed and the least part of it that still differs.
// QEMU_PROGRAMS is the number of programs (about 1000 instructions each), QEMU_SEED the first seed.
import { expect, test } from "vitest";
import { disassemble } from "../../daemon/src/isa/disassemble.ts";
import { type Case, checkTraps, differences, groupsOf, image, runHere, wordsOf } from "./batch.ts";
import { qemuInstalled, runOnQemu } from "./qemu.ts";

if (!qemuInstalled) console.log("skipped: random programs against QEMU (it is not installed)");

const programs = Number(process.env.QEMU_PROGRAMS ?? (process.env.CI ? 1200 : 300));
const firstSeed = Number(process.env.QEMU_SEED ?? 1);
/** Programs of one run of QEMU: 16 MiB. */
const BATCH = 1000;

/** For each case the lines in which it differs. */
function compare(cases: readonly Case[]): { lines: string[][]; instructions: number } {
  const bytes = image(cases);
  const theirs = runOnQemu(bytes);
  checkTraps(theirs);
  const { memory, instructions } = runHere(bytes);
  return { lines: cases.map((_, index) => differences(index, memory, theirs)), instructions };
}

/** The same case with as few groups as still differ. */
function shrunk(what: Case): Case {
  const { seed } = what;
  for (let groups = groupsOf(what), part = groups.length; part >= 1; part = Math.floor(part / 2)) {
    for (let shorter = true; shorter; ) {
      const current = groups;
      const cases = Array.from({ length: Math.ceil(current.length / part) }, (_, n) => ({
        seed,
        groups: current.filter((_, index) => Math.floor(index / part) !== n),
      }));
      const { lines } = compare(cases);
      const found = lines.findIndex((list) => list.length > 0);
      shorter = found >= 0;
      if (shorter) groups = cases[found]!.groups;
    }
    what = { seed, groups };
  }
  return what;
}

function report(what: Case): string {
  const least = shrunk(what);
  const code = wordsOf(least).map((word) => `  ${disassemble(word, 0n).text}`);
  return [`seed ${what.seed}:`, ...code, ...compare([least]).lines[0]!].join("\n");
}

test.skipIf(!qemuInstalled)(
  `${programs} random programs from seed ${firstSeed}`,
  () => {
    let executed = 0;
    for (let done = 0; done < programs; done += BATCH) {
      const cases = Array.from({ length: Math.min(BATCH, programs - done) }, (_, index) => ({
        seed: firstSeed + done + index,
      }));
      const { lines, instructions } = compare(cases);
      const failed = lines.findIndex((list) => list.length > 0);
      expect(failed < 0 ? "" : report(cases[failed]!)).toBe("");
      executed += instructions;
    }
    console.log(`${executed} instructions compared with QEMU, no difference`);
  },
  30_000 + 1000 * programs,
);
