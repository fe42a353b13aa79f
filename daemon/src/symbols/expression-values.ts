/** Values on the stack of an expression and the arithmetic of two of them (DWARF 5, 2.5.1.4). */
import { Op } from "./operations.ts";

/** Ends an evaluation whose result cannot be known; the message says why. */
export class Unavailable extends Error {}

export const unavailable = (reason: string): never => {
  throw new Unavailable(reason);
};

/** What an element of the stack is; the generic type is an address-sized integer. */
export interface Kind {
  readonly size: number;
  readonly signed: boolean;
}
export interface Element {
  /** Unsigned, within the kind's size. */
  readonly value: bigint;
  readonly kind: Kind;
}
export const GENERIC: Kind = { size: 8, signed: false };

/** Generic values count as signed where the operation cares (DWARF 5, 2.5.1.4); typed ones as their type says. */
export const signed = (
  { value, kind }: Element,
  isSigned = kind === GENERIC || kind.signed,
): bigint => (isSigned ? BigInt.asIntN(kind.size * 8, value) : value);

export function binary(op: number, left: Element, right: Element): bigint {
  const bits = BigInt(left.kind.size * 8);
  switch (op) {
    case Op.and:
      return left.value & right.value;
    case Op.or:
      return left.value | right.value;
    case Op.xor:
      return left.value ^ right.value;
    case Op.plus:
      return left.value + right.value;
    case Op.minus:
      return left.value - right.value;
    case Op.mul:
      return left.value * right.value;
    case Op.div:
      return right.value === 0n ? unavailable("a division by zero") : signed(left) / signed(right);
    case Op.mod:
      if (right.value === 0n) return unavailable("a division by zero");
      return left.kind.signed ? signed(left) % signed(right) : left.value % right.value;
    case Op.shl:
      return right.value >= bits ? 0n : left.value << right.value;
    case Op.shr:
      return right.value >= bits ? 0n : left.value >> right.value;
    case Op.shra: {
      const value = BigInt.asIntN(Number(bits), left.value);
      return value >> (right.value >= bits ? bits : right.value);
    }
    default:
      return unavailable(`unknown operation 0x${op.toString(16)}`);
  }
}

export function littleEndian(bytes: Uint8Array): bigint {
  let value = 0n;
  for (let index = bytes.length - 1; index >= 0; index--) {
    value = (value << 8n) | BigInt(bytes[index]!);
  }
  return value;
}

export function toBytes(value: bigint, size: number): Uint8Array {
  const bytes = new Uint8Array(size);
  for (let index = 0; index < size; index++) {
    bytes[index] = Number((value >> BigInt(index * 8)) & 0xffn);
  }
  return bytes;
}
