/** The M extension: multiplication and division. Source: unprivileged manual, chapter 13. */
import * as format from "./formats.ts";
import { type Instruction, instruction } from "./instruction.ts";
import {
  assign,
  choose,
  type Expression,
  type IntegerType,
  i32,
  i64,
  low,
  rs1,
  rs2,
  type Statement,
  signExtend,
  use,
  variable,
  write,
} from "./ir.ts";

const row = (mnemonic: string, opcode: number, funct3: number, ...semantics: Statement[]) =>
  instruction(mnemonic, 0xfe00707f, opcode | (funct3 << 12) | (1 << 25), format.r, ...semantics);

/**
 * The high 64 bits of a product by halves: the sums cannot overflow (2^32-1)^2 + 2 (2^32-1) =
 * 2^64-1. A signed operand is an unsigned one less 2^64 when negative, so the high half of the
 * unsigned product is corrected by the other operand.
 */
function multiplyHigh(signedLeft: boolean, signedRight: boolean): Statement[] {
  const [al, ah, bl, bh, middle, cross] = [
    variable("i64"),
    variable("i64"),
    variable("i64"),
    variable("i64"),
    variable("i64"),
    variable("i64"),
  ];
  const half = i64.constant(32);
  const lowHalf = (value: Expression<"i64">) => i64.and(value, i64.constant(0xffff_ffff));
  const highHalf = (value: Expression<"i64">) => i64.shrU(value, half);
  const correction = (sign: Expression<"i64">, other: Expression<"i64">) =>
    i64.and(i64.shrS(sign, i64.constant(63)), other);
  let high = i64.add(
    i64.add(i64.mul(use(ah), use(bh)), highHalf(use(middle))),
    highHalf(use(cross)),
  );
  if (signedLeft) high = i64.sub(high, correction(rs1, rs2));
  if (signedRight) high = i64.sub(high, correction(rs2, rs1));
  return [
    assign(al, lowHalf(rs1)),
    assign(ah, highHalf(rs1)),
    assign(bl, lowHalf(rs2)),
    assign(bh, highHalf(rs2)),
    assign(middle, i64.add(i64.mul(use(ah), use(bl)), highHalf(i64.mul(use(al), use(bl))))),
    assign(cross, i64.add(i64.mul(use(al), use(bh)), lowHalf(use(middle)))),
    write(high),
  ];
}

type Operators<T extends IntegerType> = {
  [name in "divS" | "divU" | "remS" | "remU"]: (
    a: Expression<T>,
    b: Expression<T>,
  ) => Expression<T>;
} & {
  constant(value: bigint): Expression<T>;
  eq(a: Expression<T>, b: Expression<T>): Expression<"i32">;
};

/** Division never traps: by zero the quotient is all ones and the remainder the dividend; on overflow they are the dividend and 0. */
function divide<T extends IntegerType>(
  ops: Operators<T>,
  kind: "divS" | "divU" | "remS" | "remU",
  a: Expression<T>,
  b: Expression<T>,
): Expression<T> {
  const quotient = kind === "divS" || kind === "divU";
  const zero = ops.constant(0n);
  let result = ops[kind](a, b);
  // -1 alone can overflow, and dividing by it needs no division.
  if (kind === "remS") result = choose(ops.eq(b, ops.constant(-1n)), zero, result);
  if (kind === "divS") result = choose(ops.eq(b, ops.constant(-1n)), negate(a), result);
  return choose(ops.eq(b, zero), quotient ? ops.constant(-1n) : a, result);
}

const negate = <T extends IntegerType>(value: Expression<T>): Expression<T> => ({
  kind: "arithmetic",
  type: value.type,
  op: "sub",
  left: { kind: "constant", type: value.type, value: 0n },
  right: value,
});

const wide = (kind: "divS" | "divU" | "remS" | "remU") => write(divide(i64, kind, rs1, rs2));

function narrow(kind: "divS" | "divU" | "remS" | "remU"): Statement[] {
  const [a, b] = [variable("i32"), variable("i32")];
  return [
    assign(a, low(rs1)),
    assign(b, low(rs2)),
    write(signExtend(divide(i32, kind, use(a), use(b)))),
  ];
}

export const rvM: readonly Instruction[] = [
  row("mul", 0x33, 0, write(i64.mul(rs1, rs2))),
  row("mulh", 0x33, 1, ...multiplyHigh(true, true)),
  row("mulhsu", 0x33, 2, ...multiplyHigh(true, false)),
  row("mulhu", 0x33, 3, ...multiplyHigh(false, false)),
  row("div", 0x33, 4, wide("divS")),
  row("divu", 0x33, 5, wide("divU")),
  row("rem", 0x33, 6, wide("remS")),
  row("remu", 0x33, 7, wide("remU")),
  row("mulw", 0x3b, 0, write(signExtend(i32.mul(low(rs1), low(rs2))))),
  row("divw", 0x3b, 4, ...narrow("divS")),
  row("divuw", 0x3b, 5, ...narrow("divU")),
  row("remw", 0x3b, 6, ...narrow("remS")),
  row("remuw", 0x3b, 7, ...narrow("remU")),
];
