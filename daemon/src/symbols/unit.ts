/** Units of .debug_info (DWARF 5, 7.5.1): their headers, base attributes and entries. */
import type { AbbrevTable } from "./abbrev.ts";
import { At, LANGUAGE_RUST } from "./constants.ts";
import { Die } from "./die.ts";
import type { Dwarf } from "./dwarf.ts";
import type { InfoOffset, LineOffset, NearAddress } from "./positions.ts";
import type { Reader } from "./reader.ts";
import { scanUnit, type UnitIndex } from "./scan.ts";

/** DW_UT_* of DWARF 5; older units count as compile units. */
const UnitType = { type: 2, skeleton: 4, splitCompile: 5, splitType: 6 } as const;

export interface UnitHeader {
  readonly offset: InfoOffset;
  readonly end: InfoOffset;
  readonly version: number;
  readonly offsetSize: 4 | 8;
  readonly abbrevOffset: number;
  /** Where the root entry is. */
  readonly start: InfoOffset;
  /** Of a type unit: its signature and the type's entry. */
  readonly type: { readonly signature: bigint; readonly offset: InfoOffset } | undefined;
}

/**
 * Reads the header of the unit at `offset`, which ends at `end`; the cursor stands behind its length.
 * `ofType`: it is one of .debug_types.
 */
export function readUnitHeader(
  reader: Reader,
  offset: InfoOffset,
  end: InfoOffset,
  offsetSize: 4 | 8,
  ofType: boolean,
): UnitHeader {
  const version = reader.u16();
  if (version < 2 || version > 5) reader.fail(`DWARF version ${version}`, offset);
  const unitType = version >= 5 ? reader.u8() : 0;
  let addressSize = version >= 5 ? reader.u8() : 0;
  const abbrevOffset = reader.uint(offsetSize);
  if (version < 5) addressSize = reader.u8();
  if (addressSize !== 8) reader.fail(`addresses of ${addressSize} bytes`, offset);
  let type: UnitHeader["type"];
  if (ofType || unitType === UnitType.type || unitType === UnitType.splitType) {
    const signature = reader.u64();
    type = { signature, offset: (offset + reader.uint(offsetSize)) as InfoOffset };
  } else if (unitType === UnitType.skeleton || unitType === UnitType.splitCompile) {
    reader.skip(8);
  }
  const start = reader.position as InfoOffset;
  if (start >= end) reader.fail("a unit without entries", offset);
  return { offset, end, version, offsetSize, abbrevOffset, start, type };
}

export class Unit {
  readonly dwarf: Dwarf;
  readonly header: UnitHeader;
  readonly offset: InfoOffset;
  readonly version: number;
  readonly offsetSize: 4 | 8;
  #abbrevs: AbbrevTable | undefined;
  #root: Die | undefined;
  #index: UnitIndex | undefined;

  constructor(dwarf: Dwarf, header: UnitHeader) {
    this.dwarf = dwarf;
    this.header = header;
    this.offset = header.offset;
    this.version = header.version;
    this.offsetSize = header.offsetSize;
  }

  get abbrevs(): AbbrevTable {
    this.#abbrevs ??= this.dwarf.abbrevTable(this.header.abbrevOffset, this);
    return this.#abbrevs;
  }

  get root(): Die {
    this.#root ??= this.die(this.header.start);
    return this.#root;
  }

  /** Shapes and places of all entries; reading it walks the unit once. */
  get index(): UnitIndex {
    this.#index ??= scanUnit(this);
    return this.#index;
  }

  /** A cursor in this unit. */
  reader(position: number): Reader {
    return this.dwarf.info.at(position, this.header.end);
  }

  die(offset: InfoOffset): Die {
    return this.dieOrEnd(offset) ?? this.reader(offset).fail("an entry was expected here");
  }

  /** The entry at an offset; undefined for the zero that ends a list of siblings. */
  dieOrEnd(offset: InfoOffset): Die | undefined {
    const { start, end } = this.header;
    const outside = offset < start || offset >= end;
    if (outside) this.dwarf.info.fail(`outside its unit (0x${start.toString(16)} on)`, offset);
    const reader = this.reader(offset);
    const code = reader.uleb();
    if (code === 0) return undefined;
    const abbrev = this.abbrevs.get(code) ?? reader.fail(`unknown abbreviation ${code}`, offset);
    return new Die(this, offset, abbrev, reader.position);
  }

  /** The direct children, in order. */
  *children(parent: Die): Generator<Die> {
    if (!parent.abbrev.hasChildren) return;
    let offset = parent.afterAttributes as InfoOffset;
    while (offset < this.header.end) {
      const child = this.dieOrEnd(offset);
      if (child === undefined) return;
      yield child;
      offset = this.after(child);
    }
  }

  /** Where an entry ends, its children included. */
  after(die: Die): InfoOffset {
    const end = die.abbrev.hasChildren ? this.index.end(die.offset) : undefined;
    return end ?? (die.afterAttributes as InfoOffset);
  }

  get isRust(): boolean {
    return this.root.number(At.language) === LANGUAGE_RUST;
  }

  get lowPc(): NearAddress | undefined {
    return this.root.address(At.lowPc);
  }

  get compilationFolder(): string | undefined {
    return this.root.string(At.compDir);
  }

  get lineOffset(): LineOffset | undefined {
    return this.root.sectionOffset(At.stmtList) as LineOffset | undefined;
  }

  /** Offset of a table of this unit in `section`: as the root says, else behind the first table's header. */
  base(at: number): number {
    const headerSize = this.offsetSize === 4 ? 8 : 16;
    const listHeaderSize = headerSize + 4;
    const isList = at === At.rnglistsBase || at === At.loclistsBase;
    return this.root.sectionOffset(at) ?? (isList ? listHeaderSize : headerSize);
  }

  indexedString(index: number): string {
    const { dwarf, offsetSize } = this;
    const reader = dwarf.strOffsets.at(this.base(At.strOffsetsBase) + index * offsetSize);
    return dwarf.text(".debug_str", reader.uint(offsetSize));
  }

  indexedAddress(index: number): NearAddress {
    return this.#indexed(index).address();
  }

  /** A constant from the table of addresses, where it is not an address. */
  indexedWord(index: number): bigint {
    return this.#indexed(index).u64();
  }

  #indexed(index: number): Reader {
    return this.dwarf.addresses.at(this.base(At.addrBase) + index * 8);
  }
}
