/**
 * Pages that were written since a mark: none that has changed is left out, whoever wrote it, and not
 * much that was not is among them.
 */
import { expect, test } from "vitest";
import { physical } from "../../daemon/src/base/brand.ts";
import type { Machine, Snapshot } from "../../daemon/src/machine/api.ts";
import { Random } from "../../daemon/src/machine/random.ts";
import { bootKernel } from "../awareness/boot.ts";

const RAM = 0x8000_0000;
const PAGE = 4096;
const BLOCK = 256 * PAGE;
/** What is looked at: the kernel's image, and where its heap and its processes begin. */
const LOOKED_AT = 24 * BLOCK;
const seeds = process.env.FUZZ_SEED ? [Number(process.env.FUZZ_SEED)] : [1, 2, 3];

const ram = (machine: Machine): Buffer =>
  Buffer.from(machine.readPhysical(physical(RAM), LOOKED_AT)!);

/** Pages that differ. */
function changed(before: Buffer, now: Buffer): number[] {
  const pages: number[] = [];
  const differ = (at: number, size: number): boolean =>
    now.compare(before, at, at + size, at, at + size) !== 0;
  for (let block = 0; block < now.length; block += BLOCK) {
    if (!differ(block, BLOCK)) continue;
    for (let at = block; at < block + BLOCK; at += PAGE)
      if (differ(at, PAGE)) pages.push(at / PAGE);
  }
  return pages;
}

test.each(seeds)("by guests, devices, the debugger and snapshots, FUZZ_SEED=%s", (seed) => {
  const chance = new Random(seed);
  const workload = ["files", "mix", "run program=ring processes=2"][seed % 3];
  const { machine } = bootKernel(`workload=${workload}`, {
    schedule: "random",
    seed,
  });
  const snapshots: Snapshot[] = [];
  const { writes } = machine;
  let told = 0;
  let different = 0;
  // Marks of before stay good: the oldest sees what all since then have seen.
  const first = { mark: writes.mark(), ram: ram(machine) };
  for (let step = 0; step < 16 && !machine.exit; step++) {
    const mark = writes.mark();
    expect(writes.mark()).toBe(mark);
    const before = ram(machine);
    const way = chance.below(5);
    if (way === 0 && snapshots.length > 0) {
      machine.restore(snapshots[chance.below(snapshots.length)]!);
    } else if (way === 1) {
      const at = physical(RAM + 0x60_0000 + chance.below(0x10_0000));
      machine.writePhysical(at, Uint8Array.of(chance.below(256), chance.below(256)));
    } else {
      if (way === 2) snapshots.push(machine.snapshot());
      machine.run({ instructions: 1 + chance.below(step % 2 ? 40 : 400_000) });
    }
    const now = ram(machine);
    const pages = changed(before, now);
    expect(pages.filter((page) => !writes.after(mark, page))).toEqual([]);
    for (let page = 0; page < LOOKED_AT / PAGE; page++) told += Number(writes.after(mark, page));
    different += pages.length;
    expect(writes.pageOf(RAM + 5 * PAGE + 7)).toBe(5);
  }
  const since = changed(first.ram, ram(machine));
  expect(since.filter((page) => !writes.after(first.mark, page))).toEqual([]);
  expect(different).toBeGreaterThan(20);
  // A page that was stored to with what it held already is told too.
  expect(told).toBeLessThan(different * 4 + 400);
});
