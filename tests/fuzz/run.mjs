/**
 * `npm run fuzz [-- --minutes M] [--seed N] [AREA ...]`: each area in turn, with new seeds, until each has had
 * its minutes (10 when not said). An area is a file of this folder: code, machine, boot, disk, virtio, elf,
 * dwarf, demangle, expression, profile, framing, dap. The first failure ends it, with the command that repeats it.
 */
import { spawnSync } from "node:child_process";
import { readdirSync } from "node:fs";
import { join } from "node:path";
import { parseArgs } from "node:util";

const folder = import.meta.dirname;
const root = join(folder, "../..");
const SUFFIX = ".test.ts";
/** How many times the rounds of CI one run of an area does. */
const FACTOR = "4";

const areas = readdirSync(folder)
  .filter((name) => name.endsWith(SUFFIX))
  .map((name) => name.slice(0, -SUFFIX.length));
const { values, positionals } = parseArgs({
  options: { minutes: { type: "string", default: "10" }, seed: { type: "string" } },
  allowPositionals: true,
});
const minutes = Number(values.minutes);
const first = Number(values.seed ?? Math.floor(Math.random() * 2 ** 30));
for (const area of positionals) {
  if (!areas.includes(area)) fail(`no area ${area}; there are ${areas.join(", ")}`);
}
if (!(minutes > 0)) fail(`--minutes ${values.minutes} is no time`);
if (!Number.isSafeInteger(first) || first < 0) fail(`--seed ${values.seed} is no seed`);

const chosen = positionals.length > 0 ? positionals : areas;
for (const area of chosen) {
  const end = Date.now() + minutes * 60_000;
  let runs = 0;
  // Seeds of neighbouring runs lie apart: files count up from theirs.
  for (let seed = first; Date.now() < end; seed += 1000, runs++) run(area, seed);
  console.log(`${area}: ${runs} runs from seed ${first} in ${minutes} minutes, no failure`);
}

function run(area, seed) {
  const file = `tests/fuzz/${area}${SUFFIX}`;
  const env = { ...process.env, FUZZ_SEED: String(seed), FUZZ_FACTOR: FACTOR };
  const { status, stdout, stderr } = spawnSync(
    process.execPath,
    [join(root, "node_modules/vitest/vitest.mjs"), "run", file],
    { cwd: root, env, encoding: "utf8", maxBuffer: 1 << 28 },
  );
  if (status === 0) return;
  process.stderr.write(stdout + stderr);
  fail(`to repeat it: FUZZ_SEED=${seed} FUZZ_FACTOR=${FACTOR} npx vitest run ${file}`);
}

function fail(message) {
  console.error(`fuzz: ${message}`);
  process.exit(1);
}
