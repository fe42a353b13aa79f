/**
 * Evaluates a parsed expression in a stopped frame. Nothing of the program is called or changed;
 * names are the frame's variables, then statics, then functions.
 */
import { UserError } from "../../base/errors.ts";
import { csrNumber } from "../../isa/csrs.ts";
import { floatRegisterNumber, registerNumber } from "../../isa/registers.ts";
import type { SymbolFile } from "../../symbols/api.ts";
import type { Module, ModuleTable, Names, StackFrame, Value } from "../api.ts";
import { collectionOf } from "../collections.ts";
import { type Datum, datumAt, follow, read, type Scope, take, type World } from "../datum.ts";
import { displayType } from "../names.ts";
import { activationOf, FIRST_FLOAT } from "../stack.ts";
import { stringOf } from "../strings.ts";
import { isReference, stepsTo } from "../types.ts";
import { datumOf, madeUp, makeValue } from "../value.ts";
import { frameVariables, scopeOf } from "../variables.ts";
import { calculate, castInteger, compareIntegers, type Integer } from "./arithmetic.ts";
import { compareText, type Scalar } from "./condition.ts";
import { syntaxError } from "./lexer.ts";
import {
  dereference,
  elementOf,
  fieldOf,
  type Operand,
  pointerTo,
  reference,
  scalarOperand,
  textOf,
  toInteger,
  variantOf,
} from "./operand.ts";
import type { BinaryOperator, Expression, Method } from "./syntax.ts";
import { primitive, resolveType } from "./types.ts";

/** Throws UserError where the expression makes no sense in this frame. */
export function evaluateValue(
  text: string,
  expression: Expression,
  frame: StackFrame,
  modules: ModuleTable,
  world: World,
  names?: Names,
): Value {
  const operand = new Evaluator(text, frame, modules, world, names).evaluate(expression);
  return toValue(text.trim(), operand);
}

/** The number, truth or text that an expression is; undefined for anything else. */
export function evaluateScalar(
  text: string,
  expression: Expression,
  frame: StackFrame,
  modules: ModuleTable,
  world: World,
  names: Names,
): Scalar {
  return scalarOperand(new Evaluator(text, frame, modules, world, names).evaluate(expression));
}

function toValue(text: string, operand: Operand): Value {
  switch (operand.kind) {
    case "datum":
      return makeValue(text, operand.datum, text);
    case "integer": {
      const value = BigInt(operand.value);
      return madeUp(text, value.toString(), [], {
        number: value,
        typeName: operand.type ?? "integer",
      });
    }
    case "boolean":
      return madeUp(text, String(operand.value), [], {
        number: operand.value ? 1n : 0n,
        typeName: "bool",
      });
    case "string":
      return madeUp(text, JSON.stringify(operand.value), [], { typeName: "&str" });
    case "variant":
      throw new UserError(`nothing named \`${operand.path}\` is in scope here`);
  }
}

class Evaluator {
  readonly #text: string;
  readonly #frame: StackFrame;
  readonly #modules: ModuleTable;
  readonly #world: World;
  readonly #names: Names | undefined;

  constructor(
    text: string,
    frame: StackFrame,
    modules: ModuleTable,
    world: World,
    names: Names | undefined,
  ) {
    this.#text = text;
    this.#frame = frame;
    this.#modules = modules;
    this.#world = world;
    this.#names = names;
  }

  evaluate(node: Expression): Operand {
    try {
      return this.#evaluate(node);
    } catch (error) {
      if (!(error instanceof UserError) || error.message.startsWith("expression `")) throw error;
      throw syntaxError(this.#text, node.at, error.message);
    }
  }

  #evaluate(node: Expression): Operand {
    switch (node.kind) {
      case "integer":
        return { kind: "integer", value: node.value };
      case "character":
        return { kind: "integer", value: node.value, type: "char" };
      case "boolean":
      case "string":
        return node as Operand;
      case "name":
        return this.#name(node.path);
      case "register":
        return this.#register(node.name);
      case "field":
        return datum(fieldOf(this.#datum(node.of), node.name));
      case "index":
        return datum(elementOf(this.#datum(node.of), this.evaluate(node.index)));
      case "method":
        return this.#method(this.#datum(node.of), node.name);
      case "unary":
        return this.#unary(node);
      case "binary":
        return this.#binary(node);
      case "cast":
        return this.#cast(node);
    }
  }

  #datum(node: Expression): Datum {
    const operand = this.evaluate(node);
    if (operand.kind === "datum") return operand.datum;
    if (operand.kind === "variant")
      throw new UserError(`nothing named \`${operand.path}\` is in scope here`);
    throw new UserError("this is a plain number or text, without fields or elements");
  }

  get #scope(): Scope {
    return scopeOf(this.#frame, this.#world);
  }

  get #searched(): readonly Module[] {
    const own = this.#frame.module;
    const all = this.#modules.under(this.#frame.space.satp);
    return own ? [own, ...all.filter((module) => module !== own)] : all;
  }

  #name(path: string): Operand {
    const given = this.#names?.(path);
    if (typeof given === "bigint") return { kind: "integer", value: given };
    if (given !== undefined) {
      const known = datumOf(given);
      if (known) return datum(known);
      if (given.number !== undefined) return { kind: "integer", value: given.number };
    }
    if (!path.includes("::")) {
      const local = frameVariables(this.#frame, this.#world).find(({ name }) => name === path);
      if (local) return datum(local.datum);
    }
    return this.#static(path) ?? this.#function(path) ?? { kind: "variant", path };
  }

  #static(path: string): Operand | undefined {
    for (const module of this.#searched) {
      const found = staticsOf(module, path);
      if (found.names.length > 1) {
        const shown = found.names.slice(0, 4).join(", ");
        throw new UserError(`\`${path}\` may be ${shown}: write more of the path`);
      }
      const { first } = found;
      if (first) return datum(datumAt(first.type, first.address! + module.bias, this.#scope));
    }
    return undefined;
  }

  #function(path: string): Operand | undefined {
    for (const module of this.#searched) {
      const [found, other] = module.symbols.functionsNamed(path);
      if (found && !other) return { kind: "integer", value: found.entry + module.bias };
    }
    return undefined;
  }

  #register(name: string): Operand {
    if (name === "pc") return { kind: "integer", value: this.#frame.pc, type: "u64" };
    const number = registerNumber(name);
    if (number !== undefined) {
      const value = this.#frame.registers.get(number);
      if (value === undefined) throw new UserError(`$${name} is not saved in this frame`);
      return { kind: "integer", value, type: "u64" };
    }
    const float = floatRegisterNumber(name);
    if (float !== undefined) return this.#floatRegister(name, FIRST_FLOAT + float);
    const csr = csrNumber(name);
    const value = csr === undefined ? undefined : activationOf(this.#frame)?.hart?.csr(csr);
    if (value === undefined) throw new UserError(`there is no register $${name}`);
    return { kind: "integer", value, type: "u64" };
  }

  /** A single is NaN-boxed: all upper bits are set. Whatever else is there is taken for a double. */
  #floatRegister(name: string, register: number): Operand {
    const bits = this.#frame.registers.get(register);
    if (bits === undefined) throw new UserError(`$${name} is not saved in this frame`);
    const type = primitive(bits >> 32n === 0xffff_ffffn ? "f32" : "f64");
    const place = { kind: "register", register } as const;
    return { kind: "datum", datum: { type, place, offset: 0, scope: this.#scope } };
  }

  #method(of: Datum, method: Method): Operand {
    if (method.startsWith("is_") && method !== "is_empty") {
      const wanted = method[3]!.toUpperCase() + method.slice(4);
      const variant = variantOf(of);
      if (variant === undefined) throw new UserError(`\`${displayType(of.type.name)}\` is no enum`);
      return { kind: "boolean", value: variant === wanted };
    }
    const length = lengthOf(of);
    return method === "len"
      ? { kind: "integer", value: length, type: "usize" }
      : { kind: "boolean", value: length === 0 };
  }

  #unary(node: Expression & { kind: "unary" }): Operand {
    const of = this.evaluate(node.of);
    switch (node.operator) {
      case "*":
        return datum(dereference(of));
      case "&":
        return datum(reference(of));
      case "-":
        return { kind: "integer", value: calculate("-", 0, toInteger(of)), ...typed(of) };
      case "!": {
        const scalar = scalarOperand(of);
        if (typeof scalar === "boolean") return { kind: "boolean", value: !scalar };
        const value = calculate("-", -1, toInteger(of));
        const { type } = typed(of);
        return {
          kind: "integer",
          value: (type === undefined ? undefined : castInteger(value, type)) ?? value,
          ...typed(of),
        };
      }
    }
  }

  #binary(node: Expression & { kind: "binary" }): Operand {
    const { operator } = node;
    const left = this.evaluate(node.left);
    if (operator === "&&" || operator === "||") {
      const known = truth(left);
      if (known === (operator === "||")) return { kind: "boolean", value: known };
      return { kind: "boolean", value: truth(this.evaluate(node.right)) };
    }
    const right = this.evaluate(node.right);
    switch (operator) {
      case "==":
      case "!=":
      case "<":
      case "<=":
      case ">":
      case ">=":
        return { kind: "boolean", value: compare(operator, left, right) };
      default:
        return this.#calculate(operator, left, right);
    }
  }

  #calculate(operator: BinaryOperator, left: Operand, right: Operand): Operand {
    if (left.kind === "datum" && (operator === "+" || operator === "-")) {
      const { type } = left.datum;
      const target = type.kind === "pointer" && !isReference(type) ? type.target() : undefined;
      if (target) {
        const count = BigInt(toInteger(right)) * BigInt(Math.max(1, target.size));
        const at = BigInt(toInteger(left)) + (operator === "+" ? count : -count);
        return datum(pointerTo(target, at, left.datum.scope, type.name));
      }
    }
    const type = typed(left).type === typed(right).type ? typed(left) : {};
    return {
      kind: "integer",
      value: calculate(operator, toInteger(left), toInteger(right)),
      ...type,
    };
  }

  #cast(node: Expression & { kind: "cast" }): Operand {
    const of = this.evaluate(node.of);
    if (node.to.kind === "pointer") {
      const pointer = resolveType(node.to, this.#searched);
      const target = pointer.kind === "pointer" ? pointer.target() : undefined;
      if (!target) throw new UserError("this pointer type has no target");
      return datum(pointerTo(target, BigInt(toInteger(of)), this.#scope, pointer.name));
    }
    const name = node.to.kind === "named" ? node.to.name : "";
    const value = castInteger(toInteger(of), name === "char" ? "u32" : name);
    if (name === "bool") return { kind: "boolean", value: BigInt(toInteger(of)) !== 0n };
    if (value === undefined) {
      throw new UserError(
        "casts are to integers and pointers: `*(&x as *const Type)` reads it as another type",
      );
    }
    return { kind: "integer", value, type: name };
  }
}

interface Statics {
  readonly first: ReturnType<SymbolFile["staticsNamed"]>[number] | undefined;
  /** Of all that the path may mean; one for the same static in several units. */
  readonly names: readonly string[];
}

/** A condition asks for the same paths again and again. */
function staticsOf({ symbols }: Module, path: string): Statics {
  let known = statics.get(symbols);
  if (!known || known.size > 1_000) {
    known = new Map();
    statics.set(symbols, known);
  }
  let found = known.get(path);
  if (!found) {
    const all = symbols.staticsNamed(path).filter((one) => one.address !== undefined);
    const distinct = new Map(all.map((one) => [one.address, one.qualifiedName]));
    found = { first: all[0], names: [...distinct.values()] };
    known.set(path, found);
  }
  return found;
}
const statics = new WeakMap<SymbolFile, Map<string, Statics>>();

const datum = (value: Datum): Operand => ({ kind: "datum", datum: value });

/** The primitive type of an integer, where it has one. */
function typed(operand: Operand): { readonly type?: string } {
  if (operand.kind === "integer") return operand.type === undefined ? {} : { type: operand.type };
  if (operand.kind !== "datum") return {};
  const { type } = operand.datum;
  return type.kind === "base" ? { type: type.name } : {};
}

function truth(operand: Operand): boolean {
  const scalar = scalarOperand(operand);
  if (typeof scalar === "boolean") return scalar;
  return BigInt(toInteger(operand)) !== 0n;
}

function lengthOf(of: Datum): number {
  const text = textOf(of);
  const way = stepsTo(of.type, (type) => collectionOf(type) !== undefined);
  const here = way ? take(of, way.steps) : undefined;
  if (text !== undefined) return stringLength(of);
  if (typeof here === "string") throw new UserError(here);
  const layout = here && collectionOf(here.type);
  if (!here || !layout) throw new UserError(`\`${displayType(of.type.name)}\` has no length`);
  const inline = layout.kind === "sequence" && layout.inline;
  const header = inline ? new Uint8Array(0) : read(here);
  const length = typeof header === "string" ? Number.NaN : layout.length(header);
  if (Number.isNaN(length)) throw new UserError("its length cannot be read");
  return length;
}

function stringLength(of: Datum): number {
  let here: Datum = of;
  while (here.type.kind === "pointer") {
    const target = here.type.target();
    const next = target ? follow(here, target) : "no target";
    if (typeof next === "string") throw new UserError(next);
    here = next;
  }
  const string = stringOf(here);
  if (typeof string === "string") throw new UserError(string);
  return string.length;
}

function compare(operator: BinaryOperator, left: Operand, right: Operand): boolean {
  if (left.kind === "variant" || right.kind === "variant") {
    return compareVariant(operator, left, right);
  }
  const a = scalarOperand(left);
  const b = scalarOperand(right);
  if (typeof a === "string" && typeof b === "string") return compareText(operator, a, b);
  if (isNumeric(a) && isNumeric(b)) return compareIntegers(operator, numeric(a), numeric(b));
  if (left.kind === "datum" && right.kind === "datum") {
    const one = variantOf(left.datum);
    const other = variantOf(right.datum);
    // Variants alone tell values apart; that they are equal takes their fields too.
    if (one !== undefined && other !== undefined && one !== other) {
      if (operator === "==") return false;
      if (operator === "!=") return true;
    }
  }
  throw new UserError("these two cannot be compared: numbers, truths, texts and plain enums can");
}

function compareVariant(operator: BinaryOperator, left: Operand, right: Operand): boolean {
  const [named, other] = left.kind === "variant" ? [left, right] : [right, left];
  if (named.kind !== "variant" || other.kind !== "datum") {
    const path = named.kind === "variant" ? named.path : "";
    throw new UserError(`nothing named \`${path}\` is in scope here`);
  }
  const variant = variantOf(other.datum);
  if (variant === undefined || (operator !== "==" && operator !== "!=")) {
    throw new UserError(`nothing named \`${named.path}\` is in scope here`);
  }
  return (variant === named.path.split("::").at(-1)) === (operator === "==");
}

const isNumeric = (value: Scalar): value is Integer | boolean =>
  typeof value === "number" || typeof value === "bigint" || typeof value === "boolean";
const numeric = (value: Integer | boolean): Integer =>
  typeof value === "boolean" ? Number(value) : value;
