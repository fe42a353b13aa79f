/**
 * `npm run test:kernel`: every command line of `kernel/expected.mjs` under many interleavings, on 1,
 * 2, 4 and 8 harts, and once on QEMU with OpenSBI. A failure prints the command that repeats it.
 *
 *   node run.mjs [--seeds 200] [--first 1] [--harts 1,2,4,8] [--only WORKLOAD] [--jobs N]
 *                [--minutes N] [--again] [--no-qemu]
 *
 * Seed by seed over all rows, so that a run that is short of time has seen them all. What has ended
 * well with this very image is not run again (`--again` does): a run that was interrupted, or has
 * had its `--minutes`, goes on where it was.
 */
import { spawnSync } from "node:child_process";
import { availableParallelism } from "node:os";
import { pathToFileURL } from "node:url";
import { parseArgs } from "node:util";
import { bundle, root } from "../bundle.mjs";

const { values } = parseArgs({
  options: {
    seeds: { type: "string", default: "200" },
    first: { type: "string", default: "1" },
    harts: { type: "string", default: "1,2,4,8" },
    only: { type: "string", default: "" },
    jobs: { type: "string", default: String(availableParallelism()) },
    minutes: { type: "string", default: "Infinity" },
    again: { type: "boolean", default: false },
    qemu: { type: "boolean", default: true },
  },
  allowNegative: true,
});

/** Of the command line, or the end with a message. */
function number(name) {
  const value = Number(values[name]);
  if (value > 0) return value;
  console.error(`test:kernel: --${name} ${values[name]} is not a number above 0`);
  process.exit(1);
}

const proof = await bundle("tests/kernel/proof.ts", "kernel/interleavings.mjs");
const { prove } = await import(pathToFileURL(proof).href);
const interleavings = await prove(root, proof, {
  seeds: number("seeds"),
  first: number("first"),
  harts: values.harts.split(",").map(Number),
  only: values.only,
  jobs: number("jobs"),
  minutes: number("minutes"),
  again: values.again,
});
const qemu =
  !values.qemu ||
  spawnSync("node", ["kernel/qemu.mjs", "--check"], { cwd: root, stdio: "inherit" }).status === 0;
process.exitCode = interleavings && qemu ? 0 : 1;
