// The float unit's state on a whole machine, held to QEMU: the same code leaves the same mstatus,
// fcsr and traps in memory on both.
import { expect, test } from "vitest";
import { physical } from "../../daemon/src/base/brand.ts";
import { encode } from "../../daemon/src/isa/decode.ts";
import type { Operands } from "../../daemon/src/isa/formats.ts";
import { RAM_BASE } from "../../daemon/src/machine/engine/layout.ts";
import { createMachine } from "../../daemon/src/machine/machine.ts";
import { qemuInstalled, runOnQemu } from "../engine/qemu.ts";
import { guest, nextTrap } from "./support/guest.ts";

type Line = readonly [mnemonic: string, operands?: Operands];
const [MSTATUS, MTVEC, MEPC, MCAUSE, MTVAL, FFLAGS, FRM, FCSR] = [
  0x300, 0x305, 0x341, 0x342, 0x343, 1, 2, 3,
];
const [S0, S1, T0, T1, T2] = [8, 9, 5, 6, 7];
/** Behind the code lie the log, to which s0 points, and data, to which s1 does. */
const LOG_SIZE = 0x4000;
const DATA_SIZE = 0x1000;
const PAGE = 0x1000;
const [HANDLER, PROGRAM] = [0x40, 0x100];

const log = (csr: number): Line[] => [
  ["csrrs", { rd: T0, csr }],
  ["sd", { rs1: S0, rs2: T0 }],
  ["addi", { rd: S0, rs1: S0, imm: 8 }],
];
/** Sets mstatus.FS. */
const state = (value: number): Line[] => [
  ["lui", { rd: T0, imm: 0x6000 }],
  ["csrrc", { csr: MSTATUS, rs1: T0 }],
  ["lui", { rd: T0, imm: value << 13 }],
  ["csrrs", { csr: MSTATUS, rs1: T0 }],
];

/** What is executed in each state; a trap skips it. */
const instructions: readonly Line[] = [
  ["fld", { fd: 1, rs1: S1 }],
  ["flw", { fd: 1, rs1: S1 }],
  ["fsd", { fs2: 1, rs1: S1, imm: 64 }],
  ["fsw", { fs2: 1, rs1: S1, imm: 64 }],
  ["fmv.d.x", { fd: 2, rs1: S1 }],
  ["fmv.x.d", { rd: T1, fs1: 2 }],
  ["fadd.d", { fd: 3, fs1: 1, fs2: 2, rm: 7 }],
  ["fdiv.d", { fd: 3, fs1: 1, fs2: 2, rm: 1 }],
  ["fmadd.s", { fd: 3, fs1: 1, fs2: 2, fs3: 3, rm: 0 }],
  ["feq.d", { rd: T1, fs1: 1, fs2: 2 }],
  ["flt.s", { rd: T1, fs1: 1, fs2: 2 }],
  ["fclass.d", { rd: T1, fs1: 1 }],
  ["fmin.s", { fd: 4, fs1: 1, fs2: 2 }],
  ["fsgnj.d", { fd: 4, fs1: 1, fs2: 2 }],
  ["fcvt.w.d", { rd: T1, fs1: 1, rm: 1 }],
  ["fcvt.d.w", { fd: 5, rs1: S1, rm: 0 }],
  ["fcvt.d.w", { fd: 5, rs1: S1, rm: 7 }],
  ["fadd.d", { fd: 3, fs1: 1, fs2: 2, rm: 5 }],
  ["fcvt.d.s", { fd: 3, fs1: 1, rm: 6 }],
  ["fcvt.s.d", { fd: 5, fs1: 1, rm: 7 }],
  ["csrrs", { rd: T1, csr: FCSR }],
  ["csrrs", { rd: T1, csr: FFLAGS }],
  ["csrrwi", { rd: T1, csr: FFLAGS, imm: 31 }],
  ["csrrwi", { csr: FRM, imm: 5 }],
  ["csrrw", { rd: T1, csr: FCSR, rs1: T2 }],
  ["csrrsi", { csr: FRM, imm: 0 }],
];

/** Each instruction in each state and two rounding modes, then what came of it. */
const program: readonly Line[] = [
  ["addi", { rd: T2, imm: -1 }],
  ...[0, 1, 2, 3].flatMap((fs) =>
    [0, 6].flatMap((mode) =>
      instructions.flatMap((line): Line[] => [
        ...state(3),
        ["csrrwi", { csr: FFLAGS, imm: 0 }],
        ["csrrwi", { csr: FRM, imm: mode }],
        ...state(fs),
        line,
        ...log(MSTATUS),
        ...state(3),
        ...log(FCSR),
      ]),
    ),
  ),
];
/** Notes cause and value, and goes on behind the instruction. */
const handler: readonly Line[] = [
  ...log(MCAUSE),
  ...log(MTVAL),
  ["csrrs", { rd: T0, csr: MEPC }],
  ["addi", { rd: T0, rs1: T0, imm: 4 }],
  ["csrrw", { csr: MEPC, rs1: T0 }],
  ["mret"],
];
const powerOff: readonly Line[] = [
  ["lui", { rd: T0, imm: 0x10_0000 }],
  ["lui", { rd: T1, imm: 0x5000 }],
  ["addi", { rd: T1, rs1: T1, imm: 0x555 }],
  ["sw", { rs1: T0, rs2: T1 }],
  ["jal"],
];

/** Bytes from the start of RAM, and where the log is in them. */
function image(): { bytes: Uint8Array; log: number } {
  const words = (lines: readonly Line[]) => lines.map(([name, operands]) => encode(name, operands));
  const body = words([...program, ...powerOff]);
  const start = PROGRAM + 4 * body.length;
  const log = start - (start % PAGE) + PAGE;
  const bytes = new Uint8Array(log + LOG_SIZE + DATA_SIZE);
  const view = new DataView(bytes.buffer);
  const put = (offset: number, list: readonly number[]) => {
    for (const [index, word] of list.entries()) view.setUint32(offset + 4 * index, word, true);
  };
  const setUp = words([
    ["auipc", { rd: S0, imm: log }],
    ["auipc", { rd: S1, imm: log + LOG_SIZE }],
    ["addi", { rd: S1, rs1: S1, imm: -4 }],
    ["auipc", { rd: T0 }],
    ["addi", { rd: T0, rs1: T0, imm: HANDLER - 12 }],
    ["csrrw", { csr: MTVEC, rs1: T0 }],
    ["jal", { imm: PROGRAM - 24 }],
  ]);
  put(0, setUp);
  put(HANDLER, words(handler));
  put(PROGRAM, body);
  view.setFloat64(log + LOG_SIZE, 1 / 3, true);
  return { bytes, log };
}

test.skipIf(!qemuInstalled)("mstatus.FS, fcsr and traps as on QEMU", () => {
  const { bytes, log: start } = image();
  const options = { harts: 1, memory: 8, append: "", seed: 1, quantum: 1000 } as const;
  const machine = createMachine(
    { ...options, schedule: "round-robin" },
    {
      entry: physical(RAM_BASE),
      segments: [{ address: physical(RAM_BASE), bytes, size: bytes.length }],
    },
    { machineCode: true },
  );
  expect(machine.run({ instructions: 100_000 }).kind).toBe("exit");
  const ours = machine.readPhysical(physical(RAM_BASE), bytes.length)!;
  const theirs = runOnQemu(bytes);
  const entries = (memory: Uint8Array) => {
    const view = new DataView(memory.buffer, memory.byteOffset);
    return Array.from({ length: LOG_SIZE / 8 }, (_, index) =>
      view.getBigUint64(start + 8 * index, true).toString(16),
    );
  };
  const expected = entries(theirs);
  expect(expected.filter((entry) => entry !== "0").length).toBeGreaterThan(100);
  expect(entries(ours)).toEqual(expected);
});

test("S-mode begins with the float unit on and empty, as OpenSBI leaves it", () => {
  const { machine } = guest("csrr t0, sstatus\n csrr t1, fcsr\n ebreak");
  expect(nextTrap(machine)?.cause).toBe(3);
  const hart = machine.harts[0]!;
  expect([hart.x(T0) & 0x8000_0000_0000_6000n, hart.x(T1)]).toEqual([0x8000_0000_0000_6000n, 0n]);
  expect(Array.from({ length: 32 }, (_, register) => hart.f(register))).toEqual(Array(32).fill(0n));
});
