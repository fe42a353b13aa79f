/**
 * One debugging information entry. Nothing of it is read before it is asked for: an attribute is found by
 * the abbreviation's shape and decoded in place.
 */
import type { Abbrev, AttributeShape } from "./abbrev.ts";
import { At, Form } from "./constants.ts";
import { skipForm } from "./forms.ts";
import type { InfoOffset, NearAddress } from "./positions.ts";
import type { Reader } from "./reader.ts";
import type { Unit } from "./unit.ts";

/** Origins point to origins; a longer chain than this goes in circles. */
const MAX_HOPS = 16;

export class Die {
  readonly unit: Unit;
  readonly offset: InfoOffset;
  readonly abbrev: Abbrev;
  /** Where the first attribute is. */
  readonly #body: number;

  constructor(unit: Unit, offset: InfoOffset, abbrev: Abbrev, body: number) {
    this.unit = unit;
    this.offset = offset;
    this.abbrev = abbrev;
    this.#body = body;
  }

  get tag(): number {
    return this.abbrev.tag;
  }

  has(at: number): boolean {
    return this.#shape(at) !== undefined;
  }

  /** A constant as a plain number (sizes, lines, offsets); undefined when absent or of another class. */
  number(at: number): number | undefined {
    const found = this.#find(at);
    if (found === undefined) return undefined;
    const { reader, form } = found;
    switch (form) {
      case Form.data1:
      case Form.flag:
        return reader.u8();
      case Form.data2:
        return reader.u16();
      case Form.data4:
        return reader.u32();
      case Form.data8:
        return reader.size64();
      case Form.udata:
        return reader.uleb();
      case Form.sdata:
        return reader.sleb();
      case Form.implicitConst:
        return Number(found.implicit);
      default:
        return undefined;
    }
  }

  /** A constant of any size; signed only where the form says so. Blocks count as little-endian numbers. */
  integer(at: number): bigint | undefined {
    const found = this.#find(at);
    if (found === undefined) return undefined;
    const { reader, form } = found;
    switch (form) {
      case Form.data8:
        return reader.u64();
      case Form.udata:
        return reader.ulebBig();
      case Form.sdata:
        return reader.slebBig();
      case Form.implicitConst:
        return found.implicit;
      case Form.data16:
        return littleEndian(reader.block(16));
      case Form.data1:
      case Form.data2:
      case Form.data4:
        return BigInt(this.number(at)!);
      default: {
        const bytes = readBlock(reader, form);
        return bytes && littleEndian(bytes);
      }
    }
  }

  flag(at: number): boolean {
    const found = this.#find(at);
    if (found === undefined) return false;
    return found.form === Form.flagPresent || (found.form === Form.flag && found.reader.u8() !== 0);
  }

  string(at: number): string | undefined {
    const found = this.#find(at);
    if (found === undefined) return undefined;
    const { reader, form } = found;
    const { dwarf, offsetSize } = this.unit;
    switch (form) {
      case Form.string:
        return reader.cstring();
      case Form.strp:
        return dwarf.text(".debug_str", reader.uint(offsetSize));
      case Form.lineStrp:
        return dwarf.text(".debug_line_str", reader.uint(offsetSize));
      default: {
        const index = readIndex(reader, form, Form.strx, Form.strx1);
        return index === undefined ? undefined : this.unit.indexedString(index);
      }
    }
  }

  address(at: number): NearAddress | undefined {
    const found = this.#find(at);
    if (found === undefined) return undefined;
    if (found.form === Form.addr) return found.reader.address();
    const index = readIndex(found.reader, found.form, Form.addrx, Form.addrx1);
    return index === undefined ? undefined : this.unit.indexedAddress(index);
  }

  /** An offset into another section (lines, ranges, locations). DWARF 3 and older write it as data4 or data8. */
  sectionOffset(at: number): number | undefined {
    const found = this.#find(at);
    if (found === undefined) return undefined;
    const old = this.unit.version < 4;
    if (found.form === Form.secOffset) return found.reader.uint(this.unit.offsetSize);
    if (old && found.form === Form.data4) return found.reader.u32();
    if (old && found.form === Form.data8) return found.reader.size64();
    return undefined;
  }

  /** An index into the unit's list tables: DW_FORM_rnglistx or DW_FORM_loclistx. */
  listIndex(at: number): number | undefined {
    const found = this.#find(at);
    const isIndex = found?.form === Form.rnglistx || found?.form === Form.loclistx;
    return isIndex ? found.reader.uleb() : undefined;
  }

  /** An expression or a block of bytes. */
  bytes(at: number): Uint8Array | undefined {
    const found = this.#find(at);
    return found && readBlock(found.reader, found.form);
  }

  /** The entry that an attribute refers to. */
  reference(at: number): Die | undefined {
    const found = this.#find(at);
    if (found === undefined) return undefined;
    const { reader, form } = found;
    const { dwarf, offset, version, offsetSize } = this.unit;
    const within = (relative: number) => this.unit.die((offset + relative) as InfoOffset);
    switch (form) {
      case Form.ref1:
        return within(reader.u8());
      case Form.ref2:
        return within(reader.u16());
      case Form.ref4:
        return within(reader.u32());
      case Form.ref8:
        return within(reader.size64());
      case Form.refUdata:
        return within(reader.uleb());
      case Form.refAddr:
        return dwarf.die(reader.uint(version === 2 ? 8 : offsetSize) as InfoOffset);
      case Form.refSig8:
        return dwarf.typeBySignature(reader.u64());
      default:
        return undefined;
    }
  }

  /** The entries that this one completes, itself first: its abstract origin, its specification, and theirs. */
  origins(): readonly Die[] {
    const chain: Die[] = [this];
    let at: Die | undefined = this;
    while (at !== undefined && chain.length < MAX_HOPS) {
      at = at.reference(At.abstractOrigin) ?? at.reference(At.specification);
      if (at !== undefined) chain.push(at);
    }
    return chain;
  }

  /** The first answer that this entry or one that it completes gives. */
  inherited<T>(ask: (die: Die) => T | undefined): T | undefined {
    const own = ask(this);
    if (own !== undefined) return own;
    for (const die of this.origins()) {
      const answer = ask(die);
      if (answer !== undefined) return answer;
    }
    return undefined;
  }

  /** Where the first child begins; also the next sibling when there are no children. */
  get afterAttributes(): number {
    const { abbrev, unit } = this;
    if (abbrev.size >= 0) return this.#body + abbrev.size;
    const reader = unit.reader(this.#body);
    for (const { form } of abbrev.attributes) skipForm(reader, form, unit);
    return reader.position;
  }

  #shape(at: number): AttributeShape | undefined {
    for (const shape of this.abbrev.attributes) if (shape.at === at) return shape;
    return undefined;
  }

  #find(at: number): { reader: Reader; form: number; implicit: bigint } | undefined {
    const shape = this.#shape(at);
    if (shape === undefined) return undefined;
    const reader = this.unit.reader(this.#body + Math.max(0, shape.start));
    if (shape.start < 0) {
      for (const before of this.abbrev.attributes) {
        if (before === shape) break;
        skipForm(reader, before.form, this.unit);
      }
    }
    const form = shape.form === Form.indirect ? reader.uleb() : shape.form;
    return { reader, form, implicit: shape.implicit };
  }
}

function readBlock(reader: Reader, form: number): Uint8Array | undefined {
  switch (form) {
    case Form.exprloc:
    case Form.block:
      return reader.block(reader.uleb());
    case Form.block1:
      return reader.block(reader.u8());
    case Form.block2:
      return reader.block(reader.u16());
    case Form.block4:
      return reader.block(reader.u32());
    default:
      return undefined;
  }
}

/** An index into a table of the unit: as ULEB128, or fixed in 1 to 4 bytes by the four forms from `first` on. */
function readIndex(reader: Reader, form: number, asLeb: number, first: number): number | undefined {
  if (form === asLeb) return reader.uleb();
  if (form >= first && form < first + 4) return reader.uint(form - first + 1);
  return undefined;
}

function littleEndian(bytes: Uint8Array): bigint {
  let value = 0n;
  for (let index = Math.min(bytes.length, 64) - 1; index >= 0; index--) {
    value = (value << 8n) | BigInt(bytes[index]!);
  }
  return value;
}
