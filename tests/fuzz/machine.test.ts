/**
 * Whole machines fed with random bytes: as code under the built-in firmware and in M-mode, and as
 * the device tree that the bundled kernel finds. Whatever the guest makes of it, `run` comes back and
 * the machine can still be saved and taken back.
 */
import { describe, expect, test } from "vitest";
import { type PhysicalAddress, physical } from "../../daemon/src/base/brand.ts";
import type { Machine } from "../../daemon/src/machine/api.ts";
import { createMachine } from "../../daemon/src/machine/machine.ts";
import { generator, type Random } from "../isa/random.ts";
import { kernelImage } from "../machine/support/kernel.ts";
import { rounds, SEED, TIMEOUT } from "./random.ts";

const ENTRY = physical(0x8020_0000);
const CODE = 0x1_0000;
const options = { harts: 2, memory: 8, append: "", schedule: "random", quantum: 30 } as const;

/** To the limit or another end; then back to the middle, and to the same end again. */
function survive(machine: Machine, instructions: number, what: string): string {
  machine.run({ instructions });
  const snapshot = machine.snapshot();
  const on = () => {
    const outcome = machine.run({ instructions });
    return [outcome, machine.position, machine.stateHash()];
  };
  const first = on();
  machine.restore(snapshot);
  expect(on(), what).toEqual(first);
  return (first[0] as { kind: string }).kind;
}

/** Bytes of any kind, or words that are instructions more often than not. */
function fill(random: Random, bytes: Uint8Array): void {
  const view = new DataView(bytes.buffer);
  const kind = random.below(3);
  for (let at = 0; at < bytes.length; at += 4) {
    const opcode = random.pick([0x03, 0x13, 0x23, 0x2f, 0x33, 0x53, 0x63, 0x67, 0x6f, 0x73, 0x73]);
    view.setUint32(at, kind === 0 ? random.word() : (random.word() & ~0x7f) | opcode, true);
  }
}

const seeds = Array.from({ length: rounds(12) }, (_, index) => SEED + index);

describe.each([true, false])("random bytes as code, machine code %s", (machineCode) => {
  test.each(seeds)("FUZZ_SEED=%i", { timeout: TIMEOUT }, (seed) => {
    const random = generator(seed);
    for (let round = 0; round < 8; round++) {
      const bytes = new Uint8Array(CODE);
      fill(random, bytes);
      const machine = createMachine(
        { ...options, seed, disk: bytes, console: random.pick(["uart", "virtio"]) },
        { entry: ENTRY, segments: [{ address: ENTRY, bytes, size: CODE }] },
        { machineCode },
      );
      for (const hart of machine.harts) {
        for (let register = 1; register < 32; register++) {
          const device = 0x1000_0000 + random.below(0x9000);
          const near = ENTRY + random.below(CODE);
          hart.setX(register, BigInt(random.pick([device, near, near, random.word()])));
        }
      }
      machine.input(bytes.slice(0, 40));
      survive(machine, 5000, `FUZZ_SEED=${seed}, round ${round}`);
    }
  });
});

describe("random bytes in the device tree", () => {
  const image = kernelImage();
  test.each(seeds.slice(0, rounds(4)))("FUZZ_SEED=%i", { timeout: TIMEOUT }, (seed) => {
    const random = generator(seed);
    for (let round = 0; round < 5; round++) {
      const machine = createMachine({ ...options, memory: 128, seed, quantum: 1000 }, image);
      const tree = Number(machine.harts[0]!.x(11));
      const size = bigEndian(machine, tree + 4);
      for (let edits = 1 + random.below(6); edits > 0; edits--) {
        const at = physical(tree + random.below(random.below(2) === 0 ? 64 : size));
        const byte = random.pick([0, 1, 0xff, random.below(256)]);
        machine.writePhysical(at, Uint8Array.of(byte));
      }
      survive(machine, 400_000, `FUZZ_SEED=${seed}, round ${round}`);
    }
  });
});

const bigEndian = (machine: Machine, at: number): number =>
  Buffer.from(machine.readPhysical(at as PhysicalAddress, 4)!).readUInt32BE();
