/** Integers out of values: for conditions and numbers in displays. */
import type { Type } from "../symbols/api.ts";
import { type Datum, read } from "./datum.ts";
import { bytesToSigned, bytesToUnsigned } from "./place.ts";
import { isReference, scalarOf } from "./types.ts";

export interface Integral {
  readonly value: bigint;
  readonly type: Type;
}

/** The integer that a value is, seen through wrappers of one member; undefined for anything else. */
export function integralOf(datum: Datum): Integral | undefined {
  const scalar = scalarOf(datum.type);
  if (!scalar) return undefined;
  const { type } = scalar;
  if (type.kind === "base" && type.encoding === "float") return undefined;
  // Only a raw pointer is a number; what wraps or borrows something is that thing.
  if (type.kind === "pointer" && (datum.type !== type || isReference(type))) return undefined;
  if (type.size === 0 || type.size > 16) return undefined;
  const bytes = read(datum, scalar.offset, type.size);
  if (typeof bytes === "string") return undefined;
  const signed =
    (type.kind === "base" && type.encoding === "signed") ||
    (type.kind === "enum" && type.underlying === "signed");
  return { value: signed ? bytesToSigned(bytes) : bytesToUnsigned(bytes), type };
}
