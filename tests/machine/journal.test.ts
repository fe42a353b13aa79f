import { describe, expect, test } from "vitest";
import { address, physical } from "../../daemon/src/base/brand.ts";
import type { Journal, Machine, SchedulePolicy } from "../../daemon/src/machine/api.ts";
import { Random } from "../../daemon/src/machine/random.ts";
import { busy } from "./support/busy.ts";
import { type Guest, guest, peek64 } from "./support/guest.ts";

/** Hart 0 echoes what is typed, the others count; bytes that are read are kept with the time. */
const ECHO = `
  li s0, 0x10000000
  li s1, 0x80300000
  csrr t6, mhartid
  bnez t6, count
  wait:
  addi s5, s5, 1
  lbu t0, 5(s0)
  andi t0, t0, 1
  beqz t0, wait
  lbu a0, 0(s0)
  sb a0, 0(s0)
  li t2, 10
  csrr t1, mcycle
  sd t1, 0(s1)
  addi s1, s1, 8
  j wait
  count:
  addi s2, s2, 1
  ecall_here:
  j count`;

const echo = (schedule: SchedulePolicy = "random", seed = 1): Guest =>
  guest(ECHO, { machineCode: true, harts: 3, schedule, seed, quantum: 17 });

const summary = (machine: Machine) => [machine.stateHash(), machine.time, machine.position];

/** Runs a fresh machine through a journal, in slices of its own. */
function replayed(make: () => Guest, journal: Journal, slice: () => number): Guest {
  const again = make();
  again.machine.replay(journal);
  for (let rounds = 0; again.machine.replaying; rounds++) {
    expect(rounds).toBeLessThan(100_000);
    again.machine.run({ instructions: slice(), to: journal.end });
  }
  return again;
}

describe("console input", () => {
  const rows: [schedule: SchedulePolicy, seed: number][] = [
    ["round-robin", 1],
    ["random", 1],
    ["random", 2],
    ["pct", 3],
  ];
  test.each(rows)("comes again at its time: %s, seed %s", (schedule, seed) => {
    const chance = new Random(seed + 100);
    const make = () => echo(schedule, seed);
    const { machine, output } = make();
    for (let n = 0; n < 30; n++) {
      machine.run({ instructions: chance.below(500) });
      machine.input(Uint8Array.of(97 + chance.below(26)));
    }
    machine.run({ instructions: 3000 });
    expect(output().length).toBe(30);
    const { journal } = machine;
    expect(journal.entries.length).toBe(30);
    for (const slice of [() => Number.MAX_SAFE_INTEGER, () => 1 + chance.below(200), () => 1]) {
      const again = replayed(make, journal, slice);
      expect(summary(again.machine)).toEqual(summary(machine));
      expect(again.output()).toBe(output());
      expect(again.machine.journal).toEqual(journal);
    }
  });

  test("without it the run is another", () => {
    const { machine } = echo();
    machine.run({ instructions: 100 });
    machine.input(Uint8Array.of(97));
    machine.run({ instructions: 3000 });
    const other = echo();
    other.machine.run({ instructions: 3100 });
    expect(other.machine.stateHash()).not.toBe(machine.stateHash());
  });

  test("a listener that answers what the guest prints, in the middle of instructions", () => {
    const make = () => echo("random", 4);
    const { machine, output } = make();
    const typed = [..."hello"].map((letter) => letter.charCodeAt(0));
    const type = () => {
      const byte = typed.shift();
      if (byte !== undefined) machine.input(Uint8Array.of(byte, 10));
    };
    machine.console.on((bytes) => {
      if (bytes.at(-1) === 10) type();
    });
    type();
    machine.run({ instructions: 20_000 });
    expect(output()).toBe("h\ne\nl\nl\no\n");
    const again = replayed(make, machine.journal, () => 777);
    expect(summary(again.machine)).toEqual(summary(machine));
  });

  test("a listener of a hook, of a watch, of traps", () => {
    const make = () => {
      const made = busy({ schedule: "random", seed: 8, quantum: 13 });
      return { machine: made } as Guest;
    };
    const { machine } = make();
    let count = 0;
    const type = () => {
      if (++count % 50 === 0) machine.input(Uint8Array.of(count & 0x7f));
      return count % 70 === 0;
    };
    machine.hook(address(0x8020_0060), type);
    machine.watch({ address: physical(0x8030_0008), size: 8, access: "write" }, type);
    machine.watch({ address: physical(0x8030_0008), size: 8, access: "read" }, type);
    machine.onTrap(type);
    machine.onIpi(type);
    for (let n = 0; n < 300; n++) machine.run({ instructions: 200 });
    expect(machine.journal.entries.length).toBeGreaterThan(50);
    const again = replayed(make, machine.journal, () => 1000);
    expect(summary(again.machine)).toEqual(summary(machine));
  });
});

describe("a debugger's hand", () => {
  test.each([1, 2, 3, 4, 5, 6])("is replayed with what harts ran alone or not: seed %s", (seed) => {
    const chance = new Random(seed);
    const schedule = (["round-robin", "random", "pct"] as const)[seed % 3]!;
    const make = () => {
      const made = busy({ schedule, seed, quantum: 1 + (seed % 20), pctLength: 600 });
      return { machine: made } as Guest;
    };
    const { machine } = make();
    // Stops also where a turn has just begun: what comes then comes after the choice of the hart.
    for (let at = 0x8020_0040; at < 0x8020_00e0; at += 4) {
      machine.hook(address(at), () => chance.below(8) === 0);
    }
    machine.onTrap(() => chance.below(30) === 0);
    for (let n = 0; n < 200; n++) {
      const hart = machine.harts[chance.below(4)]!;
      switch (chance.below(8)) {
        case 0:
          hart.setX(9 + 11 * chance.below(2), BigInt(chance.below(1000)));
          hart.setX(9, 0x8030_0000n);
          break;
        case 1:
          hart.frozen = !hart.frozen;
          break;
        case 2:
          machine.run({ instructions: chance.below(50), only: [hart.id] });
          break;
        case 3:
          machine.run({ instructions: 1, only: [hart.id, (hart.id + 1) % 4] });
          break;
        case 4:
          expect(hart.write(address(0x8030_0010), Uint8Array.of(chance.below(256)))).toBe(true);
          break;
        case 5:
          machine.writePhysical(physical(0x8030_0008), Uint8Array.of(chance.below(256)));
          break;
        case 6:
          machine.input(Uint8Array.of(chance.below(256)));
          break;
        default:
          machine.run({ instructions: chance.below(300) });
      }
    }
    const { journal } = machine;
    expect(new Set(journal.entries.map(({ input }) => input.kind)).size).toBe(5);
    for (const slice of [() => Number.MAX_SAFE_INTEGER, () => 1 + chance.below(300)]) {
      const again = replayed(make, journal, slice);
      expect(summary(again.machine)).toEqual(summary(machine));
      expect(again.machine.harts.map((hart) => hart.frozen)).toEqual(
        machine.harts.map((hart) => hart.frozen),
      );
    }
  });

  test("pc, and registers out of a hook", () => {
    const make = () =>
      guest("loop:\n addi a0, a0, 1\n here:\n addi a1, a1, 1\n j loop\n out:\n j out");
    const { machine, at } = make();
    const hook = machine.hook(address(at("here")), (hart) => {
      if (hart.x(10) % 7n === 0n) hart.setX(10, hart.x(10) + 3n);
      return false;
    });
    machine.run({ instructions: 100 });
    hook.dispose();
    machine.harts[0]!.pc = address(at("out"));
    machine.run({ instructions: 10 });
    const again = replayed(make, machine.journal, () => 9);
    expect(summary(again.machine)).toEqual(summary(machine));
    expect(again.machine.harts[0]!.pc).toBe(BigInt(at("out")));
  });

  test("registers are not written in the middle of an instruction", () => {
    const { machine } = guest("loop:\n ecall\n j loop", { machineCode: true });
    machine.onTrap(({ hart }) => {
      hart.setX(10, 1n);
      return false;
    });
    expect(() => machine.run({ instructions: 10 })).toThrow("listeners of code hooks");
  });
});

describe("a replay", () => {
  const record = () => {
    const { machine } = echo();
    machine.run({ instructions: 500 });
    machine.input(Uint8Array.of(1));
    const snapshot = machine.snapshot();
    machine.run({ instructions: 500 });
    machine.input(Uint8Array.of(2));
    machine.run({ instructions: 500 });
    return { machine, snapshot };
  };
  test("goes on from a snapshot of the run", () => {
    const { machine, snapshot } = record();
    const { journal } = machine;
    const end = summary(machine);
    machine.restore(snapshot);
    expect(machine.journal.entries.length).toBe(1);
    machine.replay(journal);
    machine.run({ instructions: 1_000_000, to: journal.end });
    expect([machine.replaying, ...summary(machine)]).toEqual([false, ...end]);
  });
  test("ends by an input from outside", () => {
    const { machine, snapshot } = record();
    const { journal } = machine;
    machine.restore(snapshot);
    machine.replay(journal);
    machine.run({ instructions: 100 });
    expect(machine.replaying).toBe(true);
    machine.input(Uint8Array.of(3));
    expect(machine.replaying).toBe(false);
    machine.run({ instructions: 1000 });
    expect(peek64(machine, 0x8030_0010)).toBe(0n);
  });
  test("is not of a journal that the machine has left behind", () => {
    const { machine, snapshot } = record();
    const { journal } = machine;
    machine.restore(snapshot);
    machine.run({ instructions: 600 });
    expect(() => machine.replay(journal)).toThrow("has not passed");
  });
  test("stops at breakpoints as any run", () => {
    const { machine } = record();
    const again = echo();
    again.machine.replay(machine.journal);
    const places = again.machine.hook(address(again.at("wait")), () => true);
    let stops = 0;
    while (again.machine.run({ instructions: 10_000, to: machine.journal.end }).kind === "stop") {
      stops++;
    }
    places.dispose();
    expect(stops).toBeGreaterThan(20);
    expect(summary(again.machine)).toEqual(summary(machine));
  });
});

test("a place in the run is found again from any snapshot before it", () => {
  const machine = busy({ schedule: "random", seed: 5, quantum: 13 });
  const chance = new Random(77);
  machine.hook(address(0x8020_0064), () => chance.below(20) === 0);
  const start = machine.snapshot();
  const places: [ReturnType<typeof summary>, Machine["position"]][] = [];
  for (let n = 0; n < 100; n++) {
    machine.run({ instructions: 1 + chance.below(100) });
    places.push([summary(machine), machine.position]);
  }
  for (const [expected, to] of places) {
    machine.restore(start);
    while (machine.run({ instructions: 1_000_000, to }).kind === "stop");
    expect(summary(machine)).toEqual(expected);
  }
});
