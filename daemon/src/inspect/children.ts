/**
 * What opens below a value: members, elements, the fields of the active variant, what a pointer
 * points to. Pages are made when asked for.
 */
import type { StructType, Type } from "../symbols/api.ts";
import { collectionOf, type Entries, type Sequence } from "./collections.ts";
import { coroutineChildren } from "./coroutine.ts";
import {
  activeVariant,
  concreteOf,
  type Datum,
  datumAt,
  follow,
  part,
  read,
  take,
} from "./datum.ts";
import { readerOf, toAddress } from "./memory.ts";
import { isString, isText } from "./strings.ts";
import { summary } from "./summary.ts";
import {
  isCoroutine,
  isReference,
  isStruct,
  isWrapper,
  POINTER_SIZE,
  soleMember,
  traitPointer,
  unwrap,
  visibleMembers,
} from "./types.ts";

export type Child =
  /** `access` turns the parent's expression into the child's: `.name`, `[3]`, `*`. */
  | {
      readonly kind: "datum";
      readonly name: string;
      readonly datum: Datum;
      readonly access: string | undefined;
    }
  /** A line without anything behind it; `unavailable` when it says why a value is missing. */
  | {
      readonly kind: "note";
      readonly name: string;
      readonly text: string;
      readonly number?: bigint;
      readonly unavailable?: string;
    }
  | {
      readonly kind: "group";
      readonly name: string;
      readonly text: string;
      readonly parts: readonly Child[];
    };

export interface Children {
  readonly named: number;
  readonly indexed: number;
  list(start: number, count: number): readonly Child[];
}

/** Wrappers around wrappers end somewhere; a guest's pointers may not. */
const MAX_DEPTH = 16;

export function childrenOf(datum: Datum, depth = 0): Children | undefined {
  if (depth > MAX_DEPTH) return undefined;
  const { type } = datum;
  switch (type.kind) {
    case "base":
    case "enum":
    case "subroutine":
    case "unknown":
      return undefined;
    case "array":
      return isText(type) ? undefined : sequence(datum, collectionOf(type) as Sequence);
    case "pointer":
      return behindPointer(datum, type, depth);
    case "union":
      return named(members(datum, type));
    case "struct":
      return structChildren(datum, type, depth);
  }
}

function structChildren(datum: Datum, type: StructType, depth: number): Children | undefined {
  if (isString(type) || isText(type)) return undefined;
  if (isCoroutine(type)) return named(coroutineChildren(datum));
  if (type.variants) return variantChildren(datum, type);
  if (traitPointer(type)) {
    const concrete = concreteOf(datum);
    return typeof concrete === "string"
      ? named(members(datum, type))
      : (childrenOf(concrete, depth + 1) ?? named([whole(concrete)]));
  }
  const collection = collectionOf(type);
  if (collection?.kind === "sequence") return sequence(datum, collection);
  if (collection) return entries(datum, collection);
  if (isStruct(type, "alloc::sync::Arc") || isStruct(type, "alloc::rc::Rc")) {
    const target = take(datum, unwrap(type) ?? []);
    if (typeof target === "string") return named([note("*", target)]);
    if (target !== datum) return childrenOf(target, depth + 1) ?? named([whole(target)]);
  }
  // Library wrappers (Cell, Pin, NonNull, atomics) are seen through; a user's newtype is shown.
  const sole = isWrapper(type) ? soleMember(type) : undefined;
  if (sole) return childrenOf(part(datum, sole.offset, sole.type), depth + 1);
  return named(members(datum, type));
}

function variantChildren(datum: Datum, type: StructType): Children | undefined {
  const active = activeVariant(datum, type.variants!);
  if (typeof active === "string") return undefined;
  if (active.type.kind !== "struct") return undefined;
  return named(members(part(datum, active.offset, active.type), active.type));
}

function behindPointer(
  datum: Datum,
  type: Type & { kind: "pointer" },
  depth: number,
): Children | undefined {
  const target = type.target();
  if (!target || target.kind === "subroutine") return undefined;
  const behind = follow(datum, target);
  if (typeof behind === "string") return undefined;
  // A reference opens to what it refers to; a raw pointer has it as its one child.
  if (isReference(type)) return childrenOf(behind, depth + 1) ?? named([whole(behind)]);
  const probe = read(behind, 0, Math.min(target.size, POINTER_SIZE));
  return typeof probe === "string" ? undefined : named([whole(behind)]);
}

const whole = (datum: Datum): Child => ({ kind: "datum", name: "*", datum, access: "*" });
const note = (name: string, reason: string): Child => ({
  kind: "note",
  name,
  text: `<${reason}>`,
  unavailable: reason,
});

function members(datum: Datum, type: Type & { kind: "struct" | "union" }): readonly Child[] {
  return visibleMembers(type)
    .filter((member) => !member.artificial)
    .map((member): Child => {
      const name = member.name.replace(/^__(\d+)$/, "$1") || "(unnamed)";
      const access = member.name === "" ? undefined : `.${name}`;
      const { offset, bits, type: inner } = member;
      const value = take(datum, [{ kind: "offset", offset, bits, type: inner }]);
      return typeof value === "string"
        ? note(name, value)
        : { kind: "datum", name, datum: value, access };
    });
}

function named(list: readonly Child[]): Children {
  return {
    named: list.length,
    indexed: 0,
    list: (start, count) => list.slice(start, start + count),
  };
}

function sequence(datum: Datum, layout: Sequence): Children | undefined {
  const header = layout.inline ? new Uint8Array(0) : read(datum);
  if (typeof header === "string") return undefined;
  const length = layout.length(header);
  if (Number.isNaN(length)) return undefined;
  const { element } = layout;
  return {
    named: 0,
    indexed: length,
    list(start, count) {
      const result: Child[] = [];
      for (let i = start; i < Math.min(start + count, length); i++) {
        const at = layout.locate(header, i);
        if (Number.isNaN(at)) result.push(note(`[${i}]`, "no such address"));
        else {
          const item = layout.inline
            ? part(datum, at, element)
            : datumAt(element, toAddress(at), datum.scope);
          result.push({ kind: "datum", name: `[${i}]`, datum: item, access: `[${i}]` });
        }
      }
      return result;
    },
  };
}

function entries(datum: Datum, layout: Entries): Children | undefined {
  const header = read(datum);
  if (typeof header === "string") return undefined;
  const length = layout.length(header);
  if (Number.isNaN(length)) return undefined;
  return {
    named: 0,
    indexed: length,
    list(start, count) {
      const result: Child[] = [];
      const intact = layout.walk(
        header,
        readerOf(datum.scope.memory),
        (key, value) => {
          if (result.length >= count) return false;
          result.push(entry(datum, layout, key, value, start + result.length));
          return true;
        },
        start,
      );
      if (!intact) result.push(note("…", "the tree is damaged, or being changed right now"));
      return result;
    },
  };
}

function entry(datum: Datum, layout: Entries, key: number, value: number, index: number): Child {
  const keyDatum = datumAt(layout.key, toAddress(key), datum.scope);
  if (!layout.value) {
    return { kind: "datum", name: `[${index}]`, datum: keyDatum, access: undefined };
  }
  const keyText = summary(keyDatum);
  const valueDatum = datumAt(layout.value, toAddress(value), datum.scope);
  if (keyText.length <= 24) {
    const access = /^\d+$/.test(keyText) ? `[${keyText}]` : undefined;
    return { kind: "datum", name: `[${keyText}]`, datum: valueDatum, access };
  }
  return {
    kind: "group",
    name: `[${index}]`,
    text: `${keyText}: ${summary(valueDatum)}`,
    parts: [
      { kind: "datum", name: "key", datum: keyDatum, access: undefined },
      { kind: "datum", name: "value", datum: valueDatum, access: undefined },
    ],
  };
}
