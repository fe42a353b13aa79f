/** Comparisons, minimum and maximum (IEEE 754-2019, sections 5.11 and 9.6). */
import { type FloatFormat, isNan, isZero, type Unpacked, unpack } from "./format.ts";
import { Flag, type FloatResult } from "./round.ts";

type Test = (order: number) => boolean;

/** Bits as an integer that is ordered as the numbers are; both zeros are 0. */
function ranked(what: FloatFormat, bits: bigint): bigint {
  const magnitude = bits & (what.signBit - 1n);
  return bits & what.signBit ? -magnitude : magnitude;
}

/** 1 when the test holds for the sign of a - b, else 0; NaNs fail it. */
function compare(
  what: FloatFormat,
  a: bigint,
  b: bigint,
  quietly: boolean,
  test: Test,
): FloatResult {
  const operands = [unpack(what, a), unpack(what, b)];
  if (operands.some(isNan)) {
    const loud = !quietly || operands.some(({ kind }) => kind === "signaling");
    return { bits: 0n, flags: loud ? Flag.invalid : Flag.none };
  }
  const [left, right] = [ranked(what, a), ranked(what, b)];
  const holds = test(left < right ? -1 : left > right ? 1 : 0);
  return { bits: holds ? 1n : 0n, flags: Flag.none };
}

/** Quiet NaNs are not invalid here. */
export const equal = (what: FloatFormat, a: bigint, b: bigint): FloatResult =>
  compare(what, a, b, true, (order) => order === 0);
export const less = (what: FloatFormat, a: bigint, b: bigint): FloatResult =>
  compare(what, a, b, false, (order) => order < 0);
export const lessOrEqual = (what: FloatFormat, a: bigint, b: bigint): FloatResult =>
  compare(what, a, b, false, (order) => order <= 0);

/** minimumNumber: a number wins over a NaN; -0 is below +0. */
export const minimum = (what: FloatFormat, a: bigint, b: bigint): FloatResult =>
  choose(what, a, b, (first, second) => first < second);
/** maximumNumber. */
export const maximum = (what: FloatFormat, a: bigint, b: bigint): FloatResult =>
  choose(what, a, b, (first, second) => first > second);

function choose(
  what: FloatFormat,
  a: bigint,
  b: bigint,
  prefers: (first: bigint, second: bigint) => boolean,
): FloatResult {
  const [left, right] = [unpack(what, a), unpack(what, b)];
  const signaling = left.kind === "signaling" || right.kind === "signaling";
  const flags = signaling ? Flag.invalid : Flag.none;
  if (isNan(left)) return { bits: isNan(right) ? what.nan : b, flags };
  if (isNan(right)) return { bits: a, flags };
  const order = (bits: bigint, value: Unpacked) =>
    // Twice the rank leaves room for the negative zero.
    2n * ranked(what, bits) - (isZero(value) && value.negative ? 1n : 0n);
  return { bits: prefers(order(b, right), order(a, left)) ? b : a, flags };
}
