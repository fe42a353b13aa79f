/**
 * Expressions of `isa` as WebAssembly. What an operand is (a field of a decoded slot, a local, a
 * constant) is the binding's business: the one seam between an instruction's meaning and the shape
 * of the code that carries it out.
 */

import { assert } from "../../base/errors.ts";
import type {
  Conversion,
  Expression,
  OperandName,
  RoundingState,
  Statement,
  Type,
  Variable,
} from "../../isa/ir.ts";
import { type Code, Op } from "./wasm.ts";

/** How generated code reads an instruction's operands and writes its result. */
export interface OperandBinding {
  /** Pushes the operand's value, an i64. */
  push(code: Code, name: OperandName): void;
  /** Pushes an i32 that is not zero when the float unit is in this state. */
  pushRounding(code: Code, is: RoundingState): void;
  /** Puts what `value` pushes (an i64) into rd or fd. */
  write(code: Code, value: () => void): void;
}

/** Locals of a function for temporaries: handed out anew for each instruction. */
export class Temporaries {
  readonly #code: Code;
  readonly #pools: { readonly [type in Type]: number[] } = {
    i32: [],
    i64: [],
    f32: [],
    f64: [],
  };
  #used: { [type in Type]: number } = { i32: 0, i64: 0, f32: 0, f64: 0 };

  constructor(code: Code) {
    this.#code = code;
  }

  take(type: Type): number {
    const pool = this.#pools[type];
    const index = this.#used[type]++;
    pool[index] ??= this.#code.local(type);
    return pool[index];
  }

  reset(): void {
    this.#used = { i32: 0, i64: 0, f32: 0, f64: 0 };
  }
}

/** Emits the expressions of one instruction. */
export class Emitter {
  readonly code: Code;
  readonly temporaries: Temporaries;
  readonly #binding: OperandBinding;
  readonly #variables = new Map<Variable, number>();
  readonly #cached = new Map<OperandName, number>();

  constructor(code: Code, temporaries: Temporaries, binding: OperandBinding) {
    this.code = code;
    this.temporaries = temporaries;
    this.#binding = binding;
  }

  /** Reads operands that are used more than once into locals. */
  prepare(semantics: readonly Statement[]): void {
    const uses = new Map<OperandName, number>();
    const count = (value: Expression): void => {
      if (value.kind === "operand") uses.set(value.name, (uses.get(value.name) ?? 0) + 1);
      for (const part of partsOf(value)) count(part);
    };
    for (const statement of semantics) for (const value of expressionsOf(statement)) count(value);
    for (const [name, number] of uses) {
      if (number < 2) continue;
      const local = this.temporaries.take("i64");
      this.operand(name);
      this.code.set(local);
      this.#cached.set(name, local);
    }
  }

  operand(name: OperandName): void {
    const cached = this.#cached.get(name);
    if (cached !== undefined) this.code.get(cached);
    else this.#binding.push(this.code, name);
  }

  write(value: () => void): void {
    this.#binding.write(this.code, value);
  }

  /** Names the value on the stack. */
  assign(variable: Variable): void {
    const local = this.temporaries.take(variable.type);
    this.#variables.set(variable, local);
    this.code.set(local);
  }

  /** Pushes the value of an expression. */
  push(value: Expression): void {
    const { code } = this;
    switch (value.kind) {
      case "constant":
        if (value.type === "i64") code.i64(value.value);
        else code.i32(Number(BigInt.asIntN(32, value.value)));
        return;
      case "number":
        if (value.type === "f64") code.f64(value.value);
        else code.f32(value.value);
        return;
      case "operand":
        this.operand(value.name);
        return;
      case "rounding":
        this.#binding.pushRounding(code, value.is);
        return;
      case "variable": {
        const local = this.#variables.get(value.variable);
        assert(local !== undefined, "a variable is assigned before it is used");
        code.get(local);
        return;
      }
      case "arithmetic":
        this.push(value.left);
        this.push(value.right);
        code.op(`${value.type}.${value.op}` satisfies Op);
        return;
      case "floatArithmetic":
        this.push(value.left);
        this.push(value.right);
        code.op(`${value.type}.${value.op}` satisfies Op);
        return;
      case "floatFunction":
        this.push(value.value);
        code.op(`${value.type}.${value.op}` satisfies Op);
        return;
      case "floatComparison":
        this.push(value.left);
        this.push(value.right);
        code.op(`${value.left.type}.${value.op}` satisfies Op);
        return;
      case "comparison":
        this.push(value.left);
        this.push(value.right);
        code.op(`${value.left.type}.${value.op}` satisfies Op);
        return;
      case "count":
        this.push(value.value);
        code.op(`${value.type}.${value.op}` satisfies Op);
        return;
      case "convert":
        this.push(value.value);
        code.op(conversion(value.op, value.type, value.value.type));
        return;
      case "choose":
        this.push(value.condition);
        code.if(value.type);
        this.push(value.yes);
        code.else();
        this.push(value.no);
        code.end();
        return;
    }
  }
}

/** As WebAssembly names it: `i64.extend_i32_s`, `f32.demote_f64`, ... */
function conversion(op: Conversion, to: Type, from: Type): Op {
  const [verb, sign] = op.split("_");
  const name = `${to}.${verb}_${from}${sign === undefined ? "" : `_${sign}`}`;
  assert(name in Op, `${from} has a conversion ${op} to ${to}`);
  return name as Op;
}

function partsOf(value: Expression): readonly Expression[] {
  switch (value.kind) {
    case "arithmetic":
    case "comparison":
    case "floatArithmetic":
    case "floatComparison":
      return [value.left, value.right];
    case "count":
    case "convert":
    case "floatFunction":
      return [value.value];
    case "choose":
      return [value.condition, value.yes, value.no];
    default:
      return [];
  }
}

function expressionsOf(statement: Statement): readonly Expression[] {
  switch (statement.kind) {
    case "let":
    case "write":
      return [statement.value];
    case "branch":
      return statement.condition === undefined ? [] : [statement.condition];
    case "jump":
      return [statement.target];
    case "load":
      return [statement.address];
    case "store":
      return [statement.address, statement.value];
    case "amo":
      return [statement.updated];
    case "exact":
      return [statement.when];
    default:
      return [];
  }
}
