/** Variant parts (DWARF 5, 5.7.10): Rust's enums with data, and the states of coroutines. */
import type { Encoding, Member, Type, Variant, VariantPart } from "./api.ts";
import { At, Tag } from "./constants.ts";
import type { Die } from "./die.ts";
import { Reader } from "./reader.ts";
import { asValue, lazily, shortTypeName, type Types } from "./types.ts";

/** A list of discriminants longer than this is not written out by any compiler. */
const MAX_VALUES = 1024;

/** The variant part of a structure. */
export function variantPart(types: Types, structure: Die): VariantPart | undefined {
  for (const child of structure.unit.children(structure)) {
    if (child.tag === Tag.variantPart) return readPart(types, child);
  }
  return undefined;
}

function readPart(types: Types, part: Die): VariantPart {
  const discriminantDie = part.reference(At.discr);
  const discriminant = discriminantDie && types.member(discriminantDie);
  const variants: Variant[] = [];
  for (const child of part.unit.children(part)) {
    const variant = child.tag === Tag.variant ? readVariant(types, child, discriminant) : undefined;
    if (variant !== undefined) variants.push(variant);
  }
  return { discriminant, variants };
}

function readVariant(
  types: Types,
  die: Die,
  discriminant: Member | undefined,
): Variant | undefined {
  for (const child of die.unit.children(die)) {
    if (child.tag !== Tag.member) continue;
    const member = types.member(child);
    const values = lazily(() => discriminants(die, discriminant?.type));
    return {
      get values() {
        return values();
      },
      // A coroutine's members are numbered; the names of its states are those of their types.
      get name() {
        return /^\d+$/.test(member.name) ? shortTypeName(member.type) : member.name;
      },
      get type() {
        return member.type;
      },
      offset: member.offset,
      get declaration() {
        return member.declaration;
      },
    };
  }
  return undefined;
}

function discriminants(die: Die, type: Type | undefined): bigint[] {
  const encoding: Encoding =
    type?.kind === "base" ? type.encoding : type?.kind === "enum" ? type.underlying : "unsigned";
  const size = type === undefined || type.size === 0 ? 8 : type.size;
  const single = die.integer(At.discrValue);
  if (single !== undefined) return [asValue(single, size, encoding)];
  const list = die.bytes(At.discrList);
  return list === undefined ? [] : discriminantList(die, list, encoding === "signed");
}

/** Labels (0) and ranges (1) of LEB128 numbers. */
function discriminantList(die: Die, bytes: Uint8Array, signed: boolean): bigint[] {
  const { source } = die.unit.dwarf.info;
  const reader = new Reader(
    source,
    `discriminants at .debug_info+0x${die.offset.toString(16)}`,
    bytes,
  );
  const next = () => (signed ? reader.slebBig() : reader.ulebBig());
  const values: bigint[] = [];
  while (!reader.done) {
    const isRange = reader.u8() === 1;
    const low = next();
    const high = isRange ? next() : low;
    if (high - low > MAX_VALUES || values.length > MAX_VALUES) reader.fail("too many values");
    for (let value = low; value <= high; value++) values.push(value);
  }
  return values;
}
