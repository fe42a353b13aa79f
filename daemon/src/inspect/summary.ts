/**
 * One line for every value: what a user sees before opening anything. Bounded in depth and length,
 * however large or damaged the value is.
 */
import { hex } from "../base/brand.ts";
import type { StructType, Type } from "../symbols/api.ts";
import { collectionOf } from "./collections.ts";
import { coroutineState } from "./coroutine.ts";
import {
  activeVariant,
  bitField,
  concreteOf,
  type Datum,
  datumAt,
  part,
  pointerIn,
  read,
  take,
} from "./datum.ts";
import { durationText, sourceText } from "./library.ts";
import { readerOf, toAddress } from "./memory.ts";
import { shortName } from "./names.ts";
import { bytesToSigned, bytesToUnsigned } from "./place.ts";
import { integralOf } from "./scalar.ts";
import { arrayString, cString, isString, isText, quote, stringText } from "./strings.ts";
import {
  isCoroutine,
  isInstance,
  isReference,
  isStruct,
  isWrapper,
  memberOf,
  POINTER_SIZE,
  soleMember,
  traitPointer,
  unwrap,
  visibleMembers,
} from "./types.ts";

/** Characters that a line may take, and how deep it looks into members. */
const ROOM = 160;
const DEPTH = 4;

export function summary(datum: Datum): string {
  return text(datum, DEPTH, ROOM);
}

function text(datum: Datum, depth: number, room: number): string {
  const { type } = datum;
  switch (type.kind) {
    case "base":
      return baseText(datum, type);
    case "enum":
      return enumText(datum, type);
    case "pointer":
      return pointerText(datum, type, depth, room);
    case "array":
      return sequenceText(datum, depth, room);
    case "struct":
      return structText(datum, type, depth, room);
    case "union":
      return unionText(datum, type, depth, room);
    case "subroutine":
      return type.name;
    case "unknown":
      return `<a type that DWARF does not describe: ${type.name || "unnamed"}>`;
  }
}

function baseText(datum: Datum, type: Type & { kind: "base" }): string {
  if (type.size === 0) return type.name === "()" ? "()" : shortName(type.name);
  const bytes = read(datum);
  if (typeof bytes === "string") return `<${bytes}>`;
  switch (type.encoding) {
    case "bool":
      return bytes[0] === 0 ? "false" : bytes[0] === 1 ? "true" : `<not a bool: ${bytes[0]}>`;
    case "char":
      return type.size === 4
        ? characterText(Number(bytesToUnsigned(bytes)))
        : `${bytesToSigned(bytes)} ${quote(String.fromCharCode(bytes[0]!), "'")}`;
    case "float":
      return floatText(bytes);
    case "address":
      return hex(bytesToUnsigned(bytes));
    case "signed":
      return bytesToSigned(bytes).toString();
    case "unsigned":
      return bytesToUnsigned(bytes).toString();
  }
}

function characterText(code: number): string {
  if (code > 0x10ffff || (code >= 0xd800 && code < 0xe000)) return `<not a char: ${hex(code)}>`;
  return quote(String.fromCodePoint(code), "'");
}

function floatText(bytes: Uint8Array): string {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  if (bytes.length === 8) return String(view.getFloat64(0, true));
  if (bytes.length === 4) return String(Number(view.getFloat32(0, true).toPrecision(9)));
  return `<a float of ${bytes.length} bytes>`;
}

function enumText(datum: Datum, type: Type & { kind: "enum" }): string {
  const value = integralOf(datum)?.value;
  if (value === undefined) return unreadable(datum);
  const bits = type.size * 8;
  const named = type.enumerators.find(
    (enumerator) => BigInt.asUintN(bits, enumerator.value) === BigInt.asUintN(bits, value),
  );
  return named ? named.name : `<${value} names nothing in ${shortName(type.name)}>`;
}

function pointerText(
  datum: Datum,
  type: Type & { kind: "pointer" },
  depth: number,
  room: number,
): string {
  const at = pointerIn(datum);
  if (typeof at === "string") return `<${at}>`;
  const target = type.target();
  if (target?.kind === "subroutine") return functionText(datum, at);
  const shown = hex(at);
  if (!target || at === 0n) return at === 0n ? "null" : shown;
  if (isReference(type)) {
    if (depth <= 0) return shown;
    const sign = type.name.startsWith("&mut ") ? "&mut " : type.name.startsWith("&") ? "&" : "";
    return sign + text(datumAt(target, at, datum.scope), depth - 1, room - sign.length);
  }
  if (target.kind === "base" && target.size === 1 && target.encoding === "char") {
    const string = cString(datum, at);
    return string === undefined ? shown : `${shown} ${string}`;
  }
  return shown;
}

function functionText(datum: Datum, at: bigint): string {
  const symbol = datum.scope.world.symbolAt(at);
  return symbol === undefined ? hex(at) : `${hex(at)} <${symbol}>`;
}

function structText(datum: Datum, type: StructType, depth: number, room: number): string {
  if (isString(type)) return stringText(datum, room);
  if (isCoroutine(type)) return coroutineState(datum).text;
  if (type.variants) return variantText(datum, type, depth, room);
  if (isText(type)) return stringText(datum, room);
  if (traitPointer(type)) return traitText(datum, type, depth, room);
  if (collectionOf(type)) return collectionText(datum, depth, room);
  const meaning = isStruct(type, "core::panic::location::Location")
    ? sourceText(datum)
    : isStruct(type, "core::time::Duration")
      ? durationText(datum)
      : undefined;
  if (meaning !== undefined) return meaning;
  if (isStruct(type, "alloc::sync::Arc") || isStruct(type, "alloc::rc::Rc")) {
    const target = take(datum, unwrap(type) ?? []);
    return typeof target === "string" || target === datum
      ? membersText(datum, type, depth, room)
      : text(target, depth, room);
  }
  const sole = isWrapper(type) ? soleMember(type) : undefined;
  if (sole) return text(part(datum, sole.offset, sole.type), depth, room);
  return membersText(datum, type, depth, room);
}

function variantText(datum: Datum, type: StructType, depth: number, room: number): string {
  const active = activeVariant(datum, type.variants!);
  if (typeof active === "string") return `<${active}>`;
  const inner = part(datum, active.offset, active.type);
  if (active.type.kind !== "struct" || active.type.members.length === 0) return active.name;
  return fieldsText(active.name, inner, active.type, depth, room);
}

function membersText(datum: Datum, type: StructType, depth: number, room: number): string {
  const name = type.name.startsWith("(") ? "" : shortName(type.name);
  if (type.members.length === 0) return name || "()";
  return fieldsText(name, datum, type, depth, room);
}

function fieldsText(
  name: string,
  datum: Datum,
  type: StructType,
  depth: number,
  room: number,
): string {
  const members = visibleMembers(type);
  const tuple = members.every((member) => /^__\d+$/.test(member.name));
  if (depth <= 0) return tuple ? `${name}(…)` : `${name} {…}`;
  const shown: string[] = [];
  let used = name.length + 4;
  for (const member of members) {
    const label = tuple ? "" : `${member.name}: `;
    const left = room - used - label.length;
    if (left < 4) {
      shown.push("…");
      break;
    }
    const value = member.bits
      ? bitFieldText(datum, member.offset, member.bits, member.type)
      : text(part(datum, member.offset, member.type), depth - 1, left);
    shown.push(label + value);
    used += label.length + value.length + 2;
  }
  return tuple ? `${name}(${shown.join(", ")})` : `${name} { ${shown.join(", ")} }`.trimStart();
}

function bitFieldText(
  datum: Datum,
  offset: number,
  bits: { readonly offset: number; readonly size: number },
  type: Type,
): string {
  const value = bitField(datum, offset, bits, type);
  if (typeof value === "string") return `<${value}>`;
  if (type.kind === "base" && type.encoding === "bool") return value === 0n ? "false" : "true";
  return value.toString();
}

function unionText(
  datum: Datum,
  type: Type & { kind: "union" },
  depth: number,
  room: number,
): string {
  if (isInstance(type.name, "core::mem::maybe_uninit::MaybeUninit")) {
    const value = memberOf(type, "value");
    if (value) {
      return `MaybeUninit(${text(part(datum, value.offset, value.type), depth, room - 13)})`;
    }
  }
  return `${shortName(type.name)} {…}`;
}

function collectionText(datum: Datum, depth: number, room: number): string {
  const collection = collectionOf(datum.type)!;
  if (collection.kind === "sequence") return sequenceText(datum, depth, room);
  const header = read(datum);
  if (typeof header === "string") return `<${header}>`;
  const length = collection.length(header);
  const parts: string[] = [];
  let used = collection.label.length + 12;
  if (depth > 0) {
    collection.walk(header, readerOf(datum.scope.memory), (key, value) => {
      const left = room - used;
      if (left < 6) return false;
      const entry = [text(datumAt(collection.key, toAddress(key), datum.scope), depth - 1, left)];
      if (collection.value) {
        entry.push(text(datumAt(collection.value, toAddress(value), datum.scope), depth - 1, left));
      }
      parts.push(entry.join(": "));
      used += parts.at(-1)!.length + 2;
      return true;
    });
  }
  if (parts.length < length) parts.push("…");
  return `${collection.label}(len ${counted(length)}) {${parts.join(", ")}}`;
}

function sequenceText(datum: Datum, depth: number, room: number): string {
  const collection = collectionOf(datum.type);
  if (collection?.kind !== "sequence") return shortName(datum.type.name);
  const header = collection.inline ? new Uint8Array(0) : read(datum);
  if (typeof header === "string") return `<${header}>`;
  const { element, inline, label } = collection;
  const length = collection.length(header);
  if (inline && isCharacter(element)) return arrayString(datum, length);
  const parts: string[] = [];
  let used = label.length + 12;
  for (let i = 0; i < length && depth > 0 && room - used > 3; i++) {
    const at = collection.locate(header, i);
    if (Number.isNaN(at)) break;
    const item = inline ? part(datum, at, element) : datumAt(element, toAddress(at), datum.scope);
    const shown = text(item, depth - 1, room - used);
    parts.push(shown);
    used += shown.length + 2;
    if (shown.startsWith("<unreadable")) break;
  }
  if (!(parts.length >= length)) parts.push("…");
  const list = `[${parts.join(", ")}]`;
  return label === "[]" ? list : `${label}(len ${counted(length)}) ${list}`;
}

const counted = (length: number): string => (Number.isNaN(length) ? "?" : String(length));

function isCharacter(type: Type): boolean {
  return type.kind === "base" && type.encoding === "char" && type.size === 1;
}

function traitText(datum: Datum, type: StructType, depth: number, room: number): string {
  const concrete = concreteOf(datum);
  if (typeof concrete !== "string") return text(concrete, depth, room);
  const at = pointerIn(datum, traitPointer(type)!.data.offset);
  return `${typeof at === "string" ? `<${at}>` : hex(at)} (${concrete})`;
}

function unreadable(datum: Datum): string {
  const bytes = read(datum, 0, Math.min(datum.type.size, POINTER_SIZE));
  return typeof bytes === "string" ? `<${bytes}>` : "<unknown>";
}
