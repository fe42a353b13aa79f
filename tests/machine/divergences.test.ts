/**
 * The table of docs/machine.md by what both machines do: each of its rows is shown to differ on QEMU,
 * and to be here what the manuals say; and no row of it is without such a demonstration.
 */
import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { divergences } from "./support/divergences.ts";
import { bySteps, mark, programOf } from "./support/privileged-programs.ts";
import { installed, onBoth } from "./support/qemu.ts";

if (!installed) console.log("skipped: what differs from QEMU (it is not installed)");

const HEADING = "## What differs from QEMU";

/** The first column of the table under the heading. */
function documented(): string[] {
  const text = readFileSync(new URL("../../docs/machine.md", import.meta.url), "utf8");
  const section = text.slice(text.indexOf(HEADING) + HEADING.length).split("\n## ")[0]!;
  const rows = section.split("\n").filter((line) => line.startsWith("| "));
  return rows.slice(1).map((line) => line.split(" | ")[0]!.slice(2));
}

test("what is documented is what is demonstrated", () => {
  expect(documented().sort()).toEqual(divergences.map(({ what }) => what).sort());
});

describe.skipIf(!installed)("on both", () => {
  const steps = divergences.map(
    ({ text }, number) => `
      ${mark(number)}
      la s11, after${number}
      ${text}
      after${number}:
      csrw satp, x0
      csrw mie, x0
      csrw mip, x0`,
  );
  const results = installed ? onBoth(programOf(steps)) : { here: [], qemu: [] };
  const [here, qemu] = [bySteps(results.here), bySteps(results.qemu)];
  test.each(divergences.map(({ what }, number) => [what, number] as const))("%s", (_, number) => {
    const expected = divergences[number]!.here;
    const [ours, theirs] = [here, qemu].map((all) => all.get(number)!.slice(0, expected.length));
    expect(ours).toEqual(expected);
    expect(theirs).not.toEqual(expected);
  });
});
