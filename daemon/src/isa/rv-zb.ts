/**
 * Bit manipulation: Zba (addresses), Zbb (basic), Zbc (carry-less products) and Zbs (single bits).
 * Source: unprivileged manual, chapter 30 ("B" extension).
 */
import * as format from "./formats.ts";
import { type Instruction, instruction } from "./instruction.ts";
import {
  assign,
  choose,
  type Expression,
  type IntegerType,
  i32,
  i64,
  imm,
  low,
  rs1,
  rs2,
  type Statement,
  signExtend,
  use,
  variable,
  write,
  zeroExtend,
} from "./ir.ts";

type Value = Expression<"i64">;
type Binary<T extends IntegerType = "i64"> = (
  left: Expression<T>,
  right: Expression<T>,
) => Expression<T>;

const OP = 0x33;
const OP_32 = 0x3b;
const OP_IMM = 0x13;
const OP_IMM_32 = 0x1b;

const registers = (
  mnemonic: string,
  opcode: number,
  funct7: number,
  funct3: number,
  ...semantics: Statement[]
) =>
  instruction(
    mnemonic,
    0xfe00707f,
    opcode | (funct3 << 12) | (funct7 << 25),
    format.r,
    ...semantics,
  );
const op = (mnemonic: string, funct7: number, funct3: number, apply: Binary) =>
  registers(mnemonic, OP, funct7, funct3, write(apply(rs1, rs2)));
/** On the low halves, the result sign-extended; counts wrap at 32. */
const opWord = (mnemonic: string, funct7: number, funct3: number, apply: Binary<"i32">) =>
  registers(mnemonic, OP_32, funct7, funct3, write(signExtend(apply(low(rs1), low(rs2)))));
/** A shift amount of six bits in the place of rs2 and the lowest bit of funct7. */
const shift = (
  mnemonic: string,
  opcode: number,
  funct6: number,
  funct3: number,
  apply: Binary,
): Instruction =>
  instruction(
    mnemonic,
    0xfc00707f,
    opcode | (funct3 << 12) | (funct6 << 26),
    format.shift64,
    write(apply(rs1, imm)),
  );
/** One operand; the place of rs2 and funct7 says which instruction it is. */
const unary = (
  mnemonic: string,
  opcode: number,
  funct12: number,
  funct3: number,
  ...semantics: Statement[]
) =>
  instruction(
    mnemonic,
    0xfff0707f,
    opcode | (funct3 << 12) | (funct12 << 20),
    format.unary,
    ...semantics,
  );

const lowHalf = (value: Value): Value => i64.and(value, i64.constant(0xffff_ffff));
const not = (value: Value): Value => i64.xor(value, i64.constant(-1));
const shiftedAdd =
  (bits: number, first = (value: Value) => value): Binary =>
  (a, b) =>
    i64.add(i64.shl(first(a), i64.constant(bits)), b);

const zba: readonly Instruction[] = [
  op("sh1add", 0b0010000, 2, shiftedAdd(1)),
  op("sh2add", 0b0010000, 4, shiftedAdd(2)),
  op("sh3add", 0b0010000, 6, shiftedAdd(3)),
  registers("add.uw", OP_32, 0b0000100, 0, write(i64.add(lowHalf(rs1), rs2))),
  registers("sh1add.uw", OP_32, 0b0010000, 2, write(shiftedAdd(1, lowHalf)(rs1, rs2))),
  registers("sh2add.uw", OP_32, 0b0010000, 4, write(shiftedAdd(2, lowHalf)(rs1, rs2))),
  registers("sh3add.uw", OP_32, 0b0010000, 6, write(shiftedAdd(3, lowHalf)(rs1, rs2))),
  shift("slli.uw", OP_IMM_32, 0b000010, 1, (a, b) => i64.shl(lowHalf(a), b)),
];

/** Swaps neighbouring groups of this many bits; the mask has the lower group of each pair. */
function swapped(value: Value, bits: number, mask: bigint): Value {
  const lower = (part: Value) => i64.and(part, i64.constant(mask));
  return i64.or(
    lower(i64.shrU(value, i64.constant(bits))),
    i64.shl(lower(value), i64.constant(bits)),
  );
}
const BYTES = 0x00ff_00ff_00ff_00ffn;
const PAIRS = 0x0000_ffff_0000_ffffn;

/** Reverses the order of the bytes. */
function reverseBytes(value: Value): [readonly Statement[], Value] {
  const [bytes, pairs] = [variable("i64"), variable("i64")];
  return [
    [assign(bytes, swapped(value, 8, BYTES)), assign(pairs, swapped(use(bytes), 16, PAIRS))],
    i64.rotl(use(pairs), i64.constant(32)),
  ];
}

/** 0xff for each byte that is not zero: adding 0x7f carries into bit 7 of a byte with any lower bit. */
function orCombine(): Statement[] {
  const sevens = i64.constant(0x7f7f_7f7f_7f7f_7f7fn);
  const high = variable("i64");
  const anyBit = i64.or(i64.add(i64.and(rs1, sevens), sevens), rs1);
  return [
    assign(high, i64.and(i64.shrU(anyBit, i64.constant(7)), i64.constant(0x0101_0101_0101_0101n))),
    write(i64.mul(use(high), i64.constant(0xff))),
  ];
}

const lesser = (test: (a: Value, b: Value) => Expression<"i32">, a: Value, b: Value) =>
  write(choose(test(rs1, rs2), a, b));
const wide = (count: (value: Value) => Value) => write(count(rs1));
const narrow = (count: (value: Expression<"i32">) => Expression<"i32">) =>
  write(zeroExtend(count(low(rs1))));
/** The low bits, sign-extended. */
const extended = (bits: number) =>
  write(i64.shrS(i64.shl(rs1, i64.constant(64 - bits)), i64.constant(64 - bits)));
const [reversing, reversed] = reverseBytes(rs1);

const zbb: readonly Instruction[] = [
  op("andn", 0b0100000, 7, (a, b) => i64.and(a, not(b))),
  op("orn", 0b0100000, 6, (a, b) => i64.or(a, not(b))),
  op("xnor", 0b0100000, 4, (a, b) => not(i64.xor(a, b))),
  unary("clz", OP_IMM, 0x600, 1, wide(i64.clz)),
  unary("ctz", OP_IMM, 0x601, 1, wide(i64.ctz)),
  unary("cpop", OP_IMM, 0x602, 1, wide(i64.popcnt)),
  unary("clzw", OP_IMM_32, 0x600, 1, narrow(i32.clz)),
  unary("ctzw", OP_IMM_32, 0x601, 1, narrow(i32.ctz)),
  unary("cpopw", OP_IMM_32, 0x602, 1, narrow(i32.popcnt)),
  registers("min", OP, 0b0000101, 4, lesser(i64.ltS, rs1, rs2)),
  registers("minu", OP, 0b0000101, 5, lesser(i64.ltU, rs1, rs2)),
  registers("max", OP, 0b0000101, 6, lesser(i64.ltS, rs2, rs1)),
  registers("maxu", OP, 0b0000101, 7, lesser(i64.ltU, rs2, rs1)),
  unary("sext.b", OP_IMM, 0x604, 1, extended(8)),
  unary("sext.h", OP_IMM, 0x605, 1, extended(16)),
  unary("zext.h", OP_32, 0x080, 4, write(i64.and(rs1, i64.constant(0xffff)))),
  op("rol", 0b0110000, 1, i64.rotl),
  op("ror", 0b0110000, 5, i64.rotr),
  opWord("rolw", 0b0110000, 1, i32.rotl),
  opWord("rorw", 0b0110000, 5, i32.rotr),
  shift("rori", OP_IMM, 0b011000, 5, i64.rotr),
  instruction(
    "roriw",
    0xfe00707f,
    OP_IMM_32 | (5 << 12) | (0b0110000 << 25),
    format.shift32,
    write(signExtend(i32.rotr(low(rs1), low(imm)))),
  ),
  unary("orc.b", OP_IMM, 0x287, 5, ...orCombine()),
  unary("rev8", OP_IMM, 0x6b8, 5, ...reversing, write(reversed)),
];

/**
 * The low half of a carry-less product by ordinary ones: each operand is split into four that have
 * every fourth bit, so that the up to 16 ones that meet at a bit only carry into the three zeros
 * above it (16 of them only at bit 60, whose carry leaves the word).
 */
function carryLess(a: Value, b: Value): [readonly Statement[], Value] {
  const every = (offset: number) => i64.constant(0x1111_1111_1111_1111n << BigInt(offset));
  const split = (value: Value) => [0, 1, 2, 3].map((part) => i64.and(value, every(part)));
  const names = Array.from({ length: 8 }, () => variable("i64"));
  const statements = [...split(a), ...split(b)].map((value, n) => assign(names[n]!, value));
  const [left, right] = [names.slice(0, 4).map(use), names.slice(4).map(use)];
  const parts = [0, 1, 2, 3].map((sum) => {
    const products = left.map((value, n) => i64.mul(value, right[(sum - n) & 3]!));
    return i64.and(products.reduce(i64.xor), every(sum));
  });
  return [statements, parts.reduce(i64.or)];
}

/** Reverses the order of the bits. */
function reverseBits(value: Value): [readonly Statement[], Value] {
  const [ones, twos, fours] = [variable("i64"), variable("i64"), variable("i64")];
  const [statements, result] = reverseBytes(use(fours));
  return [
    [
      assign(ones, swapped(value, 1, 0x5555_5555_5555_5555n)),
      assign(twos, swapped(use(ones), 2, 0x3333_3333_3333_3333n)),
      assign(fours, swapped(use(twos), 4, 0x0f0f_0f0f_0f0f_0f0fn)),
      ...statements,
    ],
    result,
  ];
}

/** Bits 126..63 of the carry-less product: the reverse of the low half of the reversed operands' product. */
function carryLessReversed(): [readonly Statement[], Value] {
  const [a, b, product] = [variable("i64"), variable("i64"), variable("i64")];
  const [reversingA, reversedA] = reverseBits(rs1);
  const [reversingB, reversedB] = reverseBits(rs2);
  const [multiplying, low64] = carryLess(use(a), use(b));
  const [finishing, result] = reverseBits(use(product));
  return [
    [
      ...reversingA,
      assign(a, reversedA),
      ...reversingB,
      assign(b, reversedB),
      ...multiplying,
      assign(product, low64),
      ...finishing,
    ],
    result,
  ];
}

const [multiplying, product] = carryLess(rs1, rs2);
const [reversedSteps, reversedProduct] = carryLessReversed();

const zbc: readonly Instruction[] = [
  registers("clmul", OP, 0b0000101, 1, ...multiplying, write(product)),
  registers("clmulr", OP, 0b0000101, 2, ...reversedSteps, write(reversedProduct)),
  registers(
    "clmulh",
    OP,
    0b0000101,
    3,
    ...reversedSteps,
    write(i64.shrU(reversedProduct, i64.constant(1))),
  ),
];

const bit = (index: Value): Value => i64.shl(i64.constant(1), index);
const clear: Binary = (value, index) => i64.and(value, not(bit(index)));
const extract: Binary = (value, index) => i64.and(i64.shrU(value, index), i64.constant(1));
const invert: Binary = (value, index) => i64.xor(value, bit(index));
const set: Binary = (value, index) => i64.or(value, bit(index));

const zbs: readonly Instruction[] = [
  op("bclr", 0b0100100, 1, clear),
  op("bext", 0b0100100, 5, extract),
  op("binv", 0b0110100, 1, invert),
  op("bset", 0b0010100, 1, set),
  shift("bclri", OP_IMM, 0b010010, 1, clear),
  shift("bexti", OP_IMM, 0b010010, 5, extract),
  shift("binvi", OP_IMM, 0b011010, 1, invert),
  shift("bseti", OP_IMM, 0b001010, 1, set),
];

export const rvZb: readonly Instruction[] = [...zba, ...zbb, ...zbc, ...zbs];
