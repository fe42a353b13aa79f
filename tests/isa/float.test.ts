// Exact arithmetic: hard cases with their flags, the host's own doubles and singles for rounding to
// nearest even, and what the rounding modes have to do with each other.
import { describe, expect, test } from "vitest";
import {
  add,
  divide,
  multiply,
  multiplyAdd,
  squareRoot,
  subtract,
} from "../../daemon/src/isa/float/arithmetic.ts";
import { equal, less, lessOrEqual, maximum, minimum } from "../../daemon/src/isa/float/compare.ts";
import { fromInteger, toFormat, toInteger } from "../../daemon/src/isa/float/convert.ts";
import { binary32, binary64, type FloatFormat } from "../../daemon/src/isa/float/format.ts";
import { Flag, type FloatResult, Rounding } from "../../daemon/src/isa/float/round.ts";
import { randomDouble, randomSingle } from "../engine/numbers.ts";
import { generator } from "./random.ts";

const view = new DataView(new ArrayBuffer(8));
const bits64 = (value: number): bigint => {
  view.setFloat64(0, value);
  return view.getBigUint64(0);
};
const bits32 = (value: number): bigint => {
  view.setFloat32(0, value);
  return BigInt(view.getUint32(0));
};
const value64 = (bits: bigint): number => {
  view.setBigUint64(0, bits);
  return view.getFloat64(0);
};
const value32 = (bits: bigint): number => {
  view.setUint32(0, Number(bits));
  return view.getFloat32(0);
};
const hex = (bits: bigint): string => `0x${bits.toString(16)}`;
const { nearestEven, towardZero, down, up, nearestAway } = Rounding;
const modes = [nearestEven, towardZero, down, up, nearestAway] as const;

/** Flags as letters: v invalid, z divide by zero, o overflow, u underflow, x inexact. */
const letters = (flags: number): string =>
  [..."vzoux"].filter((_, index) => flags & (16 >> index)).join("");
const shown = ({ bits, flags }: FloatResult): string => `${hex(bits)} ${letters(flags)}`.trim();

const MIN = 2 ** -1074;
const NORMAL = 2 ** -1022;
const MAX = Number.MAX_VALUE;
const INF = Number.POSITIVE_INFINITY;
const ULP = 2 ** -52;
const QUIET = 0x7ff8_0000_0000_0000n;
const SIGNALING = 0x7ff0_0000_0000_0001n;
const PAYLOAD = 0xfff8_dead_beef_0000n;

type Operation = (what: FloatFormat, a: bigint, b: bigint, mode: Rounding) => FloatResult;
const of = (value: number | bigint): bigint => (typeof value === "bigint" ? value : bits64(value));

/** By hand, from the standard. Operation, operands, mode, result and flags. */
const cases: readonly (readonly [
  Operation,
  number | bigint,
  number | bigint,
  Rounding,
  number | bigint,
  string,
])[] = [
  [add, 1, ULP / 2, nearestEven, 1, "x"],
  [add, 1, ULP / 2, nearestAway, 1 + ULP, "x"],
  [add, 1 + ULP, ULP / 2, nearestEven, 1 + 2 * ULP, "x"],
  [add, 1, ULP / 2 + ULP / 2 ** 53, nearestEven, 1 + ULP, "x"],
  [add, 1, MIN, up, 1 + ULP, "x"],
  [add, 1, MIN, down, 1, "x"],
  [add, 1, -MIN, towardZero, 1 - ULP / 2, "x"],
  [add, -1, -MIN, down, -1 - ULP, "x"],
  [add, 1, -1, nearestEven, 0, ""],
  [add, 1, -1, down, -0, ""],
  [add, -0, -0, up, -0, ""],
  [add, 0, -0, nearestEven, 0, ""],
  [add, 0, -0, down, -0, ""],
  [add, MAX, MAX, nearestEven, INF, "ox"],
  [add, MAX, MAX, towardZero, MAX, "ox"],
  [add, MAX, MAX, down, MAX, "ox"],
  [add, -MAX, -MAX, up, -MAX, "ox"],
  [add, MAX, 2 ** 970, nearestEven, INF, "ox"],
  [add, MAX, 2 ** 969, nearestEven, MAX, "x"],
  [add, MIN, MIN, nearestEven, 2 * MIN, ""],
  [add, INF, -INF, nearestEven, QUIET, "v"],
  [add, INF, -MAX, nearestEven, INF, ""],
  [add, PAYLOAD, 1, nearestEven, QUIET, ""],
  [add, SIGNALING, PAYLOAD, nearestEven, QUIET, "v"],
  [subtract, NORMAL, MIN, nearestEven, NORMAL - MIN, ""],
  [subtract, INF, INF, nearestEven, QUIET, "v"],
  [subtract, 0, 0, down, -0, ""],
  [multiply, MIN, 0.5, nearestEven, 0, "ux"],
  [multiply, MIN, 0.5, up, MIN, "ux"],
  [multiply, -MIN, 0.5, down, -MIN, "ux"],
  [multiply, MIN, 0.5, nearestAway, MIN, "ux"],
  [multiply, 3 * MIN, 0.5, nearestEven, 2 * MIN, "ux"],
  [multiply, NORMAL, 0.5, nearestEven, NORMAL / 2, ""],
  // Rounds to the least normal number. With an unbounded exponent, too: it is not tiny.
  [multiply, NORMAL * (1 - ULP / 2), 1, nearestEven, NORMAL * (1 - ULP / 2), ""],
  [multiply, 1 - ULP / 2, NORMAL, nearestEven, NORMAL, "ux"],
  [multiply, 1 - ULP / 2, NORMAL * (1 + ULP), nearestEven, NORMAL, "x"],
  [multiply, 1 - ULP / 2, NORMAL * (1 + ULP), towardZero, NORMAL, "x"],
  [multiply, 1 - ULP / 2, NORMAL, down, NORMAL - MIN, "ux"],
  [multiply, 0, INF, nearestEven, QUIET, "v"],
  [multiply, -0, 5, nearestEven, -0, ""],
  [multiply, 2 ** 600, -(2 ** 600), up, -MAX, "ox"],
  [divide, 1, 3, nearestEven, 1 / 3, "x"],
  [divide, 1, 3, up, 1 / 3 + ULP / 4, "x"],
  [divide, 1, 0, nearestEven, INF, "z"],
  [divide, 1, -0, nearestEven, -INF, "z"],
  [divide, 0, 0, nearestEven, QUIET, "v"],
  [divide, INF, INF, nearestEven, QUIET, "v"],
  [divide, INF, 0, nearestEven, INF, ""],
  [divide, 5, -INF, nearestEven, -0, ""],
  [divide, MIN, 2, nearestEven, 0, "ux"],
  [divide, NORMAL, 2 ** 52, nearestEven, MIN, ""],
  [divide, MAX, MIN, towardZero, MAX, "ox"],
  [divide, 0, PAYLOAD, nearestEven, QUIET, ""],
  [minimum, 0, -0, nearestEven, -0, ""],
  [maximum, -0, 0, nearestEven, 0, ""],
  [minimum, PAYLOAD, 5, nearestEven, 5, ""],
  [minimum, 5, SIGNALING, nearestEven, 5, "v"],
  [maximum, PAYLOAD, QUIET, nearestEven, QUIET, ""],
  [maximum, SIGNALING, PAYLOAD, nearestEven, QUIET, "v"],
  [maximum, -INF, -MAX, nearestEven, -MAX, ""],
];
test.each(cases)("%o of %s and %s, mode %i", (operation, a, b, mode, expected, flags) => {
  const result = operation(binary64, of(a), of(b), mode);
  expect(shown(result)).toBe(`${hex(of(expected))} ${flags}`.trim());
});

const comparisons: readonly (readonly [
  number | bigint,
  number | bigint,
  string,
  string,
  string,
])[] = [
  [1, 2, "0", "1", "1"],
  [-1, -2, "0", "0", "0"],
  [0, -0, "1", "0", "1"],
  [-INF, INF, "0", "1", "1"],
  [MIN, MIN, "1", "0", "1"],
  [-MIN, 0, "0", "1", "1"],
  [QUIET, 1, "0", "0 v", "0 v"],
  [1, SIGNALING, "0 v", "0 v", "0 v"],
];
test.each(comparisons)("%s compared with %s", (a, b, ...expected) => {
  const results = [equal, less, lessOrEqual].map((test) => shown(test(binary64, of(a), of(b))));
  expect(results).toEqual(expected.map((text) => `0x${text}`));
});

/** a * b + c with one rounding. */
const fused: readonly (readonly [
  number | bigint,
  number | bigint,
  number | bigint,
  Rounding,
  number | bigint,
  string,
])[] = [
  [1 + ULP, 1 - ULP, -1, nearestEven, -(2 ** -104), ""],
  [1 + ULP, 1 + ULP, -(1 + 2 * ULP), nearestEven, 2 ** -104, ""],
  [2 ** 600, 2 ** 600, -INF, nearestEven, -INF, ""],
  [2 ** 600, 2 ** 600, -MAX, nearestEven, INF, "ox"],
  [MAX, 2, -MAX, nearestEven, MAX, ""],
  [1, 1, -1, nearestEven, 0, ""],
  [1, 1, -1, down, -0, ""],
  [0, -1, -0, nearestEven, -0, ""],
  [0, -1, 0, nearestEven, 0, ""],
  [MIN, MIN, 1, up, 1 + ULP, "x"],
  [MIN, MIN, 0, nearestEven, 0, "ux"],
  [MIN, 0.5, NORMAL, nearestEven, NORMAL, "x"],
  [INF, 0, PAYLOAD, nearestEven, QUIET, "v"],
  [0, INF, 1, nearestEven, QUIET, "v"],
  [INF, 1, -INF, nearestEven, QUIET, "v"],
  [1, 1, SIGNALING, nearestEven, QUIET, "v"],
  [PAYLOAD, 1, 1, nearestEven, QUIET, ""],
];
test.each(fused)("%s * %s + %s, mode %i", (a, b, c, mode, expected, flags) => {
  const result = multiplyAdd(binary64, of(a), of(b), of(c), mode);
  expect(shown(result)).toBe(`${hex(of(expected))} ${flags}`.trim());
});

test.each([
  [2, nearestEven, Math.SQRT2, "x"],
  [2, up, Math.SQRT2, "x"],
  [2, down, Math.SQRT2 - ULP, "x"],
  [4, up, 2, ""],
  [MIN, nearestEven, 2 ** -537, ""],
  [-0, nearestEven, -0, ""],
  [-MIN, nearestEven, QUIET, "v"],
  [INF, nearestEven, INF, ""],
  [1 - ULP / 2, up, 1, "x"],
] as const)("square root of %s, mode %i", (a, mode, expected, flags) => {
  expect(shown(squareRoot(binary64, of(a), mode))).toBe(`${hex(of(expected))} ${flags}`.trim());
});

/** The table "Domains of float-to-integer conversions" of the manual, and its neighbourhood. */
const integers: readonly (readonly [
  number | bigint,
  32 | 64,
  boolean,
  Rounding,
  bigint,
  string,
])[] = [
  [2 ** 31, 32, true, nearestEven, 2n ** 31n - 1n, "v"],
  [2 ** 31 - 0.5, 32, true, nearestEven, 2n ** 31n - 1n, "v"],
  [2 ** 31 - 0.5, 32, true, towardZero, 2n ** 31n - 1n, "x"],
  [-(2 ** 31) - 0.5, 32, true, nearestEven, -(2n ** 31n), "x"],
  [-(2 ** 31) - 0.5, 32, true, down, -(2n ** 31n), "v"],
  [-(2 ** 31), 32, true, down, -(2n ** 31n), ""],
  [QUIET, 32, true, nearestEven, 2n ** 31n - 1n, "v"],
  [PAYLOAD, 64, true, nearestEven, 2n ** 63n - 1n, "v"],
  [QUIET, 64, false, nearestEven, 2n ** 64n - 1n, "v"],
  [-INF, 64, false, nearestEven, 0n, "v"],
  [INF, 64, false, nearestEven, 2n ** 64n - 1n, "v"],
  [-INF, 64, true, nearestEven, -(2n ** 63n), "v"],
  [-0.5, 32, false, nearestEven, 0n, "x"],
  [-0.5, 32, false, nearestAway, 0n, "v"],
  [-0.5, 32, false, down, 0n, "v"],
  [-0.9, 64, false, towardZero, 0n, "x"],
  [-1, 64, false, towardZero, 0n, "v"],
  [-0, 64, false, nearestEven, 0n, ""],
  [2.5, 64, true, nearestEven, 2n, "x"],
  [2.5, 64, true, nearestAway, 3n, "x"],
  [-2.5, 64, true, up, -2n, "x"],
  [2 ** 63, 64, true, nearestEven, 2n ** 63n - 1n, "v"],
  [2 ** 63, 64, false, nearestEven, 2n ** 63n, ""],
  [2 ** 64, 64, false, nearestEven, 2n ** 64n - 1n, "v"],
  [MIN, 64, true, up, 1n, "x"],
];
test.each(integers)("%s to %i bits, signed %s, mode %i", (a, bits, signed, mode, value, flags) => {
  const result = toInteger(binary64, { bits, signed }, of(a), mode);
  expect(shown(result)).toBe(`${hex(BigInt.asUintN(bits, value))} ${flags}`.trim());
});

test.each([
  [2n ** 53n + 1n, nearestEven, 2 ** 53, "x"],
  [2n ** 53n + 1n, up, 2 ** 53 + 2, "x"],
  [2n ** 64n - 1n, towardZero, 2 ** 64 - 2 ** 11, "x"],
  [-(2n ** 63n), nearestEven, -(2 ** 63), ""],
  [0n, down, 0, ""],
] as const)("%s as a double, mode %i", (integer, mode, expected, flags) => {
  const result = fromInteger(binary64, integer, mode);
  expect(shown(result)).toBe(`${hex(of(expected))} ${flags}`.trim());
});

test.each([
  [1 + 2 ** -24, nearestEven, 1, "x"],
  [1 + 2 ** -24, nearestAway, 1 + 2 ** -23, "x"],
  [2 ** 128, nearestEven, INF, "ox"],
  [2 ** 128 - 2 ** 103, nearestEven, INF, "ox"],
  [2 ** 128 - 2 ** 103, towardZero, 2 ** 128 - 2 ** 104, "x"],
  [2 ** -150, nearestEven, 0, "ux"],
  [2 ** -149, nearestEven, 2 ** -149, ""],
  [2 ** -126 * (1 - 2 ** -24), nearestEven, 2 ** -126, "ux"],
  [2 ** -126 * (1 - 2 ** -25), nearestEven, 2 ** -126, "x"],
  [-0, nearestEven, -0, ""],
] as const)("%s as a single, mode %i", (value, mode, expected, flags) => {
  const result = toFormat(binary64, binary32, of(value), mode);
  expect(shown(result)).toBe(`${hex(bits32(expected))} ${flags}`.trim());
});
test.each([
  [0x7fc0_0000n, QUIET, ""],
  [0xff80_0001n, QUIET, "v"],
  [0xff80_0000n, bits64(-INF), ""],
  [1n, bits64(2 ** -149), ""],
])("single %s as a double", (value, expected, flags) => {
  const result = toFormat(binary32, binary64, value, nearestEven);
  expect(shown(result)).toBe(`${hex(expected)} ${flags}`.trim());
});

describe("at random", () => {
  const seed = 0xf10a7;
  const ROUNDS = 3000;
  const canonical = (what: FloatFormat, bits: bigint): bigint =>
    (bits & (what.signBit - 1n)) > what.infinity ? what.nan : bits;
  const operations = [
    [add, (a: number, b: number) => a + b],
    [subtract, (a: number, b: number) => a - b],
    [multiply, (a: number, b: number) => a * b],
    [divide, (a: number, b: number) => a / b],
    [(what, a, _, mode) => squareRoot(what, a, mode), (a: number) => Math.sqrt(a)],
  ] as const satisfies readonly (readonly [Operation, (a: number, b: number) => number])[];

  test.each(operations)("%o as the host has it", (operation, host) => {
    const random = generator(seed);
    for (let round = 0; round < ROUNDS; round++) {
      const [a, b] = [randomDouble(random), randomDouble(random)];
      const expected = canonical(binary64, bits64(host(value64(a), value64(b))));
      const what = `seed ${seed}, round ${round}: ${hex(a)}, ${hex(b)}`;
      expect(hex(operation(binary64, a, b, nearestEven).bits), what).toBe(hex(expected));
      const [c, d] = [randomSingle(random), randomSingle(random)];
      // The double's result has bits enough for the single's to be right (Figueroa 1995).
      const single = canonical(binary32, bits32(Math.fround(host(value32(c), value32(d)))));
      const which = `seed ${seed}, round ${round}: ${hex(c)}, ${hex(d)} (single)`;
      expect(hex(operation(binary32, c, d, nearestEven).bits), which).toBe(hex(single));
    }
  });

  /** Numbers as integers that are ordered as they are. */
  const rank = (bits: bigint): bigint => {
    const magnitude = bits & (binary64.signBit - 1n);
    return bits & binary64.signBit ? -magnitude : magnitude;
  };
  const magnitude = (value: bigint): bigint => (value < 0n ? -value : value);

  test.each(operations)("%o in all rounding modes", (operation) => {
    const random = generator(seed + 1);
    for (let round = 0; round < ROUNDS; round++) {
      const [a, b] = [randomDouble(random), randomDouble(random)];
      const results = modes.map((mode) => operation(binary64, a, b, mode));
      const [even, zero, below, above, away] = results.map(({ bits }) => rank(bits)) as [
        bigint,
        bigint,
        bigint,
        bigint,
        bigint,
      ];
      const what = `seed ${seed + 1}, round ${round}: ${hex(a)}, ${hex(b)}`;
      if (results[0]!.bits === binary64.nan) {
        expect(results, what).toEqual(modes.map(() => results[0]));
        continue;
      }
      const inexact = (results[0]!.flags & Flag.inexact) !== 0;
      expect(above - below, what).toBe(inexact ? 1n : 0n);
      expect(zero, what).toBe(magnitude(above) < magnitude(below) ? above : below);
      for (const nearest of [even, away]) expect([above, below], what).toContain(nearest);
    }
  });
});
