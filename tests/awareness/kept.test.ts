/**
 * Lists are kept from stop to stop, as far as nobody wrote what they were read from. Here they are
 * compared with what is read from nothing, after whatever may happen between two stops.
 */
import { readdirSync, readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { GROUPINGS } from "../../daemon/src/awareness/api.ts";
import { createAwareness } from "../../daemon/src/awareness/awareness.ts";
import { detectProfile } from "../../daemon/src/awareness/profile.ts";
import { physical } from "../../daemon/src/base/brand.ts";
import { createInspector } from "../../daemon/src/inspect/inspector.ts";
import type { Snapshot } from "../../daemon/src/machine/api.ts";
import { Random } from "../../daemon/src/machine/random.ts";
import { openSymbols } from "../../daemon/src/symbols/symbols.ts";
import { bootKernel, bundledProfile, kernelSymbols } from "./boot.ts";

const seeds = process.env.FUZZ_SEED ? [Number(process.env.FUZZ_SEED)] : [1, 2, 3, 4];
const prebuilt = new URL("../../kernel/prebuilt/", import.meta.url);
const folder = new URL("programs/", prebuilt);
const disk = readFileSync(new URL("disk.img", prebuilt));
const programs = readdirSync(folder).map((file) => ({
  name: file.replace(".elf", ""),
  symbols: openSymbols(readFileSync(new URL(file, folder)), file),
}));

type Kernel = ReturnType<typeof bootKernel>;
type Lists = Kernel["awareness"];

const withPrograms = (awareness: Lists): Lists => {
  for (const { name, symbols } of programs) {
    if (name === "scheduler") awareness.addLibrary(name, symbols);
  }
  for (const { name, symbols } of programs) {
    if (name !== "scheduler") awareness.addProgram(name, symbols);
  }
  return awareness;
};

/** What has read nothing yet. */
function fresh({ machine }: Kernel): Lists {
  const inspector = createInspector(machine);
  inspector.modules.add(kernelSymbols);
  const files = new Map([["asyncos.json", bundledProfile()]]);
  return withPrograms(createAwareness(machine, inspector, detectProfile(kernelSymbols, files)));
}

function told(awareness: Lists, id: number): unknown {
  const { coroutines, total } = awareness.coroutines({ count: 1000 });
  const frames = ({ frames: all, ...rest }: ReturnType<Lists["chains"]>["chains"][number]) => ({
    ...rest,
    frames: all.map(({ location, name, note }) => [name, location?.line, note]),
  });
  const { chains, polled } = awareness.chains(20);
  return {
    coroutines,
    total,
    polled,
    chains: chains.map(frames),
    census: awareness.census(),
    groups: GROUPINGS.map((by) => awareness.groups(by, undefined)),
    filtered: awareness.coroutines({ filter: `id:${id},${id + 3} prio:<6` }),
    one: awareness.coroutine(id),
  };
}

/** Runs, writes and goes back, in an order that the seed says; calls back at each stop. */
function wander(kernel: Kernel, seed: number, steps: number, stop: (step: number) => void): void {
  const { machine } = kernel;
  const chance = new Random(seed);
  const snapshots: Snapshot[] = [];
  for (let step = 0; step < steps; step++) {
    switch (chance.below(6)) {
      case 0:
        machine.run({ instructions: 1 + chance.below(3) });
        break;
      case 1:
        machine.run({ instructions: 1 + chance.below(500), only: [chance.below(2)] });
        break;
      case 2:
        machine.run({ instructions: 1 + chance.below(200_000) });
        break;
      case 3:
        snapshots.push(machine.snapshot());
        machine.run({ instructions: 1 + chance.below(20_000) });
        break;
      case 4:
        if (snapshots.length > 0) machine.restore(snapshots[chance.below(snapshots.length)]!);
        break;
      case 5:
        scribble(kernel, chance);
        break;
    }
    stop(step);
    if (machine.exit) return;
  }
}

/** The debugger writes to a future, and looks; then it is as it was, or, rarely, stays. */
function scribble({ awareness, machine }: Kernel, chance: Random): void {
  const { coroutines } = awareness.coroutines({ filter: "process:0", count: 100 });
  if (coroutines.length === 0) return;
  const { id } = coroutines[chance.below(coroutines.length)]!;
  const at = awareness.awaitStack(id).findLast(({ address }) => address !== undefined)?.address;
  if (at === undefined) return;
  const word = physical(Number(at) + chance.below(40));
  const before = machine.readPhysical(word, 1);
  if (!before) return;
  machine.writePhysical(word, Uint8Array.of(chance.below(8)));
  awareness.chains(20);
  if (chance.below(4) > 0) machine.writePhysical(word, before);
}

test.each(seeds)("kept lists are what memory says, FUZZ_SEED=%s", (seed) => {
  const workload = ["mix", "ring coroutines=200", "storm coroutines=300", "priorities"][seed % 4];
  const kernel = bootKernel(`workload=${workload} rounds=1000`, {
    harts: 2 + (seed % 3),
    schedule: "random",
    seed,
    disk,
  });
  withPrograms(kernel.awareness);
  kernel.machine.run({ instructions: 2_000_000 });
  let seen = 0;
  wander(kernel, seed, 60, (step) => {
    const id = 1 + (step % 40);
    const kept = told(kernel.awareness, id);
    seen = Math.max(seen, kernel.awareness.coroutines({ count: 1 }).total);
    expect(kept, `step ${step}`).toEqual(told(fresh(kernel), id));
  });
  expect(seen).toBeGreaterThan(5);
});

test.each(seeds)("of processes too, which come and go, FUZZ_SEED=%s", (seed) => {
  const kernel = bootKernel(`workload=run program=${seed % 2 ? "ring" : "nested"} processes=3`, {
    harts: 2,
    schedule: "random",
    seed,
    disk,
  });
  withPrograms(kernel.awareness);
  let most = 0;
  kernel.machine.run({ instructions: 1_000_000 });
  wander(kernel, seed, 50, (step) => {
    const kept = told(kernel.awareness, 1);
    const owners = kernel.awareness.coroutines({ count: 1000 }).coroutines;
    most = Math.max(most, new Set(owners.map(({ process }) => process)).size);
    expect(kept, `step ${step}`).toEqual(told(fresh(kernel), 1));
  });
  expect(most).toBeGreaterThan(1);
});
