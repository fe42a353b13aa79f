/**
 * The bundled kernel taken back at random points of its workloads: it goes on as it did. Quick by
 * default; `SNAPSHOT_POINTS=200` for all, `SNAPSHOT_SEED` for other points.
 */
import { describe, expect, test } from "vitest";
import type { MachineOptions } from "../../daemon/src/machine/api.ts";
import { createMachine } from "../../daemon/src/machine/machine.ts";
import { Random } from "../../daemon/src/machine/random.ts";
import { kernelImage } from "./support/kernel.ts";

const POINTS = Number(process.env.SNAPSHOT_POINTS ?? 18);
const SEED = Number(process.env.SNAPSHOT_SEED ?? 20261122);
const LIMIT = 100_000_000;

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

const rows: [workload: string, options: Partial<MachineOptions>][] = [
  ["ring", {}],
  ["priorities", { schedule: "random", quantum: 50 }],
  ["sleepers", { schedule: "pct" }],
  ["nested", { schedule: "pct", quantum: 100, pctLength: 10_000 }],
  ["storm", { schedule: "random" }],
  ["storm", { harts: 8, quantum: 77 }],
];

describe.each(rows)(`workload %s, %j, seed ${SEED}`, (workload, options) => {
  test("taken back, it goes on as it did", () => {
    const given = { ...options, append: `workload=${workload}` };
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
