// Encodings: no two rows share a word, and fields are where the manual has them.
import { expect, test } from "vitest";
import { decode, encode } from "../../daemon/src/isa/decode.ts";
import { extract, type Operands } from "../../daemon/src/isa/formats.ts";
import { type Compressed, type Instruction, matches } from "../../daemon/src/isa/instruction.ts";
import { compressed, instructions } from "../../daemon/src/isa/rows.ts";
import { generator } from "./random.ts";

test("no two 32-bit encodings overlap", () => {
  for (const a of instructions) {
    expect((a.match & ~a.mask) >>> 0, `${a.mnemonic}: match within mask`).toBe(0);
    expect(a.match & 3, `${a.mnemonic}: low bits of a 32-bit encoding`).toBe(3);
    for (const b of instructions) {
      if (a === b) continue;
      const differ = (a.match ^ b.match) & a.mask & b.mask;
      expect(differ, `${a.mnemonic} and ${b.mnemonic}`).not.toBe(0);
    }
  }
});

test("no two 16-bit encodings overlap, over all of them", () => {
  const holds = (row: Compressed, word: number): boolean => {
    if ((word & row.mask) !== row.match) return false;
    const operands = Object.fromEntries(
      Object.entries(row.operands).map(([name, value]) => [
        name,
        typeof value === "number" ? value : extract(word, value),
      ]),
    ) as Operands;
    return !row.except.some((pattern) => matches(operands, pattern));
  };
  const reached = new Set<string>();
  for (let word = 0; word < 0x1_0000; word++) {
    const rows = compressed.filter((row) => holds(row, word));
    if ((word & 3) === 3) {
      if (rows.length > 0) throw new Error(`${word.toString(16)}: 32-bit space`);
      continue;
    }
    if (rows.length > 1) throw new Error(`${word.toString(16)}: ${rows.map((r) => r.mnemonic)}`);
    expect(decode(word)?.compressed).toBe(rows[0]);
    for (const row of rows) reached.add(row.mnemonic);
  }
  expect([...reached].sort()).toEqual(compressed.map((row) => row.mnemonic).sort());
});

test("mnemonics are unique and expansions exist", () => {
  const all = [...instructions, ...compressed].map((row) => row.mnemonic);
  expect(new Set(all).size).toBe(all.length);
  const known = new Set(instructions.map((row) => row.mnemonic));
  for (const row of compressed) expect(known, row.mnemonic).toContain(row.of);
});

/** Rounding modes 5 and 6 are reserved (unprivileged manual, section 20.2). */
const isReserved = (word: number, { format }: Instruction): boolean =>
  format.fields.rm !== undefined && [5, 6].includes((word >>> 12) & 7);

test("reserved rounding modes", () => {
  for (const row of instructions.filter(({ format }) => format.fields.rm !== undefined)) {
    const modes = [0, 1, 2, 3, 4, 5, 6, 7].filter(
      (mode) => decode(row.match | (mode << 12))?.row === row,
    );
    expect(modes, row.mnemonic).toEqual([0, 1, 2, 3, 4, 7]);
  }
});

test("encoding gives back what was decoded", () => {
  const random = generator(0x15a);
  for (const row of instructions) {
    for (let round = 0; round < 50; round++) {
      const word = ((random.word() & ~row.mask) | row.match) >>> 0;
      const decoded = decode(word);
      if (decoded === undefined && isReserved(word, row)) continue;
      if (decoded?.row !== row) throw new Error(`${word.toString(16)} is no ${row.mnemonic}`);
      const again = encode(row.mnemonic, decoded.operands);
      expect(decode(again)).toEqual(decoded);
    }
  }
  for (let word = 0; word < 0x1_0000; word++) {
    const decoded = decode(word);
    if (decoded?.compressed === undefined) continue;
    expect(encode(decoded.compressed.mnemonic, decoded.operands)).toBe(word);
  }
});

/** Words as llvm-mc 19 encodes them. */
const golden: readonly (readonly [word: number, mnemonic: string, operands: Operands])[] = [
  [0xdeadb537, "lui", { rd: 10, imm: 0xdeadb000 | 0 }],
  [0x00001597, "auipc", { rd: 11, imm: 0x1000 }],
  [0xffdff0ef, "jal", { rd: 1, imm: -4 }],
  [0x7ffff06f, "jal", { rd: 0, imm: 0xffffe }],
  [0x8000006f, "jal", { rd: 0, imm: -0x100000 }],
  [0xff8500e7, "jalr", { rd: 1, rs1: 10, imm: -8 }],
  [0xfeb50fe3, "beq", { rs1: 10, rs2: 11, imm: -2 }],
  [0x7eb51fe3, "bne", { rs1: 10, rs2: 11, imm: 4094 }],
  [0x80b54063, "blt", { rs1: 10, rs2: 11, imm: -4096 }],
  [0x80050503, "lb", { rd: 10, rs1: 10, imm: -2048 }],
  [0xfeb53fa3, "sd", { rs1: 10, rs2: 11, imm: -1 }],
  [0x7eb52fa3, "sw", { rs1: 10, rs2: 11, imm: 2047 }],
  [0x03f59513, "slli", { rd: 10, rs1: 11, imm: 63 }],
  [0x43f5d513, "srai", { rd: 10, rs1: 11, imm: 63 }],
  [0x41f5d51b, "sraiw", { rd: 10, rs1: 11, imm: 31 }],
  [0x1605b52f, "lr.d", { rd: 10, rs1: 11, aqrl: 3 }],
  [0x1cc5a52f, "sc.w", { rd: 10, rs1: 11, rs2: 12, aqrl: 2 }],
  [0xe2c5b52f, "amomaxu.d", { rd: 10, rs1: 11, rs2: 12, aqrl: 1 }],
  [0x18029073, "csrrw", { rd: 0, rs1: 5, csr: 0x180 }],
  [0x1002e573, "csrrsi", { rd: 10, imm: 5, csr: 0x100 }],
  [0x12b50073, "sfence.vma", { rs1: 10, rs2: 11 }],
  [0x02c5f553, "fadd.d", { fd: 10, fs1: 11, fs2: 12, rm: 7 }],
  [0x68c5c543, "fmadd.s", { fd: 10, fs1: 11, fs2: 12, fs3: 13, rm: 4 }],
  [0x4015f553, "fcvt.s.d", { fd: 10, fs1: 11, rm: 7 }],
  [0xe2051553, "fclass.d", { rd: 10, fs1: 10 }],
  [0x63f5d513, "rori", { rd: 10, rs1: 11, imm: 63 }],
  [0x0ff0000f, "fence", { pred: 15, succ: 15, mode: 0 }],
];
test.each(golden)("%s is %s", (word, mnemonic, operands) => {
  const decoded = decode(word);
  expect(decoded?.row.mnemonic).toBe(mnemonic);
  expect(decoded?.operands).toEqual(operands);
  expect(decoded?.length).toBe(4);
  expect(encode(mnemonic, operands)).toBe(word);
});

const bad: readonly (readonly [string, Operands, RegExp])[] = [
  ["frobnicate", {}, /no instruction named frobnicate/],
  ["addi", { rd: 32 }, /addi cannot have rd = 32/],
  ["addi", { imm: 2048 }, /imm = 2048/],
  ["jal", { imm: 3 }, /imm = 3/],
  ["add", { imm: 1 }, /add cannot have imm = 1/],
  ["c.lw", { rd: 5 }, /rd = 5/],
];
test.each(bad)("encoding %s %o is refused", (mnemonic, operands, message) => {
  expect(() => encode(mnemonic, operands)).toThrow(message);
});
