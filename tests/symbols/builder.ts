/** Small ELF images with whatever sections a test needs, put together byte by byte. */

export class Bytes {
  readonly #bytes: number[] = [];

  get length(): number {
    return this.#bytes.length;
  }

  u8(...values: number[]): this {
    for (const value of values) this.#bytes.push(value & 0xff);
    return this;
  }

  uint(value: number | bigint, size: number): this {
    let rest = BigInt.asUintN(size * 8, BigInt(value));
    for (let index = 0; index < size; index++, rest >>= 8n) this.#bytes.push(Number(rest & 0xffn));
    return this;
  }

  u16 = (value: number): this => this.uint(value, 2);
  u32 = (value: number): this => this.uint(value, 4);
  u64 = (value: number | bigint): this => this.uint(value, 8);

  uleb(...values: number[]): this {
    for (let value of values) {
      for (; value >= 0x80; value = Math.floor(value / 128)) this.u8((value % 128) | 0x80);
      this.u8(value);
    }
    return this;
  }

  sleb(value: number): this {
    for (;;) {
      const low = value & 0x7f;
      value >>= 7;
      if ((value === 0 && low < 0x40) || (value === -1 && low >= 0x40)) return this.u8(low);
      this.u8(low | 0x80);
    }
  }

  text(...texts: string[]): this {
    for (const text of texts) this.u8(...new TextEncoder().encode(text), 0);
    return this;
  }

  append(...parts: readonly (Bytes | Uint8Array | readonly number[])[]): this {
    for (const part of parts) this.u8(...(part instanceof Bytes ? part.#bytes : part));
    return this;
  }

  /** These bytes behind their own length in 4 bytes, as DWARF begins its tables. */
  measured(): Bytes {
    return new Bytes().u32(this.length).append(this);
  }

  done(): Uint8Array {
    return Uint8Array.from(this.#bytes);
  }
}

export const bytes = (...values: number[]) => new Bytes().u8(...values);

export interface SectionSpec {
  readonly name: string;
  readonly contents: Bytes;
  /** Given: the section is loaded there. */
  readonly address?: number;
  readonly type?: number;
  readonly link?: number;
}

export const TEXT_ADDRESS = 0x8020_0000;

/** A 64-bit little-endian RISC-V executable; `.text` and the like also get a program header each. */
export function elf(specs: readonly SectionSpec[]): Uint8Array {
  const names = new Bytes().u8(0);
  const nameAt = [...specs.map((spec) => spec.name), ".shstrtab"].map((name) => {
    const at = names.length;
    names.text(name);
    return at;
  });
  const sections = [...specs, { name: ".shstrtab", contents: names, type: 3 } as SectionSpec];
  const loaded = sections.filter(({ address }) => address !== undefined);
  const contentsAt = 64 + loaded.length * 56;
  const body = new Bytes();
  const placed = sections.map((spec) => {
    const offset = contentsAt + body.length;
    body.append(spec.contents);
    return { ...spec, offset };
  });
  const file = new Bytes();
  file.u8(0x7f, 0x45, 0x4c, 0x46, 2, 1, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0);
  file.u16(2).u16(243).u32(1).u64(TEXT_ADDRESS).u64(64);
  file.u64(contentsAt + body.length).u32(0);
  file
    .u16(64)
    .u16(56)
    .u16(loaded.length)
    .u16(64)
    .u16(sections.length + 1)
    .u16(sections.length);
  for (const { offset, address, contents } of placed) {
    if (address === undefined) continue;
    file.u32(1).u32(5).u64(offset).u64(address).u64(address);
    file.u64(contents.length).u64(contents.length).u64(4);
  }
  file.append(body);
  file.append(new Uint8Array(64));
  placed.forEach(({ address, offset, contents, type, link }, index) => {
    const flags = address === undefined ? 0 : 6;
    file
      .u32(nameAt[index]!)
      .u32(type ?? 1)
      .u64(flags)
      .u64(address ?? 0)
      .u64(offset);
    file
      .u64(contents.length)
      .u32(link ?? 0)
      .u32(0)
      .u64(1)
      .u64(0);
  });
  return file.done();
}
