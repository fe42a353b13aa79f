/**
 * A cursor over the bytes of one section. Every read is checked against the section's end, and what is
 * wrong is said with the section's name and the offset in it.
 */
import { FormatError } from "../base/errors.ts";
import type { NearAddress } from "./positions.ts";

const UTF8 = new TextDecoder();

export class Reader {
  readonly source: string;
  readonly section: string;
  readonly bytes: Uint8Array;
  readonly end: number;
  position: number;
  readonly #view: DataView;

  constructor(
    source: string,
    section: string,
    bytes: Uint8Array,
    position = 0,
    end = bytes.length,
    view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength),
  ) {
    this.source = source;
    this.section = section;
    this.bytes = bytes;
    this.position = position;
    this.end = Math.min(end, bytes.length);
    this.#view = view;
    if (!(position >= 0 && position <= this.end)) this.fail("offset beyond the end", position);
  }

  /** A second cursor over the same section. */
  at(position: number, end?: number): Reader {
    return new Reader(this.source, this.section, this.bytes, position, end, this.#view);
  }

  fail(problem: string, position = this.position): never {
    throw new FormatError(this.source, `${this.section}+0x${position.toString(16)}`, problem);
  }

  get done(): boolean {
    return this.position >= this.end;
  }

  #take(size: number): number {
    const start = this.position;
    if (!(size >= 0 && start + size <= this.end)) {
      this.fail(`truncated: ${size} bytes wanted, ${Math.max(0, this.end - start)} left`);
    }
    this.position = start + size;
    return start;
  }

  skip(size: number): void {
    this.#take(size);
  }

  u8(): number {
    if (this.position >= this.end) this.#take(1);
    return this.bytes[this.position++]!;
  }

  i8(): number {
    return (this.u8() << 24) >> 24;
  }

  u16(): number {
    return this.#view.getUint16(this.#take(2), true);
  }

  u24(): number {
    const low = this.u16();
    return low | (this.u8() << 16);
  }

  u32(): number {
    return this.#view.getUint32(this.#take(4), true);
  }

  i32(): number {
    return this.#view.getInt32(this.#take(4), true);
  }

  u64(): bigint {
    return this.#view.getBigUint64(this.#take(8), true);
  }

  /** A 64-bit size or offset; above 2^53 it cannot be one. */
  size64(): number {
    const start = this.#take(8);
    const value =
      this.#view.getUint32(start + 4, true) * 0x1_0000_0000 + this.#view.getUint32(start, true);
    if (!Number.isSafeInteger(value)) this.fail("size or offset beyond 2^53", start);
    return value;
  }

  /** An unsigned number of 1, 2, 3, 4 or 8 bytes as a size, an index or an offset. */
  uint(size: number): number {
    switch (size) {
      case 1:
        return this.u8();
      case 2:
        return this.u16();
      case 3:
        return this.u24();
      case 4:
        return this.u32();
      case 8:
        return this.size64();
      default:
        return this.fail(`a number of ${size} bytes`);
    }
  }

  /** A 64-bit address of the target. */
  address(): NearAddress {
    const start = this.#take(8);
    return (this.#view.getInt32(start + 4, true) * 0x1_0000_0000 +
      this.#view.getUint32(start, true)) as NearAddress;
  }

  /** ULEB128 as a number; larger than 2^53 is malformed wherever this is used. */
  uleb(): number {
    const start = this.position;
    let result = 0;
    let scale = 1;
    for (;;) {
      const byte = this.u8();
      result += (byte & 0x7f) * scale;
      if (byte < 0x80) break;
      scale *= 128;
      if (this.position - start > 10) this.fail("LEB128 number longer than 10 bytes", start);
    }
    if (result > Number.MAX_SAFE_INTEGER) this.fail("LEB128 number beyond 2^53", start);
    return result;
  }

  /** SLEB128 as a number. */
  sleb(): number {
    const start = this.position;
    const value = Number(this.slebBig());
    if (!Number.isSafeInteger(value)) this.fail("LEB128 number beyond 2^53", start);
    return value;
  }

  ulebBig(): bigint {
    return BigInt.asUintN(64, this.#leb().value);
  }

  slebBig(): bigint {
    const { value, bits, negative } = this.#leb();
    return BigInt.asIntN(64, negative ? value - (1n << bits) : value);
  }

  #leb(): { value: bigint; bits: bigint; negative: boolean } {
    const start = this.position;
    let value = 0n;
    let bits = 0n;
    for (;;) {
      const byte = this.u8();
      value |= BigInt(byte & 0x7f) << bits;
      bits += 7n;
      if (byte < 0x80) return { value, bits, negative: (byte & 0x40) !== 0 };
      if (this.position - start > 16) this.fail("LEB128 number longer than 16 bytes", start);
    }
  }

  skipLeb(): void {
    while (this.u8() >= 0x80);
  }

  /** The next `length` bytes, not copied. */
  block(length: number): Uint8Array {
    const start = this.#take(length);
    return this.bytes.subarray(start, start + length);
  }

  /** Text up to the next zero byte, which is passed over. */
  cstring(): string {
    const start = this.position;
    this.skipCstring();
    return UTF8.decode(this.bytes.subarray(start, this.position - 1));
  }

  skipCstring(): void {
    const end = this.bytes.indexOf(0, this.position);
    if (end < 0 || end >= this.end) this.fail("text without an end");
    this.position = end + 1;
  }

  /** DWARF's initial length (DWARF 4, 7.4): where the contents end, and 4 or 8 for the size of offsets in them. */
  initialLength(): { readonly end: number; readonly offsetSize: 4 | 8 } {
    const start = this.position;
    const short = this.u32();
    if (short < 0xffff_fff0) return this.#ending(start, short, 4);
    if (short !== 0xffff_ffff) this.fail(`reserved length 0x${short.toString(16)}`, start);
    return this.#ending(start, this.size64(), 8);
  }

  #ending(start: number, length: number, offsetSize: 4 | 8) {
    const end = this.position + length;
    if (end > this.end) this.fail(`length ${length} reaches beyond the section`, start);
    return { end, offsetSize } as const;
  }
}
