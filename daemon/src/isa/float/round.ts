/**
 * Rounding an exact result to a format, with the flags that this raises.
 * Source: IEEE 754-2019, sections 4.3 and 7; tininess is detected after rounding, as the
 * unprivileged manual asks (section 20.2).
 */
import type { FloatFormat } from "./format.ts";

/** Numbers as in `frm` and in the rm fields of instructions. */
export const Rounding = {
  /** To nearest, ties to even. */
  nearestEven: 0,
  towardZero: 1,
  down: 2,
  up: 3,
  /** To nearest, ties away from zero. */
  nearestAway: 4,
} as const;
export type Rounding = (typeof Rounding)[keyof typeof Rounding];

/** Exception flags, as bits of `fflags`. */
export const Flag = {
  none: 0,
  inexact: 1,
  underflow: 2,
  overflow: 4,
  divideByZero: 8,
  invalid: 16,
} as const;

export interface FloatResult {
  readonly bits: bigint;
  readonly flags: number;
}

/** Number of bits of a positive integer. */
export function bitLength(value: bigint): number {
  const digits = value.toString(16);
  return 4 * digits.length - Math.clz32(Number.parseInt(digits[0]!, 16)) + 28;
}

/** value / 2^shift as an integer, rounded; `negative` is the sign that belongs to it. */
export function shiftRight(
  value: bigint,
  shift: number,
  negative: boolean,
  rounding: Rounding,
): { readonly rounded: bigint; readonly inexact: boolean } {
  if (shift <= 0) return { rounded: value << BigInt(-shift), inexact: false };
  const whole = value >> BigInt(shift);
  const rest = value - (whole << BigInt(shift));
  if (rest === 0n) return { rounded: whole, inexact: false };
  const half = 1n << BigInt(shift - 1);
  return {
    rounded: roundsUp(whole, rest, half, negative, rounding) ? whole + 1n : whole,
    inexact: true,
  };
}

function roundsUp(
  whole: bigint,
  rest: bigint,
  half: bigint,
  negative: boolean,
  rounding: Rounding,
): boolean {
  switch (rounding) {
    case Rounding.nearestEven:
      return rest > half || (rest === half && (whole & 1n) === 1n);
    case Rounding.nearestAway:
      return rest >= half;
    case Rounding.towardZero:
      return false;
    case Rounding.down:
      return negative;
    case Rounding.up:
      return !negative;
  }
}

/**
 * significand * 2^exponent, a positive number with a sign, in a format. For a number that has no
 * end, significand has at least two bits more than the format, the lowest set for all that follow.
 */
export function round(
  what: FloatFormat,
  negative: boolean,
  significand: bigint,
  exponent: number,
  rounding: Rounding,
): FloatResult {
  const { fractionBits, minExponent, infinity } = what;
  const top = exponent + bitLength(significand) - 1;
  const lowest = minExponent - fractionBits;
  const unit = Math.max(top - fractionBits, lowest);
  const { rounded, inexact } = shiftRight(significand, unit - exponent, negative, rounding);
  // The leading one of a normal number adds 1 to the exponent's field, and so does a carry.
  const magnitude = (BigInt(unit - lowest) << BigInt(fractionBits)) + rounded;
  if (magnitude >= infinity) return overflow(what, negative, rounding);
  const bits = negative ? magnitude | what.signBit : magnitude;
  if (!inexact) return { bits, flags: Flag.none };
  const tiny = top < minExponent && !becomesNormal();
  return { bits, flags: tiny ? Flag.inexact | Flag.underflow : Flag.inexact };

  /** With an unbounded exponent the number would round to the least normal one. */
  function becomesNormal(): boolean {
    if (top !== minExponent - 1) return false;
    const shift = top - fractionBits - exponent;
    return (
      shiftRight(significand, shift, negative, rounding).rounded >> BigInt(fractionBits + 1) !== 0n
    );
  }
}

function overflow(what: FloatFormat, negative: boolean, rounding: Rounding): FloatResult {
  const toLargest =
    rounding === Rounding.towardZero || rounding === (negative ? Rounding.up : Rounding.down);
  const magnitude = toLargest ? what.infinity - 1n : what.infinity;
  return {
    bits: negative ? magnitude | what.signBit : magnitude,
    flags: Flag.overflow | Flag.inexact,
  };
}
