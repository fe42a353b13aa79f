/**
 * The bundled kernel taken back at random points of its workloads, and of a boot by way of OpenSBI:
 * it goes on as it did. Quick by default; `SNAPSHOT_POINTS=200` for all, `SNAPSHOT_SEED` for other
 * points.
 */
import { existsSync } from "node:fs";
import { describe, expect, test } from "vitest";
import type { MachineOptions } from "../../daemon/src/machine/api.ts";
import { createMachine } from "../../daemon/src/machine/machine.ts";
import { Random } from "../../daemon/src/machine/random.ts";
import { firmware, OPENSBI } from "./support/foreign.ts";
import { kernelDisk, kernelImage } from "./support/kernel.ts";

const POINTS = Number(process.env.SNAPSHOT_POINTS ?? 18);
const SEED = Number(process.env.SNAPSHOT_SEED ?? 20261122);
const LIMIT = 100_000_000;
/** On a machine with other things to do. */
const TIMEOUT = 30_000 + 1000 * POINTS;

const image = kernelImage();

function boot(options: Partial<MachineOptions>) {
  const machine = createMachine(
    {
      harts: 4,
      memory: 128,
      append: "",
      schedule: "round-robin",
      seed: SEED,
      quantum: 1000,
      ...options,
    },
    image,
  );
  let output = "";
  machine.console.on((bytes) => {
    output += Buffer.from(bytes).toString();
  });
  const take = (): string => {
    const taken = output;
    output = "";
    return taken;
  };
  return { machine, take };
}

interface Row {
  readonly what: string;
  /** Kernel arguments. */
  readonly append: string;
  readonly options?: Partial<MachineOptions>;
  /** Firmware from a file. */
  readonly opensbi?: string;
}
const rows: readonly Row[] = [
  { what: "ring", append: "workload=ring" },
  {
    what: "priorities, random turns",
    append: "workload=priorities",
    options: { schedule: "random", quantum: 50 },
  },
  { what: "sleepers, pct", append: "workload=sleepers", options: { schedule: "pct" } },
  {
    what: "nested, pct in short rounds",
    append: "workload=nested",
    options: { schedule: "pct", quantum: 100, pctLength: 10_000 },
  },
  { what: "storm, random turns", append: "workload=storm", options: { schedule: "random" } },
  { what: "storm, 8 harts", append: "workload=storm", options: { harts: 8, quantum: 77 } },
  {
    what: "a program in user mode, from a disk",
    append: "workload=run",
    options: { disk: kernelDisk() },
  },
  {
    what: "files, random turns",
    append: "workload=files rounds=1 coroutines=3",
    options: { disk: kernelDisk(), schedule: "random" },
  },
  { what: "OpenSBI and the ring", append: "workload=ring", opensbi: "fw_dynamic.bin" },
  {
    what: "OpenSBI and sleepers, random turns",
    append: "workload=sleepers",
    options: { schedule: "random", harts: 2 },
    opensbi: "fw_jump.elf",
  },
];
const absent = !existsSync(`${OPENSBI}/fw_dynamic.bin`);
if (absent) console.log("skipped: snapshots of an OpenSBI boot (OpenSBI is not installed)");

describe.each(rows)(`$what, seed ${SEED}`, ({ append, options, opensbi }) => {
  test.skipIf(absent && opensbi)("taken back, it goes on as it did", { timeout: TIMEOUT }, () => {
    const given = { ...options, append, firmware: opensbi ? firmware(opensbi) : undefined };
    const whole = boot(given);
    const outcome = whole.machine.run({ instructions: LIMIT });
    expect(outcome).toEqual({ kind: "exit", code: 0 });
    const end = [outcome, whole.machine.time, whole.machine.stateHash()];
    const output = whole.take();

    const random = new Random(SEED);
    const count = Math.ceil(POINTS / rows.length);
    const points = Array.from({ length: count }, () =>
      Math.floor((random.next() / 2 ** 32) * whole.machine.time),
    ).sort((a, b) => a - b);
    const { machine, take } = boot(given);
    let printed = "";
    points.forEach((point, index) => {
      machine.run({ instructions: Math.max(0, point - machine.time) });
      printed += take();
      const snapshot = machine.snapshot();
      const on = () => {
        const ended = machine.run({ instructions: (points[index + 1] ?? LIMIT) - point });
        return [ended, machine.position, machine.stateHash(), take()];
      };
      const first = on();
      machine.restore(snapshot);
      expect([point, machine.time]).toEqual([point, snapshot.time]);
      expect([point, ...on()]).toEqual([point, ...first]);
      printed += first[3];
    });
    const ended = machine.run({ instructions: LIMIT });
    expect([ended, machine.time, machine.stateHash()]).toEqual(end);
    expect(printed + take()).toBe(output);
  });
});
