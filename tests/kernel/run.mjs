/**
 * `npm run test:kernel`: every workload of the kernel under many interleavings, on 1, 2, 4 and 8
 * harts, and on QEMU with OpenSBI. Both halves of the harts run at once. A failure names its seed.
 *
 *   node run.mjs [--seeds 200] [--first 1] [--harts 1,2,4,8] [--only WORKLOAD] [--no-qemu]
 */
import { spawn } from "node:child_process";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";

const root = join(dirname(fileURLToPath(import.meta.url)), "..", "..");
const { values } = parseArgs({
  options: {
    seeds: { type: "string", default: "200" },
    first: { type: "string", default: "1" },
    harts: { type: "string", default: "1,2,4,8" },
    only: { type: "string", default: "" },
    qemu: { type: "boolean", default: true },
  },
  allowNegative: true,
});

/** Runs a command of this repository; resolves with whether it ended well. */
function run(args, env = {}) {
  return new Promise((resolve) => {
    const options = { cwd: root, stdio: "inherit", env: { ...process.env, ...env } };
    spawn(process.execPath, args, options).on("close", (code) => resolve(code === 0));
  });
}

function interleavings(harts) {
  const vitest = join("node_modules", "vitest", "vitest.mjs");
  return run([vitest, "run", "tests/kernel/interleavings.test.ts"], {
    KERNEL_SEEDS: values.seeds,
    KERNEL_FIRST_SEED: values.first,
    KERNEL_HARTS: harts.join(","),
    KERNEL_ONLY: values.only,
  });
}

const harts = values.harts.split(",");
const halves = [0, 1].map((half) => harts.filter((_, index) => (index + 1) % 4 < 2 === !half));
const results = await Promise.all(halves.filter((half) => half.length > 0).map(interleavings));
if (values.qemu) results.push(await run(["kernel/qemu.mjs", "--check"]));
process.exitCode = results.every(Boolean) ? 0 : 1;
