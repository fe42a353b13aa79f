/**
 * Files on volumes that e2fsprogs made, and that it finds in order afterwards: at the end of a run,
 * and wherever the power failed. `POWER_CUTS=200` for more points, `SEED` for others.
 */
import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { createMachine } from "../../daemon/src/machine/machine.ts";
import { Random } from "../../daemon/src/machine/random.ts";
import { kernelImage } from "../machine/support/kernel.ts";
import { afterPowerCut, recordRequests } from "./support/disk-log.ts";
import { check, type Files, hasTools, makeVolume, readFiles, repaired } from "./support/volume.ts";

const CUTS = Number(process.env.POWER_CUTS ?? 30);
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

function boot(disk: Uint8Array, harts: number, append: string, diskLatency?: number) {
  const machine = createMachine(
    {
      harts,
      memory: 128,
      append,
      schedule: "random",
      seed: SEED,
      quantum: 1000,
      disk,
      diskLatency,
    },
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

  it.each([1024, 4096])("a disk with blocks of %i that is full sooner or later", (blockSize) => {
    const elf = new URL("../../kernel/prebuilt/programs/files.elf", import.meta.url);
    const program = new Uint8Array(readFileSync(elf));
    const seen = { full: 0, done: 0 };
    // From a volume that has no room for the program upwards.
    for (let kib = Math.ceil(program.length / 1024); seen.done < 2; kib += 7) {
      let volume: Uint8Array;
      try {
        volume = makeVolume(new Map([["bin/files", program]]), blockSize, kib);
      } catch {
        continue;
      }
      const { machine, console } = boot(volume, 2, "workload=run program=files processes=2");
      expect(machine.run({ instructions: LIMIT }), console()).toEqual({ kind: "exit", code: 0 });
      const full =
        console().match(/the disk works: DiskFull|files: the disk is full/g)?.length ?? 0;
      expect(console().match(/files: files=4 bytes=48000/g)?.length ?? 0).toBe(2 - full);
      seen[full > 0 ? "full" : "done"] += 1;
      const after = machine.changedDisk() ?? volume;
      expect(check(after), `${kib} KiB`).toMatchObject({ status: 0 });
      expectSame(after, new Map([["bin/files", program]]));
    }
    expect(seen.full).toBeGreaterThan(5);
  });

  it("more files than the cache holds", { timeout: 60_000 }, () => {
    // What is on its way to the disk makes no room, and is read by others meanwhile.
    const volume = makeVolume(new Map(), 1024, 4 * KIB);
    const append = "workload=files coroutines=32 rounds=1";
    const { machine, console } = boot(volume, 4, append, 200_000);
    expect(machine.run({ instructions: LIMIT }), console()).toEqual({ kind: "exit", code: 0 });
    expect(check(machine.changedDisk()!)).toMatchObject({ status: 0 });
  });

  it.each([1024, 4096])(
    `blocks of %i, the power fails at ${CUTS} points`,
    { timeout: 60_000 + CUTS * 1000 },
    (blockSize) => {
      const random = new Random(SEED);
      const files = someFiles(random);
      const volume = makeVolume(files, blockSize, KIB);
      const whole = boot(volume, 4, "workload=files coroutines=6");
      const requests = recordRequests(() => whole.machine.run({ instructions: LIMIT }));
      const flushes = requests.flatMap(({ kind }, at) => (kind === "flush" ? [at] : []));
      const seen = { valid: 0, inTheMiddle: 0 };
      for (let cut = 0; cut < CUTS; cut++) {
        // Half of them anywhere, half around a flush, where the superblock changes.
        const near = flushes[random.below(flushes.length)]! + random.below(5) - 2;
        const point = cut % 2 === 0 ? random.below(requests.length) : near;
        const disk = afterPowerCut(volume, requests.slice(0, point), random);
        const context = `after ${point} of ${requests.length} requests`;
        if (saysValid(disk)) {
          seen.valid++;
          const { status, text } = check(disk);
          expect(status, `${context}\n${text}`).toBe(0);
          expectSame(disk, files);
        } else {
          seen.inTheMiddle++;
          const mended = repaired(disk);
          expect(mended, context).toBeDefined();
          expectSame(mended!, files);
        }
      }
      expect(seen.valid).toBeGreaterThan(0);
      expect(seen.inTheMiddle).toBeGreaterThan(0);
    },
  );
});
