/** Conversions between formats, and between numbers and integers (IEEE 754-2019, sections 5.4 and 5.8). */
import { type FloatFormat, isNan, isZero, unpack } from "./format.ts";
import { bitLength, Flag, type FloatResult, type Rounding, round, shiftRight } from "./round.ts";

/** Of integers that conversions have as operand or result. */
export interface IntegerFormat {
  readonly bits: 32 | 64;
  readonly signed: boolean;
}

/** A number in another format. */
export function toFormat(
  from: FloatFormat,
  to: FloatFormat,
  bits: bigint,
  rounding: Rounding,
): FloatResult {
  const value = unpack(from, bits);
  if (isNan(value)) {
    return { bits: to.nan, flags: value.kind === "signaling" ? Flag.invalid : Flag.none };
  }
  const sign = value.negative ? to.signBit : 0n;
  if (value.kind === "infinity") return { bits: sign | to.infinity, flags: Flag.none };
  if (isZero(value)) return { bits: sign, flags: Flag.none };
  return round(to, value.negative, value.significand, value.exponent, rounding);
}

/** An integer, of whatever size, as a number. */
export function fromInteger(to: FloatFormat, value: bigint, rounding: Rounding): FloatResult {
  if (value === 0n) return { bits: 0n, flags: Flag.none };
  return round(to, value < 0n, value < 0n ? -value : value, 0, rounding);
}

/**
 * A number as an integer (the bits, unsigned). What does not fit is invalid, not inexact, and gives
 * the nearest integer that does; NaNs give the largest one (unprivileged manual, section 20.7).
 */
export function toInteger(
  from: FloatFormat,
  to: IntegerFormat,
  bits: bigint,
  rounding: Rounding,
): FloatResult {
  const least = to.signed ? -(1n << BigInt(to.bits - 1)) : 0n;
  const most = (1n << BigInt(to.signed ? to.bits - 1 : to.bits)) - 1n;
  const answer = (value: bigint, flags: number): FloatResult => ({
    bits: BigInt.asUintN(to.bits, value),
    flags,
  });
  const value = unpack(from, bits);
  if (isNan(value)) return answer(most, Flag.invalid);
  const beyond = answer(value.negative ? least : most, Flag.invalid);
  if (value.kind === "infinity") return beyond;
  if (isZero(value)) return answer(0n, Flag.none);
  const { negative, significand, exponent } = value;
  if (exponent + bitLength(significand) > to.bits + 1) return beyond;
  const { rounded, inexact } = shiftRight(significand, -exponent, negative, rounding);
  const integer = negative ? -rounded : rounded;
  if (integer < least || integer > most) return beyond;
  return answer(integer, inexact ? Flag.inexact : Flag.none);
}
