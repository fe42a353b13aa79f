#!/usr/bin/env node
// Boots the kernel on QEMU's `virt` machine with OpenSBI.
//
//   node qemu.mjs [--harts N] [--image ELF] [--icount] [ARGUMENT=VALUE ...]   console to stdout
//   node qemu.mjs --check [--image ELF] [--repeat N]    every workload on 1, 2, 4 and 8 harts

import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";

import { DISK, IMAGE } from "./manifest.mjs";

/**
 * Runs `image` to its end, or until `seconds` are over.
 * @returns {Promise<{console: string, exitCode: number | null, timedOut: boolean}>}
 */
export function boot({
  image = IMAGE,
  harts = 4,
  append = "",
  disk = join(dirname(image), DISK),
  icount = false,
  seconds = 60,
  onText,
} = {}) {
  const args = ["-machine", "virt", "-m", "128", "-nographic", "-bios", "default", "-no-reboot"];
  args.push("-smp", String(harts), "-kernel", image, "-append", append);
  if (disk !== undefined && existsSync(disk)) {
    args.push("-drive", `file=${disk},format=raw,if=none,id=disk,snapshot=on`);
    args.push("-device", "virtio-blk-device,drive=disk");
    args.push("-global", "virtio-mmio.force-legacy=false");
  }
  if (icount) {
    args.push("-icount", "shift=auto,sleep=off");
  }
  return new Promise((resolve, reject) => {
    const qemu = spawn("qemu-system-riscv64", args, { stdio: ["ignore", "pipe", "pipe"] });
    const result = { console: "", exitCode: null, timedOut: false };
    const timer = setTimeout(() => {
      result.timedOut = true;
      qemu.kill("SIGKILL");
    }, seconds * 1000);
    for (const stream of [qemu.stdout, qemu.stderr]) {
      stream.setEncoding("utf8").on("data", (text) => {
        result.console += text;
        onText?.(text);
      });
    }
    qemu.on("error", (error) => {
      clearTimeout(timer);
      reject(error);
    });
    qemu.on("close", (exitCode) => {
      clearTimeout(timer);
      resolve({ ...result, exitCode });
    });
  });
}

const CLEAN = "leaked_coroutines=0 leaked_objects=0 leaked_frames=0 leaked_spaces=0";

/** What each command line must print last, on any number of harts. */
export const EXPECTED = [
  [
    "",
    `workload=mix tokens=4 hops=1600 sleeps=40 alarms=4 answers=40 spawned=59 completed=59 ${CLEAN}`,
  ],
  ["workload=ring", `workload=ring tokens=4 hops=1600 spawned=9 completed=9 ${CLEAN}`],
  [
    "workload=ring coroutines=3 rounds=7",
    `workload=ring tokens=4 hops=84 spawned=4 completed=4 ${CLEAN}`,
  ],
  ["workload=priorities", `workload=priorities alarms=4 spawned=37 completed=37 ${CLEAN}`],
  ["workload=sleepers", `workload=sleepers sleeps=40 spawned=9 completed=9 ${CLEAN}`],
  [
    "workload=nested",
    `workload=nested suspended=8 digest=4000074025 spawned=9 completed=9 ${CLEAN}`,
  ],
  ["workload=storm", `workload=storm woken=1000 spawned=1001 completed=1001 ${CLEAN}`],
  [
    "workload=storm coroutines=10000",
    `workload=storm woken=10000 spawned=10001 completed=10001 ${CLEAN}`,
  ],
  [
    "workload=compute",
    `workload=compute rounds=1 checksum=9148412545958282263 spawned=1 completed=1 ${CLEAN}`,
  ],
  ["workload=wakes wakes=100000", `workload=wakes wakes=100000 spawned=3 completed=3 ${CLEAN}`],
  [
    "workload=sync",
    `workload=sync locked=240 meals=60 lent=6 messages=90 first=12 cancelled=12 raised=6 turns=3 spawned=85 completed=85 ${CLEAN}`,
  ],
  [
    "workload=files",
    `workload=files files=8 bytes=662002 rounds=2 spawned=421 completed=421 ${CLEAN}`,
  ],
  ["workload=run", `workload=run processes=1 exit=0 spawned=1 completed=1 ${CLEAN}`],
  [
    "workload=run program=ring processes=8",
    `workload=run processes=8 exit=0 spawned=1 completed=1 ${CLEAN}`,
  ],
  [
    "workload=run program=threads",
    `workload=run processes=1 exit=0 spawned=1 completed=1 ${CLEAN}`,
  ],
  [
    "workload=run program=wild processes=2",
    `workload=run processes=2 exit=4294967309 spawned=1 completed=1 ${CLEAN}`,
  ],
  ...[
    "executor=global roles=symmetric",
    "executor=per-thread",
    "executor=per-thread migrate=threshold",
    "roles=split",
    "roles=split executor=per-thread prio-bits=3",
  ].map((mode) => [
    `workload=mix ${mode}`,
    `workload=mix tokens=4 hops=1600 sleeps=40 alarms=4 answers=40 spawned=59 completed=59 ${CLEAN}`,
  ]),
  [
    "workload=storm executor=per-thread migrate=none",
    `workload=storm woken=1000 spawned=1001 completed=1001 ${CLEAN}`,
  ],
].map(([append, figures]) => ({ append, last: `[kernel] done: ${figures}` }));

/** Command lines that must fail, and how their last line begins. */
export const FAILING = [
  ["workload=none", "[kernel] failed: workload=none: it must be one of mix ring"],
  ["color=blue", '[kernel] failed: unknown argument "color"'],
  ["quick", '[kernel] failed: unknown argument "quick"'],
  ["coroutines=0", "[kernel] failed: coroutines=0: it must be a number from 1 to 100000"],
  ["executor=one", "[kernel] failed: executor=one: it must be one of global per-thread"],
  ["migrate=steal", "[kernel] failed: migrate= needs executor=per-thread"],
  ["executor=per-thread migrate=none", "[kernel] failed: this workload needs migrate=steal"],
  ["workload=run program=none", "[kernel] failed: /bin/none: there is no such file"],
  ["workload=panic", "[kernel] panic on hart "],
  ["workload=wild", "[kernel] panic on hart "],
].map(([append, last]) => ({ append, last }));

/** Lines of the kernel's own; what firmware prints is different everywhere. */
export function kernelLines(console) {
  return console.split(/\r?\n/).filter((line) => /^\[(kernel|facts)\] /.test(line));
}

/** Boots one command line and says what was wrong, if anything was. */
async function problemOf({ append, last }, options) {
  const result = await boot({ ...options, append });
  const lines = kernelLines(result.console);
  if (!result.timedOut && lines.at(-1)?.startsWith(last)) {
    return undefined;
  }
  return `"${append}" on ${options.harts} harts${result.timedOut ? " does not end" : ""}: expected
  ${last}
but the console said
${result.console.slice(-1500)}`;
}

/** The facts of `nested` do not depend on who runs when. */
async function factsOf(options) {
  const { console } = await boot({ ...options, append: "workload=nested" });
  return kernelLines(console)
    .filter((line) => line.startsWith("[facts]"))
    .sort()
    .join("\n");
}

async function check(options, repeat) {
  let failures = 0;
  const report = (problem) => {
    failures += 1;
    console.error(problem);
  };
  const facts = await factsOf({ ...options, harts: 1 });
  for (let round = 0; round < repeat; round += 1) {
    for (const harts of [1, 2, 4, 8]) {
      for (const row of [...EXPECTED, ...FAILING]) {
        const problem = await problemOf(row, { ...options, harts });
        if (problem !== undefined) {
          report(problem);
        }
      }
      if (facts === "" || facts !== (await factsOf({ ...options, harts }))) {
        report(`the facts of workload=nested on ${harts} harts differ from those on 1`);
      }
      console.log(
        `${harts} harts: ${EXPECTED.length + FAILING.length} command lines, ${failures} failures so far`,
      );
    }
  }
  return failures === 0;
}

async function main() {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      harts: { type: "string", default: "4" },
      image: { type: "string", default: IMAGE },
      icount: { type: "boolean", default: false },
      check: { type: "boolean", default: false },
      repeat: { type: "string", default: "1" },
    },
  });
  const { image, icount } = values;
  if (values.check) {
    return check({ image, icount }, Number(values.repeat));
  }
  const onText = (text) => process.stdout.write(text);
  const result = await boot({
    image,
    icount,
    harts: Number(values.harts),
    append: positionals.join(" "),
    onText,
  });
  return !result.timedOut && kernelLines(result.console).at(-1)?.startsWith("[kernel] done: ");
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  process.exitCode = (await main()) ? 0 : 1;
}
