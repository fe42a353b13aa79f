#!/usr/bin/env node
// Measures how far the kernel computes while its disk is busy, on the debugger's machine: prints the
// table of README.md about `io-mix`. The machine is deterministic, so the same image gives the
// same numbers.
//
//   node measure-io.mjs [HARTS ...]

import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";

const ASYNCOS = fileURLToPath(new URL("../daemon/bin/asyncos.mjs", import.meta.url));
/** Instructions until the disk serves what it was asked for. */
const LATENCIES = [2000, 20_000, 200_000];

/** Milliseconds of the machine's time one after the other, and at once. */
function times(harts, latency) {
  const machine = ["--harts", String(harts), "--disk-latency", String(latency)];
  const args = [ASYNCOS, "run", ...machine, "--append", "workload=io-mix"];
  const { stdout, stderr, status } = spawnSync("node", args, { encoding: "utf8" });
  const [, alone, together] = stdout.match(/^\[io-mix\] (\d+) us .*, (\d+) us at once$/m) ?? [];
  if (status !== 0 || together === undefined) {
    throw new Error(`io-mix on ${harts} harts does not end well: ${stdout}${stderr}`);
  }
  return [alone, together].map((microseconds) => (Number(microseconds) / 1000).toFixed(0));
}

const harts = process.argv.length > 2 ? process.argv.slice(2).map(Number) : [1, 2, 4, 8];
const columns = harts.flatMap((count) => [`one by one, ${count}`, `at once, ${count}`]);
console.log(`| disk latency | ${columns.join(" | ")} |`);
console.log(`|---:|${columns.map(() => "---:|").join("")}`);
for (const latency of LATENCIES) {
  const cells = harts.flatMap((count) => times(count, latency));
  console.log(`| ${latency.toLocaleString("en")} | ${cells.join(" | ")} |`);
}
