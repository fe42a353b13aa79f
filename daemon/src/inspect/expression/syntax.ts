/**
 * The shape of a parsed expression: the language of evaluate, conditions, log points and profiles.
 * `at` is the offset of the node's first character, for error messages.
 */
export type BinaryOperator =
  | "||"
  | "&&"
  | "=="
  | "!="
  | "<"
  | "<="
  | ">"
  | ">="
  | "|"
  | "^"
  | "&"
  | "<<"
  | ">>"
  | "+"
  | "-"
  | "*"
  | "/"
  | "%";

export type UnaryOperator = "-" | "!" | "*" | "&";

/** Questions that a value answers about itself, written `x.len()`. */
export const METHODS = ["len", "is_empty", "is_some", "is_none", "is_ok", "is_err"] as const;
export type Method = (typeof METHODS)[number];

export type Expression =
  | { readonly kind: "integer"; readonly at: number; readonly value: bigint }
  | { readonly kind: "character"; readonly at: number; readonly value: number }
  | { readonly kind: "boolean"; readonly at: number; readonly value: boolean }
  | { readonly kind: "string"; readonly at: number; readonly value: string }
  /** `x`, `executor::EXECUTOR`, `State::Ready`. */
  | { readonly kind: "name"; readonly at: number; readonly path: string }
  /** Without the `$`, in lower case. */
  | { readonly kind: "register"; readonly at: number; readonly name: string }
  | {
      readonly kind: "field";
      readonly at: number;
      readonly of: Expression;
      readonly name: string;
    }
  | {
      readonly kind: "index";
      readonly at: number;
      readonly of: Expression;
      readonly index: Expression;
    }
  | {
      readonly kind: "method";
      readonly at: number;
      readonly of: Expression;
      readonly name: Method;
    }
  | {
      readonly kind: "unary";
      readonly at: number;
      readonly operator: UnaryOperator;
      readonly of: Expression;
    }
  | {
      readonly kind: "binary";
      readonly at: number;
      readonly operator: BinaryOperator;
      readonly left: Expression;
      readonly right: Expression;
    }
  | {
      readonly kind: "cast";
      readonly at: number;
      readonly of: Expression;
      readonly to: TypeName;
    };

/** A type as written after `as`. */
export type TypeName =
  | { readonly kind: "named"; readonly name: string }
  | { readonly kind: "pointer"; readonly to: TypeName }
  | { readonly kind: "array"; readonly element: TypeName; readonly count: number };

/** The same expression, written out again; for child expressions and messages. */
export function typeText(type: TypeName): string {
  switch (type.kind) {
    case "named":
      return type.name;
    case "pointer":
      return `*const ${typeText(type.to)}`;
    case "array":
      return `[${typeText(type.element)}; ${type.count}]`;
  }
}
