/**
 * Every workload does the same work under any interleaving, on 1, 2, 4 and 8 harts: one of them
 * each here. `npm run test:kernel` does the same under hundreds.
 */
import { expect, it } from "vitest";
import { EXPECTED } from "../../kernel/expected.mjs";
import { asyncos } from "../cli/support.ts";
import { kernelDisk, kernelImage } from "../machine/support/kernel.ts";
import { runRow } from "./support/interleaving.ts";

const kernel = { image: kernelImage(), disk: kernelDisk() };
const HARTS = [1, 2, 4, 8];
/** What is large only to show that it fits is run once here, or where even that takes long, not. */
const LARGE = 4;
const ROWS = EXPECTED.filter(({ seeds }) => seeds > 1);

it.each(ROWS)("$append", { timeout: 120_000 }, (row) => {
  for (const [index, harts] of HARTS.entries()) {
    if (row.seeds <= LARGE && harts !== 4) continue;
    const { problem } = runRow(kernel, row, harts, index + 1);
    expect(problem).toBeUndefined();
  }
});

it("what fails is done again by the command that is printed", async () => {
  const [row] = EXPECTED.filter(({ append }) => append === "workload=ring");
  const { instructions, problem } = runRow(kernel, { ...row!, last: "another line" }, 3, 8);
  const [, command = ""] = problem!.match(/^again: npx asyncos (.*)$/m)!;
  const words = command.match(/"[^"]*"|\S+/g)!.map((word) => word.replaceAll('"', ""));
  const { stdout, code } = await asyncos([...words, "--stats"]);
  expect(code).toBe(0);
  expect(JSON.parse(stdout.trim().split("\n").at(-1)!)).toMatchObject({ instructions });
});
