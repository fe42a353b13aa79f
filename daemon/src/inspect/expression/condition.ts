/**
 * Conditions that run at every event. Event fields are read as plain properties and compared as
 * doubles, so `coroutine == 17 && prio < 3 && hart == 1` allocates nothing; whatever is not an event
 * field is left to the frame evaluator. Three-valued: what is unknown makes no condition true.
 */
import { UserError } from "../../base/errors.ts";
import type { Condition, FieldValues, Names, StackFrame } from "../api.ts";
import { calculate, castInteger, compareIntegers, type Integer } from "./arithmetic.ts";
import { syntaxError } from "./lexer.ts";
import { parse } from "./parse.ts";
import type { BinaryOperator, Expression } from "./syntax.ts";

/** What a part of a condition can be; undefined: unknown. */
export type Scalar = Integer | boolean | string | undefined;

/** Evaluates a parsed expression in a frame; undefined for what is unknown or no scalar. */
export type FrameEvaluator = (
  text: string,
  expression: Expression,
) => (frame: StackFrame, names: Names) => Scalar;

type FrameSource = (() => StackFrame | undefined) | undefined;
type Step = (fields: FieldValues, frame: FrameSource) => Scalar;

/** Throws UserError with the column of the mistake. Without `inFrame` only fields may be named. */
export function compileCondition(
  text: string,
  fields: readonly string[],
  inFrame?: FrameEvaluator,
): Condition {
  const compiler = new Compiler(text, new Set(fields), inFrame);
  const step = compiler.compile(parse(text));
  return {
    text,
    fields: [...compiler.used],
    needsFrame: compiler.needsFrame,
    get problem() {
      return compiler.problem;
    },
    test: (values, frame) => truth(step(values, frame)) === true,
  };
}

class Compiler {
  readonly used = new Set<string>();
  needsFrame = false;
  problem: string | undefined;
  readonly #text: string;
  readonly #fields: ReadonlySet<string>;
  readonly #inFrame: FrameEvaluator | undefined;

  constructor(text: string, fields: ReadonlySet<string>, inFrame: FrameEvaluator | undefined) {
    this.#text = text;
    this.#fields = fields;
    this.#inFrame = inFrame;
  }

  compile(node: Expression): Step {
    if (!this.#mentions(node, true)) {
      if (this.#mentions(node, false)) return this.#frame(node);
    }
    switch (node.kind) {
      case "integer": {
        const value = Number(node.value);
        const constant = Number.isSafeInteger(value) ? value : node.value;
        return () => constant;
      }
      case "character":
      case "boolean":
      case "string":
        return () => node.value;
      case "name": {
        const { path } = node;
        this.used.add(path);
        return (fields) => fields[path] as Scalar;
      }
      case "unary":
        return this.#unary(node);
      case "binary":
        return this.#binary(node);
      case "cast": {
        const of = this.compile(node.of);
        if (node.to.kind !== "named") return this.#frame(node);
        const to = node.to.name;
        if (castInteger(0, to) === undefined) return this.#frame(node);
        return (fields, frame) => {
          const value = of(fields, frame);
          return isInteger(value) ? castInteger(value, to) : undefined;
        };
      }
      case "register":
      case "field":
      case "index":
      case "method":
        return this.#frame(node);
    }
  }

  #unary(node: Expression & { kind: "unary" }): Step {
    if (node.operator === "*" || node.operator === "&") return this.#frame(node);
    const of = this.compile(node.of);
    if (node.operator === "-") {
      return (fields, frame) => {
        const value = of(fields, frame);
        return isInteger(value) ? calculate("-", 0, value) : undefined;
      };
    }
    return (fields, frame) => {
      const value = of(fields, frame);
      if (isInteger(value)) return calculate("-", -1, value);
      return typeof value === "boolean" ? !value : undefined;
    };
  }

  #binary(node: Expression & { kind: "binary" }): Step {
    const { operator } = node;
    const left = this.compile(node.left);
    const right = this.compile(node.right);
    switch (operator) {
      case "&&":
        return (fields, frame) => {
          const a = truth(left(fields, frame));
          return a === false ? false : and(a, truth(right(fields, frame)));
        };
      case "||":
        return (fields, frame) => {
          const a = truth(left(fields, frame));
          return a === true ? true : or(a, truth(right(fields, frame)));
        };
      case "==":
      case "!=":
      case "<":
      case "<=":
      case ">":
      case ">=":
        return comparison(operator, left, right);
      default:
        return (fields, frame) => {
          const a = left(fields, frame);
          const b = right(fields, frame);
          return isInteger(a) && isInteger(b) ? calculateOrUnknown(operator, a, b) : undefined;
        };
    }
  }

  #frame(node: Expression): Step {
    if (!this.#inFrame) {
      const known = [...this.#fields].join(", ");
      const unknown = find(node, (leaf) => !this.#fields.has(leaf)) ?? node;
      throw syntaxError(this.#text, unknown.at, `only these names are known here: ${known}`);
    }
    this.needsFrame = true;
    const evaluate = this.#inFrame(this.#text, node);
    const fieldNames = [...this.#fields].filter((name) => find(node, (path) => path === name));
    for (const name of fieldNames) this.used.add(name);
    return (fields, source) => {
      const frame = source?.();
      if (!frame) return undefined;
      try {
        return evaluate(frame, (name) => {
          if (!fieldNames.includes(name)) return undefined;
          const value = fields[name];
          return typeof value === "number" || typeof value === "bigint" ? BigInt(value) : undefined;
        });
      } catch (error) {
        // A name that is not in scope here, or memory that cannot be read: unknown, not a failure.
        if (!(error instanceof UserError)) throw error;
        this.problem = error.message;
        return undefined;
      }
    };
  }

  /** Whether the node names an event field (or, with `field` false, anything else). */
  #mentions(node: Expression, field: boolean): boolean {
    return find(node, (path) => this.#fields.has(path) === field) !== undefined;
  }
}

/** The first name or register that passes the test; a register is asked for with its `$`. */
function find(node: Expression, test: (name: string) => boolean): Expression | undefined {
  switch (node.kind) {
    case "integer":
    case "character":
    case "boolean":
    case "string":
      return undefined;
    case "name":
      return test(node.path) ? node : undefined;
    case "register":
      return test(`$${node.name}`) ? node : undefined;
    case "field":
    case "method":
    case "unary":
    case "cast":
      return find(node.of, test);
    case "index":
      return find(node.of, test) ?? find(node.index, test);
    case "binary":
      return find(node.left, test) ?? find(node.right, test);
  }
}

/** One closure for each operator: each stays monomorphic, so V8 inlines it. */
function comparison(operator: BinaryOperator, left: Step, right: Step): Step {
  const slow = (a: Scalar, b: Scalar): Scalar => compareScalars(operator, a, b);
  const both =
    (quick: (a: number, b: number) => boolean): Step =>
    (fields, frame) => {
      const a = left(fields, frame);
      const b = right(fields, frame);
      return typeof a === "number" && typeof b === "number" ? quick(a, b) : slow(a, b);
    };
  switch (operator) {
    case "==":
      return both((a, b) => a === b);
    case "!=":
      return both((a, b) => a !== b);
    case "<":
      return both((a, b) => a < b);
    case "<=":
      return both((a, b) => a <= b);
    case ">":
      return both((a, b) => a > b);
    default:
      return both((a, b) => a >= b);
  }
}

function compareScalars(operator: BinaryOperator, a: Scalar, b: Scalar): Scalar {
  if (isInteger(a) && isInteger(b)) return compareIntegers(operator, a, b);
  if (typeof a === "string" && typeof b === "string") return compareText(operator, a, b);
  if (typeof a === "boolean" && typeof b === "boolean") {
    return compareIntegers(operator, Number(a), Number(b));
  }
  return undefined;
}

/** By Unicode code points, as Rust orders strings (UTF-8 keeps that order). */
export function compareText(operator: BinaryOperator, a: string, b: string): boolean {
  const left = [...a];
  const right = [...b];
  let order = left.length - right.length;
  for (let i = 0; i < Math.min(left.length, right.length); i++) {
    const difference = left[i]!.codePointAt(0)! - right[i]!.codePointAt(0)!;
    if (difference === 0) continue;
    order = difference;
    break;
  }
  return compareIntegers(operator, order, 0);
}

const isInteger = (value: Scalar): value is Integer =>
  typeof value === "number" || typeof value === "bigint";

/** Integers count as conditions too (`bit & 4`), as C programmers expect. */
function truth(value: Scalar): boolean | undefined {
  if (typeof value === "boolean") return value;
  // biome-ignore lint/suspicious/noDoubleEquals: a zero of either kind
  return isInteger(value) ? value != 0 : undefined;
}

const and = (a: boolean | undefined, b: boolean | undefined): boolean | undefined =>
  b === false ? false : a === undefined ? undefined : b;
const or = (a: boolean | undefined, b: boolean | undefined): boolean | undefined =>
  b === true ? true : a === undefined ? undefined : b;

function calculateOrUnknown(operator: BinaryOperator, a: Integer, b: Integer): Scalar {
  try {
    return calculate(operator, a, b);
  } catch (error) {
    if (error instanceof UserError) return undefined;
    throw error;
  }
}
