import { describe, expect, test } from "vitest";
import { address, physical } from "../../daemon/src/base/brand.ts";
import type { Machine, SchedulePolicy } from "../../daemon/src/machine/api.ts";
import { Random } from "../../daemon/src/machine/random.ts";
import { Schedule } from "../../daemon/src/machine/schedule.ts";
import { busy, runTo } from "./support/busy.ts";
import { type GuestOptions, guest } from "./support/guest.ts";

const TOTAL = 20_000;

const policies: [schedule: SchedulePolicy, seed: number][] = [
  ["round-robin", 1],
  ["random", 1],
  ["random", 7],
  ["pct", 1],
  ["pct", 7],
];

describe.each(policies)("%s, seed %s", (schedule, seed) => {
  const whole = busy({ schedule, seed, pctLength: 1000 });
  runTo(whole, TOTAL);
  const expected = whole.stateHash();

  test("every hart gets on, traps and waits", () => {
    for (const hart of whole.harts) {
      expect(hart.instructions).toBeGreaterThan(TOTAL / 10);
      expect(hart.x(22)).toBeGreaterThan(20n);
    }
    expect(whole.harts.reduce((sum, hart) => sum + hart.instructions, 0)).toBe(TOTAL);
  });

  test("the same again gives the same state", () => {
    const again = busy({ schedule, seed, pctLength: 1000 });
    runTo(again, TOTAL);
    expect(again.stateHash()).toBe(expected);
  });

  test.each([1, 2, 3, 4, 5, 6])(
    "slices, hooks, watches and looks change nothing: seed %s",
    (random) => {
      const chance = new Random(random);
      const machine = busy({ schedule, seed, pctLength: 1000 });
      // Hooks all over the program; they go on, or stop now and then.
      for (let n = 0; n < 12; n++) {
        const at = 0x8020_0000 + 2 * chance.below(0x140);
        machine.hook(address(at), () => chance.below(50) === 0);
      }
      for (const access of ["read", "write"] as const) {
        machine.watch(
          { address: physical(0x8030_0000), size: 8, access },
          () => chance.below(50) === 0,
        );
      }
      machine.onTrap(() => chance.below(20) === 0);
      machine.onIpi(() => chance.below(20) === 0);
      runTo(machine, TOTAL, () => {
        const hart = machine.harts[chance.below(4)]!;
        hart.read(hart.pc, 16);
        return 1 + chance.below(random < 3 ? 5 : 400);
      });
      expect(machine.time).toBe(TOTAL);
      expect(machine.stateHash()).toBe(expected);
    },
  );
});

test("another seed or quantum is another interleaving", () => {
  const hash = (options: GuestOptions) => {
    const machine = busy(options);
    runTo(machine, TOTAL);
    return machine.stateHash();
  };
  const hashes = [
    hash({ schedule: "random", seed: 1 }),
    hash({ schedule: "random", seed: 2 }),
    hash({ schedule: "random", seed: 1 + 2 ** 32 }),
    hash({ schedule: "round-robin" }),
    hash({ schedule: "round-robin", quantum: 14 }),
    hash({ schedule: "pct" }),
    hash({ schedule: "pct", seed: 2 }),
    hash({ schedule: "pct", pctLength: 5000 }),
    hash({ schedule: "pct", pctLength: 5000, pctDepth: 1 }),
  ];
  expect(new Set(hashes).size).toBe(hashes.length);
});

describe("one hart alone", () => {
  const registers = (machine: Machine, but: number) =>
    machine.harts
      .filter((hart) => hart.id !== but)
      .map((hart) => [
        hart.pc,
        hart.instructions,
        ...Array.from({ length: 32 }, (_, n) => hart.x(n)),
      ]);
  test.each([0, 1, 2, 3])("hart %s steps while the others stand still", (id) => {
    const machine = busy({ schedule: "random", seed: 3 });
    runTo(machine, 3000);
    const others = registers(machine, id);
    const hart = machine.harts[id]!;
    let traps = 0;
    machine.onTrap(() => {
      traps++;
      return false;
    });
    for (let n = 0; n < 300; n++) {
      const { instructions } = hart;
      const before = traps;
      const outcome = machine.run({ instructions: 1, only: [id] });
      if (outcome.kind === "idle") break;
      // One instruction, or the trap that it or an interrupt took.
      expect(hart.instructions - instructions + (traps - before)).toBe(1);
    }
    expect(registers(machine, id)).toEqual(others);
  });
  test("of several: only those run", () => {
    const machine = busy();
    runTo(machine, 1000);
    const before = machine.harts.map((hart) => hart.instructions);
    machine.run({ instructions: 500, only: [1, 2] });
    const ran = machine.harts.map((hart, id) => hart.instructions > before[id]!);
    expect(ran).toEqual([false, true, true, false]);
  });
  test("a frozen hart is passed over until it is thawed", () => {
    const machine = busy();
    runTo(machine, 1000);
    machine.harts[2]!.frozen = true;
    const { instructions } = machine.harts[2]!;
    machine.run({ instructions: 2000 });
    expect(machine.harts[2]!.instructions).toBe(instructions);
    expect(machine.run({ instructions: 10, only: [2] })).toEqual({ kind: "idle" });
    machine.harts[2]!.frozen = false;
    machine.run({ instructions: 2000 });
    expect(machine.harts[2]!.instructions).toBeGreaterThan(instructions);
  });
  test("all frozen is idle", () => {
    const machine = busy();
    for (const hart of machine.harts) hart.frozen = true;
    expect(machine.run({ instructions: 10 })).toEqual({ kind: "idle" });
  });
  test("a stopped hart cannot run alone", () => {
    const { machine } = guest("spin:\n j spin", { harts: 2 });
    expect(machine.run({ instructions: 10, only: [1] })).toEqual({ kind: "idle" });
    expect(machine.run({ instructions: 10 })).toEqual({ kind: "limit" });
  });
});

describe("turns", () => {
  const turns = (
    schedule: SchedulePolicy,
    seed: number,
    runnable: readonly boolean[],
    count: number,
  ) => {
    const made = new Schedule({ schedule, quantum: 100, seed, harts: 4 });
    return Array.from({ length: count }, () => {
      const hart = made.pick(runnable.reduce((mask, can, id) => mask | (Number(can) << id), 0));
      const turn: [number, number] = [hart, made.left];
      made.spend(made.left);
      return turn;
    });
  };
  test("round-robin goes by number and passes over those that cannot run", () => {
    const order = turns("round-robin", 1, [true, false, true, true], 5).map(([hart]) => hart);
    expect(order).toEqual([0, 2, 3, 0, 2]);
  });
  test("random is fair, and its lengths have the quantum as their mean", () => {
    const all = turns("random", 42, [true, true, true, true], 4000);
    for (let id = 0; id < 4; id++) {
      const share = all.filter(([hart]) => hart === id).length;
      expect(Math.abs(share - 1000)).toBeLessThan(120);
    }
    const lengths = all.map(([, length]) => length);
    const mean = lengths.reduce((sum, length) => sum + length, 0) / lengths.length;
    expect(Math.abs(mean - 100)).toBeLessThan(3);
    expect([Math.min(...lengths), Math.max(...lengths)]).toEqual([1, 199]);
  });
  test("pct: the highest priority runs, until at d - 1 points it becomes the lowest", () => {
    for (const [depth, seed] of [
      [1, 1],
      [2, 1],
      [3, 2],
      [5, 3],
    ] as const) {
      const options = { harts: 4, quantum: 100, pctDepth: depth, pctLength: 10_000 };
      const made = new Schedule({ schedule: "pct", seed, ...options });
      const order: number[] = [];
      for (let left = 10_000; left > 0; ) {
        const hart = made.pick(0b1111);
        if (order.at(-1) !== hart) order.push(hart);
        expect(made.left).toBeGreaterThan(0);
        left -= made.left;
        made.spend(made.left);
        // The round ends exactly where it should.
        expect(left).toBeGreaterThanOrEqual(0);
      }
      // Whoever has fallen comes last: with four harts the order repeats after four changes.
      expect(order.length).toBe(depth);
      expect(new Set(order).size).toBe(Math.min(depth, 4));
    }
  });
  test("pct: every hart is the first of a round equally often", () => {
    const firsts = [0, 0, 0, 0];
    for (let seed = 0; seed < 2000; seed++) {
      const made = new Schedule({ schedule: "pct", seed, harts: 4, quantum: 100 });
      firsts[made.pick(0b1111)]! += 1;
    }
    for (const count of firsts) expect(Math.abs(count - 500)).toBeLessThan(80);
  });
  test("pct: a hart of higher priority that wakes runs within a quantum", () => {
    const made = new Schedule({
      schedule: "pct",
      seed: 5,
      harts: 2,
      quantum: 10,
      pctDepth: 1,
    });
    const high = made.pick(0b11);
    made.end();
    const low = 1 - high;
    expect(made.pick(1 << low)).toBe(low);
    expect(made.left).toBe(10);
    made.spend(10);
    expect(made.pick(0b11)).toBe(high);
  });
  test("nobody can run", () => {
    expect(turns("random", 1, [false, false], 1)).toEqual([[-1, 0]]);
  });
});

describe("the generator", () => {
  // A promise: recordings with seeds depend on them. Computed by another program from the definition.
  test("gives the same numbers for ever", () => {
    const first = (seed: number) => {
      const random = new Random(seed);
      return [random.next(), random.next(), random.next()];
    };
    expect(first(0)).toEqual([1789933344, 44971166, 2521387044]);
    expect(first(7)).toEqual([210494603, 711084892, 3993689120]);
  });
});
