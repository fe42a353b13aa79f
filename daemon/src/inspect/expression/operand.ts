/**
 * What an expression computes with: typed places of the guest, or plain integers, booleans and
 * texts. Field access, indexing and dereferencing look through references, smart pointers, cells,
 * locks and `Some`, as the display does.
 */
import { UserError } from "../../base/errors.ts";
import type { Type } from "../../symbols/api.ts";
import { collectionOf } from "../collections.ts";
import {
  activeVariant,
  concreteOf,
  type Datum,
  datumAt,
  follow,
  part,
  read,
  take,
} from "../datum.ts";
import { readerOf, toAddress } from "../memory.ts";
import { displayType } from "../names.ts";
import { addressOf, wordBytes } from "../place.ts";
import { integralOf } from "../scalar.ts";
import { isString, isText, stringOf } from "../strings.ts";
import { summary } from "../summary.ts";
import {
  isReference,
  isStruct,
  memberOf,
  ownField,
  POINTER_SIZE,
  type Step,
  traitPointer,
  unwrap,
} from "../types.ts";
import { type Integer, integer } from "./arithmetic.ts";

export type Operand =
  | { readonly kind: "datum"; readonly datum: Datum }
  | { readonly kind: "integer"; readonly value: Integer; readonly type?: string }
  | { readonly kind: "boolean"; readonly value: boolean }
  | { readonly kind: "string"; readonly value: string }
  /** A name that is nothing in scope: the variant of an enum that it is compared with. */
  | { readonly kind: "variant"; readonly path: string };

/** A path of wrappers longer than this is a loop in the guest's memory. */
const MAX_STEPS = 32;

export function fieldOf(datum: Datum, name: string): Datum {
  let here = datum;
  for (let count = 0; count < MAX_STEPS; count++) {
    const own = ownMember(here, name);
    if (own) return own;
    const next = through(here);
    if (next === undefined) break;
    if (typeof next === "string")
      throw new UserError(`there is no field \`${name}\` here: ${next}`);
    here = next;
  }
  throw new UserError(
    `\`${displayType(datum.type.name)}\` has no field \`${name}\`${known(here.type)}`,
  );
}

function known(type: Type): string {
  if (type.kind !== "struct" && type.kind !== "union") return "";
  const names = type.members.filter(({ artificial }) => !artificial).map((m) => m.name);
  if (names.length === 0) return "";
  const shown = names.slice(0, 12).map((name) => name.replace(/^__(\d)/, "$1"));
  return `; there are: ${shown.join(", ")}${names.length > 12 ? ", …" : ""}`;
}

function ownMember(datum: Datum, name: string): Datum | undefined {
  const step = ownField(datum.type, name);
  if (step?.kind === "offset") {
    const field = take(datum, [step]);
    if (typeof field === "string") throw new UserError(field);
    return field;
  }
  const { type } = datum;
  if (type.kind !== "struct" || !type.variants) return undefined;
  const active = activeVariant(datum, type.variants);
  if (typeof active === "string") throw new UserError(active);
  const member = memberOf(active.type, name);
  if (member) return part(datum, active.offset + member.offset, member.type);
  if (step) throw new UserError(`there is no field \`${name}\`: it is ${active.name} now`);
  return undefined;
}

/** One wrapper further in; a reason where this value does not allow it, undefined where there is none. */
function through(datum: Datum): Datum | string | undefined {
  if (traitPointer(datum.type)) return concreteOf(datum);
  const steps = unwrap(datum.type);
  return steps && take(datum, steps);
}

/** `*x`: through wrappers up to and including the first pointer. */
export function dereference(operand: Operand): Datum {
  if (operand.kind !== "datum") {
    throw new UserError("only pointers can be dereferenced: cast the number, `*(x as *const u64)`");
  }
  let here = operand.datum;
  for (let count = 0; count < MAX_STEPS; count++) {
    const { type } = here;
    const next = through(here);
    if (next === undefined) break;
    if (typeof next === "string") throw new UserError(next);
    const steps = unwrap(type);
    if (traitPointer(type) || steps?.some((step: Step) => step.kind === "deref")) return next;
    here = next;
  }
  throw new UserError(`\`${displayType(operand.datum.type.name)}\` cannot be dereferenced`);
}

export function elementOf(datum: Datum, index: Operand): Datum {
  const { type } = datum;
  if (type.kind === "pointer" && !isReference(type)) {
    const target = type.target();
    if (!target) throw new UserError("this pointer points to nothing that has a type");
    const first = follow(datum, target);
    if (typeof first === "string") throw new UserError(first);
    return part(first, Number(toInteger(index)) * target.size, target);
  }
  let here: Datum | string | undefined = datum;
  for (let count = 0; count < MAX_STEPS && here && typeof here !== "string"; count++) {
    if (collectionOf(here.type)) return itemOf(here, index);
    here = through(here);
  }
  if (typeof here === "string") throw new UserError(here);
  throw new UserError(`\`${displayType(datum.type.name)}\` cannot be indexed`);
}

function itemOf(datum: Datum, index: Operand): Datum {
  const layout = collectionOf(datum.type)!;
  const header = headerOf(datum);
  if (layout.kind === "entries") return entryOf(datum, header, index);
  const wanted = Number(toInteger(index));
  const length = layout.length(header);
  if (!(wanted >= 0 && wanted < length)) {
    throw new UserError(`index ${wanted} is out of range: there are ${length} elements`);
  }
  const at = layout.locate(header, wanted);
  if (layout.inline) return part(datum, at, layout.element);
  if (Number.isNaN(at)) throw new UserError("the elements have no address");
  return datumAt(layout.element, toAddress(at), datum.scope);
}

function headerOf(datum: Datum): Uint8Array {
  const layout = collectionOf(datum.type);
  if (layout?.kind === "sequence" && layout.inline) return new Uint8Array(0);
  const header = read(datum);
  if (typeof header === "string") throw new UserError(header);
  return header;
}

function entryOf(datum: Datum, header: Uint8Array, wanted: Operand): Datum {
  const layout = collectionOf(datum.type)!;
  if (layout.kind !== "entries") throw new UserError("not a map");
  let found: Datum | undefined;
  const intact = layout.walk(header, readerOf(datum.scope.memory), (key, value) => {
    const keyDatum = datumAt(layout.key, toAddress(key), datum.scope);
    if (!sameKey(keyDatum, wanted)) return true;
    found = layout.value ? datumAt(layout.value, toAddress(value), datum.scope) : keyDatum;
    return false;
  });
  if (found) return found;
  throw new UserError(
    intact ? "there is no such key" : "the tree is damaged, or being changed right now",
  );
}

function sameKey(key: Datum, wanted: Operand): boolean {
  const value = scalarOperand({ kind: "datum", datum: key });
  const other = scalarOperand(wanted);
  // biome-ignore lint/suspicious/noDoubleEquals: compares number with bigint by value
  return value !== undefined && value == other;
}

/** The integer that an operand is; throws UserError where it is none. */
export function toInteger(operand: Operand): Integer {
  switch (operand.kind) {
    case "integer":
      return operand.value;
    case "boolean":
      return Number(operand.value);
    case "datum": {
      const value = integerOf(operand.datum);
      if (value !== undefined) return integer(value);
      throw new UserError(`\`${summary(operand.datum)}\` is no number`);
    }
    case "string":
      throw new UserError("a string is no number");
    case "variant":
      throw new UserError(`nothing named \`${operand.path}\` is known here`);
  }
}

/** An integer, also behind references (a raw pointer counts as its address). */
function integerOf(datum: Datum): bigint | undefined {
  let here: Datum = datum;
  for (let count = 0; count < MAX_STEPS && isReference(here.type); count++) {
    const next = through(here);
    if (next === undefined || typeof next === "string") return undefined;
    here = next;
  }
  return integralOf(here)?.value;
}

/** What a condition compares: a number, truth or text; undefined for anything else. */
export function scalarOperand(operand: Operand): Integer | boolean | string | undefined {
  if (operand.kind === "variant") return undefined;
  if (operand.kind !== "datum") return operand.value;
  const { datum } = operand;
  const text = textOf(datum);
  if (text !== undefined) return text;
  const integral = integerOf(datum);
  if (integral === undefined) return undefined;
  const { type } = datum;
  if (type.kind === "base" && type.encoding === "bool") return integral !== 0n;
  return integer(integral);
}

/** The text of a string, also behind references. */
export function textOf(datum: Datum): string | undefined {
  let here: Datum = datum;
  for (let count = 0; count < MAX_STEPS; count++) {
    if (isString(here.type) || isText(here.type)) {
      const string = stringOf(here);
      return typeof string === "string" ? undefined : string.value;
    }
    if (!isReference(here.type) && !isStruct(here.type, "alloc::sync::Arc")) return undefined;
    const next = through(here);
    if (next === undefined || typeof next === "string") return undefined;
    here = next;
  }
  return undefined;
}

/** The variant that an enum value is in: the last part of its name. */
export function variantOf(datum: Datum): string | undefined {
  let here: Datum = datum;
  for (let count = 0; count < MAX_STEPS; count++) {
    const { type } = here;
    if (type.kind === "enum") {
      const value = integralOf(here)?.value;
      const bits = type.size * 8;
      return type.enumerators.find(
        (one) =>
          value !== undefined && BigInt.asUintN(bits, one.value) === BigInt.asUintN(bits, value),
      )?.name;
    }
    if (type.kind === "struct" && type.variants) {
      const active = activeVariant(here, type.variants);
      return typeof active === "string" ? undefined : active.name;
    }
    const next = through(here);
    if (next === undefined || typeof next === "string") return undefined;
    here = next;
  }
  return undefined;
}

/** A pointer of this type to an address, as a value of its own. */
export function pointerTo(target: Type, at: bigint, like: Datum["scope"], name?: string): Datum {
  const type: Type = {
    kind: "pointer",
    name: name ?? `*const ${target.name}`,
    size: POINTER_SIZE,
    target: () => target,
  };
  const bytes = wordBytes(at, POINTER_SIZE);
  return { type, place: { kind: "value", bytes }, offset: 0, scope: like };
}

/** `&x`. */
export function reference(operand: Operand): Datum {
  const at =
    operand.kind === "datum" ? addressOf(operand.datum.place, operand.datum.offset) : undefined;
  if (operand.kind !== "datum" || at === undefined) {
    throw new UserError("this value has no address: it stands in a register, or is computed");
  }
  return pointerTo(operand.datum.type, at, operand.datum.scope);
}
