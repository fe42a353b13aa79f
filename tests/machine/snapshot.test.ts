import { describe, expect, test } from "vitest";
import { address, physical } from "../../daemon/src/base/brand.ts";
import type { Machine, SchedulePolicy } from "../../daemon/src/machine/api.ts";
import { Random } from "../../daemon/src/machine/random.ts";
import { busy } from "./support/busy.ts";
import { finish, guest, peek64, poke64 } from "./support/guest.ts";

const policies: SchedulePolicy[] = ["round-robin", "random", "pct"];

/** What a run does that can be seen: hooks, watches, traps, by hart and time. */
function observe(machine: Machine): string[] {
  const events: string[] = [];
  const note = (text: string): boolean => {
    events.push(`${machine.time} ${text}`);
    return false;
  };
  for (let at = 0x8020_0000; at < 0x8020_0200; at += 32) {
    machine.hook(address(at), (hart) => note(`hook ${hart.id} ${hart.pc}`));
  }
  machine.watch({ address: physical(0x8030_0008), size: 8, access: "write" }, (event) =>
    note(`store ${event.hart?.id} ${event.old} ${event.new}`),
  );
  machine.onTrap((event) => note(`trap ${event.hart.id} ${event.cause}`));
  machine.onIpi(({ to }) => note(`ipi ${to.id}`));
  return events;
}

describe.each(policies)("%s: a run that is taken back", (schedule) => {
  // Odd seeds: with listeners everywhere, which keep stores away from the TLBs.
  test.each([1, 2, 3, 4, 5, 6])("goes on as it did, seed %s", (seed) => {
    const chance = new Random(seed);
    const machine = busy({ schedule, seed, quantum: 1 + chance.below(40), pctLength: 700 });
    const events = seed % 2 === 1 ? observe(machine) : [];
    for (let point = 0; point < 12; point++) {
      machine.run({ instructions: 1 + chance.below(2000) });
      const snapshot = machine.snapshot();
      const before = machine.stateHash();
      const on = 1 + chance.below(2000);
      const end = () => {
        events.length = 0;
        for (let left = on; left > 0; ) {
          const slice = Math.min(left, 1 + chance.below(on));
          machine.run({ instructions: slice });
          left -= slice;
        }
        return [machine.stateHash(), machine.time, machine.position, events.join("\n")];
      };
      const first = end();
      machine.restore(snapshot);
      expect([machine.stateHash(), machine.time]).toEqual([before, snapshot.time]);
      expect(end()).toEqual(first);
    }
  });
});

describe("what a snapshot holds", () => {
  const CODE = `
    li s1, 0x80300000
    loop:
    jal ra, patched
    sd a0, 0(s1)
    addi s1, s1, 8
    j loop
    .org 0x100
    patched:
    addi a0, a0, 1
    jalr x0, 0(ra)`;

  test("code that has been decoded and changed since", () => {
    const { machine, at } = guest(CODE, { machineCode: true });
    machine.run({ instructions: 50 });
    const snapshot = machine.snapshot();
    machine.run({ instructions: 5 });
    // addi a0, a0, 100
    const changed = Uint8Array.of(0x13, 0x05, 0x45, 0x06);
    expect(machine.writePhysical(physical(at("patched")), changed)).toBe(true);
    machine.run({ instructions: 50 });
    expect(machine.harts[0]!.x(10)).toBeGreaterThan(100n);
    machine.restore(snapshot);
    machine.run({ instructions: 50 });
    expect(machine.harts[0]!.x(10)).toBeLessThan(30n);
  });

  test("pages that were written before, after, between and never; in any order", () => {
    const { machine } = guest(CODE, { machineCode: true });
    const at = (page: number) => 0x8040_0000 + page * 4096;
    const chance = new Random(9);
    const held: { snapshot: ReturnType<Machine["snapshot"]>; pages: bigint[] }[] = [];
    const now = () => Array.from({ length: 300 }, (_, page) => peek64(machine, at(page)));
    for (let round = 0; round < 60; round++) {
      if (held.length > 0 && chance.below(3) === 0) {
        const { snapshot, pages } = held[chance.below(held.length)]!;
        machine.restore(snapshot);
        expect(now()).toEqual(pages);
      }
      for (let n = chance.below(30); n > 0; n--) {
        poke64(machine, at(chance.below(300)), BigInt(chance.below(3)));
      }
      held.push({ snapshot: machine.snapshot(), pages: now() });
      if (held.length > 8) held.splice(chance.below(held.length), 1);
    }
  });

  test("page tables: translations are those of the memory that is restored", () => {
    // S-mode loads through MPRV; Sv39, root at 0x80500000, one level at 0x80501000.
    const { machine } = guest(
      `li t0, -1
       csrw pmpaddr0, t0
       li t0, 31
       csrw pmpcfg0, t0
       li t0, 0x8000000000080500
       csrw satp, t0
       li t0, 0x20800
       csrs mstatus, t0
       li s0, 0x40600000
       loop:
       ld a0, 0(s0)
       addi a1, a1, 1
       j loop`,
      { machineCode: true },
    );
    const leaf = (target: bigint) => poke64(machine, 0x8050_1018, (target >> 2n) | 0xcfn);
    poke64(machine, 0x8050_0008, (0x8050_1000n >> 2n) | 1n);
    poke64(machine, 0x8040_0000, 4n);
    poke64(machine, 0x8060_0000, 6n);
    const loaded = () => {
      machine.run({ instructions: 60 });
      return machine.harts[0]!.x(10);
    };
    leaf(0x8040_0000n);
    expect(loaded()).toBe(4n);
    const snapshot = machine.snapshot();
    leaf(0x8060_0000n);
    expect(loaded()).toBe(6n);
    machine.restore(snapshot);
    expect(loaded()).toBe(4n);
  });

  test("input that was not read yet, what harts stand still, the exit code", () => {
    const { machine, output } = guest(`
      li s0, 0x10000000
      wait:
      lbu t0, 5(s0)
      andi t0, t0, 1
      beqz t0, wait
      lbu a0, 0(s0)
      sb a0, 0(s0)
      li t1, 0x71
      bne a0, t1, wait
      li t0, 0x100000
      li t1, 0x5555
      sw t1, 0(t0)`);
    machine.input(Buffer.from("abq"));
    machine.run({ instructions: 12 });
    machine.harts[0]!.frozen = true;
    const snapshot = machine.snapshot();
    machine.harts[0]!.frozen = false;
    expect(finish(machine)).toEqual({ kind: "exit", code: 0 });
    expect(output()).toBe("abq");
    const gone = machine.snapshot();
    machine.restore(snapshot);
    expect([machine.exit, machine.harts[0]!.frozen, finish(machine)]).toEqual([
      undefined,
      true,
      { kind: "idle" },
    ]);
    machine.harts[0]!.frozen = false;
    expect(finish(machine)).toEqual({ kind: "exit", code: 0 });
    expect(output()).toBe("abqbq");
    machine.restore(snapshot);
    machine.restore(gone);
    expect(machine.run({ instructions: 1 })).toEqual({ kind: "exit", code: 0 });
  });

  test("a reservation holds after it as it did before", () => {
    const build = () =>
      guest(
        `li s0, 0x80300000
         lr.d t0, (s0)
         li t1, 5
         sc.d a0, t1, (s0)
         here:
         j here`,
        { machineCode: true },
      ).machine;
    const machine = build();
    machine.run({ instructions: 4 });
    const snapshot = machine.snapshot();
    machine.run({ instructions: 10 });
    expect(machine.harts[0]!.x(10)).toBe(0n);
    // Into another machine of the same options.
    const other = build();
    other.restore(snapshot);
    other.run({ instructions: 10 });
    expect(other.stateHash()).toBe(machine.stateHash());
  });

  test("a hook that has been called for an instruction is not called again for it", () => {
    const { machine, at } = guest("loop:\n nop\n here:\n nop\n j loop");
    let calls = 0;
    machine.hook(address(at("here")), () => {
      calls++;
      return true;
    });
    expect(machine.run({ instructions: 100 })).toEqual({ kind: "stop", hart: 0 });
    const snapshot = machine.snapshot();
    machine.run({ instructions: 100 });
    expect(calls).toBe(2);
    machine.restore(snapshot);
    machine.run({ instructions: 1 });
    expect(calls).toBe(2);
    machine.run({ instructions: 100 });
    expect(calls).toBe(3);
  });
});

describe("in the middle of a run", () => {
  test("there is no snapshot and no restore", () => {
    const { machine, at } = guest("loop:\n nop\n here:\n nop\n j loop");
    const snapshot = machine.snapshot();
    const hook = machine.hook(address(at("here")), () => machine.snapshot() === undefined);
    expect(() => machine.run({ instructions: 10 })).toThrow("between runs");
    hook.dispose();
    machine.hook(address(at("here")), () => {
      machine.restore(snapshot);
      return true;
    });
    machine.run({ instructions: 2 });
    expect(() => machine.run({ instructions: 10 })).toThrow("between runs");
  });
});

test("float registers, fcsr and mstatus.FS", () => {
  const { machine } = guest(
    `li t0, 0x2000
     csrs mstatus, t0
     li t1, 3
     fcvt.d.l f1, t1
     li t1, 7
     fcvt.d.l f2, t1
     fdiv.d f3, f1, f2
     li t0, 0x6000
     csrc mstatus, t0
     here:
     j here`,
    { machineCode: true },
  );
  const [hart] = machine.harts;
  const state = () => [hart!.f(3), hart!.csr(0x300), hart!.csr(0x003)];
  machine.run({ instructions: 8 });
  const snapshot = machine.snapshot();
  const before = state();
  const hash = machine.stateHash();
  // 3 / 7 is inexact.
  expect(before[2]! & 1n).toBe(1n);
  machine.run({ instructions: 20 });
  expect(state()).not.toEqual(before);
  machine.restore(snapshot);
  expect([machine.stateHash(), ...state()]).toEqual([hash, ...before]);
});
