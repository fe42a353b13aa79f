// Random rings and registers: a device answers, or asks for a reset, and never more than that.
import { expect, test } from "vitest";
import { Block } from "../../daemon/src/machine/devices/virtio/block.ts";
import { VirtioConsole } from "../../daemon/src/machine/devices/virtio/console.ts";
import { Disk, imageOfBytes } from "../../daemon/src/machine/devices/virtio/disk.ts";
import { Entropy } from "../../daemon/src/machine/devices/virtio/entropy.ts";
import type { VirtioDevice } from "../../daemon/src/machine/devices/virtio/transport.ts";
import { generator, type Random } from "../isa/random.ts";
import { Driver, RAM, Register } from "../machine/support/virtio.ts";
import { rounds, SEED, TIMEOUT } from "./random.ts";

const makers: readonly (() => VirtioDevice)[] = [
  () => new Block(new Disk(imageOfBytes(new Uint8Array(0x4000)))),
  () => new Entropy(1),
  () => new VirtioConsole({ put: () => {}, available: () => 100, take: () => 1 }),
];
const REGISTERS = [...Object.values(Register), 0x80, 0x84, 0x90, 0x94, 0xa0, 0xa4, 0x100, 0x104];

function step(random: Random, driver: Driver): void {
  const kind = random.below(10);
  const number = random.pick([0, 1, 2, 7, 8, 512, 0xffff, 0x7fff_ffff, 0xffff_ffff, random.word()]);
  const place = random.pick([RAM + (random.word() & 0xffff), RAM + 0x4000, number]);
  if (kind < 2) driver.write(random.pick(REGISTERS), random.pick([number, place, 15]));
  else if (kind < 5) {
    const size = random.pick([1, 16, 17, 512, number]);
    driver.describe(random.below(8), place, size, random.below(4), random.below(10));
  } else if (kind < 7) driver.offer(random.below(9));
  else if (kind < 9) {
    driver.write(Register.notify, random.below(3));
    driver.wait();
  } else driver.ram[random.word() & 0xffff] = random.word();
}

test(`FUZZ_SEED=${SEED}`, { timeout: TIMEOUT }, () => {
  const random = generator(SEED);
  let served = 0;
  let resets = 0;
  for (let round = 0; round < rounds(1800); round++) {
    const driver = new Driver(random.pick(makers)());
    driver.start(driver.read(Register.device) === 3 ? 2 : 1);
    for (let count = 0; count < 60; count++) step(random, driver);
    resets += driver.needsReset ? 1 : 0;
    served += driver.used().index > 0 ? 1 : 0;
  }
  // Both things do happen.
  expect(served).toBeGreaterThan(5);
  expect(resets).toBeGreaterThan(5);
});
