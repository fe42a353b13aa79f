/**
 * Reading guest memory by plain numbers: what lists, profiles and event hooks use, because a bigint
 * for every word would cost more than the words. An address is the signed double of its 64 bits,
 * exact for every canonical (Sv39, Sv48) address.
 */
import { type Address, address } from "../base/brand.ts";
import type { Hart } from "../machine/api.ts";
import type { MemoryView } from "./api.ts";

export interface Reader {
  /** Unsigned little-endian of 1, 2, 4 or 8 bytes; NaN where memory cannot be read, or no double is exact. */
  uint(at: number, size: number): number;
  bytes(at: number, length: number): Uint8Array | undefined;
}

const HIGH = 2 ** 32;

/** The unsigned 64-bit word at an address; NaN where unreadable or beyond what a double holds exactly. */
export function readWord(reader: Reader, at: number): number {
  return reader.uint(at, 8);
}

/** The 64-bit word at an address as a signed double, as addresses are held; NaN where unreadable or no exact double. */
export function readPointer(reader: Reader, at: number): number {
  const word = reader.uint(at, 8);
  if (!Number.isNaN(word)) return word;
  // Beyond 2^53 as an unsigned word, but perhaps near the top: the upper half of an address space.
  const value = reader.uint(at, 4) + signed32(reader.uint(at + 4, 4)) * HIGH;
  return Number.isSafeInteger(value) ? value : Number.NaN;
}

/** NaN stays NaN. */
const signed32 = (value: number): number => (value >= 0x8000_0000 ? value - HIGH : value);

/** An integer of 1, 2, 4 or 8 bytes; NaN where unreadable or not exact. */
export function readInteger(reader: Reader, at: number, size: number, signed: boolean): number {
  if (size === 8) return signed ? readPointer(reader, at) : readWord(reader, at);
  const value = reader.uint(at, size);
  return signed && value >= 2 ** (size * 8 - 1) ? value - 2 ** (size * 8) : value;
}

export const toAddress = (at: number): Address => address(at);
/** The signed double of an address; NaN where a double is not exact. */
export function toNumber(value: bigint): number {
  const number = Number(BigInt.asIntN(64, value));
  return Number.isSafeInteger(number) ? number : Number.NaN;
}

export function readerOf(view: MemoryView): Reader {
  const bytes = (at: number, length: number): Uint8Array | undefined =>
    Number.isSafeInteger(at) ? view.read(toAddress(at), length) : undefined;
  return { bytes, uint: (at, size) => littleEndian(bytes(at, size)) };
}

/** Bytes as a number; NaN for none, and beyond 2^53. */
export function littleEndian(bytes: Uint8Array | undefined): number {
  if (!bytes) return Number.NaN;
  let value = 0;
  for (let i = bytes.length - 1; i >= 0; i--) value = value * 256 + bytes[i]!;
  return value <= Number.MAX_SAFE_INTEGER ? value : Number.NaN;
}

/** Memory as a hart sees it at the moment of each read. */
export function hartMemory(hart: Hart): MemoryView {
  return {
    read: (at, length) => hart.read(at, length),
    write: (at, bytes) => hart.write(at, bytes),
  };
}
