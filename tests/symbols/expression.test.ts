/** Every operation of location expressions, on a frame whose registers and memory are known. */
import { expect, test } from "vitest";
import { address } from "../../daemon/src/base/brand.ts";
import type { EvaluationContext, Place } from "../../daemon/src/symbols/api.ts";
import { evaluateNumber, evaluatePlace } from "../../daemon/src/symbols/expression.ts";
import { Bytes, bytes } from "./builder.ts";

const MEMORY = 0x8100_0000n;

/** Registers hold a hundred times their number, x9 is unknown; 16 bytes of memory count up from 1. */
const context: EvaluationContext = {
  register: (number) => (number === 9 ? undefined : BigInt(number) * 100n),
  memory: (at, length) =>
    at >= MEMORY && at + BigInt(length) <= MEMORY + 16n
      ? Uint8Array.from({ length }, (_, index) => Number(at - MEMORY) + index + 1)
      : undefined,
  cfa: 0x9000n,
  entryRegister: (number) => (number === 10 ? 77n : undefined),
};

const place = (expression: Bytes, frameBase = bytes(0x58)): Place =>
  evaluatePlace(
    { bytes: expression.done(), frameBase: frameBase.done(), unit: undefined },
    context,
  );
const number = (expression: Bytes) =>
  evaluateNumber({ bytes: expression.done(), frameBase: undefined, unit: undefined }, context);

const lit = (...values: number[]) => values.map((value) => 0x30 + value);
const STACK_VALUE = 0x9f;
const big = (op: number, value: bigint) => new Bytes().u8(op).u64(value);

test.each<[string, Bytes, bigint]>([
  ["lit31", bytes(...lit(31)), 31n],
  ["addr", big(0x03, 0x8020_0000n), 0x8020_0000n],
  ["const1u", bytes(0x08, 0xff), 255n],
  ["const1s", bytes(0x09, 0xff), 2n ** 64n - 1n],
  ["const2u", bytes(0x0a, 0x34, 0x12), 0x1234n],
  ["const2s", bytes(0x0b, 0xfe, 0xff), 2n ** 64n - 2n],
  ["const4u", bytes(0x0c, 1, 0, 0, 0x80), 0x8000_0001n],
  ["const4s", bytes(0x0d, 1, 0, 0, 0x80), 2n ** 64n - 0x7fff_ffffn],
  ["const8u", big(0x0e, 2n ** 63n), 2n ** 63n],
  ["constu", bytes(0x10, 0x80, 0x01), 128n],
  ["consts", bytes(0x11, 0x7f), 2n ** 64n - 1n],
  ["dup, plus", bytes(...lit(4), 0x12, 0x22), 8n],
  ["drop", bytes(...lit(4, 5), 0x13), 4n],
  ["over", bytes(...lit(4, 5), 0x14), 4n],
  ["pick 2", bytes(...lit(4, 5, 6), 0x15, 2), 4n],
  ["swap, minus", bytes(...lit(4, 10), 0x16, 0x1c), 6n],
  ["rot, minus", bytes(...lit(1, 9, 4), 0x17, 0x1c), 2n ** 64n - 8n],
  ["abs of -5", bytes(0x09, 0xfb, 0x19), 5n],
  ["and", bytes(...lit(12, 10), 0x1a), 8n],
  ["div is signed", bytes(0x09, 0xf9, ...lit(2), 0x1b), 2n ** 64n - 3n],
  ["mod is unsigned", bytes(0x09, 0xff, ...lit(16), 0x1d), 15n],
  ["mul wraps", bytes(0x09, 0xff, ...lit(3), 0x1e), 2n ** 64n - 3n],
  ["neg", bytes(...lit(3), 0x1f), 2n ** 64n - 3n],
  ["not", bytes(...lit(0), 0x20), 2n ** 64n - 1n],
  ["or", bytes(...lit(12, 3), 0x21), 15n],
  ["plus_uconst", bytes(...lit(3), 0x23, 0x81, 0x01), 132n],
  ["shl", bytes(...lit(1, 4), 0x24), 16n],
  ["shl by 64", bytes(...lit(1), 0x08, 64, 0x24), 0n],
  ["shr", bytes(0x09, 0xff, 0x08, 60, 0x25), 15n],
  ["shra", bytes(0x09, 0xf0, ...lit(2), 0x26), 2n ** 64n - 4n],
  ["xor", bytes(...lit(12, 10), 0x27), 6n],
  ["lt is signed", bytes(0x09, 0xff, ...lit(0), 0x2d), 1n],
  ["ge", bytes(...lit(3, 3), 0x2a), 1n],
  ["ne", bytes(...lit(3, 3), 0x2e), 0n],
  ["skip over an operation", bytes(...lit(1), 0x2f, 1, 0, ...lit(2)), 1n],
  ["bra taken", bytes(...lit(7, 1), 0x28, 1, 0, ...lit(2)), 7n],
  ["bra not taken", bytes(...lit(7, 0), 0x28, 1, 0, ...lit(2)), 2n],
  ["breg8 - 16", bytes(0x78, 0x70), 784n],
  ["bregx 11 + 1", bytes(0x92, 11, 1), 1101n],
  ["fbreg over reg8", bytes(0x91, 0x04), 804n],
  ["call_frame_cfa", bytes(0x9c), 0x9000n],
  ["deref", new Bytes().append(big(0x03, MEMORY)).u8(0x06), 0x0807_0605_0403_0201n],
  ["deref_size 2", new Bytes().append(big(0x03, MEMORY + 4n)).u8(0x94, 2), 0x0605n],
  ["entry value of a0", bytes(0xa3, 1, 0x5a), 77n],
  ["GNU entry value of a0 + 1", bytes(0xf3, 2, 0x7a, 1), 78n],
  ["convert to the generic type", bytes(...lit(5), 0xa8, 0), 5n],
  ["nop", bytes(0x96, ...lit(1)), 1n],
])("%s", (_, expression, expected) => {
  expect(place(new Bytes().append(expression).u8(STACK_VALUE))).toEqual({
    kind: "value",
    bytes: new Bytes().u64(expected).done(),
  });
  expect(place(expression)).toEqual({ kind: "memory", address: address(expected) });
});

test.each<[string, Bytes, Place]>([
  ["reg10", bytes(0x5a), { kind: "register", register: 10 }],
  ["regx 33", bytes(0x90, 33), { kind: "register", register: 33 }],
  ["implicit_value", bytes(0x9e, 3, 1, 2, 3), { kind: "value", bytes: Uint8Array.of(1, 2, 3) }],
  [
    "pieces, the middle one lost",
    bytes(0x5a, 0x93, 8, 0x93, 4, ...lit(5), 0x9f, 0x9d, 32, 0),
    {
      kind: "pieces",
      pieces: [
        { size: 8, place: { kind: "register", register: 10 } },
        { size: 4, place: { kind: "unavailable", reason: "optimised out" } },
        { size: 4, place: { kind: "value", bytes: new Bytes().u64(5).done() } },
      ],
    },
  ],
])("%s", (_, expression, expected) => expect(place(expression)).toEqual(expected));

test.each<[string, Bytes, RegExp]>([
  ["nothing", bytes(), /optimised out/],
  ["an unknown register", bytes(0x79, 0), /register 9 is not known/],
  ["memory that is not there", new Bytes().append(big(0x03, 16n)).u8(0x06), /0x10 is not readable/],
  ["an entry value nobody kept", bytes(0xa3, 1, 0x5b), /function's entry is no longer known/],
  ["an empty stack", bytes(0x22), /a value is missing/],
  ["an operand cut off", bytes(0x0c, 1), /truncated/],
  ["an endless loop", bytes(0x2f, 0xfd, 0xff), /more than 10000 steps/],
  ["an endless stack", bytes(...lit(1), 0x2f, 0xfc, 0xff), /more than 256 values/],
  ["a jump outside", bytes(0x2f, 0x10, 0), /a jump outside/],
  ["a division by zero", bytes(...lit(1, 0), 0x1b), /division by zero/],
  ["an unknown operation", bytes(0x04), /unknown operation 0x4/],
  ["thread-local storage", bytes(...lit(1), 0x9b), /thread-local/],
  ["an implicit pointer", bytes(0xa0, 0, 0, 0, 0, 0), /points to a value that was optimised out/],
  ["a frame base of itself", bytes(0x91, 0), /no frame base/],
  ["entry values without end", bytes(0xa3, 0x7f), /truncated|entry/],
  ["an address of no unit", bytes(0xa1, 0), /belongs to no unit/],
])("%s is unavailable", (_, expression, reason) => {
  const frameBase = bytes(0x91, 0);
  const result = place(expression, frameBase);
  expect(result).toMatchObject({ kind: "unavailable", reason: expect.stringMatching(reason) });
});

test("a register as a number is its content; pieces are none", () => {
  expect(number(bytes(0x5a))).toBe(1000n);
  expect(number(bytes(0x59))).toBeUndefined();
  expect(number(bytes(0x5a, 0x93, 8))).toBeUndefined();
});
