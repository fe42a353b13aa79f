/**
 * Bytes in and out of a `Place`: memory, a register, bytes that exist only as a computed value, or
 * pieces of all of these. What cannot be read comes back as the reason, never as zeroes.
 */
import { type Address, address, hex } from "../base/brand.ts";
import type { Place } from "../symbols/api.ts";
import type { MemoryView, RegisterSet } from "./api.ts";

/** What bytes come from: a frame's registers and memory, or memory alone. */
export interface Source {
  readonly memory: MemoryView;
  readonly registers: RegisterSet | undefined;
}

/** Bytes, or the reason why there are none: `optimised out`, `not saved`, `unreadable memory at 0x..`. */
export type Read = Uint8Array | string;

/** More is never needed at once: large values are read by their parts. */
const MAX_READ = 1 << 20;
const OPTIMISED_OUT = "optimised out";

/** `size` bytes that begin `offset` bytes into the place. */
export function readPlace(place: Place, offset: number, size: number, source: Source): Read {
  if (size > MAX_READ) return `${size} bytes are too many to read at once`;
  if (size === 0) return new Uint8Array(0);
  switch (place.kind) {
    case "memory": {
      const at = address(place.address + BigInt(offset));
      return source.memory.read(at, size) ?? `unreadable memory at ${hex(at)}`;
    }
    case "register": {
      const value = source.registers?.get(place.register);
      return value === undefined ? "not saved" : wordBytes(value, offset + size).subarray(offset);
    }
    case "value": {
      const bytes = new Uint8Array(size);
      bytes.set(place.bytes.subarray(offset, offset + size));
      return bytes;
    }
    case "pieces":
      return readPieces(place.pieces, offset, size, source);
    case "unavailable":
      return place.reason;
  }
}

function readPieces(
  pieces: (Place & { kind: "pieces" })["pieces"],
  offset: number,
  size: number,
  source: Source,
): Read {
  const bytes = new Uint8Array(size);
  let low = 0;
  for (const piece of pieces) {
    const high = low + piece.size;
    const from = Math.max(low, offset);
    const to = Math.min(high, offset + size);
    if (from < to) {
      const part = readPlace(piece.place, from - low, to - from, source);
      if (typeof part === "string") return part;
      bytes.set(part, from - offset);
    }
    low = high;
  }
  return low >= offset + size ? bytes : OPTIMISED_OUT;
}

/** False when the place cannot be written: a computed value, an unknown register, unmapped memory. */
export function writePlace(
  place: Place,
  offset: number,
  bytes: Uint8Array,
  source: Source,
): boolean {
  switch (place.kind) {
    case "memory":
      return source.memory.write(address(place.address + BigInt(offset)), bytes);
    case "register": {
      const old = source.registers?.get(place.register);
      if (old === undefined || offset + bytes.length > 8) return false;
      const word = wordBytes(old, 8);
      word.set(bytes, offset);
      return source.registers?.set?.(place.register, bytesToUnsigned(word)) ?? false;
    }
    case "pieces": {
      let low = 0;
      for (const piece of place.pieces) {
        if (offset >= low && offset + bytes.length <= low + piece.size) {
          return writePlace(piece.place, offset - low, bytes, source);
        }
        low += piece.size;
      }
      return false;
    }
    case "value":
    case "unavailable":
      return false;
  }
}

/** Where in memory the byte at `offset` stands, if it does. */
export function addressOf(place: Place, offset: number): Address | undefined {
  if (place.kind === "memory") return address(place.address + BigInt(offset));
  if (place.kind !== "pieces") return undefined;
  let low = 0;
  for (const piece of place.pieces) {
    if (offset < low + piece.size) return addressOf(piece.place, offset - low);
    low += piece.size;
  }
  return undefined;
}

export function bytesToUnsigned(bytes: Uint8Array): bigint {
  let value = 0n;
  for (let i = bytes.length - 1; i >= 0; i--) value = (value << 8n) | BigInt(bytes[i]!);
  return value;
}

export function bytesToSigned(bytes: Uint8Array): bigint {
  return BigInt.asIntN(bytes.length * 8, bytesToUnsigned(bytes));
}

/** The low `size` bytes of the value, little-endian. */
export function wordBytes(value: bigint, size: number): Uint8Array {
  const bytes = new Uint8Array(size);
  let rest = BigInt.asUintN(size * 8, value);
  for (let i = 0; i < size && rest > 0n; i++, rest >>= 8n) bytes[i] = Number(rest & 0xffn);
  return bytes;
}
