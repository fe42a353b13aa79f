/**
 * The two precisions of float registers, so that F and D are written once: how a register holds a
 * number, and when the engine's own IEEE operations can be relied on.
 */
import { binary32, binary64, type FloatFormat } from "./float/format.ts";
import type { FloatResult, Rounding } from "./float/round.ts";
import {
  choose,
  type Expression,
  type FloatOperators,
  type FloatType,
  f32,
  f64,
  type IntegerOperators,
  type IntegerType,
  i32,
  i64,
  low,
  reinterpret,
  type SoftFloat,
  zeroExtend,
} from "./ir.ts";

export type Register = Expression<"i64">;
export type Condition = Expression<"i32">;

/** A precision with the integers (I) and the numbers (N) of its size. */
export interface Precision<I extends IntegerType, N extends FloatType> {
  readonly suffix: ".s" | ".d";
  /** The `fmt` field of instructions. */
  readonly code: 0 | 1;
  readonly format: FloatFormat;
  readonly integerType: I;
  readonly numberType: N;
  readonly integer: IntegerOperators<I>;
  readonly number: FloatOperators<N>;
  /** Integers up to this magnitude are numbers of this precision. */
  readonly exactIntegers: bigint;
  /** The number in a register, which is known to hold this precision. */
  value(register: Register): Expression<N>;
  /** The bits of the number in any register: what does not hold this precision counts as NaN. */
  checked(register: Register): Expression<I>;
  /** All of the registers hold this precision; undefined when they always do. */
  holds(...registers: readonly Register[]): Condition | undefined;
  fromBits(bits: Expression<I>): Register;
  fromNumber(value: Expression<N>): Register;
  /** For exact arithmetic: the number's bits in those of a register, and a result for one. */
  unbox(register: bigint): bigint;
  box(result: FloatResult): FloatResult;
}

const ONES = 0xffff_ffffn;
const BOX = i64.constant(ONES << 32n);

/** In the low half; the upper half is all ones (unprivileged manual, section 21.2). */
export const single: Precision<"i32", "f32"> = {
  suffix: ".s",
  code: 0,
  format: binary32,
  integerType: "i32",
  numberType: "f32",
  integer: i32,
  number: f32,
  exactIntegers: 1n << 24n,
  value: (register) => reinterpret("f32", low(register)),
  checked: (register) => choose(i64.geU(register, BOX), low(register), i32.constant(binary32.nan)),
  holds: (...registers) => i64.geU(registers.reduce(i64.and), BOX),
  fromBits: (bits) => i64.or(zeroExtend(bits), BOX),
  fromNumber: (value) => i64.or(zeroExtend(reinterpret("i32", value)), BOX),
  unbox: (register) => (register >> 32n === ONES ? register & ONES : binary32.nan),
  box: ({ bits, flags }) => ({ bits: bits | (ONES << 32n), flags }),
};

export const double: Precision<"i64", "f64"> = {
  suffix: ".d",
  code: 1,
  format: binary64,
  integerType: "i64",
  numberType: "f64",
  integer: i64,
  number: f64,
  exactIntegers: 1n << 53n,
  value: (register) => reinterpret("f64", register),
  checked: (register) => register,
  holds: () => undefined,
  fromBits: (bits) => bits,
  fromNumber: (value) => reinterpret("i64", value),
  unbox: (register) => register,
  box: (result) => result,
};

export const always: Condition = i32.constant(1);
export const all = (...conditions: readonly (Condition | undefined)[]): Condition =>
  conditions.filter((condition) => condition !== undefined).reduce(i32.and);
export const either = (first: Condition, second: Condition): Condition =>
  choose(first, always, second);

/** What a result can be, as far as flags are concerned. */
export interface Predicates<N extends FloatType> {
  isZero(value: Expression<N>): Condition;
  isNumber(value: Expression<N>): Condition;
  finite(value: Expression<N>): Condition;
  /** Finite, not zero, not tiny: the least normal number is left out, as it may be rounded up to. */
  normal(value: Expression<N>): Condition;
}

export function predicates<N extends FloatType>({
  number,
  format,
}: Pick<Precision<IntegerType, N>, "number" | "format">): Predicates<N> {
  const zero = number.constant(0);
  const infinity = number.constant(Number.POSITIVE_INFINITY);
  const leastNormal = number.constant(2 ** format.minExponent);
  const finite = (value: Expression<N>) => number.lt(number.abs(value), infinity);
  return {
    isZero: (value) => number.eq(value, zero),
    isNumber: (value) => number.eq(value, value),
    finite,
    normal: (value) => i32.and(number.gt(number.abs(value), leastNormal), finite(value)),
  };
}

/** Exact arithmetic on the numbers that registers hold. */
export const soft =
  <I extends IntegerType, N extends FloatType>(
    { format, unbox, box }: Precision<I, N>,
    compute: (what: FloatFormat, a: bigint, b: bigint, rounding: Rounding) => FloatResult,
  ): SoftFloat =>
  (a, b, _, rounding) =>
    box(compute(format, unbox(a), unbox(b), rounding));
