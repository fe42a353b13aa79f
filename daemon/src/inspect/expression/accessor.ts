/**
 * Expressions compiled once against types, for the same question asked many times: a profile's
 * fields, evaluated for every coroutine of a list and inside every event hook. The result adds
 * offsets to doubles and reads words; no type is looked up and nothing is allocated any more.
 * What cannot be read is NaN.
 */
import { UserError } from "../../base/errors.ts";
import { registerNumber } from "../../isa/registers.ts";
import type { Hart } from "../../machine/api.ts";
import type { Type, VariantPart } from "../../symbols/api.ts";
import type { Modules } from "../api.ts";
import { type Collection, collectionOf } from "../collections.ts";
import { type Reader, readInteger, readPointer, readWord } from "../memory.ts";
import { type Step, scalarOf, stepsTo, stepsToField, unwrap } from "../types.ts";
import { syntaxError } from "./lexer.ts";
import { parse } from "./parse.ts";
import type { BinaryOperator, Expression } from "./syntax.ts";
import { resolveType } from "./types.ts";

/** What an accessor is evaluated with. Slots hold what the named bases mean this time. */
export interface AccessContext {
  reader: Reader;
  /** For registers; undefined makes them unknown. */
  hart: Hart | undefined;
  readonly slots: number[];
}

type Compute = (context: AccessContext) => number;

/** A typed place in memory, a typed word outside of it (a register), or a plain number. */
export type Node =
  | {
      readonly kind: "place";
      readonly type: Type;
      readonly at: Compute;
      /** `at` is so much behind it, whatever the context; undefined: behind nothing. */
      readonly base: Compute | undefined;
      readonly offset: number;
    }
  | { readonly kind: "word"; readonly type: Type; readonly value: Compute }
  | { readonly kind: "number"; readonly value: Compute };

export interface Access {
  readonly text: string;
  /** Of the place; undefined for plain numbers. */
  readonly type: Type | undefined;
  /** The integer, seen through wrappers, references and `Some`; NaN where unknown. */
  readonly number: Compute;
  /** Where the place stands; always NaN for plain numbers. */
  readonly address: Compute;
  readonly node: Node;
}

/** Names of a profile's expression: what `task`, `hart` or a parameter stand for. */
export type AccessNames = (name: string) => Node | undefined;

/** Throws UserError with the column where a name, field or operation makes no sense. */
export function compileAccess(text: string, modules: Modules, names: AccessNames): Access {
  const node = new AccessCompiler(text, modules, names).compile(parse(text));
  return accessOf(text, node);
}

export function accessOf(text: string, node: Node): Access {
  const number = toNumber(node) ?? (() => Number.NaN);
  const address = node.kind === "place" ? node.at : () => Number.NaN;
  return { text, type: node.kind === "number" ? undefined : node.type, number, address, node };
}

/** Offsets add up before anything is evaluated: a field of a field of a static is a constant. */
function placeAt(type: Type, base: Compute | undefined, offset = 0): Node & { kind: "place" } {
  return { kind: "place", type, at: addressAt(base, offset), base, offset };
}

function addressAt(base: Compute | undefined, offset: number): Compute {
  if (!base) return () => offset;
  return offset === 0 ? base : (context) => base(context) + offset;
}

export const slotPlace = (slot: number, type: Type): Node =>
  placeAt(type, ({ slots }) => slots[slot]!);
export const slotNumber = (slot: number): Node => ({
  kind: "number",
  value: ({ slots }) => slots[slot]!,
});
export const registerWord = (register: number, type: Type): Node => ({
  kind: "word",
  type,
  value: ({ hart }) => (hart ? hart.xNumber(register) : Number.NaN),
});

/** The way from a node through wrappers to the collection it is; undefined when it is none. */
export function collectionIn(
  node: Node,
): { readonly layout: Collection; readonly type: Type; readonly at: Compute } | undefined {
  if (node.kind === "number") return undefined;
  const way = stepsTo(node.type, (type) => collectionOf(type) !== undefined);
  const layout = way && collectionOf(way.type);
  if (!way || !layout) return undefined;
  const place = walk(node, way.steps);
  return place.kind === "place" ? { layout, type: way.type, at: place.at } : undefined;
}

class AccessCompiler {
  readonly #text: string;
  readonly #modules: Modules;
  readonly #names: AccessNames;

  constructor(text: string, modules: Modules, names: AccessNames) {
    this.#text = text;
    this.#modules = modules;
    this.#names = names;
  }

  compile(node: Expression): Node {
    switch (node.kind) {
      case "integer":
        return constant(Number(node.value));
      case "character":
        return constant(node.value);
      case "boolean":
        return constant(Number(node.value));
      case "name":
        return this.#names(node.path) ?? this.#static(node) ?? this.#unknown(node);
      case "register": {
        const register = registerNumber(node.name);
        if (register === undefined) throw this.#error(node, `there is no register $${node.name}`);
        return {
          kind: "number",
          value: ({ hart }) => (hart ? hart.xNumber(register) : Number.NaN),
        };
      }
      case "field":
        return this.#field(node);
      case "index":
        return this.#index(node);
      case "unary":
        return this.#unary(node);
      case "binary":
        return this.#binary(node);
      case "cast":
        return this.#cast(node);
      case "string":
      case "method":
        throw this.#error(node, "texts and methods are not supported in profiles");
    }
  }

  #static(node: Expression & { kind: "name" }): Node | undefined {
    for (const module of this.#modules.modules) {
      const found = module.symbols.staticsNamed(node.path).find((one) => one.address !== undefined);
      if (!found) continue;
      const at = Number(BigInt.asIntN(64, found.address! + module.bias));
      return placeAt(found.type, undefined, at);
    }
    return undefined;
  }

  #unknown(node: Expression & { kind: "name" }): never {
    throw this.#error(node, `no static is named \`${node.path}\``);
  }

  #field(node: Expression & { kind: "field" }): Node {
    const of = this.compile(node.of);
    if (of.kind === "number") throw this.#error(node, "a plain number has no fields");
    const steps = stepsToField(of.type, node.name);
    if (!steps) throw this.#error(node, `\`${of.type.name}\` has no field \`${node.name}\``);
    try {
      return walk(of, steps);
    } catch (error) {
      throw error instanceof UserError ? this.#error(node, error.message) : error;
    }
  }

  #index(node: Expression & { kind: "index" }): Node {
    const of = this.compile(node.of);
    const index = this.#number(node.index);
    const found = collectionIn(of);
    if (found?.layout.kind !== "sequence") {
      throw this.#error(node, "only arrays, slices, Vec and VecDeque can be indexed");
    }
    const { layout, type, at } = found;
    const { element } = layout;
    if (layout.inline) {
      const count = layout.length(new Uint8Array(0));
      return placeAt(element, (context) => {
        const i = index(context);
        return i >= 0 && i < count ? at(context) + i * element.size : Number.NaN;
      });
    }
    return placeAt(element, (context) => {
      const header = context.reader.bytes(at(context), type.size);
      const i = index(context);
      return header && i >= 0 && i < layout.length(header) ? layout.locate(header, i) : Number.NaN;
    });
  }

  #unary(node: Expression & { kind: "unary" }): Node {
    if (node.operator === "*") return this.#dereference(node, this.compile(node.of));
    if (node.operator === "&") {
      const of = this.compile(node.of);
      if (of.kind !== "place") throw this.#error(node, "this value has no address");
      return { kind: "number", value: of.at };
    }
    const of = this.#number(node.of);
    if (node.operator === "-") return { kind: "number", value: (context) => -of(context) };
    return {
      kind: "number",
      value: (context) => {
        const value = of(context);
        return Number.isNaN(value) ? value : Number(value === 0);
      },
    };
  }

  #dereference(node: Expression, of: Node): Node {
    let here = of;
    for (let depth = 0; depth < 16; depth++) {
      if (here.kind === "number") break;
      const steps = unwrap(here.type);
      if (!steps) break;
      here = walk(here, steps);
      if (steps.some(({ kind }) => kind === "deref")) return here;
    }
    throw this.#error(node, "only pointers can be dereferenced: cast it, `*(x as *const u64)`");
  }

  #binary(node: Expression & { kind: "binary" }): Node {
    const compute = operation(node.operator);
    if (!compute) throw this.#error(node, `${node.operator} is not supported in profiles`);
    const left = this.#number(node.left);
    const right = this.#number(node.right);
    return { kind: "number", value: (context) => compute(left(context), right(context)) };
  }

  #cast(node: Expression & { kind: "cast" }): Node {
    const of = this.compile(node.of);
    const value = of.kind === "word" ? of.value : this.#number(node.of);
    let type: Type;
    try {
      type = resolveType(node.to, this.#modules.modules);
    } catch (error) {
      throw error instanceof UserError ? this.#error(node, error.message) : error;
    }
    if (type.kind === "pointer") return { kind: "word", type, value };
    if (type.kind === "base" && type.size === 8) return { kind: "number", value };
    if (type.kind === "base" && type.encoding === "unsigned" && type.size <= 4) {
      const range = 2 ** (type.size * 8);
      return { kind: "number", value: (context) => modulo(value(context), range) };
    }
    throw this.#error(node, "casts in profiles are to pointers and unsigned integers");
  }

  #number(node: Expression): Compute {
    const number = toNumber(this.compile(node));
    if (!number) throw this.#error(node, "a number was expected here");
    return number;
  }

  #error(node: Expression, problem: string): UserError {
    return syntaxError(this.#text, node.at, problem);
  }
}

const constant = (value: number): Node => ({ kind: "number", value: () => value });
const modulo = (value: number, range: number): number => ((value % range) + range) % range;

/** Takes steps that were worked out from the type. */
export function walk(node: Node, steps: readonly Step[]): Node {
  let here = node;
  for (const step of steps) here = take(here, step);
  return here;
}

function take(node: Node, step: Step): Node {
  if (node.kind === "number") throw new UserError("a plain number has no fields");
  switch (step.kind) {
    case "offset":
      if (step.bits) throw new UserError("bit fields are not supported in profiles");
      if (node.kind === "place") return placeAt(step.type, node.base, node.offset + step.offset);
      if (step.offset !== 0) throw new UserError("this value is not in memory");
      return { kind: "word", type: step.type, value: node.value };
    case "deref": {
      const pointer: Compute =
        node.kind === "word"
          ? node.value
          : (
              (at: Compute): Compute =>
              (context) =>
                readPointer(context.reader, at(context))
            )(node.at);
      // Null points nowhere.
      return placeAt(step.type, (context) => pointer(context) || Number.NaN);
    }
    case "variant":
      return active(node, step);
  }
}

function active(node: Node & { kind: "place" | "word" }, step: Step & { kind: "variant" }): Node {
  const { part, variant, offset, type } = step;
  const holds = variantTest(part, variant.values);
  if (node.kind === "place") {
    const { at } = node;
    const base: Compute = (context) => {
      const place = at(context);
      return holds(context.reader, place) ? place : Number.NaN;
    };
    return placeAt(type, base, offset);
  }
  // In a register only a pointer's niche is met: null is the other variant.
  if (offset !== 0 || variant.values.length > 0) throw new UserError("this value is not in memory");
  const { value } = node;
  return { kind: "word", type, value: (context) => value(context) || Number.NaN };
}

/** Whether the discriminant selects these values; for none (the niche's own variant) that it selects no other. */
function variantTest(
  part: VariantPart,
  values: readonly bigint[],
): (reader: Reader, at: number) => boolean {
  const { discriminant } = part;
  if (!discriminant) return () => true;
  const { offset } = discriminant;
  const { size } = discriminant.type;
  const isDefault = values.length === 0;
  const tested = isDefault ? part.variants.flatMap((variant) => variant.values) : values;
  const wanted = tested.map((value) => BigInt.asUintN(size * 8, value));
  // Halves, because niches of 64 bits (capacities beyond 2^63) are no exact doubles.
  const low = wanted.map((value) => Number(value & 0xffff_ffffn));
  const high = wanted.map((value) => Number(value >> 32n));
  if (size === 8 && wanted.length === 1 && high[0] === 0) {
    const only = low[0]!;
    return (reader, at) => {
      const word = reader.uint(at + offset, 8);
      if (!Number.isNaN(word)) return (word === only) !== isDefault;
      // Beyond 2^53, where it is another one, or unreadable.
      const halves = reader.uint(at + offset, 4) + reader.uint(at + offset + 4, 4);
      return isDefault && !Number.isNaN(halves);
    };
  }
  return (reader, at) => {
    const first = reader.uint(at + offset, Math.min(size, 4));
    const second = size === 8 ? reader.uint(at + offset + 4, 4) : 0;
    if (Number.isNaN(first) || Number.isNaN(second)) return false;
    for (let i = 0; i < low.length; i++) {
      if (low[i] === first && high[i] === second) return !isDefault;
    }
    return isDefault;
  };
}

/** The integer of a node, through wrappers and references; undefined when its type is no such thing. */
function toNumber(node: Node): Compute | undefined {
  if (node.kind === "number") return node.value;
  const way = stepsTo(node.type, (type) => scalarOf(type) !== undefined && !isReferenceLike(type));
  const target = way ? walk(node, way.steps) : node;
  if (target.kind === "number") return target.value;
  const scalar = scalarOf(target.type);
  if (!scalar) return undefined;
  const { type, offset } = scalar;
  if (target.kind === "word") {
    if (offset !== 0) return undefined;
    const { value } = target;
    if (type.size >= 8) return value;
    const range = 2 ** (type.size * 8);
    return (context) => modulo(value(context), range);
  }
  const at = addressAt(target.base, target.offset + offset);
  const { size } = type;
  const signed =
    type.kind === "pointer" ||
    (type.kind === "base" && type.encoding === "signed") ||
    (type.kind === "enum" && type.underlying === "signed");
  if (size === 8) {
    if (signed) return (context) => readPointer(context.reader, at(context));
    return (context) => readWord(context.reader, at(context));
  }
  return (context) => readInteger(context.reader, at(context), size, signed);
}

const isReferenceLike = (type: Type): boolean =>
  type.kind === "pointer" &&
  (type.name.startsWith("&") || type.name.startsWith("alloc::boxed::Box"));

function operation(operator: BinaryOperator): ((a: number, b: number) => number) | undefined {
  switch (operator) {
    case "+":
      return (a, b) => a + b;
    case "-":
      return (a, b) => a - b;
    case "*":
      return (a, b) => a * b;
    case "/":
      return (a, b) => Math.trunc(a / b);
    case "%":
      return (a, b) => a % b;
    case "&":
      return (a, b) => (small(a) && small(b) ? a & b : Number.NaN);
    case ">>":
      return (a, b) => Math.floor(a / 2 ** b);
    case "<<":
      return (a, b) => a * 2 ** b;
    case "==":
      return (a, b) => known(a, b, a === b);
    case "!=":
      return (a, b) => known(a, b, a !== b);
    case "<":
      return (a, b) => known(a, b, a < b);
    case "<=":
      return (a, b) => known(a, b, a <= b);
    case ">":
      return (a, b) => known(a, b, a > b);
    case ">=":
      return (a, b) => known(a, b, a >= b);
    default:
      return undefined;
  }
}

const small = (value: number): boolean => value >= 0 && value <= 0x7fff_ffff;
const known = (a: number, b: number, result: boolean): number =>
  Number.isNaN(a) || Number.isNaN(b) ? Number.NaN : Number(result);
