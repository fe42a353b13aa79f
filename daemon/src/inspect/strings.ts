/** Text out of guest memory: Rust's strings with their lengths, C's with their zeroes. */
import { address, hex } from "../base/brand.ts";
import type { Type } from "../symbols/api.ts";
import { collectionOf } from "./collections.ts";
import { type Datum, part, read } from "./datum.ts";
import { toAddress } from "./memory.ts";
import { isStruct, memberOf, slicePointer } from "./types.ts";

const MAX_TEXT_BYTES = 1024;
/** Characters of C that are shown in a line. */
const MAX_SHOWN = 160;

export const isString = (type: Type): boolean => isStruct(type, "alloc::string::String");

/** `&str`, `Box<str>` and their like: slices by shape, text by name. */
export const isText = (type: Type): boolean =>
  slicePointer(type) !== undefined && /(?:^|[ &<])str\b/.test(type.name);

/** `&str`, `Box<str>` and `String`, whose bytes are UTF-8. */
export function stringOf(datum: Datum): { value: string; length: number } | string {
  const { type } = datum;
  let target = datum;
  if (isString(type)) {
    const vector = memberOf(type, "vec");
    if (!vector) return "a String of an unknown shape";
    target = part(datum, vector.offset, vector.type);
  }
  const collection = collectionOf(target.type);
  if (collection?.kind !== "sequence") return "a string of an unknown shape";
  const header = read(target);
  if (typeof header === "string") return header;
  const length = collection.length(header);
  const at = collection.locate(header, 0);
  if (Number.isNaN(length) || Number.isNaN(at))
    return "a string whose length or address is no such thing";
  if (length === 0) return { value: "", length };
  const bytes = datum.scope.memory.read(toAddress(at), Math.min(length, MAX_TEXT_BYTES));
  if (!bytes) return `unreadable memory at ${hex(toAddress(at))}`;
  return { value: utf8(bytes), length };
}

export function stringText(datum: Datum, room: number): string {
  const string = stringOf(datum);
  if (typeof string === "string") return `<${string}>`;
  const limit = Math.max(room, 16);
  const cut = string.value.length > limit || string.length > MAX_TEXT_BYTES;
  return quote(cut ? string.value.slice(0, limit) : string.value, '"') + (cut ? "…" : "");
}

/** The text up to the zero that ends it; undefined where memory cannot be read. */
export function cString(datum: Datum, at: bigint): string | undefined {
  const bytes: number[] = [];
  while (bytes.length < MAX_TEXT_BYTES) {
    const byte = datum.scope.memory.read(address(at + BigInt(bytes.length)), 1)?.[0];
    if (byte === undefined && bytes.length === 0) return undefined;
    if (byte === 0) return quote(utf8(Uint8Array.from(bytes)), '"');
    if (byte === undefined || bytes.length >= MAX_SHOWN) break;
    bytes.push(byte);
  }
  return `${quote(utf8(Uint8Array.from(bytes)), '"')}…`;
}

/** A C array of characters, up to its first zero. */
export function arrayString(datum: Datum, length: number): string {
  const bytes = read(datum, 0, Math.min(length, MAX_SHOWN));
  if (typeof bytes === "string") return `<${bytes}>`;
  const end = bytes.indexOf(0);
  const shown = quote(utf8(end < 0 ? bytes : bytes.subarray(0, end)), '"');
  return end < 0 && length > MAX_SHOWN ? `${shown}…` : shown;
}

const decoder = new TextDecoder("utf-8");
const utf8 = (bytes: Uint8Array): string => decoder.decode(bytes);

/** With Rust's escapes. */
export function quote(value: string, sign: string): string {
  let result = "";
  for (const character of value) {
    const code = character.codePointAt(0)!;
    if (character === sign || character === "\\") result += `\\${character}`;
    else if (character === "\n") result += "\\n";
    else if (character === "\r") result += "\\r";
    else if (character === "\t") result += "\\t";
    else if (code === 0) result += "\\0";
    else if (code < 0x20 || code === 0x7f) result += `\\u{${code.toString(16)}}`;
    else result += character;
  }
  return sign + result + sign;
}
