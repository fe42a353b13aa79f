import { describe, expect, test } from "vitest";
import { guest, nextTrap, setPc } from "./support/guest.ts";

const M = { machineCode: true } as const;
const ONES = 0xffff_ffff_ffff_ffffn;

/** Writes a value to a CSR in M-mode and answers what is read back. */
function writeThenRead(csr: string, value: bigint, before = ""): bigint {
  const { machine } = guest(
    `
    ${before}
    li t0, ${value}
    csrw ${csr}, t0
    csrr t1, ${csr}
    ecall`,
    M,
  );
  expect(nextTrap(machine)?.cause).toBe(11);
  return machine.harts[0]!.x(6);
}

describe("WARL: what is read after a write in M-mode", () => {
  // UXL and SXL are 2: privileged manual 3.1.6.3. Writable: SIE MIE SPIE MPIE SPP MPP FS MPRV SUM MXR TVM TW TSR.
  // SD (bit 63) says that FS is dirty.
  const SD = 1n << 63n;
  const fixed = 0xa_0000_0000n;
  const rows: [csr: string, written: bigint, read: bigint][] = [
    ["mstatus", ONES, SD | fixed | 0x7e_79aan],
    ["mstatus", 0x2000n, fixed | 0x2000n],
    ["mstatus", 0x4000n, fixed | 0x4000n],
    ["mstatus", 0x6000n, SD | fixed | 0x6000n],
    ["mstatus", 0n, fixed],
    ["mstatus", 0x1000n, fixed], // MPP = 2 does not exist: stays what it was (0)
    ["mstatus", 0x0800n, fixed | 0x0800n],
    ["sstatus", ONES, SD | 0x2_000c_6122n],
    ["misa", 0n, 0x8000_0000_0014_112dn], // RV64 A C D F I M S U, cannot be changed
    ["medeleg", ONES, 0xb3ffn], // a call from M can never be delegated
    ["mideleg", ONES, 0x222n],
    ["mie", ONES, 0xaaan],
    ["mip", ONES, 0x222n],
    ["mtvec", 0x8000_0001n, 0x8000_0001n],
    ["mtvec", 0x8000_0002n, 0n], // reserved modes are not taken over
    ["stvec", 0x8000_0003n, 0n],
    ["stvec", ONES - 3n, ONES - 3n],
    ["mepc", ONES, ONES - 1n],
    ["sepc", 0x1234_5677n, 0x1234_5676n],
    ["mcause", ONES, ONES],
    ["mtval", ONES, ONES],
    ["mscratch", ONES, ONES],
    ["sscratch", 0x8877_6655_4433_2211n, 0x8877_6655_4433_2211n],
    ["mcounteren", ONES, 0xffff_ffffn],
    ["scounteren", 5n, 5n],
    ["menvcfg", ONES, 0x8000_0000_0000_0001n], // STCE and FIOM
    ["senvcfg", ONES, 1n],
    ["mcountinhibit", ONES, 5n], // cycle and instret; bit 1 is no counter
    ["mhpmcounter3", ONES, 0n],
    ["mhpmevent31", ONES, 0n],
    ["tselect", 3n, 0n],
    ["tdata1", ONES, 0n],
    ["pmpaddr0", ONES, 0x3f_ffff_ffff_ffffn],
    ["pmpaddr15", 0x1234n, 0x1234n],
    ["pmpcfg0", 0x0706_0504_0300_0100n, 0x0700_0504_0300_0100n], // write without read is reserved
    ["pmpcfg2", 0x60n, 0n],
    ["satp", 0x8000_0000_0008_0200n, 0x8000_0000_0008_0200n],
    ["satp", 0x9abc_d000_0008_0200n, 0x9abc_d000_0008_0200n],
    ["satp", 0xa000_0000_0008_0200n, 0n], // Sv57 is not there
    ["satp", 0x1000_0000_0008_0200n, 0n],
  ];
  test.each(rows)("%s <- %s", (csr, written, read) => {
    expect(writeThenRead(csr, written).toString(16)).toBe(read.toString(16));
  });

  test("a locked PMP entry keeps configuration and address until reset", () => {
    const lock = "li t0, 0x99\n csrw pmpcfg0, t0";
    expect(writeThenRead("pmpcfg0", 0n, lock)).toBe(0x99n);
    expect(writeThenRead("pmpaddr0", 4n, lock)).toBe(0n);
  });
  test("a locked top-of-range entry locks the address below", () => {
    const lock = "li t0, 0x8900\n csrw pmpcfg0, t0";
    expect(writeThenRead("pmpaddr0", 4n, lock)).toBe(0n);
    expect(writeThenRead("pmpaddr2", 4n, lock)).toBe(4n);
  });
  test("sie and sip show what mideleg delegates", () => {
    const delegate = "li t0, 0x020\n csrw mideleg, t0";
    expect(writeThenRead("sie", ONES, delegate)).toBe(0x020n);
    expect(writeThenRead("sie", ONES)).toBe(0n);
    expect(writeThenRead("sip", ONES, "li t0, 0x222\n csrw mideleg, t0")).toBe(0x002n);
  });
});

describe("counters", () => {
  const read = (text: string): bigint => {
    const { machine } = guest(`${text}\n ecall`, M);
    expect(nextTrap(machine)?.cause).toBe(11);
    return machine.harts[0]!.x(10);
  };
  test("minstret counts the instructions before it", () => {
    expect(read("nop\n nop\n nop\n csrr a0, minstret")).toBe(3n);
    expect(read("nop\n nop\n csrr a0, instret")).toBe(2n);
  });
  test("a written value is what the next instruction reads", () => {
    expect(read("li t0, 1000\n csrw minstret, t0\n csrr a0, minstret")).toBe(1000n);
    expect(read("li t0, -1\n csrw mcycle, t0\n csrr a0, mcycle")).toBe(ONES);
    expect(read("li t0, -1\n csrw mcycle, t0\n nop\n csrr a0, mcycle")).toBe(0n);
  });
  test("time ticks once for ten instructions", () => {
    const nops = "nop\n".repeat(25);
    expect(read(`${nops} csrr a0, time`)).toBe(2n);
    expect(read(`${nops} csrr a0, cycle`)).toBe(25n);
  });
});

describe("access rights", () => {
  // Enters S (MPP = 1) or U (MPP = 0) with the given setup and executes one instruction.
  const attempt = (privilege: "S" | "U", setup: string, instruction: string): string => {
    const { machine } = guest(
      `
      li t0, ${privilege === "S" ? 0x800 : 0}
      csrw mstatus, t0
      ${setup}
      la t0, there
      csrw mepc, t0
      mret
      there:
      ${instruction}
      ecall`,
      M,
    );
    const trap = nextTrap(machine);
    return trap?.cause === 2 ? "illegal" : "fine";
  };
  const status = (bit: number) => `li t0, ${bit}\n csrs mstatus, t0`;
  const TVM = status(1 << 20);
  const TW = status(1 << 21);
  const TSR = status(1 << 22);
  const FS = status(1 << 13);
  const counters = (m: number, s: number) =>
    `li t0, ${m}\n csrw mcounteren, t0\n li t0, ${s}\n csrw scounteren, t0`;
  const rows: ["S" | "U", string, string, "illegal" | "fine"][] = [
    ["S", "", "csrr t1, mstatus", "illegal"],
    ["S", "", "csrr t1, sstatus", "fine"],
    ["U", "", "csrr t1, sstatus", "illegal"],
    ["S", "", "csrr t1, satp", "fine"],
    ["S", TVM, "csrr t1, satp", "illegal"],
    ["S", TVM, "sfence.vma x0, x0", "illegal"],
    ["S", "", "sfence.vma x0, x0", "fine"],
    ["U", "", "sfence.vma x0, x0", "illegal"],
    ["S", TSR, "sret", "illegal"],
    ["U", "", "sret", "illegal"],
    ["S", "", "mret", "illegal"],
    ["S", TW, "wfi", "illegal"],
    ["U", "", "wfi", "illegal"],
    ["S", counters(0, 0), "csrr t1, cycle", "illegal"],
    ["S", counters(1, 0), "csrr t1, cycle", "fine"],
    ["U", counters(1, 0), "csrr t1, cycle", "illegal"],
    ["U", counters(0, 1), "csrr t1, cycle", "illegal"],
    ["U", counters(1, 1), "csrr t1, cycle", "fine"],
    ["U", counters(1, 1), "csrr t1, time", "illegal"],
    ["U", counters(8, 8), "csrr t1, hpmcounter3", "fine"],
    ["S", counters(7, 7), "csrw cycle, x0", "illegal"],
    ["S", counters(7, 7), "csrrs t1, cycle, x0", "fine"],
    ["S", counters(7, 7), "csrrs t1, cycle, t1", "illegal"],
    ["S", "", "csrr t1, 0x14d", "illegal"], // stimecmp: Sstc is not there
    ["U", "", "csrr t1, fflags", "illegal"],
    ["U", FS, "csrr t1, fflags", "fine"],
    ["S", FS, "csrr t1, fcsr", "fine"],
    ["S", FS, "csrw frm, t1", "fine"],
  ];
  test.each(rows)("%s [%s] %s: %s", (privilege, setup, instruction, expected) => {
    expect(attempt(privilege, setup, instruction)).toBe(expected);
  });
  test("an illegal instruction reports its bits", () => {
    const { machine } = guest("csrr t1, 0x7ff", M);
    const trap = nextTrap(machine)!;
    expect([trap.cause, trap.tval]).toEqual([2, 0x7ff0_2373n]);
  });
});

describe("Zicsr", () => {
  const rows: [instruction: string, before: bigint, rs1: bigint, after: bigint][] = [
    ["csrrw t1, mscratch, t0", 0xf0n, 0x3cn, 0x3cn],
    ["csrrs t1, mscratch, t0", 0xf0n, 0x3cn, 0xfcn],
    ["csrrc t1, mscratch, t0", 0xf0n, 0x3cn, 0xc0n],
    ["csrrwi t1, mscratch, 21", 0xf0n, 0n, 21n],
    ["csrrsi t1, mscratch, 15", 0xf0n, 0n, 0xffn],
    ["csrrci t1, mscratch, 16", 0xf0n, 0n, 0xe0n],
    ["csrrw t1, mscratch, x0", 0xf0n, 0n, 0n],
    ["csrrs t1, mscratch, x0", ONES, 0n, ONES],
  ];
  test.each(rows)("%s", (instruction, before, rs1, after) => {
    const { machine } = guest(
      `li t0, ${before}\n csrw mscratch, t0\n li t0, ${rs1}\n ${instruction}\n csrr t2, mscratch\n ecall`,
      M,
    );
    expect(nextTrap(machine)?.cause).toBe(11);
    const hart = machine.harts[0]!;
    expect([hart.x(6), hart.x(7)]).toEqual([before, after]);
  });
  test("reading into the source register swaps", () => {
    const { machine } = guest(
      "li t0, 7\n csrw mscratch, t0\n li t0, 9\n csrrw t0, mscratch, t0\n ecall",
      M,
    );
    nextTrap(machine);
    expect(machine.harts[0]!.x(5)).toBe(7n);
    expect(machine.harts[0]!.csr(0x340)).toBe(9n);
    setPc(machine, 0x8020_0000);
  });
});
