#!/usr/bin/env node
// Measures what the designs of the executor cost, in instructions of all harts together, on the
// debugger's machine: prints the table of README.md. The machine is deterministic, so the same
// image gives the same numbers.
//
//   node measure.mjs [HARTS ...]

import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";

const ASYNCOS = fileURLToPath(new URL("../daemon/bin/asyncos.mjs", import.meta.url));

const MODES = [
  "executor=global",
  "executor=per-thread migrate=none",
  "executor=per-thread migrate=steal",
  "executor=per-thread migrate=threshold",
];

/** What differs between two runs, so that boot and end cancel out. */
const COSTS = [
  {
    what: "coroutine",
    less: "workload=storm coroutines=100",
    more: "workload=storm coroutines=200",
    count: 100,
  },
  {
    what: "hop",
    less: "workload=ring rounds=20",
    more: "workload=ring rounds=60",
    count: 40 * 8 * 4,
  },
  {
    what: "wake",
    less: "workload=wakes wakes=1000",
    more: "workload=wakes wakes=3000",
    count: 2000,
  },
];

function instructions(append, harts) {
  const args = [ASYNCOS, "run", "--json", "--stats", "--harts", String(harts), "--append", append];
  const { stdout, stderr } = spawnSync("node", args, { encoding: "utf8" });
  const last = stdout.trim().split("\n").at(-1) ?? "";
  const result = last.startsWith("{") ? JSON.parse(last) : {};
  if (result.exit !== 0) {
    throw new Error(`${append} on ${harts} harts does not end well: ${last}${stderr}`);
  }
  return result.instructions;
}

const harts = process.argv.length > 2 ? process.argv.slice(2).map(Number) : [1, 2, 4, 8];
const columns = COSTS.flatMap(({ what }) => harts.map((count) => `${what}, ${count}`));
console.log(`| mode | ${columns.join(" | ")} |`);
console.log(`|---|${columns.map(() => "---:|").join("")}`);
for (const mode of MODES) {
  const cells = COSTS.flatMap(({ less, more, count }) =>
    harts.map((number) => {
      const extra =
        instructions(`${more} ${mode}`, number) - instructions(`${less} ${mode}`, number);
      return Math.round(extra / count);
    }),
  );
  console.log(`| \`${mode}\` | ${cells.join(" | ")} |`);
}
