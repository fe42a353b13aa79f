/**
 * A value out of a stopped machine: a type, a place and what to read them with. Reading happens
 * when something is asked for, so listing a frame's variables costs only the lines shown.
 */
import type { Address } from "../base/brand.ts";
import { UserError } from "../base/errors.ts";
import type { Type } from "../symbols/api.ts";
import type { Value } from "./api.ts";
import { parseScalar } from "./assign.ts";
import { type Child, childrenOf } from "./children.ts";
import { type Datum, read } from "./datum.ts";
import { displayType } from "./names.ts";
import { addressOf, writePlace } from "./place.ts";
import { type Integral, integralOf } from "./scalar.ts";
import { summary } from "./summary.ts";
import { POINTER_SIZE } from "./types.ts";

/** Makes the display of a datum. `expression` gives this value again, where one does. */
export function makeValue(name: string, datum: Datum, expression: string | undefined): Value {
  return new DatumValue(name, datum, expression);
}

/** The datum behind a value that this layer made. */
export function datumOf(value: Value): Datum | undefined {
  return value instanceof DatumValue ? value.datum : undefined;
}

class DatumValue implements Value {
  readonly name: string;
  readonly datum: Datum;
  readonly expression: string | undefined;
  #text: string | undefined;
  #integral: Integral | undefined | null = null;

  constructor(name: string, datum: Datum, expression: string | undefined) {
    this.name = name;
    this.datum = datum;
    this.expression = expression;
  }

  get type(): Type {
    return this.datum.type;
  }

  get typeName(): string {
    return displayType(this.datum.type.name);
  }

  get size(): number {
    return this.datum.type.size;
  }

  get address(): Address | undefined {
    return addressOf(this.datum.place, this.datum.offset);
  }

  get text(): string {
    if (this.#text === undefined) {
      const { unavailable } = this;
      this.#text = unavailable === undefined ? summary(this.datum) : `<${unavailable}>`;
    }
    return this.#text;
  }

  get unavailable(): string | undefined {
    if (this.datum.place.kind === "unavailable") return this.datum.place.reason;
    if (this.datum.type.kind === "struct" && this.datum.place.kind === "pieces") return undefined;
    const probe = read(this.datum, 0, Math.min(this.datum.type.size, POINTER_SIZE));
    return typeof probe === "string" ? probe : undefined;
  }

  get number(): bigint | undefined {
    if (this.#integral === null) this.#integral = integralOf(this.datum);
    return this.#integral?.value;
  }

  get children(): Value["children"] {
    if (this.unavailable !== undefined) return undefined;
    const children = childrenOf(this.datum);
    if (!children || children.named + children.indexed === 0) return undefined;
    return { named: children.named, indexed: children.indexed };
  }

  list(range?: { readonly start: number; readonly count: number }): readonly Value[] {
    const children = this.unavailable === undefined ? childrenOf(this.datum) : undefined;
    if (!children) return [];
    const total = children.named + children.indexed;
    const start = Math.max(0, range?.start ?? 0);
    const count = Math.min(range?.count ?? total, total - start, MAX_LISTED);
    if (count <= 0) return [];
    return children.list(start, count).map((child) => childValue(child, this.expression));
  }

  /** Only scalars are assigned: anything else owns memory or has invariants that a poke would break. */
  assign(text: string): void {
    const written = parseScalar(this.datum, text);
    if (!writePlace(written.place, written.offset, written.bytes, this.datum.scope)) {
      throw new UserError(
        `\`${this.name}\` cannot be changed here: it has no place that can be written`,
      );
    }
    this.#text = undefined;
    this.#integral = null;
  }
}

/** Makes a child's value; `parent` is the expression for what it opens from. */
export function childValue(child: Child, parent: string | undefined): Value {
  if (child.kind === "note") return madeUp(child.name, child.text, [], child);
  if (child.kind === "group") {
    return madeUp(
      child.name,
      child.text,
      child.parts.map((inner) => childValue(inner, undefined)),
    );
  }
  return makeValue(child.name, child.datum, extend(parent, child.access));
}

/** The expression for a child: `.name`, `[3]`, or a leading `*`. */
function extend(parent: string | undefined, access: string | undefined): string | undefined {
  if (parent === undefined || access === undefined) return undefined;
  if (access === "*") return `*${parent}`;
  return /^[*&-]| as /.test(parent) ? `(${parent})${access}` : parent + access;
}

/** A page of children at most: views ask for more when scrolled. */
const MAX_LISTED = 10_000;

/** A child that is not a typed place: a map's entry, a count, a note. */
export function madeUp(
  name: string,
  text: string,
  parts: readonly Value[] = [],
  extra: Partial<Pick<Value, "number" | "unavailable" | "typeName">> = {},
): Value {
  return {
    name,
    typeName: extra.typeName ?? "",
    text,
    type: undefined,
    address: undefined,
    size: 0,
    expression: undefined,
    children: parts.length > 0 ? { named: parts.length, indexed: 0 } : undefined,
    number: extra.number,
    unavailable: extra.unavailable,
    list: (range) =>
      parts.slice(range?.start ?? 0, (range?.start ?? 0) + (range?.count ?? parts.length)),
  };
}
