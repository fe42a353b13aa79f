/** The debugging sections of one image and what all readers of them share: units, tables, strings. */
import { FormatError } from "../base/errors.ts";
import { type AbbrevTable, readAbbrevTable } from "./abbrev.ts";
import type { Die } from "./die.ts";
import type { Elf } from "./elf.ts";
import type { Format } from "./forms.ts";
import { type InfoOffset, lastNotAbove } from "./positions.ts";
import { Reader } from "./reader.ts";
import { readUnitHeader, Unit } from "./unit.ts";

export class Dwarf {
  readonly elf: Elf;
  readonly info: Reader;
  readonly strOffsets: Reader;
  readonly addresses: Reader;
  /** In the order of the section. */
  readonly units: readonly Unit[];
  /** What could not be read, as sentences; grows while things are asked. */
  readonly gaps: string[] = [];
  readonly #offsets: Float64Array;
  readonly #abbrevs = new Map<string, AbbrevTable>();
  readonly #texts = new Map<string, { reader: Reader; held: Map<number, string> }>();
  #signatures: Map<bigint, Unit> | undefined;

  constructor(elf: Elf) {
    this.elf = elf;
    this.info = withTypeUnits(elf);
    this.strOffsets = elf.reader(".debug_str_offsets");
    this.addresses = elf.reader(".debug_addr");
    this.units = this.#readUnits();
    this.#offsets = Float64Array.from(this.units, (unit) => unit.offset);
  }

  unitOf(offset: InfoOffset): Unit {
    const index = lastNotAbove(this.#offsets, offset, this.#offsets.length);
    const unit = this.units[index];
    if (unit === undefined || offset >= unit.header.end) {
      return this.info.fail("no unit holds this entry", offset);
    }
    return unit;
  }

  die(offset: InfoOffset): Die {
    return this.unitOf(offset).die(offset);
  }

  typeBySignature(signature: bigint): Die | undefined {
    if (this.#signatures === undefined) {
      this.#signatures = new Map();
      for (const unit of this.units) {
        if (unit.header.type) this.#signatures.set(unit.header.type.signature, unit);
      }
    }
    const unit = this.#signatures.get(signature);
    return unit?.die(unit.header.type!.offset);
  }

  abbrevTable(offset: number, format: Format): AbbrevTable {
    const key = `${offset} ${format.version} ${format.offsetSize}`;
    let table = this.#abbrevs.get(key);
    if (table === undefined) {
      table = readAbbrevTable(this.elf.reader(".debug_abbrev").at(offset), format);
      this.#abbrevs.set(key, table);
    }
    return table;
  }

  /** The text at an offset of a string section. */
  text(section: ".debug_str" | ".debug_line_str", offset: number): string {
    let strings = this.#texts.get(section);
    if (strings === undefined) {
      strings = { reader: this.elf.reader(section), held: new Map() };
      this.#texts.set(section, strings);
    }
    let text = strings.held.get(offset);
    if (text === undefined) {
      text = strings.reader.at(offset).cstring();
      strings.held.set(offset, text);
    }
    return text;
  }

  /**
   * Runs `read` for something of one unit. What is malformed there is noted as a gap, once, and answered by
   * `otherwise`, so that one bad unit does not take the others down.
   */
  tolerate<T>(read: () => T, otherwise: T): T {
    try {
      return read();
    } catch (error) {
      if (!(error instanceof FormatError)) throw error;
      const sentence = `Unreadable: ${error.message}.`;
      if (!this.gaps.includes(sentence) && this.gaps.length < 100) this.gaps.push(sentence);
      return otherwise;
    }
  }

  #readUnits(): Unit[] {
    const units: Unit[] = [];
    const types = this.elf.reader(".debug_info").end;
    const reader = this.info.at(0);
    while (!reader.done) {
      const offset = reader.position as InfoOffset;
      const length = this.tolerate(() => reader.initialLength(), undefined);
      if (length === undefined) break;
      const end = length.end as InfoOffset;
      this.tolerate(() => {
        const contents = this.info.at(reader.position, end);
        const header = readUnitHeader(contents, offset, end, length.offsetSize, offset >= types);
        units.push(new Unit(this, header));
      }, undefined);
      reader.position = end;
    }
    return units;
  }
}

/**
 * .debug_info, and behind it .debug_types where DWARF 4 keeps the units of types: so that an offset names an
 * entry of either.
 */
function withTypeUnits(elf: Elf): Reader {
  const info = elf.reader(".debug_info");
  const types = elf.reader(".debug_types");
  if (types.done) return info;
  const both = new Uint8Array(info.bytes.length + types.bytes.length);
  both.set(info.bytes);
  both.set(types.bytes, info.bytes.length);
  return new Reader(elf.source, ".debug_info", both);
}
