/**
 * The ELF container (System V ABI, "Object Files"; RISC-V ELF psABI): header, program headers, sections and
 * symbols of a linked 64-bit little-endian RISC-V image.
 */
import { type Address, address } from "../base/brand.ts";
import { FormatError } from "../base/errors.ts";
import { decompressed } from "./compressed.ts";
import { lastNotAbove, type NearAddress } from "./positions.ts";
import { Reader } from "./reader.ts";

const EM_RISCV = 243;
const SHF_ALLOC = 2;
const SHF_COMPRESSED = 0x800;
const SHT_NOBITS = 8;
const PT_LOAD = 1;
const NOTHING = new Uint8Array(0);

export interface Segment {
  readonly virtual: Address;
  readonly physical: Address;
  readonly bytes: Uint8Array;
  readonly size: number;
  readonly flags: { readonly read: boolean; readonly write: boolean; readonly execute: boolean };
}

export interface Section {
  readonly name: string;
  readonly type: number;
  readonly flags: number;
  readonly address: NearAddress;
  readonly size: number;
  readonly link: number;
  readonly bytes: Uint8Array;
}

/** A row of .symtab; `type` and `binding` as in `st_info`. */
export interface ElfSymbol {
  readonly name: string;
  readonly address: NearAddress;
  readonly size: number;
  readonly type: number;
  readonly binding: number;
  readonly section: number;
}

export class Elf {
  readonly source: string;
  readonly entry: Address;
  readonly segments: readonly Segment[];
  readonly sections: readonly Section[];
  /** Of sections whose compressed bytes are damaged, as far as somebody has asked for them. */
  readonly unreadable: string[] = [];
  readonly #byName: ReadonlyMap<string, Section>;
  readonly #readers = new Map<string, Reader>();
  readonly #mapped: { readonly lows: Float64Array; readonly highs: Float64Array };

  constructor(bytes: Uint8Array, source: string) {
    this.source = source;
    const header = readHeader(bytes, source);
    this.entry = header.entry;
    this.segments = readSegments(bytes, source, header);
    this.sections = readSections(bytes, source, header);
    this.#byName = new Map([...this.sections].reverse().map((section) => [section.name, section]));
    this.#mapped = this.#mappedRanges();
  }

  section(name: string): Section | undefined {
    return this.#byName.get(name);
  }

  /** A cursor at the start of a section; an absent one, and one of `unreadable`, reads as empty. */
  reader(name: string): Reader {
    let reader = this.#readers.get(name);
    if (reader === undefined) {
      reader = new Reader(this.source, name, this.#plain(name));
      this.#readers.set(name, reader);
    }
    return reader.at(0);
  }

  #plain(name: string): Uint8Array {
    const section = this.section(name);
    if (section === undefined) return NOTHING;
    if ((section.flags & SHF_COMPRESSED) === 0) return section.bytes;
    try {
      return decompressed(this.source, name, section.bytes);
    } catch (error) {
      if (!(error instanceof FormatError)) throw error;
      this.unreadable.push(`Unreadable: ${error.message}.`);
      return NOTHING;
    }
  }

  /** Whether the image occupies this address: what is not mapped is code that the linker dropped. */
  isMapped(at: NearAddress): boolean {
    const { lows, highs } = this.#mapped;
    const index = lastNotAbove(lows, at, lows.length);
    return index >= 0 && at < highs[index]!;
  }

  /** Bytes of the image as linked, zeros of .bss included; undefined when not all of them are in one segment. */
  image(at: NearAddress, length: number): Uint8Array | undefined {
    for (const segment of this.segments) {
      const offset = at - Number(BigInt.asIntN(64, segment.virtual));
      if (offset < 0 || offset + length > segment.size) continue;
      const held = segment.bytes.subarray(offset, offset + length);
      if (held.length === length) return held;
      const filled = new Uint8Array(length);
      filled.set(held);
      return filled;
    }
    return undefined;
  }

  /** All symbols, in the table's order. */
  symbols(): ElfSymbol[] {
    const table = this.section(".symtab");
    if (table === undefined) return [];
    const names = this.sections[table.link];
    if (names === undefined) {
      throw new FormatError(this.source, ".symtab", "its string table is missing");
    }
    const rows = new Reader(this.source, ".symtab", table.bytes);
    const text = new Reader(this.source, names.name, names.bytes);
    const symbols: ElfSymbol[] = [];
    while (rows.position + 24 <= rows.end) symbols.push(readSymbol(rows, text));
    return symbols;
  }

  /** Merged and sorted ranges of allocated sections and loaded segments. */
  #mappedRanges() {
    const ranges: { low: number; high: number }[] = [];
    for (const { flags, address: low, size } of this.sections) {
      if ((flags & SHF_ALLOC) !== 0 && size > 0) ranges.push({ low, high: low + size });
    }
    for (const segment of this.segments) {
      const low = Number(BigInt.asIntN(64, segment.virtual));
      if (segment.size > 0) ranges.push({ low, high: low + segment.size });
    }
    ranges.sort((a, b) => a.low - b.low);
    const merged: { low: number; high: number }[] = [];
    for (const range of ranges) {
      const last = merged.at(-1);
      if (last !== undefined && range.low <= last.high) last.high = Math.max(last.high, range.high);
      else merged.push({ ...range });
    }
    return {
      lows: Float64Array.from(merged, (range) => range.low),
      highs: Float64Array.from(merged, (range) => range.high),
    };
  }
}

interface Header {
  readonly entry: Address;
  readonly programHeaders: Table;
  readonly sectionHeaders: Table;
  readonly sectionNames: number;
}
interface Table {
  readonly offset: number;
  readonly entrySize: number;
  readonly count: number;
}

function readHeader(bytes: Uint8Array, source: string): Header {
  const refuse = (problem: string): never => {
    throw new FormatError(source, "ELF header", problem);
  };
  if (bytes.length === 0) refuse("the file is empty");
  if (bytes[0] !== 0x7f || bytes[1] !== 0x45 || bytes[2] !== 0x4c || bytes[3] !== 0x46) {
    refuse("not an ELF file (it does not begin with 7f 45 4c 46)");
  }
  if (bytes.length < 64) refuse(`truncated: ${bytes.length} bytes, the header alone has 64`);
  if (bytes[4] === 1) refuse("a 32-bit ELF; this machine runs 64-bit RISC-V kernels");
  if (bytes[4] !== 2) refuse(`unknown ELF class ${bytes[4]}`);
  if (bytes[5] === 2) refuse("a big-endian ELF; RISC-V kernels are little-endian");
  if (bytes[5] !== 1) refuse(`unknown byte order ${bytes[5]}`);
  const reader = new Reader(source, "ELF header", bytes, 16);
  const type = reader.u16();
  const machine = reader.u16();
  if (machine !== EM_RISCV) refuse(`built for machine ${machine}, not for RISC-V (243)`);
  if (type === 1) refuse("a relocatable object (.o); link it first");
  if (type !== 2 && type !== 3) refuse(`not an executable image (ELF type ${type})`);
  reader.skip(4);
  const entry = address(reader.u64());
  const programOffset = reader.size64();
  const sectionOffset = reader.size64();
  reader.skip(6);
  const [programSize, programCount] = [reader.u16(), reader.u16()];
  const [sectionSize, sectionCount] = [reader.u16(), reader.u16()];
  return {
    entry,
    programHeaders: { offset: programOffset, entrySize: programSize, count: programCount },
    sectionHeaders: { offset: sectionOffset, entrySize: sectionSize, count: sectionCount },
    sectionNames: reader.u16(),
  };
}

function rows(bytes: Uint8Array, source: string, place: string, table: Table, minimum: number) {
  if (table.count === 0) return [];
  if (table.entrySize < minimum) {
    throw new FormatError(
      source,
      place,
      `rows of ${table.entrySize} bytes, at least ${minimum} needed`,
    );
  }
  const end = table.offset + table.count * table.entrySize;
  if (end > bytes.length) {
    throw new FormatError(
      source,
      place,
      `truncated: the table ends at ${end}, the file at ${bytes.length}`,
    );
  }
  return Array.from(
    { length: table.count },
    (_, index) => new Reader(source, place, bytes, table.offset + index * table.entrySize),
  );
}

function contents(bytes: Uint8Array, source: string, place: string, offset: number, size: number) {
  if (offset + size > bytes.length) {
    const problem = `truncated: it ends at ${offset + size}, the file at ${bytes.length}`;
    throw new FormatError(source, place, problem);
  }
  return bytes.subarray(offset, offset + size);
}

function readSegments(bytes: Uint8Array, source: string, header: Header): Segment[] {
  const segments: Segment[] = [];
  rows(bytes, source, "program headers", header.programHeaders, 56).forEach((row, index) => {
    if (row.u32() !== PT_LOAD) return;
    const flags = row.u32();
    const offset = row.size64();
    const virtual = address(row.u64());
    const physical = address(row.u64());
    const fileSize = row.size64();
    const size = row.size64();
    const place = `program header ${index}`;
    if (fileSize > size) {
      throw new FormatError(source, place, `${fileSize} bytes in the file for ${size} in memory`);
    }
    segments.push({
      virtual,
      physical,
      bytes: contents(bytes, source, place, offset, fileSize),
      size,
      flags: { read: (flags & 4) !== 0, write: (flags & 2) !== 0, execute: (flags & 1) !== 0 },
    });
  });
  return segments;
}

function readSections(bytes: Uint8Array, source: string, header: Header): Section[] {
  const found = rows(bytes, source, "section headers", header.sectionHeaders, 64).map(
    (row, index) => {
      const name = row.u32();
      const type = row.u32();
      const flags = Number(row.u64() & 0xffff_ffffn);
      const at = row.address();
      const offset = row.size64();
      const size = row.size64();
      const link = row.u32();
      const empty = type === SHT_NOBITS || type === 0;
      const held = empty ? NOTHING : contents(bytes, source, `section ${index}`, offset, size);
      return { name, type, flags, address: at, size, link, bytes: held };
    },
  );
  const names = found[header.sectionNames]?.bytes ?? NOTHING;
  const text = new Reader(source, "section names", names);
  return found.map((section) => ({
    ...section,
    name: names.length === 0 ? "" : text.at(section.name).cstring(),
  }));
}

function readSymbol(row: Reader, text: Reader): ElfSymbol {
  const name = row.u32();
  const info = row.u8();
  row.skip(1);
  const section = row.u16();
  const at = row.address();
  const size = Number(row.u64());
  return {
    name: name === 0 ? "" : text.at(name).cstring(),
    address: at,
    size,
    type: info & 15,
    binding: info >> 4,
    section,
  };
}
