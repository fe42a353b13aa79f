/**
 * One instruction as text, in the style of GNU and LLVM objdump: pseudo-instructions where the
 * assembler manual has them, compressed instructions as what they expand to.
 */
import { csrName } from "./csrs.ts";
import { decode, lengthOf } from "./decode.ts";
import type { FieldName, Operands } from "./formats.ts";
import { matches, type Pattern } from "./instruction.ts";
import { floatRegisterNames, registerNames } from "./registers.ts";

export interface Disassembly {
  /** Bytes. */
  readonly length: 2 | 4;
  readonly mnemonic: string;
  /** `a0, 8(sp)`; empty when there are none. */
  readonly operands: string;
  /** Mnemonic and operands. */
  readonly text: string;
  /** Where a direct jump or branch goes. */
  readonly target?: bigint;
}

interface Alias {
  readonly of: string;
  readonly when: Pattern;
  readonly mnemonic: string;
  readonly syntax: string;
}

const alias = (of: string, when: Pattern, mnemonic: string, syntax = ""): Alias => ({
  of,
  when,
  mnemonic,
  syntax,
});

/** Pseudo-instructions; for each instruction the first that fits counts. */
const aliases: readonly Alias[] = [
  alias("addi", { rd: 0, rs1: 0, imm: 0 }, "nop"),
  alias("addi", { rs1: 0 }, "li", "rd, imm"),
  alias("addi", { imm: 0 }, "mv", "rd, rs1"),
  alias("addiw", { imm: 0 }, "sext.w", "rd, rs1"),
  alias("xori", { imm: -1 }, "not", "rd, rs1"),
  alias("sub", { rs1: 0 }, "neg", "rd, rs2"),
  alias("subw", { rs1: 0 }, "negw", "rd, rs2"),
  alias("sltiu", { imm: 1 }, "seqz", "rd, rs1"),
  alias("sltu", { rs1: 0 }, "snez", "rd, rs2"),
  alias("slt", { rs2: 0 }, "sltz", "rd, rs1"),
  alias("slt", { rs1: 0 }, "sgtz", "rd, rs2"),
  alias("add.uw", { rs2: 0 }, "zext.w", "rd, rs1"),
  alias("beq", { rs2: 0 }, "beqz", "rs1, target"),
  alias("bne", { rs2: 0 }, "bnez", "rs1, target"),
  alias("bge", { rs1: 0 }, "blez", "rs2, target"),
  alias("bge", { rs2: 0 }, "bgez", "rs1, target"),
  alias("blt", { rs2: 0 }, "bltz", "rs1, target"),
  alias("blt", { rs1: 0 }, "bgtz", "rs2, target"),
  alias("jal", { rd: 0 }, "j", "target"),
  alias("jal", { rd: 1 }, "jal", "target"),
  alias("jalr", { rd: 0, rs1: 1, imm: 0 }, "ret"),
  alias("jalr", { rd: 0, imm: 0 }, "jr", "rs1"),
  alias("jalr", { rd: 0 }, "jr", "imm(rs1)"),
  alias("jalr", { rd: 1, imm: 0 }, "jalr", "rs1"),
  alias("jalr", { rd: 1 }, "jalr", "imm(rs1)"),
  alias("jalr", { imm: 0 }, "jalr", "rd, rs1"),
  alias("fence", { pred: 15, succ: 15, mode: 0 }, "fence"),
  alias("fence", { pred: 3, succ: 3, mode: 8 }, "fence.tso"),
  alias("fence", { pred: 1, succ: 0, mode: 0 }, "pause"),
  alias("csrrw", { rd: 0, rs1: 0, csr: 0xc00 }, "unimp"),
  alias("csrrs", { rs1: 0, csr: 0xc00 }, "rdcycle", "rd"),
  alias("csrrs", { rs1: 0, csr: 0xc01 }, "rdtime", "rd"),
  alias("csrrs", { rs1: 0, csr: 0xc02 }, "rdinstret", "rd"),
  alias("csrrs", { rs1: 0, csr: 0x003 }, "frcsr", "rd"),
  alias("csrrs", { rs1: 0, csr: 0x002 }, "frrm", "rd"),
  alias("csrrs", { rs1: 0, csr: 0x001 }, "frflags", "rd"),
  alias("csrrw", { rd: 0, csr: 0x003 }, "fscsr", "rs1"),
  alias("csrrw", { rd: 0, csr: 0x002 }, "fsrm", "rs1"),
  alias("csrrw", { rd: 0, csr: 0x001 }, "fsflags", "rs1"),
  alias("csrrw", { csr: 0x003 }, "fscsr", "rd, rs1"),
  alias("csrrw", { csr: 0x002 }, "fsrm", "rd, rs1"),
  alias("csrrw", { csr: 0x001 }, "fsflags", "rd, rs1"),
  alias("csrrwi", { rd: 0, csr: 0x002 }, "fsrmi", "imm"),
  alias("csrrwi", { rd: 0, csr: 0x001 }, "fsflagsi", "imm"),
  alias("csrrwi", { csr: 0x002 }, "fsrmi", "rd, imm"),
  alias("csrrwi", { csr: 0x001 }, "fsflagsi", "rd, imm"),
  alias("csrrs", { rs1: 0 }, "csrr", "rd, csr"),
  alias("csrrw", { rd: 0 }, "csrw", "csr, rs1"),
  alias("csrrs", { rd: 0 }, "csrs", "csr, rs1"),
  alias("csrrc", { rd: 0 }, "csrc", "csr, rs1"),
  alias("csrrwi", { rd: 0 }, "csrwi", "csr, imm"),
  alias("csrrsi", { rd: 0 }, "csrsi", "csr, imm"),
  alias("csrrci", { rd: 0 }, "csrci", "csr, imm"),
  alias("sfence.vma", { rs1: 0, rs2: 0 }, "sfence.vma"),
  alias("sfence.vma", { rs2: 0 }, "sfence.vma", "rs1"),
  ...[".s", ".d"].flatMap((suffix) =>
    [
      ["fsgnj", "fmv"],
      ["fsgnjn", "fneg"],
      ["fsgnjx", "fabs"],
    ].map(([of, mnemonic]) =>
      alias(of + suffix, { fs2: { same: "fs1" } }, mnemonic + suffix, "fd, fs1"),
    ),
  ),
];
const aliasesOf = grouped(aliases);

/** By number; two are reserved. */
const roundingModes = ["rne", "rtz", "rdn", "rup", "rmm", "", "", "dyn"];

/** aq and rl of atomics are a suffix of the mnemonic. */
const orderings = ["", ".rl", ".aq", ".aqrl"];

/** Disassembles `word`, whose low bits hold the instruction at `pc`. Undefined encodings give `.half` or `.word`. */
export function disassemble(word: number, pc: bigint): Disassembly {
  const decoded = decode(word);
  if (decoded === undefined) return unknown(word);
  const { row, operands, length, compressed } = decoded;
  const target = row.format.syntax.includes("target")
    ? { target: BigInt.asUintN(64, pc + BigInt(operands.imm ?? 0)) }
    : {};
  const write = (mnemonic: string, syntax: string): Disassembly => {
    const unwritten = operands.rm === row.format.usualRounding;
    const written = unwritten ? syntax.replace(", rm", "") : syntax;
    const list = operandsText(written, operands, target.target);
    const text = list === "" ? mnemonic : `${mnemonic} ${list}`;
    return { length, mnemonic, operands: list, text, ...target };
  };
  const hint = compressed?.hints.find(({ when }) => matches(operands, when));
  if (hint !== undefined) return write(hint.mnemonic, hint.syntax);
  const short = aliasesOf.get(row.mnemonic)?.find(({ when }) => matches(operands, when));
  if (short !== undefined) return write(short.mnemonic, short.syntax);
  return write(row.mnemonic + (orderings[operands.aqrl ?? 0] ?? ""), row.format.syntax);
}

function unknown(word: number): Disassembly {
  const length = lengthOf(word);
  if (length === 2 && (word & 0xffff) === 0) {
    return { length, mnemonic: "unimp", operands: "", text: "unimp" };
  }
  const mnemonic = length === 2 ? ".half" : ".word";
  const value = length === 2 ? word & 0xffff : word >>> 0;
  const operands = `0x${value.toString(16).padStart(2 * length, "0")}`;
  return { length, mnemonic, operands, text: `${mnemonic} ${operands}` };
}

function operandsText(syntax: string, operands: Operands, target: bigint | undefined): string {
  return syntax.replace(/[a-z]+[123]?/g, (name) => {
    if (name === "target") return `0x${(target ?? 0n).toString(16)}`;
    if (name === "upper") return `0x${(((operands.imm ?? 0) >>> 12) & 0xfffff).toString(16)}`;
    return operandText(name as FieldName, operands[name as FieldName] ?? 0);
  });
}

function operandText(name: FieldName, value: number): string {
  switch (name) {
    case "rd":
    case "rs1":
    case "rs2":
      return registerNames[value]!;
    case "fd":
    case "fs1":
    case "fs2":
    case "fs3":
      return floatRegisterNames[value]!;
    case "rm":
      return roundingModes[value]!;
    case "csr":
      return csrName(value) ?? `0x${value.toString(16)}`;
    case "pred":
    case "succ":
      return value === 0 ? "0" : [..."iorw"].filter((_, bit) => value & (8 >> bit)).join("");
    case "imm":
    case "aqrl":
    case "mode":
      return String(value);
  }
}

function grouped(list: readonly Alias[]): Map<string, Alias[]> {
  const groups = new Map<string, Alias[]>();
  for (const entry of list) groups.set(entry.of, [...(groups.get(entry.of) ?? []), entry]);
  return groups;
}
