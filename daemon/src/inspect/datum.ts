/**
 * A typed place and what to read it with: the material of displays, expressions and awareness.
 * Every step that the guest's memory does not allow answers with the reason, as a string.
 */
import { address, hex } from "../base/brand.ts";
import type { Place, Type, Variant, VariantPart, Vtable } from "../symbols/api.ts";
import type { BodyRule } from "./api.ts";
import {
  bytesToSigned,
  bytesToUnsigned,
  type Read,
  readPlace,
  type Source,
  wordBytes,
} from "./place.ts";
import { POINTER_SIZE, type Step, selectVariant, traitPointer } from "./types.ts";

/** What values look up beyond their own bytes, in whichever module knows. Addresses are the guest's. */
export interface World {
  vtableAt(at: bigint): Vtable | undefined;
  /** `asyncos::executor::run`, with `+0x4` where it is not the start. */
  symbolAt(at: bigint): string | undefined;
  /** Where a frame's async body keeps its variables, for code that does not tell. */
  readonly bodyAt: BodyRule;
}

/** What a datum is read with. */
export interface Scope extends Source {
  readonly world: World;
}

/** A typed place: what all displays, expressions and awareness work on. */
export interface Datum {
  readonly type: Type;
  readonly place: Place;
  /** Bytes into the place. */
  readonly offset: number;
  readonly scope: Scope;
}

export function datumAt(type: Type, at: bigint, scope: Scope): Datum {
  return { type, place: { kind: "memory", address: address(at) }, offset: 0, scope };
}

/** The bytes of a datum, or of a part of it. */
export function read(datum: Datum, offset = 0, size = datum.type.size): Read {
  return readPlace(datum.place, datum.offset + offset, size, datum.scope);
}

export function part(datum: Datum, offset: number, type: Type): Datum {
  return { ...datum, type, offset: datum.offset + offset };
}

/** The pointer that stands in a datum's first word, as an unsigned address; or why it is unknown. */
export function pointerIn(datum: Datum, offset = 0): bigint | string {
  const bytes = read(datum, offset, POINTER_SIZE);
  return typeof bytes === "string" ? bytes : BigInt.asUintN(64, bytesToSigned(bytes));
}

/** Follows a pointer; a null pointer or an unreadable one gives the reason. */
export function follow(datum: Datum, target: Type): Datum | string {
  const at = pointerIn(datum);
  if (typeof at === "string") return at;
  if (at === 0n && target.size > 0) return "a null pointer";
  return datumAt(target, at, datum.scope);
}

/** Takes steps worked out from the type; a step that this value does not allow gives the reason. */
export function take(datum: Datum, steps: readonly Step[]): Datum | string {
  let here = datum;
  for (const step of steps) {
    if (step.kind === "offset") {
      const field = step.bits && bitsOf(here, step.offset, step.bits, step.type);
      if (typeof field === "string") return field;
      here = field ?? part(here, step.offset, step.type);
    } else if (step.kind === "deref") {
      const next = follow(here, step.type);
      if (typeof next === "string") return next;
      here = next;
    } else {
      const active = activeVariant(here, step.part);
      if (typeof active === "string") return active;
      if (active !== step.variant) return `it is ${active.name}, not ${step.variant.name}`;
      here = part(here, step.offset, step.type);
    }
  }
  return here;
}

/** A bit field as a value of its own: it has no address. */
function bitsOf(
  datum: Datum,
  offset: number,
  bits: { readonly offset: number; readonly size: number },
  type: Type,
): Datum | string {
  const value = bitField(datum, offset, bits, type);
  if (typeof value === "string") return value;
  const place: Place = { kind: "value", bytes: wordBytes(value, type.size) };
  return { type, place, offset: 0, scope: datum.scope };
}

/** `bits.offset` counts from the least significant bit of the member's storage. */
export function bitField(
  datum: Datum,
  offset: number,
  bits: { readonly offset: number; readonly size: number },
  type: Type,
): bigint | string {
  const first = Math.floor(bits.offset / 8);
  const length = Math.ceil((bits.offset + bits.size) / 8) - first;
  const bytes = read(datum, offset + first, length);
  if (typeof bytes === "string") return bytes;
  const value = bytesToUnsigned(bytes) >> BigInt(bits.offset - first * 8);
  const signed = type.kind === "base" && type.encoding === "signed";
  return signed ? BigInt.asIntN(bits.size, value) : BigInt.asUintN(bits.size, value);
}

export function activeVariant(datum: Datum, variants: VariantPart): Variant | string {
  const { discriminant } = variants;
  if (!discriminant) return variants.variants[0] ?? "an enum without variants";
  const bytes = read(datum, discriminant.offset, discriminant.type.size);
  if (typeof bytes === "string") return bytes;
  const value = bytesToSigned(bytes);
  return selectVariant(variants, value) ?? `no variant has the discriminant ${value}`;
}

/** What stands behind a `dyn Trait` pointer, by its vtable; or why that is unknown. */
export function concreteOf(datum: Datum): Datum | string {
  const pointer = traitPointer(datum.type);
  if (!pointer) return "no trait object";
  const vtable = pointerIn(datum, pointer.vtable.offset);
  if (typeof vtable === "string") return vtable;
  const known = datum.scope.world.vtableAt(vtable);
  if (!known) return `no type is known for the vtable at ${hex(vtable)}`;
  return follow(part(datum, pointer.data.offset, pointer.data.type), known.concrete);
}
