/**
 * Integers of expressions: mathematical integers, held as a double where that is exact and as a
 * bigint beyond. Results do not wrap; casts do.
 */
import { UserError } from "../../base/errors.ts";
import type { BinaryOperator } from "./syntax.ts";

export type Integer = number | bigint;

/** The double for small values, the bigint itself for others. */
export function integer(value: Integer): Integer {
  if (typeof value === "number") return value;
  const small = Number(value);
  return Number.isSafeInteger(small) ? small : value;
}

export function compareIntegers(operator: BinaryOperator, a: Integer, b: Integer): boolean {
  switch (operator) {
    // Loose equality compares a double with a bigint by value, which is what is meant here.
    case "==":
      // biome-ignore lint/suspicious/noDoubleEquals: compares number with bigint by value
      return a == b;
    case "!=":
      // biome-ignore lint/suspicious/noDoubleEquals: compares number with bigint by value
      return a != b;
    case "<":
      return a < b;
    case "<=":
      return a <= b;
    case ">":
      return a > b;
    case ">=":
      return a >= b;
    default:
      throw new Error(`assertion failed: ${operator} does not compare`);
  }
}

/** Throws UserError for a division by zero or an absurd shift. */
export function calculate(operator: BinaryOperator, a: Integer, b: Integer): Integer {
  if (typeof a === "number" && typeof b === "number") {
    const quick = calculateSmall(operator, a, b);
    if (Number.isSafeInteger(quick)) return quick;
  }
  return integer(calculateBig(operator, BigInt(a), BigInt(b)));
}

/** NaN where doubles do not do. */
function calculateSmall(operator: BinaryOperator, a: number, b: number): number {
  switch (operator) {
    case "+":
      return a + b;
    case "-":
      return a - b;
    case "*":
      return a * b + 0;
    case "/":
      return b === 0 ? Number.NaN : Math.trunc(a / b) + 0;
    case "%":
      return b === 0 ? Number.NaN : (a % b) + 0;
    case "&":
      return fits31(a) && fits31(b) ? a & b : Number.NaN;
    case "|":
      return fits31(a) && fits31(b) ? a | b : Number.NaN;
    case "^":
      return fits31(a) && fits31(b) ? a ^ b : Number.NaN;
    case "<<":
      return b >= 0 && b < 53 ? a * 2 ** b : Number.NaN;
    case ">>":
      return fits31(a) && b >= 0 && b < 31 ? a >> b : Number.NaN;
    default:
      throw new Error(`assertion failed: ${operator} does not calculate`);
  }
}

const fits31 = (value: number): boolean => value >= 0 && value <= 0x7fff_ffff;

function calculateBig(operator: BinaryOperator, a: bigint, b: bigint): bigint {
  switch (operator) {
    case "+":
      return a + b;
    case "-":
      return a - b;
    case "*":
      return a * b;
    case "/":
      if (b === 0n) throw new UserError("division by zero");
      return a / b;
    case "%":
      if (b === 0n) throw new UserError("division by zero");
      return a % b;
    case "&":
      return a & b;
    case "|":
      return a | b;
    case "^":
      return a ^ b;
    case "<<":
    case ">>":
      if (b < 0n || b > 128n) throw new UserError(`a shift by ${b} makes no sense`);
      return operator === "<<" ? BigInt.asIntN(256, a << b) : a >> b;
    default:
      throw new Error(`assertion failed: ${operator} does not calculate`);
  }
}

/** What a value of the primitive type would hold after `as`; undefined when it is no such type. */
export function castInteger(value: Integer, type: string): Integer | undefined {
  const parsed = /^([ui])(8|16|32|64|128|size)$/.exec(type);
  if (!parsed) return undefined;
  const bits = parsed[2] === "size" ? 64 : Number(parsed[2]);
  if (typeof value === "number" && value >= 0 && value < 2 ** Math.min(bits - 1, 53)) return value;
  const big = BigInt(value);
  return integer(parsed[1] === "u" ? BigInt.asUintN(bits, big) : BigInt.asIntN(bits, big));
}
