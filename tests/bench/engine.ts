/**
 * How fast the engine alone executes a few guest loops, with address translation (TLBs) as always,
 * and what a hook costs that lets execution go on.
 */
import { encode } from "../../daemon/src/isa/decode.ts";
import type { Operands } from "../../daemon/src/isa/formats.ts";
import { Flow } from "../../daemon/src/machine/engine/host.ts";
import { FLOAT, RAM_BASE } from "../../daemon/src/machine/engine/layout.ts";
import { BareMachine } from "../engine/bare-machine.ts";
import { print, type Row } from "./table.ts";

type Line = readonly [mnemonic: string, operands?: Operands];
const SLICE = 20_000_000;
const RUNS = 5;
const DATA = 0x10_0000;
const [sp, t0, t1, t2, s1, a0, a1, a2, a3] = [2, 5, 6, 7, 9, 10, 11, 12, 13];

interface Guest {
  /** Endless code; distances are bytes. s1 holds the data's address, a1 that of its end. */
  readonly code: readonly Line[];
  /** Doublewords of the data, 4 KiB. */
  readonly data?: (index: number) => bigint;
}

const guests: Record<string, Guest> = {
  /** Bitwise CRC-32 over the data. */
  crc: {
    code: [
      ["c.mv", { rd: a0, rs1: s1 }],
      ["lbu", { rd: t0, rs1: a0 }],
      ["xor", { rd: a2, rs1: a2, rs2: t0 }],
      ["c.li", { rd: t1, imm: 8 }],
      ["andi", { rd: t2, rs1: a2, imm: 1 }],
      ["sub", { rd: t2, rs2: t2 }],
      ["and", { rd: t2, rs1: t2, rs2: a3 }],
      ["srli", { rd: a2, rs1: a2, imm: 1 }],
      ["xor", { rd: a2, rs1: a2, rs2: t2 }],
      ["c.addi", { rd: t1, imm: -1 }],
      ["bne", { rs1: t1, imm: -22 }],
      ["c.addi", { rd: a0, imm: 1 }],
      ["bne", { rs1: a0, rs2: a1, imm: -38 }],
      ["jal", { imm: -44 }],
    ],
    data: (index) => BigInt(index) * 0x1234567n,
  },
  /** One pass after the other of bubble sort, with a new smallest element each time. */
  sort: {
    code: [
      ["c.mv", { rd: a0, rs1: s1 }],
      ["lw", { rd: t0, rs1: a0 }],
      ["lw", { rd: t1, rs1: a0, imm: 4 }],
      ["bge", { rs1: t1, rs2: t0, imm: 12 }],
      ["sw", { rs1: a0, rs2: t1 }],
      ["sw", { rs1: a0, rs2: t0, imm: 4 }],
      ["addi", { rd: a0, rs1: a0, imm: 4 }],
      ["bne", { rs1: a0, rs2: a1, imm: -24 }],
      ["addi", { rd: a2, rs1: a2, imm: -1 }],
      ["sw", { rs1: s1, rs2: a2 }],
      ["jal", { imm: -38 }],
    ],
    data: (index) => BigInt((index * 7919) % 512),
  },
  /** Loads that each wait for the one before. */
  chase: {
    code: [
      ["ld", { rd: s1, rs1: s1 }],
      ["ld", { rd: s1, rs1: s1 }],
      ["ld", { rd: s1, rs1: s1 }],
      ["ld", { rd: s1, rs1: s1 }],
      ["jal", { imm: -16 }],
    ],
    data: (index) => BigInt(RAM_BASE + DATA + 8 * ((index * 237 + 71) % 512)),
  },
  /** Calls of a function that sets a bit of a bitmap word. */
  wake: {
    code: [
      ["c.addi", { rd: a0, imm: 1 }],
      ["jal", { rd: 1, imm: 8 }],
      ["jal", { imm: -6 }],
      ["addi", { rd: sp, rs1: sp, imm: -16 }],
      ["sd", { rs1: sp, rs2: 1, imm: 8 }],
      ["andi", { rd: t0, rs1: a0, imm: 63 }],
      ["addi", { rd: t1, imm: 1 }],
      ["sll", { rd: t1, rs1: t1, rs2: t0 }],
      ["amoor.d", { rd: t2, rs1: s1, rs2: t1 }],
      ["ld", { rd: 1, rs1: sp, imm: 8 }],
      ["addi", { rd: sp, rs1: sp, imm: 16 }],
      ["jalr", { rs1: 1 }],
    ],
  },
  /** Branches that nothing predicts, by an xorshift generator. */
  branchy: {
    code: [
      ["slli", { rd: t0, rs1: a3, imm: 13 }],
      ["xor", { rd: a3, rs1: a3, rs2: t0 }],
      ["srli", { rd: t0, rs1: a3, imm: 7 }],
      ["xor", { rd: a3, rs1: a3, rs2: t0 }],
      ["slli", { rd: t0, rs1: a3, imm: 17 }],
      ["xor", { rd: a3, rs1: a3, rs2: t0 }],
      ["andi", { rd: t1, rs1: a3, imm: 1 }],
      ["beq", { rs1: t1, imm: 12 }],
      ["add", { rd: a0, rs1: a0, rs2: a3 }],
      ["mul", { rd: a2, rs1: a2, rs2: a3 }],
      ["andi", { rd: t1, rs1: a3, imm: 2 }],
      ["beq", { rs1: t1, imm: 8 }],
      ["or", { rd: t2, rs1: a0, rs2: a2 }],
      ["jal", { imm: -52 }],
    ],
  },
  /** Dot product of doubles, with fused multiply-add. */
  dot: {
    code: [
      ["c.mv", { rd: a0, rs1: s1 }],
      ["fld", { fd: 1, rs1: a0 }],
      ["fld", { fd: 2, rs1: a0, imm: 8 }],
      ["fmadd.d", { fd: 0, fs1: 1, fs2: 2, fs3: 0, rm: 7 }],
      ["addi", { rd: a0, rs1: a0, imm: 8 }],
      ["bne", { rs1: a0, rs2: a1, imm: -16 }],
      ["jal", { imm: -22 }],
    ],
    data: (index) => doubleBits(Math.sin(index)),
  },
  /** Points of the Mandelbrot set: z becomes z * z + c while it is small. */
  mandelbrot: {
    code: [
      ["fld", { fd: 10, rs1: s1 }],
      ["fld", { fd: 11, rs1: s1, imm: 8 }],
      ["fld", { fd: 4, rs1: s1, imm: 16 }],
      ["fsgnj.d", { fd: 1, fs1: 10, fs2: 10 }],
      ["fsgnj.d", { fd: 2, fs1: 11, fs2: 11 }],
      ["fmul.d", { fd: 5, fs1: 1, fs2: 1, rm: 7 }],
      ["fmul.d", { fd: 6, fs1: 2, fs2: 2, rm: 7 }],
      ["fadd.d", { fd: 7, fs1: 5, fs2: 6, rm: 7 }],
      ["fle.d", { rd: t0, fs1: 7, fs2: 4 }],
      ["beq", { rs1: t0, imm: -24 }],
      ["fmul.d", { fd: 8, fs1: 1, fs2: 2, rm: 7 }],
      ["fadd.d", { fd: 8, fs1: 8, fs2: 8, rm: 7 }],
      ["fadd.d", { fd: 2, fs1: 8, fs2: 11, rm: 7 }],
      ["fsub.d", { fd: 1, fs1: 5, fs2: 6, rm: 7 }],
      ["fadd.d", { fd: 1, fs1: 1, fs2: 10, rm: 7 }],
      ["jal", { imm: -40 }],
    ],
    data: (index) => doubleBits([-0.75, 0.01, 4][index] ?? 0),
  },
};

function doubleBits(value: number): bigint {
  return new BigInt64Array(Float64Array.of(value).buffer)[0]!;
}

function prepared({ code, data }: Guest): BareMachine {
  const machine = new BareMachine({ ramSize: 0x40_0000 });
  machine.code(0, ...code.map(([mnemonic, operands]) => encode(mnemonic, operands)));
  const start = BigInt(RAM_BASE + DATA);
  machine.setX(sp, start + 0x2000n);
  machine.setX(s1, start);
  machine.setX(a1, start + 0xff0n);
  machine.setX(a3, 0xedb8_8320n);
  const { quads, ramBase } = machine.engine;
  for (let index = 0; index < 512; index++) {
    quads[(ramBase + DATA) / 8 + index] = data?.(index) ?? 0n;
  }
  // Some result has been inexact before.
  machine.setFcsr(FLOAT.state | FLOAT.inexact);
  machine.setPc(0);
  return machine;
}

/** Seconds of the least disturbed of a few slices, after one that warms up. */
function seconds(machine: BareMachine): number {
  machine.engine.run(0, SLICE);
  const samples = Array.from({ length: RUNS }, () => {
    const start = performance.now();
    machine.engine.run(0, SLICE);
    return (performance.now() - start) / 1000;
  });
  return Math.min(...samples);
}

export async function engine(): Promise<void> {
  const rows: Row[] = Object.entries(guests).map(([what, guest]) => {
    const mips = SLICE / seconds(prepared(guest)) / 1e6;
    return { what, ours: `${mips.toFixed(0)} MIPS` };
  });
  const machine = prepared(guests.wake!);
  machine.hook = () => Flow.next;
  const plain = seconds(machine);
  machine.engine.hookSlot(10, true);
  const nanoseconds = ((seconds(machine) - plain) / (SLICE / 12)) * 1e9;
  rows.push({ what: "hook that goes on", ours: `${nanoseconds.toFixed(1)} ns` });
  print(`engine (interpreter, best of ${RUNS})`, rows);
}
