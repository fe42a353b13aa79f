/**
 * The small typed language in which each instruction's semantics is written, once. Interpreter,
 * translator and reference checks are derived from it. Values are integers or IEEE numbers of 32 or
 * 64 bits; expressions have no side effects and never trap; statements run in order and the last
 * one says where control goes (none: to the next instruction).
 */
import type { FloatResult, Rounding } from "./float/round.ts";

/** Operators of two operands of one type; comparisons answer an i32 of 0 or 1. Shift and rotate counts wrap. */
export type Arithmetic =
  | "add"
  | "sub"
  | "mul"
  | "and"
  | "or"
  | "xor"
  | "shl"
  | "shr_s"
  | "shr_u"
  | "rotl"
  | "rotr"
  /** The divisions and remainders must be guarded by `choose`: no zero divisor, no overflow. */
  | "div_s"
  | "div_u"
  | "rem_s"
  | "rem_u";
export type Comparison = "eq" | "ne" | "lt_s" | "lt_u" | "le_u" | "ge_s" | "ge_u";
/** Leading and trailing zeros (all bits of a zero), and ones. */
export type Count = "clz" | "ctz" | "popcnt";
/** Rounded to nearest even; which NaN a NaN result is, is not said. */
export type FloatArithmetic = "add" | "sub" | "mul" | "div" | "min" | "max";
/** False when an operand is a NaN (`ne`: true). */
export type FloatComparison = "eq" | "ne" | "lt" | "le" | "gt" | "ge";
/** `nearest` and `trunc` round to an integral number: ties to even, towards zero. */
export type FloatFunction = "abs" | "neg" | "sqrt" | "nearest" | "trunc";
export type IntegerType = "i32" | "i64";
export type FloatType = "f32" | "f64";
export type Type = IntegerType | FloatType;

/**
 * What an instruction's encoding and place supply. All i64; `imm` is sign-extended; `fs1` to `fs3`
 * are the bits of float registers.
 */
export type OperandName = "rs1" | "rs2" | "imm" | "pc" | "link" | "fs1" | "fs2" | "fs3";

/**
 * What is to be known of the float unit before a result may come from an IEEE operation that
 * reports no flags. All imply that the unit is on and its state dirty.
 * `nearest`: the rounding mode is nearest even, and an inexact result has nothing more to report;
 * `zero`: the same of the encoded mode towards zero; `valid`: the mode is a valid one.
 */
export type RoundingState = "nearest" | "zero" | "valid";

export type Node =
  | { readonly kind: "constant"; readonly type: IntegerType; readonly value: bigint }
  | { readonly kind: "number"; readonly type: FloatType; readonly value: number }
  | { readonly kind: "operand"; readonly name: OperandName }
  | { readonly kind: "variable"; readonly variable: Variable }
  | {
      readonly kind: "arithmetic";
      readonly type: IntegerType;
      readonly op: Arithmetic;
      readonly left: Expression;
      readonly right: Expression;
    }
  | {
      readonly kind: "comparison";
      readonly op: Comparison;
      readonly left: Expression<IntegerType>;
      readonly right: Expression<IntegerType>;
    }
  | {
      readonly kind: "count";
      readonly type: IntegerType;
      readonly op: Count;
      readonly value: Expression;
    }
  | {
      readonly kind: "floatArithmetic";
      readonly type: FloatType;
      readonly op: FloatArithmetic;
      readonly left: Expression;
      readonly right: Expression;
    }
  | {
      readonly kind: "floatComparison";
      readonly op: FloatComparison;
      readonly left: Expression<FloatType>;
      readonly right: Expression<FloatType>;
    }
  | {
      readonly kind: "floatFunction";
      readonly type: FloatType;
      readonly op: FloatFunction;
      readonly value: Expression;
    }
  | { readonly kind: "rounding"; readonly is: RoundingState }
  | { readonly kind: "convert"; readonly op: Conversion; readonly value: Expression }
  /** Evaluates only the branch that holds. */
  | {
      readonly kind: "choose";
      readonly condition: Expression<"i32">;
      readonly yes: Expression;
      readonly no: Expression;
    };

/**
 * wrap: i64 to i32, the low half; extend: i32 to i64; convert: integer to number; trunc: number to
 * integer, within its range only; reinterpret: the same bits; promote, demote: to f64, to f32.
 */
export type Conversion =
  | "wrap"
  | "extend_s"
  | "extend_u"
  | "convert_s"
  | "convert_u"
  | "trunc_s"
  | "trunc_u"
  | "reinterpret"
  | "promote"
  | "demote";

export type Expression<T extends Type = Type> = Node & { readonly type: T };

/** The bits of rs1 or fs1, rs2 or fs2, and fs3 (unsigned, 0 where there is none) to those of rd or fd. */
export type SoftFloat = (a: bigint, b: bigint, c: bigint, rounding: Rounding) => FloatResult;

/** A value named by a `let` statement, or the old value that an `amo` statement read. */
export interface Variable<T extends Type = Type> {
  readonly type: T;
}

/** Bytes of a memory access. */
export type Width = 1 | 2 | 4 | 8;

/** What the privileged layer does: see `EngineHost`. */
export type HostCall = "csr" | "system";

export type Statement =
  | { readonly kind: "let"; readonly variable: Variable; readonly value: Expression }
  /** rd or fd = value. */
  | { readonly kind: "write"; readonly value: Expression<"i64"> }
  /** Goes to pc + imm when the condition holds, or always. */
  | { readonly kind: "branch"; readonly condition: Expression<"i32"> | undefined }
  /** Goes to a computed address. */
  | { readonly kind: "jump"; readonly target: Expression<"i64"> }
  /** rd or fd = the value at an address, sign- or zero-extended, or with ones above it. */
  | {
      readonly kind: "load";
      readonly width: Width;
      readonly extension: "sign" | "zero" | "ones";
      readonly address: Expression<"i64">;
    }
  | {
      readonly kind: "store";
      readonly width: Width;
      readonly address: Expression<"i64">;
      readonly value: Expression<"i64">;
    }
  /** rd = old = the sign-extended value at rs1; then `updated` goes there. Aligned only. */
  | {
      readonly kind: "amo";
      readonly width: 4 | 8;
      readonly old: Variable<"i64">;
      readonly updated: Expression<"i64">;
    }
  /** rd = the sign-extended value at rs1, which is now reserved. Aligned only. */
  | { readonly kind: "reserve"; readonly width: 4 | 8 }
  /** rs2 goes to rs1 if that is still reserved; rd = 0 if it was, else 1. Aligned only. */
  | { readonly kind: "storeReserved"; readonly width: 4 | 8 }
  | { readonly kind: "host"; readonly call: HostCall }
  /** The float unit is to be on (else the instruction is illegal), and dirty when there is an fd. */
  | { readonly kind: "floatUnit" }
  /**
   * Unless the condition holds, `otherwise` computes the result and its flags instead of what
   * follows. Checks the float unit, too.
   */
  | {
      readonly kind: "exact";
      readonly when: Expression<"i32">;
      readonly otherwise: SoftFloat;
    };

const operand = (name: OperandName): Expression<"i64"> => ({ kind: "operand", type: "i64", name });

export const rs1 = operand("rs1");
export const rs2 = operand("rs2");
export const fs1 = operand("fs1");
export const fs2 = operand("fs2");
export const fs3 = operand("fs3");
export const imm = operand("imm");
/** Address of the instruction. */
export const pc = operand("pc");
/** Address of the instruction that follows. */
export const link = operand("link");

const arithmetic =
  <T extends IntegerType>(type: T, op: Arithmetic) =>
  (left: Expression<T>, right: Expression<T>): Expression<T> => ({
    kind: "arithmetic",
    type,
    op,
    left,
    right,
  });
const comparison =
  <T extends IntegerType>(op: Comparison) =>
  (left: Expression<T>, right: Expression<T>): Expression<"i32"> => ({
    kind: "comparison",
    type: "i32",
    op,
    left,
    right,
  });

const count =
  <T extends IntegerType>(type: T, op: Count) =>
  (value: Expression<T>): Expression<T> => ({ kind: "count", type, op, value });

export type IntegerOperators<T extends IntegerType> = ReturnType<typeof operators<T>>;
const operators = <T extends IntegerType>(type: T) => ({
  constant: (value: bigint | number): Expression<T> => ({
    kind: "constant",
    type,
    value: BigInt(value),
  }),
  add: arithmetic(type, "add"),
  sub: arithmetic(type, "sub"),
  mul: arithmetic(type, "mul"),
  and: arithmetic(type, "and"),
  or: arithmetic(type, "or"),
  xor: arithmetic(type, "xor"),
  shl: arithmetic(type, "shl"),
  shrS: arithmetic(type, "shr_s"),
  shrU: arithmetic(type, "shr_u"),
  rotl: arithmetic(type, "rotl"),
  rotr: arithmetic(type, "rotr"),
  divS: arithmetic(type, "div_s"),
  divU: arithmetic(type, "div_u"),
  remS: arithmetic(type, "rem_s"),
  remU: arithmetic(type, "rem_u"),
  eq: comparison<T>("eq"),
  ne: comparison<T>("ne"),
  ltS: comparison<T>("lt_s"),
  ltU: comparison<T>("lt_u"),
  leU: comparison<T>("le_u"),
  geS: comparison<T>("ge_s"),
  geU: comparison<T>("ge_u"),
  clz: count(type, "clz"),
  ctz: count(type, "ctz"),
  popcnt: count(type, "popcnt"),
});
export const i64 = operators("i64");
export const i32 = operators("i32");

const floatArithmetic =
  <T extends FloatType>(type: T, op: FloatArithmetic) =>
  (left: Expression<T>, right: Expression<T>): Expression<T> => ({
    kind: "floatArithmetic",
    type,
    op,
    left,
    right,
  });
const floatComparison =
  <T extends FloatType>(op: FloatComparison) =>
  (left: Expression<T>, right: Expression<T>): Expression<"i32"> => ({
    kind: "floatComparison",
    type: "i32",
    op,
    left,
    right,
  });
const floatFunction =
  <T extends FloatType>(type: T, op: FloatFunction) =>
  (value: Expression<T>): Expression<T> => ({ kind: "floatFunction", type, op, value });

export type FloatOperators<T extends FloatType> = ReturnType<typeof floatOperators<T>>;
const floatOperators = <T extends FloatType>(type: T) => ({
  constant: (value: number): Expression<T> => ({ kind: "number", type, value }),
  add: floatArithmetic(type, "add"),
  sub: floatArithmetic(type, "sub"),
  mul: floatArithmetic(type, "mul"),
  div: floatArithmetic(type, "div"),
  min: floatArithmetic(type, "min"),
  max: floatArithmetic(type, "max"),
  eq: floatComparison<T>("eq"),
  ne: floatComparison<T>("ne"),
  lt: floatComparison<T>("lt"),
  le: floatComparison<T>("le"),
  gt: floatComparison<T>("gt"),
  ge: floatComparison<T>("ge"),
  abs: floatFunction(type, "abs"),
  neg: floatFunction(type, "neg"),
  sqrt: floatFunction(type, "sqrt"),
  nearest: floatFunction(type, "nearest"),
  trunc: floatFunction(type, "trunc"),
});
export const f64 = floatOperators("f64");
export const f32 = floatOperators("f32");

export const convert =
  <T extends Type, F extends Type>(type: T, op: Conversion) =>
  (value: Expression<F>): Expression<T> => ({ kind: "convert", type, op, value });
/** The low 32 bits. */
export const low = convert<"i32", "i64">("i32", "wrap");
export const signExtend = convert<"i64", "i32">("i64", "extend_s");
export const zeroExtend = convert<"i64", "i32">("i64", "extend_u");

/** Of the same size: `f64` and `i64`, `f32` and `i32`. */
export const reinterpret = <T extends Type>(type: T, value: Expression): Expression<T> => ({
  kind: "convert",
  type,
  op: "reinterpret",
  value,
});

export const rounding = (is: RoundingState): Expression<"i32"> => ({
  kind: "rounding",
  type: "i32",
  is,
});

export const choose = <T extends Type>(
  condition: Expression<"i32">,
  yes: Expression<T>,
  no: Expression<T>,
): Expression<T> => ({ kind: "choose", type: yes.type, condition, yes, no });

export const variable = <T extends Type>(type: T): Variable<T> => ({ type });
export const use = <T extends Type>(name: Variable<T>): Expression<T> => ({
  kind: "variable",
  type: name.type,
  variable: name,
});

export const assign = <T extends Type>(name: Variable<T>, value: Expression<T>): Statement => ({
  kind: "let",
  variable: name,
  value,
});
export const write = (value: Expression<"i64">): Statement => ({ kind: "write", value });
export const branch = (condition?: Expression<"i32">): Statement => ({ kind: "branch", condition });
export const jump = (target: Expression<"i64">): Statement => ({ kind: "jump", target });
export const exact = (when: Expression<"i32">, otherwise: SoftFloat): Statement => ({
  kind: "exact",
  when,
  otherwise,
});
export const floatUnit: Statement = { kind: "floatUnit" };
export const host = (call: HostCall): Statement => ({ kind: "host", call });
