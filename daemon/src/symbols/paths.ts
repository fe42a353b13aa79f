/**
 * Qualified names of entries, from how they nest, as the language writes them. rustc nests what belongs to
 * an `impl` in a namespace `{impl#N}` that says nothing to a user: it is replaced by the type that the impl
 * is for, which the mangled names of the functions inside tell.
 */
import { At, Tag } from "./constants.ts";
import { demangle } from "./demangle.ts";
import type { Die } from "./die.ts";
import type { Dwarf } from "./dwarf.ts";
import { argumentsOf, plainPath, withoutArguments } from "./names.ts";
import type { InfoOffset } from "./positions.ts";
import type { Unit } from "./unit.ts";

const MAX_DEPTH = 64;
const IMPL = /^\{impl#\d+\}$/;

export class Paths {
  readonly #known = new Map<InfoOffset, string>();
  readonly #prefixes = new Map<InfoOffset, string>();
  readonly #impls = new Map<InfoOffset, string | undefined>();
  readonly #dwarf: Dwarf;
  #everywhere: ReadonlyMap<string, string> | undefined;

  constructor(dwarf: Dwarf) {
    this.#dwarf = dwarf;
  }

  /** The full path of an entry; the empty string for one without a name. */
  of(die: Die): string {
    // Copies of a function, inlined or not, are called as their origin is.
    const named = die.reference(At.abstractOrigin) ?? die;
    let path = this.#known.get(named.offset);
    if (path === undefined) {
      path = this.#build(named);
      this.#known.set(named.offset, path);
    }
    return path;
  }

  #build(die: Die): string {
    const chain = die.origins();
    const name = chain.map((each) => each.string(At.name)).find((each) => each !== undefined);
    if (name === undefined) return "";
    const home = chain.at(-1)!;
    return join(this.#prefix(home.unit, home.offset, linkageName(die), 0), name);
  }

  /** The path of what an entry is nested in. `linkage` names the item itself where it is a function. */
  #prefix(unit: Unit, offset: InfoOffset, linkage: string | undefined, depth: number): string {
    const parent = unit.index.parent(offset);
    if (parent === undefined || depth > MAX_DEPTH) return "";
    const die = unit.die(parent);
    if (!isNaming(die.tag)) return this.#prefix(unit, parent, linkage, depth + 1);
    const name = die.string(At.name);
    if (name !== undefined && IMPL.test(name)) {
      const own = linkage && implPath(linkage);
      return own || this.#impl(die) || this.#prefix(unit, parent, undefined, depth + 1);
    }
    if (linkage !== undefined && this.#isWithinImpl(unit, parent)) {
      return join(this.#prefix(unit, parent, linkage, depth + 1), name ?? "");
    }
    let prefix = this.#prefixes.get(parent);
    if (prefix === undefined) {
      prefix = join(this.#prefix(unit, parent, undefined, depth + 1), name ?? "");
      this.#prefixes.set(parent, prefix);
    }
    return prefix;
  }

  #isWithinImpl(unit: Unit, offset: InfoOffset): boolean {
    return enclosingImpl(unit, offset) !== undefined;
  }

  /** The path that an impl's namespace stands for, where all functions directly of it agree. */
  #impl(namespace: Die): string | undefined {
    const { unit, offset } = namespace;
    if (this.#impls.has(offset)) return this.#impls.get(offset);
    const end = unit.after(namespace);
    const found = new Set<string>();
    for (const subprogram of unit.index.subprogramsBetween(offset, end)) {
      if (enclosingImpl(unit, subprogram) !== offset) continue;
      const path = implPathOf(unit.die(subprogram));
      if (path) found.add(path);
    }
    // A unit may have the types of an impl and another one its functions.
    const path = found.size === 0 ? this.#implsOfAll().get(rawPath(namespace)) : only(found);
    this.#impls.set(offset, path);
    return path;
  }

  /** What the impls of all units stand for, by their paths as DWARF nests them. */
  #implsOfAll(): ReadonlyMap<string, string> {
    if (this.#everywhere !== undefined) return this.#everywhere;
    const found = new Map<string, Set<string>>();
    for (const unit of this.#dwarf.units) {
      this.#dwarf.tolerate(() => {
        for (const subprogram of unit.index.subprograms) {
          const impl = enclosingImpl(unit, subprogram);
          const path = impl === undefined ? undefined : implPathOf(unit.die(subprogram));
          if (impl === undefined || !path) continue;
          const raw = rawPath(unit.die(impl));
          found.set(raw, (found.get(raw) ?? new Set()).add(path));
        }
      }, undefined);
    }
    const agreed = new Map<string, string>();
    for (const [raw, paths] of found) {
      const path = only(paths);
      if (path !== undefined) agreed.set(raw, path);
    }
    this.#everywhere = agreed;
    return agreed;
  }
}

const only = (paths: ReadonlySet<string>): string | undefined =>
  paths.size === 1 ? [...paths][0] : undefined;

/** The names that an entry is nested in, as DWARF has them, and its own. */
export function rawPath(die: Die): string {
  const names: string[] = [];
  let at: InfoOffset | undefined = die.offset;
  while (at !== undefined) {
    names.unshift(nameAt(die.unit, at));
    const parent: InfoOffset | undefined = die.unit.index.parent(at);
    at = parent === undefined || !isNaming(die.unit.index.tag(parent) ?? 0) ? undefined : parent;
  }
  return names.join("::");
}

function implPathOf(subprogram: Die): string | undefined {
  const linkage = linkageName(subprogram);
  return linkage && implPath(linkage);
}

export const linkageName = (die: Die): string | undefined =>
  die.inherited((each) => each.string(At.linkageName) ?? each.string(At.mipsLinkageName));

const isNaming = (tag: number) =>
  tag === Tag.namespace ||
  tag === Tag.structureType ||
  tag === Tag.classType ||
  tag === Tag.unionType ||
  tag === Tag.enumerationType;

/** The nearest `{impl#N}` that an entry is nested in. */
function enclosingImpl(unit: Unit, offset: InfoOffset): InfoOffset | undefined {
  let at = unit.index.parent(offset);
  while (at !== undefined) {
    const isImpl = unit.index.tag(at) === Tag.namespace && IMPL.test(nameAt(unit, at));
    if (isImpl) return at;
    at = unit.index.parent(at);
  }
  return undefined;
}

const nameAt = (unit: Unit, offset: InfoOffset) => unit.die(offset).string(At.name) ?? "";

/** What stands in a path for the impl that a mangled name goes through. */
function implPath(linkage: string): string | undefined {
  const impl = demangle(linkage)?.impl;
  if (impl === undefined) return undefined;
  const plain = plainPath(impl.self);
  if (/^\w+(::[\w{}#]+)+$/.test(plain)) return plain;
  if (impl.trait !== undefined) return `<${impl.self} as ${impl.trait}>`;
  return /^\w+$/.test(plain) ? plain : `<${impl.self}>`;
}

/**
 * A method's generic arguments begin with those of its type; they are written once:
 * `Executor<8>::spawn<8, F>` reads `Executor<8>::spawn<F>`.
 */
function join(prefix: string, name: string): string {
  if (prefix === "") return name;
  if (name === "") return prefix;
  return `${prefix}::${withoutRepeated(prefix, name)}`;
}

function withoutRepeated(prefix: string, name: string): string {
  if (!prefix.endsWith(">") || !name.endsWith(">") || prefix.endsWith("->")) return name;
  const ofType = argumentsOf(lastSegment(prefix));
  const ofName = argumentsOf(name);
  if (ofType.length === 0 || ofType.some((each, index) => each !== ofName[index])) return name;
  const rest = ofName.slice(ofType.length);
  return withoutArguments(name) + (rest.length === 0 ? "" : `<${rest.join(", ")}>`);
}

/** From the last `::` outside brackets on. */
function lastSegment(path: string): string {
  let depth = 0;
  for (let index = path.length - 1; index > 0; index--) {
    const char = path[index]!;
    if (char === ">" && path[index - 1] !== "-") depth++;
    else if (char === "<") depth--;
    else if (char === ":" && depth === 0) return path.slice(index + 1);
  }
  return path;
}
