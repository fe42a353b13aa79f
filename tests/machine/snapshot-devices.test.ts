/**
 * Requests under way: a guest that drives the disk by interrupts is taken back at random points,
 * with descriptors in the queue, interrupts pending or claimed, and input that was not read.
 */
import { createHash } from "node:crypto";
import { expect, test } from "vitest";
import type { DeviceState } from "../../daemon/src/machine/devices/device.ts";
import { Random } from "../../daemon/src/machine/random.ts";
import { DISK_SIZE, diskDriver } from "./support/disk-driver.ts";

const POINTS = Number(process.env.SNAPSHOT_POINTS ?? 60);
const SEED = Number(process.env.SNAPSHOT_SEED ?? 20261122);

const numbers = (state: DeviceState, name: string): readonly number[] =>
  [state[name]].flat() as number[];

const digest = (bytes: Uint8Array | undefined): string | undefined =>
  bytes && createHash("sha256").update(bytes).digest("hex");

test(`the disk in use, seed ${SEED}`, () => {
  const random = new Random(SEED);
  const { machine } = diskDriver({ seed: SEED });
  const seen = { underWay: 0, pending: 0, claimed: 0, unread: 0, changed: 0 };
  for (let point = 0; point < POINTS; point++) {
    machine.run({ instructions: 1 + random.below(9000) });
    if (random.below(3) === 0) machine.input(Uint8Array.of(random.below(256), point));
    // Now and then to the very end of an interrupt: what is claimed is claimed for a few instructions.
    if (random.below(2) === 0) {
      const trap = machine.onTrap(() => true);
      machine.run({ instructions: 100_000 });
      trap.dispose();
      machine.run({ instructions: random.below(12) });
    }
    const snapshot = machine.snapshot();
    const { devices, input } = snapshot.state;
    const [block, plic] = [devices["virtio-block@10001000"]!, devices["plic@c000000"]!];
    if (numbers(block, "due")[0]! >= 0) seen.underWay += 1;
    if (numbers(plic, "pending").some((word) => word !== 0)) seen.pending += 1;
    if (numbers(plic, "claimed").some((word) => word !== 0)) seen.claimed += 1;
    if (input.length > 0) seen.unread += 1;
    if ((block.changes as ReadonlyMap<number, unknown>).size > 0) seen.changed += 1;

    const before = machine.stateHash();
    const length = 1 + random.below(20_000);
    const on = () => {
      machine.run({ instructions: length });
      return [machine.stateHash(), machine.position, digest(machine.changedDisk())];
    };
    const first = on();
    machine.restore(snapshot);
    expect([point, machine.stateHash()]).toEqual([point, before]);
    expect([point, ...on()]).toEqual([point, ...first]);
    if (point % 6 !== 0) continue;
    // A machine of the same options that has never been there goes on alike too.
    const other = diskDriver({ seed: SEED }).machine;
    other.restore(snapshot);
    other.run({ instructions: length });
    expect([point, other.stateHash(), digest(other.changedDisk())]).toEqual([
      point,
      first[0],
      first[2],
    ]);
  }
  for (const [what, count] of Object.entries(seen)) expect([what, count > 0]).toEqual([what, true]);
  expect(machine.changedDisk()!.length).toBe(DISK_SIZE);
  // The guest has gone round its disk more than once.
  expect(machine.harts[0]!.x(21)).toBeGreaterThan(16n);
});
