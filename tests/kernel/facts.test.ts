/**
 * What the kernel says: why it fails where it must, and as on QEMU with OpenSBI the last line of
 * workloads and the facts that suspended coroutines print of themselves.
 */
import { spawnSync } from "node:child_process";
import { describe, expect, it, test } from "vitest";
import { createMachine } from "../../daemon/src/machine/machine.ts";
import { EXPECTED, FAILING, kernelLines } from "../../kernel/expected.mjs";
import { boot } from "../../kernel/qemu.mjs";
import { kernelDisk, kernelImage } from "../machine/support/kernel.ts";

const installed = spawnSync("qemu-system-riscv64", ["--version"]).status === 0;
const LIMIT = 100_000_000;

const image = kernelImage();
const disk = kernelDisk();

/** Lines of the kernel on our machine, and how the run ended. */
function run(append: string, harts: number) {
  const turns = { schedule: "round-robin", seed: 5, quantum: 1000 } as const;
  const machine = createMachine({ harts, memory: 128, append, ...turns, disk }, image);
  let text = "";
  const decoder = new TextDecoder();
  machine.console.on((bytes) => {
    text += decoder.decode(bytes, { stream: true });
  });
  const outcome = machine.run({ instructions: LIMIT });
  return { outcome, lines: kernelLines(text) };
}

const facts = (lines: readonly string[]): string[] =>
  lines.filter((line) => line.startsWith("[facts]")).sort();

it.each(FAILING)("$append fails and says why", ({ append, last }) => {
  const { outcome, lines } = run(append, 2);
  expect(lines.at(-1)).toMatch(new RegExp(`^${last.replace(/[[\]()]/g, "\\$&")}`));
  expect(outcome).toEqual({ kind: "exit", code: 1 });
});

const why = installed ? "" : " (skipped: no qemu-system-riscv64 here)";

describe(`as on QEMU with OpenSBI${why}`, () => {
  test.skipIf(!installed).each(EXPECTED.slice(0, 8))(
    "$append",
    async ({ append, last }) => {
      const there = await boot({ harts: 4, append });
      expect(there.timedOut).toBe(false);
      expect(kernelLines(there.console).at(-1)).toBe(last);
    },
    90_000,
  );

  test.skipIf(!installed)(
    "the facts of suspended coroutines",
    async () => {
      const there = kernelLines((await boot({ harts: 4, append: "workload=nested" })).console);
      const here = run("workload=nested", 4).lines;
      expect(facts(here).length).toBeGreaterThan(10);
      expect(facts(here)).toEqual(facts(there));
    },
    90_000,
  );
});
