/**
 * What a machine starts from, mutated: ELFs, boot images, firmware and options. Either it starts and
 * runs for a while, or it is refused with a UserError or FormatError; nothing is allocated for sizes
 * that files only claim.
 */
import { expect, test } from "vitest";
import { FormatError, UserError } from "../../daemon/src/base/errors.ts";
import {
  elfOf,
  firmwareImage,
  isElf,
  linuxImage,
  refusePacked,
} from "../../daemon/src/debugger/images.ts";
import type { BootImage, MachineOptions } from "../../daemon/src/machine/api.ts";
import { createMachine } from "../../daemon/src/machine/machine.ts";
import { dwarf5Image } from "../symbols/dwarf5-image.ts";
import { random, rounds, SEED, TIMEOUT } from "./random.ts";

const MEMORY_MIB = 8;
const MAX_MEBIBYTES = 256;

/** A kernel of one page that counts, as a boot image with Linux's header. */
function small(): Uint8Array {
  const bytes = new Uint8Array(4096);
  const view = new DataView(bytes.buffer);
  view.setUint32(0, 0x0400_006f, true); // j 0x40
  view.setUint32(0x40, 0x0015_0513, true); // addi a0, a0, 1
  view.setUint32(0x44, 0xffdf_f06f, true); // j -4
  view.setBigUint64(0x08, 0x20_0000n, true);
  view.setBigUint64(0x10, 0x1000n, true);
  view.setUint32(0x38, 0x0543_5352, true);
  return bytes;
}

const originals = (): readonly Uint8Array[] => {
  const image = small();
  return [image, elfOf(linuxImage(image)!), dwarf5Image()];
};

test(`FUZZ_SEED=${SEED}`, { timeout: TIMEOUT }, () => {
  const below = random(SEED);
  const pick = <T>(list: readonly T[]): T => list[below(list.length)]!;
  const files = originals();
  const words = [
    0n,
    1n,
    8n,
    0x40n,
    0x1000n,
    0x8000_0000n,
    0x8020_0000n,
    2n ** 32n,
    2n ** 63n,
    2n ** 64n - 1n,
  ];
  const mutated = (): Uint8Array => {
    const bytes = pick(files).slice();
    for (let edits = below(4); edits > 0; edits--) {
      // Headers are what is read.
      const at = below(below(4) === 0 ? bytes.length - 8 : 256);
      if (below(2) === 0) bytes[at] = below(256);
      else new DataView(bytes.buffer).setBigUint64(at & ~7, pick(words), true);
    }
    return below(10) === 0 ? bytes.slice(0, below(bytes.length)) : bytes;
  };
  const imageOf = (bytes: Uint8Array): BootImage => {
    refusePacked(bytes, "fuzz");
    const linux = isElf(bytes) ? undefined : linuxImage(bytes);
    return linux ?? firmwareImage(bytes, "fuzz");
  };
  const text = (): string =>
    String.fromCharCode(...Array.from({ length: below(60) }, () => below(0x400)));
  const odd = (): MachineOptions => ({
    harts: pick([1, 2, 8, 0, 9, 1.5, Number.NaN]),
    memory: pick([MEMORY_MIB, MEMORY_MIB + 1, 4, 0, 1e9, -1]),
    append: text(),
    schedule: pick(["round-robin", "random", "pct", "fair" as never]),
    seed: pick([0, below(1 << 30), 2 ** 53 - 1, 2 ** 53, -1]),
    quantum: pick([1, 50, 1000, 0, 2 ** 31]),
    pctDepth: pick([undefined, 1, 32, 0, 99]),
    pctLength: pick([undefined, 1, 300, -5]),
    diskLatency: pick([undefined, 1, 1e9, 0, 1.5]),
    bootHart: pick([undefined, 0, 7, 1, -1]),
    firmware: below(4) === 0 ? firmwareImage(new Uint8Array(below(2000)), "raw") : undefined,
    disk: below(2) === 0 ? new Uint8Array(below(3000)) : undefined,
    initrd: below(3) === 0 ? new Uint8Array(below(1 << 21)) : undefined,
    console: pick([undefined, "uart", "virtio"]),
  });
  const plain = {
    harts: 2,
    memory: MEMORY_MIB,
    append: "",
    schedule: "random",
    seed: 1,
    quantum: 50,
  } as const;
  /** One or two options are odd; the others are as usual. */
  const options = (): MachineOptions => {
    const from = Object.entries(odd());
    return { ...plain, ...Object.fromEntries([pick(from), pick(from)]) };
  };
  const before = process.memoryUsage();
  let started = 0;
  let refused = 0;
  for (let round = 0; round < rounds(250); round++) {
    const what = `FUZZ_SEED=${SEED}, round ${round}`;
    try {
      // One of the two is mutated, so that both kinds of refusal and starts come up.
      const strange = below(3) === 0;
      const image = strange ? linuxImage(small())! : imageOf(mutated());
      const machine = createMachine(strange ? options() : plain, image);
      machine.input(Uint8Array.of(below(256), 10));
      machine.run({ instructions: 3000 });
      const hash = machine.stateHash();
      machine.restore(machine.snapshot());
      expect(machine.stateHash(), what).toBe(hash);
      started++;
    } catch (error) {
      if (!(error instanceof FormatError || error instanceof UserError)) {
        throw new Error(`${what}: ${(error as Error).stack}`, { cause: error });
      }
      refused++;
    }
    if (round % 50 === 49) globalThis.gc?.();
    const { heapUsed } = process.memoryUsage();
    expect((heapUsed - before.heapUsed) / 2 ** 20, what).toBeLessThan(MAX_MEBIBYTES);
  }
  expect(started).toBeGreaterThan(rounds(250) / 10);
  expect(refused).toBeGreaterThan(rounds(250) / 10);
});
