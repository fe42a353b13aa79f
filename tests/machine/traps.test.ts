import { describe, expect, test } from "vitest";
import type { TrapEvent } from "../../daemon/src/machine/api.ts";
import { finish, guest, nextTrap } from "./support/guest.ts";

const M = { machineCode: true } as const;

/** Enters S or U from M with the given medeleg, then executes one instruction. */
const enter = (privilege: "S" | "U", medeleg: number, instruction: string) => `
  li t0, ${medeleg}
  csrw medeleg, t0
  la t0, machine
  csrw mtvec, t0
  la t0, supervisor
  csrw stvec, t0
  li t0, ${privilege === "S" ? 0x802 : 0x2}
  csrw mstatus, t0
  la t0, there
  csrw mepc, t0
  mret
  there:
  ${instruction}
  .org 0x80
  machine:
  j machine
  .org 0xc0
  supervisor:
  j supervisor`;

describe("delegation", () => {
  // 2 illegal, 3 breakpoint, 8 call from U, 9 call from S.
  const rows: ["S" | "U", string, number, string][] = [
    ["U", "ecall", 0, "8 U>M"],
    ["U", "ecall", 1 << 8, "8 U>S"],
    ["S", "ecall", 1 << 9, "9 S>S"],
    ["S", "ecall", 1 << 8, "9 S>M"],
    ["S", "ebreak", 1 << 3, "3 S>S"],
    ["U", "c.ebreak", 1 << 3, "3 U>S"],
    ["U", "csrr t0, mstatus", 1 << 2, "2 U>S"],
    ["S", "lr.w t0, (ra)", 0xb3ff, "4 S>S"],
    ["S", "sc.w t0, t1, (ra)", 0xb3ff, "6 S>S"],
    ["S", "ld t0, 0(x0)", 0, "5 S>M"],
    ["S", "sd t0, 0(x0)", 1 << 7, "7 S>S"],
    ["S", "jalr x0, 0(x0)", 1 << 1, "1 S>S"],
  ];
  test.each(rows)("%s %s with medeleg %s: %s", (privilege, instruction, medeleg, expected) => {
    const { machine, at } = guest(enter(privilege, medeleg, instruction), M);
    machine.harts[0]!.setX(1, 0x8020_0001n);
    const trap = nextTrap(machine)!;
    expect(`${trap.cause} ${trap.from}>${trap.to}`).toBe(expected);
    const hart = machine.harts[0]!;
    const level = trap.to === "S" ? { cause: 0x142, epc: 0x141 } : { cause: 0x342, epc: 0x341 };
    expect(hart.csr(level.cause)).toBe(BigInt(trap.cause));
    expect(hart.csr(level.epc)).toBe(trap.pc);
    expect(trap.pc).toBe(instruction.startsWith("jalr") ? 0n : BigInt(at("there")));
    expect(hart.pc).toBe(BigInt(at(trap.to === "S" ? "supervisor" : "machine")));
  });

  test("the status stack: SIE to SPIE, the privilege to SPP, and back", () => {
    const { machine } = guest(`${enter("S", 1 << 9, "ecall")}`, M);
    nextTrap(machine);
    const hart = machine.harts[0]!;
    expect(hart.csr(0x100)! & 0x122n).toBe(0x120n);
  });

  test("tval is the address of the access that faulted", () => {
    const { machine } = guest("li t0, 0x1234567812345678\n sd t1, 8(t0)", M);
    expect(nextTrap(machine)?.tval).toBe(0x1234_5678_1234_5680n);
  });
});

describe("returns", () => {
  test("mret to a lower level clears MPRV, and MPP becomes U", () => {
    const { machine, at } = guest(
      `li t0, 0x20880
       csrw mstatus, t0
       la t0, there
       csrw mepc, t0
       mret
       there:
       j there`,
      M,
    );
    machine.run({ instructions: 20 });
    const hart = machine.harts[0]!;
    expect([hart.privilege, hart.pc]).toEqual(["S", BigInt(at("there"))]);
    expect(hart.csr(0x300)! & 0x3_ffffn).toBe(0x88n); // MIE from MPIE, MPIE 1
  });
});

describe("interrupts", () => {
  const boot = (mie: number, mip: number, mideleg: number) => `
    la t0, machine
    csrw mtvec, t0
    li t0, ${mideleg}
    csrw mideleg, t0
    li t0, ${mie}
    csrw mie, t0
    li t0, ${mip}
    csrw mip, t0
    csrrsi x0, mstatus, 8
    spin:
    j spin
    .org 0x80
    machine:
    j machine`;
  // All of SSI (1), STI (5), SEI (9) in M: external, software, timer.
  const rows: [mie: number, mip: number, mideleg: number, cause: number | undefined][] = [
    [0x222, 0x222, 0, 9],
    [0x222, 0x022, 0, 1],
    [0x222, 0x020, 0, 5],
    [0x002, 0x222, 0, 1],
    [0x000, 0x222, 0, undefined],
    [0x222, 0x222, 0x222, undefined], // delegated ones do not interrupt M
    [0x222, 0x222, 0x200, 1],
  ];
  test.each(rows)("mie %s mip %s mideleg %s: %s", (mie, mip, mideleg, cause) => {
    const { machine } = guest(boot(mie, mip, mideleg), M);
    const trap = nextTrap(machine, 40);
    expect(trap?.cause).toBe(cause);
    if (cause !== undefined) expect(trap?.interrupt).toBe(true);
  });

  test("vectored handlers are four bytes apart; exceptions use the base", () => {
    const { machine } = guest(
      `la t0, handler
       addi t0, t0, 1
       csrw mtvec, t0
       li t0, 0x20
       csrw mie, t0
       csrw mip, t0
       csrrsi x0, mstatus, 8
       nop
       .org 0x80
       handler:
       j handler`,
      M,
    );
    nextTrap(machine);
    expect(machine.harts[0]!.pc).toBe(0x8020_0080n + 4n * 5n);
  });

  test("the machine timer strikes at its exact time, whatever the quantum", () => {
    for (const quantum of [1, 7, 100_000]) {
      const { machine } = guest(
        `la t0, handler
         csrw mtvec, t0
         li t1, 0x2004000
         li t0, 100
         sd t0, 0(t1)
         li t0, 0x80
         csrw mie, t0
         csrrsi x0, mstatus, 8
         spin:
         j spin
         nop
         .org 0x80
         handler:
         csrr a0, minstret
         wfi
         j handler`,
        { ...M, quantum },
      );
      expect(nextTrap(machine)?.cause).toBe(7);
      expect(machine.time).toBe(1000); // tick 100, ten instructions each
      machine.run({ instructions: 1 });
      expect(machine.harts[0]!.x(10)).toBe(1000n);
    }
  });

  test("an enabled interrupt is taken right after the instruction that allows it", () => {
    const { machine, at } = guest(
      `la t0, handler
       csrw mtvec, t0
       li t0, 2
       csrw mie, t0
       csrw mip, t0
       csrrsi x0, mstatus, 8
       after:
       nop
       handler:
       j handler`,
      M,
    );
    expect(nextTrap(machine)?.pc).toBe(BigInt(at("after")));
  });
});

describe("a guest that cannot go on", () => {
  test("stvec was never set", () => {
    const { machine } = guest("li t0, 0x70000000\n ld t1, 0(t0)\n j nowhere\n nowhere:\n nop");
    const outcome = finish(machine);
    expect(outcome).toMatchObject({ kind: "wedged", hart: 0 });
    if (outcome.kind !== "wedged") return;
    expect(outcome.reason).toContain("stvec");
    expect(outcome.reason).toContain("load access fault at 0x80200008");
    const hart = machine.harts[0]!;
    expect([hart.pc, hart.csr(0x142), hart.csr(0x143)]).toEqual([0n, 5n, 0x7000_0000n]);
    expect(finish(machine).kind).toBe("wedged");
  });
  test("a handler that faults at once", () => {
    const { machine } = guest(
      "la t0, handler\n csrw mtvec, t0\n ecall\n nop\n .org 0x40\n handler:\n ebreak",
      M,
    );
    expect(finish(machine)).toMatchObject({ kind: "wedged", hart: 0 });
    expect(machine.harts[0]!.csr(0x342)).toBe(11n);
  });
  test("a handler that traps after its first instruction runs for ever, in slices", () => {
    const { machine } = guest(
      "la t0, handler\n csrw mtvec, t0\n ecall\n nop\n .org 0x40\n handler:\n nop\n ebreak",
      M,
    );
    expect(machine.run({ instructions: 1000 }).kind).toBe("limit");
    expect(machine.time).toBeLessThan(1000);
  });
  test("waiting for ever is idle", () => {
    const { machine } = guest("wfi\n nop");
    expect(finish(machine)).toEqual({ kind: "idle" });
    expect(machine.time).toBe(1);
    expect(machine.harts[0]!.state).toBe("waiting");
  });
});

describe("events", () => {
  test("tell where a trap struck, from and to", () => {
    const { machine, at } = guest(
      `la t0, handler
       csrw stvec, t0
       here:
       ebreak
       .org 0x40
       handler:
       j handler`,
    );
    const seen: TrapEvent[] = [];
    machine.onTrap((event) => {
      expect(machine.harts[0]!.pc).toBe(BigInt(at("handler")));
      seen.push(event);
      return false;
    });
    machine.run({ instructions: 50 });
    expect(seen).toHaveLength(1);
    expect(seen[0]).toMatchObject({
      interrupt: false,
      cause: 3,
      pc: BigInt(at("here")),
      from: "S",
      to: "S",
    });
  });
  test("a step over a trapping instruction ends at the handler and retires nothing", () => {
    const { machine, at } = guest(
      "la t0, handler\n csrw stvec, t0\n ebreak\n nop\n .org 0x40\n handler:\n j handler",
    );
    machine.run({ instructions: 3 });
    const hart = machine.harts[0]!;
    expect(machine.run({ instructions: 1, only: [0] }).kind).toBe("limit");
    expect([hart.pc, hart.instructions]).toEqual([BigInt(at("handler")), 3]);
    machine.run({ instructions: 1, only: [0] });
    expect(hart.instructions).toBe(4);
  });
  test("a new satp is announced with the old one", () => {
    const { machine } = guest("li t0, 0x8000000000080300\n csrw satp, x0\n csrw satp, t0");
    const seen: bigint[][] = [];
    machine.onAddressSpace((event) => {
      seen.push([event.old, event.new]);
      return true;
    });
    expect(finish(machine)).toEqual({ kind: "stop", hart: 0 });
    expect(seen).toEqual([[0n, 0x8000_0000_0008_0300n]]);
    expect(machine.harts[0]!.satp).toBe(0x8000_0000_0008_0300n);
  });
});
