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

import { EXPECTED, FAILING, kernelLines } from "./expected.mjs";
import { DISK, IMAGE } from "./manifest.mjs";

/**
 * Runs `image` to its end, or until `seconds` are over. Types `typed.text` once the console
 * has said `typed.after`; or what comes from `stdin` is typed.
 * @param {{
 *   image?: string, harts?: number, append?: string, disk?: string, memory?: number,
 *   icount?: boolean, seconds?: number, typed?: { after: string, text: string },
 *   stdin?: "ignore" | "inherit", onText?: (text: string) => void,
 * }} [options]
 * @returns {Promise<{console: string, exitCode: number | null, timedOut: boolean}>}
 */
export function boot({
  image = IMAGE,
  harts = 4,
  append = "",
  disk = join(dirname(image), DISK),
  memory = 128,
  icount = false,
  seconds = 60,
  typed,
  stdin = "ignore",
  onText,
} = {}) {
  const args = ["-machine", "virt", "-nographic", "-bios", "default", "-no-reboot"];
  args.push("-m", String(memory), "-smp", String(harts), "-kernel", image, "-append", append);
  if (disk !== undefined && existsSync(disk)) {
    args.push("-drive", `file=${disk},format=raw,if=none,id=disk,snapshot=on`);
    args.push("-device", "virtio-blk-device,drive=disk");
    args.push("-global", "virtio-mmio.force-legacy=false");
  }
  if (icount) {
    args.push("-icount", "shift=auto,sleep=off");
  }
  return new Promise((resolve, reject) => {
    const qemu = spawn("qemu-system-riscv64", args, {
      stdio: [typed ? "pipe" : stdin, "pipe", "pipe"],
    });
    let untyped = typed;
    const result = { console: "", exitCode: null, timedOut: false };
    const timer = setTimeout(() => {
      result.timedOut = true;
      qemu.kill("SIGKILL");
    }, seconds * 1000);
    for (const stream of [qemu.stdout, qemu.stderr]) {
      stream.setEncoding("utf8").on("data", (text) => {
        result.console += text;
        if (untyped && result.console.includes(untyped.after)) {
          qemu.stdin.write(untyped.text);
          untyped = undefined;
        }
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

/** Boots one command line and says what was wrong, if anything was. */
async function problemOf({ append, last, memory, says, typed }, options) {
  const result = await boot({ ...options, append, memory, typed });
  const lines = kernelLines(result.console);
  const isSaid = says === undefined || result.console.split(/\r?\n/).includes(says);
  if (!result.timedOut && isSaid && lines.at(-1)?.startsWith(last)) {
    return undefined;
  }
  return `"${append}" on ${options.harts} harts${result.timedOut ? " does not end" : ""}: expected
  ${last}${says === undefined ? "" : `\n  ${says}`}
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
    stdin: "inherit",
    seconds: 3600,
    onText,
  });
  return !result.timedOut && kernelLines(result.console).at(-1)?.startsWith("[kernel] done: ");
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  process.exitCode = (await main()) ? 0 : 1;
}
