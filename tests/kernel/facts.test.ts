/**
 * The same image does the same work here and on QEMU with OpenSBI: the last line of every workload,
 * and the facts that suspended coroutines print of themselves.
 */
import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { describe, expect, it, test } from "vitest";
import { physical } from "../../daemon/src/base/brand.ts";
import { createMachine } from "../../daemon/src/machine/machine.ts";
import { openSymbols } from "../../daemon/src/symbols/symbols.ts";
import { IMAGE } from "../../kernel/manifest.mjs";
import { boot, EXPECTED, FAILING, kernelLines } from "../../kernel/qemu.mjs";
import { kernelDisk } from "../machine/support/kernel.ts";

const installed = spawnSync("qemu-system-riscv64", ["--version"]).status === 0;
const HARTS = [1, 4, 8];
const LIMIT = 2_000_000_000;
const SLICE = 1_000_000;

const image = (() => {
  const { segments, entry } = openSymbols(readFileSync(IMAGE), IMAGE);
  return {
    entry: physical(Number(entry)),
    segments: segments.map(({ physical: address, bytes, size }) => ({
      address: physical(Number(address)),
      bytes,
      size,
    })),
  };
})();

const disk = kernelDisk();

/** Lines of the kernel on our machine, and how the run ended. */
function run(append: string, harts: number, schedule: "round-robin" | "random" = "round-robin") {
  const options = { harts, memory: 128, append, schedule, seed: 5, quantum: 1000, disk };
  const machine = createMachine(options, image);
  let text = "";
  const decoder = new TextDecoder();
  machine.console.on((bytes) => {
    text += decoder.decode(bytes, { stream: true });
  });
  let outcome = machine.run({ instructions: SLICE });
  for (let done = SLICE; outcome.kind === "limit" && done < LIMIT; done += SLICE)
    outcome = machine.run({ instructions: SLICE });
  return { outcome, lines: kernelLines(text) };
}

const facts = (lines: readonly string[]): string[] =>
  lines.filter((line) => line.startsWith("[facts]")).sort();

describe.each(HARTS)("on %i harts here", (harts) => {
  it.each(EXPECTED)("$append", ({ append, last }) => {
    for (const schedule of ["round-robin", "random"] as const) {
      const { outcome, lines } = run(append, harts, schedule);
      expect(lines.at(-1)).toBe(last);
      expect(outcome).toEqual({ kind: "exit", code: 0 });
    }
  });
});

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
