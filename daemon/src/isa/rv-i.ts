/** RV32I and RV64I, and fence.i. Source: unprivileged manual, chapters 2 and 4; opcodes in chapter 35. */
import * as format from "./formats.ts";
import { type Instruction, instruction } from "./instruction.ts";
import {
  assign,
  branch,
  type Expression,
  host,
  type IntegerType,
  i32,
  i64,
  imm,
  jump,
  link,
  low,
  pc,
  rs1,
  rs2,
  signExtend,
  use,
  variable,
  type Width,
  write,
  zeroExtend,
} from "./ir.ts";

type Binary<T extends IntegerType> = (left: Expression<T>, right: Expression<T>) => Expression<T>;
type Test = (left: Expression<"i64">, right: Expression<"i64">) => Expression<"i32">;

const opImmediate = (mnemonic: string, funct3: number, apply: Binary<"i64">) =>
  instruction(mnemonic, 0x707f, 0x13 | (funct3 << 12), format.i, write(apply(rs1, imm)));
const op = (mnemonic: string, funct7: number, funct3: number, apply: Binary<"i64">) =>
  instruction(
    mnemonic,
    0xfe00707f,
    0x33 | (funct3 << 12) | (funct7 << 25),
    format.r,
    write(apply(rs1, rs2)),
  );
/** The W forms work on the low halves and sign-extend the result; shift counts wrap at 32. */
const opWord = (mnemonic: string, funct7: number, funct3: number, apply: Binary<"i32">) =>
  instruction(
    mnemonic,
    0xfe00707f,
    0x3b | (funct3 << 12) | (funct7 << 25),
    format.r,
    write(signExtend(apply(low(rs1), low(rs2)))),
  );
const shift = (mnemonic: string, funct6: number, funct3: number, apply: Binary<"i64">) =>
  instruction(
    mnemonic,
    0xfc00707f,
    0x13 | (funct3 << 12) | (funct6 << 26),
    format.shift64,
    write(apply(rs1, imm)),
  );
const shiftWord = (mnemonic: string, funct7: number, funct3: number, apply: Binary<"i32">) =>
  instruction(
    mnemonic,
    0xfe00707f,
    0x1b | (funct3 << 12) | (funct7 << 25),
    format.shift32,
    write(signExtend(apply(low(rs1), low(imm)))),
  );
const conditional = (mnemonic: string, funct3: number, test: Test) =>
  instruction(mnemonic, 0x707f, 0x63 | (funct3 << 12), format.branch, branch(test(rs1, rs2)));
const load = (mnemonic: string, funct3: number, width: Width, extension: "sign" | "zero") =>
  instruction(mnemonic, 0x707f, 0x03 | (funct3 << 12), format.load, {
    kind: "load",
    width,
    extension,
    address: i64.add(rs1, imm),
  });
const store = (mnemonic: string, funct3: number, width: Width) =>
  instruction(mnemonic, 0x707f, 0x23 | (funct3 << 12), format.store, {
    kind: "store",
    width,
    address: i64.add(rs1, imm),
    value: rs2,
  });

const target = variable("i64");

export const rvI: readonly Instruction[] = [
  instruction("lui", 0x7f, 0x37, format.upper, write(imm)),
  instruction("auipc", 0x7f, 0x17, format.upper, write(i64.add(pc, imm))),
  instruction("jal", 0x7f, 0x6f, format.jump, write(link), branch()),
  // The target is taken before rd is written: both may be the same register.
  instruction(
    "jalr",
    0x707f,
    0x67,
    format.load,
    assign(target, i64.and(i64.add(rs1, imm), i64.constant(-2))),
    write(link),
    jump(use(target)),
  ),

  conditional("beq", 0, i64.eq),
  conditional("bne", 1, i64.ne),
  conditional("blt", 4, i64.ltS),
  conditional("bge", 5, i64.geS),
  conditional("bltu", 6, i64.ltU),
  conditional("bgeu", 7, i64.geU),

  load("lb", 0, 1, "sign"),
  load("lh", 1, 2, "sign"),
  load("lw", 2, 4, "sign"),
  load("ld", 3, 8, "sign"),
  load("lbu", 4, 1, "zero"),
  load("lhu", 5, 2, "zero"),
  load("lwu", 6, 4, "zero"),
  store("sb", 0, 1),
  store("sh", 1, 2),
  store("sw", 2, 4),
  store("sd", 3, 8),

  opImmediate("addi", 0, i64.add),
  opImmediate("slti", 2, (a, b) => zeroExtend(i64.ltS(a, b))),
  opImmediate("sltiu", 3, (a, b) => zeroExtend(i64.ltU(a, b))),
  opImmediate("xori", 4, i64.xor),
  opImmediate("ori", 6, i64.or),
  opImmediate("andi", 7, i64.and),
  shift("slli", 0, 1, i64.shl),
  shift("srli", 0, 5, i64.shrU),
  shift("srai", 0b010000, 5, i64.shrS),

  op("add", 0, 0, i64.add),
  op("sub", 0b0100000, 0, i64.sub),
  op("sll", 0, 1, i64.shl),
  op("slt", 0, 2, (a, b) => zeroExtend(i64.ltS(a, b))),
  op("sltu", 0, 3, (a, b) => zeroExtend(i64.ltU(a, b))),
  op("xor", 0, 4, i64.xor),
  op("srl", 0, 5, i64.shrU),
  op("sra", 0b0100000, 5, i64.shrS),
  op("or", 0, 6, i64.or),
  op("and", 0, 7, i64.and),

  instruction("addiw", 0x707f, 0x1b, format.i, write(signExtend(i32.add(low(rs1), low(imm))))),
  shiftWord("slliw", 0, 1, i32.shl),
  shiftWord("srliw", 0, 5, i32.shrU),
  shiftWord("sraiw", 0b0100000, 5, i32.shrS),
  opWord("addw", 0, 0, i32.add),
  opWord("subw", 0b0100000, 0, i32.sub),
  opWord("sllw", 0, 1, i32.shl),
  opWord("srlw", 0, 5, i32.shrU),
  opWord("sraw", 0b0100000, 5, i32.shrS),

  // Harts take turns and every access is performed at once: nothing is left to order. Unused
  // fields are ignored, as the manual asks (section 2.7).
  instruction("fence", 0x707f, 0x0f, format.fence),
  // Stores invalidate decoded code as they happen.
  instruction("fence.i", 0x707f, 0x100f, format.none),

  instruction("ecall", 0xffffffff, 0x00000073, format.none, host("system")),
  instruction("ebreak", 0xffffffff, 0x00100073, format.none, host("system")),
];
