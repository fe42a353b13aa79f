/** What a user types as a scalar's new value, as the bytes to write. */
import { UserError } from "../base/errors.ts";
import type { Place, Type } from "../symbols/api.ts";
import type { Datum } from "./datum.ts";
import { calculate } from "./expression/arithmetic.ts";
import { parse } from "./expression/parse.ts";
import type { Expression } from "./expression/syntax.ts";
import { wordBytes } from "./place.ts";
import { scalarOf } from "./types.ts";

/** Throws UserError when the type is no scalar, or the text no value of it. */
export function parseScalar(
  datum: Datum,
  text: string,
): { readonly place: Place; readonly offset: number; readonly bytes: Uint8Array } {
  const scalar = scalarOf(datum.type);
  if (!scalar) {
    throw new UserError(
      `only integers, booleans, characters, pointers and plain enums can be changed, not ${datum.type.name}`,
    );
  }
  const value = scalarValue(scalar.type, text);
  const bytes = wordBytes(value, scalar.type.size);
  return { place: datum.place, offset: datum.offset + scalar.offset, bytes };
}

function scalarValue(type: Type, text: string): bigint {
  if (type.kind === "enum") {
    const wanted = text.trim().split("::").at(-1);
    const named = type.enumerators.find(({ name }) => name === wanted);
    if (named) return named.value;
  }
  const value = literal(parse(text), text);
  if (type.kind === "pointer") return BigInt.asUintN(64, value);
  if (type.kind !== "base") return value;
  const bits = BigInt(type.size * 8);
  const low = type.encoding === "signed" ? -(1n << (bits - 1n)) : 0n;
  const high = highest(type);
  if (type.encoding === "float") throw new UserError("floating point values cannot be changed yet");
  if (value < low || value > high) {
    throw new UserError(`${value} does not fit in ${type.name} (${low} to ${high})`);
  }
  return value;
}

function highest(type: Type & { kind: "base" }): bigint {
  if (type.encoding === "bool") return 1n;
  if (type.encoding === "char" && type.size === 4) return 0x10_ffffn;
  const bits = BigInt(type.size * 8);
  return (1n << (type.encoding === "signed" ? bits - 1n : bits)) - 1n;
}

const CALCULATES: ReadonlySet<string> = new Set("+ - * / % & | ^ << >>".split(" "));

function literal(expression: Expression, text: string): bigint {
  switch (expression.kind) {
    case "integer":
      return expression.value;
    case "character":
      return BigInt(expression.value);
    case "boolean":
      return expression.value ? 1n : 0n;
    case "unary":
      if (expression.operator === "-") return -literal(expression.of, text);
      break;
    case "binary":
      if (CALCULATES.has(expression.operator)) {
        const left = literal(expression.left, text);
        return BigInt(calculate(expression.operator, left, literal(expression.right, text)));
      }
  }
  throw new UserError(
    `\`${text}\` is not a value that can be written: give a number, 'c', true or false`,
  );
}
