/** Sums, products, quotients, roots and fused multiply-adds, exact and then rounded once. */
import { type FloatFormat, isNan, isZero, type Unpacked, unpack } from "./format.ts";
import { bitLength, Flag, type FloatResult, Rounding, round } from "./round.ts";

/** Bits below the format's own that a quotient or root has, the last one for all that follow. */
const EXTRA_BITS = 3;

/** NaN operands give the canonical NaN; only signaling ones are invalid. */
function nanOf(what: FloatFormat, ...operands: readonly Unpacked[]): FloatResult | undefined {
  if (!operands.some(isNan)) return undefined;
  const signaling = operands.some(({ kind }) => kind === "signaling");
  return { bits: what.nan, flags: signaling ? Flag.invalid : Flag.none };
}
const invalid = (what: FloatFormat): FloatResult => ({ bits: what.nan, flags: Flag.invalid });
const signed = (what: FloatFormat, negative: boolean, magnitude: bigint): FloatResult => ({
  bits: negative ? magnitude | what.signBit : magnitude,
  flags: Flag.none,
});
const infinity = (what: FloatFormat, negative: boolean) => signed(what, negative, what.infinity);
const zero = (what: FloatFormat, negative: boolean) => signed(what, negative, 0n);

export const negate = (what: FloatFormat, bits: bigint): bigint => bits ^ what.signBit;

export function add(what: FloatFormat, a: bigint, b: bigint, rounding: Rounding): FloatResult {
  const [left, right] = [unpack(what, a), unpack(what, b)];
  return nanOf(what, left, right) ?? sum(what, left, right, rounding);
}

export function subtract(what: FloatFormat, a: bigint, b: bigint, rounding: Rounding): FloatResult {
  return add(what, a, negate(what, b), rounding);
}

/** Of numbers that need not fit the format. */
function sum(what: FloatFormat, a: Unpacked, b: Unpacked, rounding: Rounding): FloatResult {
  if (a.kind === "infinity") {
    if (b.kind === "infinity" && a.negative !== b.negative) return invalid(what);
    return infinity(what, a.negative);
  }
  if (b.kind === "infinity") return infinity(what, b.negative);
  if (isZero(a) && !isZero(b)) return roundNumber(what, b, rounding);
  if (isZero(b) && !isZero(a)) return roundNumber(what, a, rounding);
  const exponent = Math.min(a.exponent, b.exponent);
  const scaled = ({ negative, significand, exponent: own }: Unpacked) => {
    const value = significand << BigInt(own - exponent);
    return negative ? -value : value;
  };
  const total = scaled(a) + scaled(b);
  if (total === 0n) {
    const negative = a.negative === b.negative ? a.negative : rounding === Rounding.down;
    return zero(what, negative);
  }
  return round(what, total < 0n, total < 0n ? -total : total, exponent, rounding);
}

const roundNumber = (what: FloatFormat, value: Unpacked, rounding: Rounding): FloatResult =>
  round(what, value.negative, value.significand, value.exponent, rounding);

/** Of finite numbers, exact. */
const product = (a: Unpacked, b: Unpacked): Unpacked => ({
  kind: "finite",
  negative: a.negative !== b.negative,
  significand: a.significand * b.significand,
  exponent: a.exponent + b.exponent,
});

export function multiply(what: FloatFormat, a: bigint, b: bigint, rounding: Rounding): FloatResult {
  const [left, right] = [unpack(what, a), unpack(what, b)];
  const nan = nanOf(what, left, right);
  if (nan !== undefined) return nan;
  const exact = product(left, right);
  if (left.kind === "infinity" || right.kind === "infinity") {
    return isZero(left) || isZero(right) ? invalid(what) : infinity(what, exact.negative);
  }
  return isZero(exact) ? zero(what, exact.negative) : roundNumber(what, exact, rounding);
}

/** a * b + c, rounded once. Infinity times zero is invalid even when c is a quiet NaN. */
export function multiplyAdd(
  what: FloatFormat,
  a: bigint,
  b: bigint,
  c: bigint,
  rounding: Rounding,
): FloatResult {
  const [left, right, addend] = [unpack(what, a), unpack(what, b), unpack(what, c)];
  const infinite = left.kind === "infinity" || right.kind === "infinity";
  if (infinite && (isZero(left) || isZero(right))) return invalid(what);
  const nan = nanOf(what, left, right, addend);
  if (nan !== undefined) return nan;
  const exact = product(left, right);
  return sum(what, infinite ? { ...exact, kind: "infinity" } : exact, addend, rounding);
}

export function divide(what: FloatFormat, a: bigint, b: bigint, rounding: Rounding): FloatResult {
  const [left, right] = [unpack(what, a), unpack(what, b)];
  const nan = nanOf(what, left, right);
  if (nan !== undefined) return nan;
  const negative = left.negative !== right.negative;
  if (left.kind === "infinity") {
    return right.kind === "infinity" ? invalid(what) : infinity(what, negative);
  }
  if (right.kind === "infinity") return zero(what, negative);
  if (isZero(right)) {
    if (isZero(left)) return invalid(what);
    return { ...infinity(what, negative), flags: Flag.divideByZero };
  }
  if (isZero(left)) return zero(what, negative);
  const missing = bitLength(right.significand) - bitLength(left.significand);
  const shift = Math.max(0, missing + what.fractionBits + 1 + EXTRA_BITS);
  const dividend = left.significand << BigInt(shift);
  const quotient = dividend / right.significand;
  const rest = dividend % right.significand === 0n ? 0n : 1n;
  const exponent = left.exponent - right.exponent - shift;
  return round(what, negative, quotient | rest, exponent, rounding);
}

export function squareRoot(what: FloatFormat, a: bigint, rounding: Rounding): FloatResult {
  const value = unpack(what, a);
  const nan = nanOf(what, value);
  if (nan !== undefined) return nan;
  if (isZero(value)) return zero(what, value.negative);
  if (value.negative) return invalid(what);
  if (value.kind === "infinity") return infinity(what, false);
  const wanted = 2 * (what.fractionBits + 1 + EXTRA_BITS);
  let shift = Math.max(0, wanted - bitLength(value.significand));
  if ((value.exponent - shift) % 2 !== 0) shift += 1;
  const radicand = value.significand << BigInt(shift);
  const root = integerRoot(radicand);
  const rest = root * root === radicand ? 0n : 1n;
  return round(what, false, root | rest, (value.exponent - shift) / 2, rounding);
}

/** The largest integer whose square is not above the value, which is positive. */
function integerRoot(value: bigint): bigint {
  // Newton's method from the double's root, which is right in its first fifty bits.
  let root = BigInt(Math.floor(Math.sqrt(Number(value))));
  root = (root + value / root) >> 1n;
  while (root * root > value) root -= 1n;
  while ((root + 1n) * (root + 1n) <= value) root += 1n;
  return root;
}
