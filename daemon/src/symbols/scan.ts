/**
 * One walk over a unit that notes where things are, in a few numbers each, so that parents, siblings and
 * the entries that answer a question are found later without reading the others.
 */
import { At, Tag } from "./constants.ts";
import { skipForm } from "./forms.ts";
import { type InfoOffset, lastNotAbove } from "./positions.ts";
import type { Unit } from "./unit.ts";

/** Deeper nesting than this is not a compiler's. */
const MAX_DEPTH = 4096;

export class UnitIndex {
  /** Entries with children, in the unit's order: offset, offset past the last child, tag, and own parent's index. */
  readonly #offsets: Float64Array;
  readonly #ends: Float64Array;
  readonly #tags: Uint16Array;
  readonly #parents: Int32Array;
  /** Functions: with code of their own, and all (declarations and abstract ones too). */
  readonly functions: readonly InfoOffset[];
  readonly subprograms: readonly InfoOffset[];
  readonly inlined: readonly InfoOffset[];
  /** Named structures, unions, enumerations, base types and typedefs. */
  readonly types: readonly InfoOffset[];
  /** Variables outside functions. */
  readonly statics: readonly InfoOffset[];

  constructor(found: Found) {
    this.#offsets = Float64Array.from(found.offsets);
    this.#ends = Float64Array.from(found.ends);
    this.#tags = Uint16Array.from(found.tags);
    this.#parents = Int32Array.from(found.parents);
    this.functions = found.functions;
    this.subprograms = found.subprograms;
    this.inlined = found.inlined;
    this.types = found.types;
    this.statics = found.statics;
  }

  /** Where the entry's children end; the entry must have children. */
  end(offset: InfoOffset): InfoOffset | undefined {
    const scope = lastNotAbove(this.#offsets, offset, this.#offsets.length);
    return this.#offsets[scope] === offset ? (this.#ends[scope] as InfoOffset) : undefined;
  }

  /** The entry that an entry is a child of. */
  parent(offset: InfoOffset): InfoOffset | undefined {
    let scope = lastNotAbove(this.#offsets, offset - 1, this.#offsets.length);
    while (scope >= 0 && this.#ends[scope]! <= offset) scope = this.#parents[scope]!;
    return scope < 0 ? undefined : (this.#offsets[scope] as InfoOffset);
  }

  /** Functions, declared or defined, in a part of the unit. */
  subprogramsBetween(low: InfoOffset, high: InfoOffset): readonly InfoOffset[] {
    const first = lastNotAbove(this.subprograms, low, this.subprograms.length) + 1;
    const last = lastNotAbove(this.subprograms, high - 1, this.subprograms.length) + 1;
    return this.subprograms.slice(first, last);
  }

  /** Tag of an entry with children. */
  tag(offset: InfoOffset): number | undefined {
    const scope = lastNotAbove(this.#offsets, offset, this.#offsets.length);
    return this.#offsets[scope] === offset ? this.#tags[scope] : undefined;
  }
}

interface Found {
  readonly offsets: number[];
  readonly ends: number[];
  readonly tags: number[];
  readonly parents: number[];
  readonly functions: InfoOffset[];
  readonly subprograms: InfoOffset[];
  readonly inlined: InfoOffset[];
  readonly types: InfoOffset[];
  readonly statics: InfoOffset[];
}

export function scanUnit(unit: Unit): UnitIndex {
  const found: Found = {
    offsets: [],
    ends: [],
    tags: [],
    parents: [],
    functions: [],
    subprograms: [],
    inlined: [],
    types: [],
    statics: [],
  };
  const { abbrevs, header } = unit;
  const reader = unit.reader(header.start);
  /** Indexes of the open scopes, and how many of them are functions. */
  const open: number[] = [];
  let functionsOpen = 0;
  while (!reader.done) {
    const offset = reader.position as InfoOffset;
    const code = reader.uleb();
    if (code === 0) {
      const closed = open.pop();
      // Padding behind the root is allowed.
      if (closed === undefined) continue;
      found.ends[closed] = reader.position;
      if (isFunction(found.tags[closed]!)) functionsOpen--;
      continue;
    }
    const abbrev = abbrevs.get(code) ?? reader.fail(`unknown abbreviation ${code}`, offset);
    note(found, abbrev.tag, offset, functionsOpen > 0, abbrev.attributes);
    if (abbrev.size >= 0) reader.skip(abbrev.size);
    else for (const { form } of abbrev.attributes) skipForm(reader, form, unit);
    if (!abbrev.hasChildren) continue;
    if (open.length >= MAX_DEPTH) reader.fail(`entries nested deeper than ${MAX_DEPTH}`, offset);
    found.offsets.push(offset);
    found.ends.push(header.end);
    found.tags.push(abbrev.tag);
    found.parents.push(open.at(-1) ?? -1);
    open.push(found.offsets.length - 1);
    if (isFunction(abbrev.tag)) functionsOpen++;
  }
  return new UnitIndex(found);
}

const isFunction = (tag: number) => tag === Tag.subprogram || tag === Tag.inlinedSubroutine;

function note(
  found: Found,
  tag: number,
  offset: InfoOffset,
  inFunction: boolean,
  attributes: readonly { readonly at: number }[],
): void {
  switch (tag) {
    case Tag.subprogram:
      found.subprograms.push(offset);
      if (attributes.some(({ at }) => at === At.lowPc || at === At.ranges)) {
        found.functions.push(offset);
      }
      return;
    case Tag.inlinedSubroutine:
      found.inlined.push(offset);
      return;
    case Tag.structureType:
    case Tag.classType:
    case Tag.unionType:
    case Tag.enumerationType:
    case Tag.baseType:
    case Tag.typedef:
      if (attributes.some(({ at }) => at === At.name)) found.types.push(offset);
      return;
    case Tag.variable:
      if (!inFunction) found.statics.push(offset);
      return;
  }
}
