/**
 * Files on volumes that e2fsprogs made, and that it finds in order afterwards: at the end of a run,
 * and wherever the machine was stopped. `POWER_CUTS=200` for more points, `SEED` for others.
 */
import { describe, expect, it, test } from "vitest";
import { createMachine } from "../../daemon/src/machine/machine.ts";
import { Random } from "../../daemon/src/machine/random.ts";
import { kernelImage } from "../machine/support/kernel.ts";
import { check, type Files, hasTools, makeVolume, readFiles, repaired } from "./support/volume.ts";

const CUTS = Number(process.env.POWER_CUTS ?? 8);
const SEED = Number(process.env.SEED ?? 20261126);
const KIB = 4096;
const LIMIT = 1_000_000_000;
const image = kernelImage();

/** A tree of files of all sizes, from nothing to beyond the second block of pointers. */
function someFiles(random: Random): Files {
  const files = new Map<string, Uint8Array>();
  for (const length of [0, 1, 4095, 12 * 1024 + 1, 70_000, 400_000]) {
    const bytes = Uint8Array.from({ length }, () => random.below(256));
    files.set(`${"deep/".repeat(random.below(3))}file-of-${length}`, bytes);
  }
  // More entries than fit in a block.
  for (let index = 0; index < 60; index++) {
    files.set(`many/${"x".repeat(random.below(40))}${index}`, new Uint8Array([index]));
  }
  return files;
}

function boot(disk: Uint8Array, harts: number, append: string) {
  const machine = createMachine(
    { harts, memory: 128, append, schedule: "random", seed: SEED, quantum: 1000, disk },
    image,
  );
  let console = "";
  machine.console.on((bytes) => {
    console += Buffer.from(bytes).toString();
  });
  return { machine, console: () => console };
}

/** What the workload leaves in a file: its own formula, in other words. */
function expectedFile(number: number, round: number): Uint8Array {
  const length = [1, 1000, 30_000, 300_000][(number + round) % 4]!;
  return Uint8Array.from(
    { length },
    (_, at) => number * 31 + round * 17 + at * 7 + Math.floor(at / 251),
  );
}

function expectSame(volume: Uint8Array, files: Files): void {
  const found = readFiles(volume, [...files.keys()]);
  for (const [path, bytes] of files) {
    expect(Buffer.compare(found.get(path) ?? new Uint8Array([0, 0]), bytes), path).toBe(0);
  }
}

/** `s_state` of the superblock: everything on the disk belongs together. */
const saysValid = (volume: Uint8Array): boolean => (volume[1024 + 58]! & 1) === 1;

const why = hasTools ? `, seed ${SEED}` : " (skipped: no e2fsprogs here)";

describe.skipIf(!hasTools)(`volumes of e2fsprogs${why}`, () => {
  it.each([
    { blockSize: 1024, harts: 1 },
    { blockSize: 1024, harts: 8 },
    { blockSize: 2048, harts: 2 },
    { blockSize: 4096, harts: 4 },
  ])("blocks of $blockSize on $harts harts", ({ blockSize, harts }) => {
    const files = someFiles(new Random(SEED));
    const { machine, console } = boot(
      makeVolume(files, blockSize, KIB),
      harts,
      "workload=files coroutines=6",
    );
    expect(machine.run({ instructions: LIMIT }), console()).toEqual({ kind: "exit", code: 0 });
    const after = machine.changedDisk()!;
    expect(check(after)).toMatchObject({ status: 0 });
    expectSame(after, files);
    expectSame(
      after,
      new Map([0, 1, 2, 3, 4, 5].map((number) => [`work/file-${number}`, expectedFile(number, 1)])),
    );
  });

  test(`the power fails at ${CUTS} points`, { timeout: 60_000 + CUTS * 2000 }, () => {
    const random = new Random(SEED);
    const files = someFiles(random);
    const volume = makeVolume(files, 1024, KIB);
    const whole = boot(volume, 4, "workload=files coroutines=6");
    whole.machine.run({ instructions: LIMIT });
    const end = whole.machine.time;
    let inTheMiddle = 0;
    for (let cut = 0; cut < CUTS; cut++) {
      const point = Math.floor((end * (cut + random.below(1000) / 1000)) / CUTS);
      const { machine } = boot(volume, 4, "workload=files coroutines=6");
      machine.run({ instructions: point });
      const disk = machine.changedDisk() ?? volume;
      const context = `stopped after ${point} of ${end} instructions`;
      if (saysValid(disk)) {
        const { status, text } = check(disk);
        expect(status, `${context}\n${text}`).toBe(0);
        expectSame(disk, files);
      } else {
        inTheMiddle++;
        const mended = repaired(disk);
        expect(mended, context).toBeDefined();
        expectSame(mended!, files);
      }
    }
    expect(inTheMiddle).toBeLessThan(CUTS);
  });
});
