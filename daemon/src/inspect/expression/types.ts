/** Types named in expressions: Rust's primitives, pointers, arrays, and the program's own by path. */
import { UserError } from "../../base/errors.ts";
import type { Type } from "../../symbols/api.ts";
import type { Module } from "../api.ts";
import { POINTER_SIZE } from "../types.ts";
import { type TypeName, typeText } from "./syntax.ts";

const PRIMITIVES: ReadonlyMap<string, Type> = new Map(
  (
    [
      ...[8, 16, 32, 64, 128].map((bits) => [`u${bits}`, bits / 8, "unsigned"]),
      ...[8, 16, 32, 64, 128].map((bits) => [`i${bits}`, bits / 8, "signed"]),
      ["usize", 8, "unsigned"],
      ["isize", 8, "signed"],
      ["bool", 1, "bool"],
      ["char", 4, "char"],
      ["f32", 4, "float"],
      ["f64", 8, "float"],
      ["()", 0, "unsigned"],
    ] as [string, number, (Type & { kind: "base" })["encoding"]][]
  ).map(([name, size, encoding]) => [name, { kind: "base", name, size, encoding }]),
);

/** A type that Rust has by itself. */
export const primitive = (name: string): Type => PRIMITIVES.get(name)!;

/** Throws UserError when no type has this name, or several have. */
export function resolveType(name: TypeName, modules: readonly Module[]): Type {
  switch (name.kind) {
    case "pointer": {
      const target = resolveType(name.to, modules);
      return { kind: "pointer", name: typeText(name), size: POINTER_SIZE, target: () => target };
    }
    case "array": {
      const element = resolveType(name.element, modules);
      const size = element.size * name.count;
      return {
        kind: "array",
        name: typeText(name),
        size,
        element: () => element,
        count: name.count,
      };
    }
    case "named":
      return PRIMITIVES.get(name.name) ?? programType(name.name, modules);
  }
}

function programType(name: string, modules: readonly Module[]): Type {
  for (const module of modules) {
    const found = module.symbols.typeNamed(name);
    const names = [...new Set(found.map((type) => type.name))];
    if (names.length > 1) {
      const shown = names.slice(0, 4).join(", ");
      throw new UserError(
        `\`${name}\` may be ${shown}${names.length > 4 ? ", …" : ""}: write more of the path`,
      );
    }
    if (found[0]) return found[0];
  }
  throw new UserError(`no type is named \`${name}\``);
}
