import { describe, expect, test } from "vitest";
import { address, physical } from "../../daemon/src/base/brand.ts";
import type { Machine } from "../../daemon/src/machine/api.ts";
import { Random } from "../../daemon/src/machine/random.ts";
import { Schedule } from "../../daemon/src/machine/schedule.ts";
import { type GuestOptions, guest } from "./support/guest.ts";

/** Harts that count, trap, take timer interrupts, wait, interrupt each other and share a lock. */
const BUSY = `
  la t0, handler
  csrw mtvec, t0
  csrr s0, mhartid
  li s1, 0x80300000       # lock and count
  li s2, 0x2004000        # mtimecmp of this hart
  slli t0, s0, 3
  add s2, s2, t0
  li s3, 0x2000000        # msip of the next hart
  addi t0, s0, 1
  andi t0, t0, 3
  slli t0, t0, 2
  add s3, s3, t0
  li s11, 0x2000000       # msip of this hart
  slli t0, s0, 2
  add s11, s11, t0
  li t0, 0x88
  csrw mie, t0
  csrrsi x0, mstatus, 8
  jal ra, arm
  li s5, 0
  work:
  li t1, 1
  take:
  lr.w t0, (s1)
  bnez t0, take
  sc.w t0, t1, (s1)
  bnez t0, take
  ld t0, 8(s1)
  addi t0, t0, 1
  sd t0, 8(s1)
  sw x0, 0(s1)
  addi s5, s5, 1
  andi t0, s5, 7
  bnez t0, work
  ecall
  andi t0, s5, 15
  bnez t0, work
  li t0, 1
  sw t0, 0(s3)
  wfi
  j work
  arm:
  li t2, 0x200bff8
  ld t2, 0(t2)
  addi t3, s0, 3
  slli t3, t3, 2
  add t2, t2, t3
  sd t2, 0(s2)
  jalr x0, 0(ra)
  .org 0x200
  handler:
  csrw mscratch, ra
  csrr t4, mcause
  addi s6, s6, 1
  blt t4, x0, interrupt
  csrr t4, mepc
  addi t4, t4, 4
  csrw mepc, t4
  mret
  interrupt:
  sw x0, 0(s11)
  mv s7, t2
  mv s8, t3
  jal ra, arm
  mv t2, s7
  mv t3, s8
  csrr ra, mscratch
  mret`;

const TOTAL = 20_000;

const busy = (options: GuestOptions = {}): Machine =>
  guest(BUSY, { machineCode: true, harts: 4, quantum: 13, ...options }).machine;

/** To this machine time exactly. Traps count towards a run's limit, so one run may fall short. */
function runTo(
  machine: Machine,
  time: number,
  slice: (left: number) => number = (left) => left,
): void {
  while (machine.time < time) {
    const outcome = machine.run({
      instructions: Math.min(slice(time - machine.time), time - machine.time),
    });
    expect(["limit", "stop"]).toContain(outcome.kind);
  }
}

const policies: [schedule: "round-robin" | "random", seed: number][] = [
  ["round-robin", 1],
  ["random", 1],
  ["random", 7],
];

describe.each(policies)("%s, seed %s", (schedule, seed) => {
  const whole = busy({ schedule, seed });
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
    const again = busy({ schedule, seed });
    runTo(again, TOTAL);
    expect(again.stateHash()).toBe(expected);
  });

  test.each([1, 2, 3, 4, 5, 6])(
    "slices, hooks, watches and looks change nothing: seed %s",
    (random) => {
      const chance = new Random(random);
      const machine = busy({ schedule, seed });
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
    schedule: "round-robin" | "random",
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
