/**
 * The small typed language in which each instruction's semantics is written, once. Interpreter,
 * translator and reference checks are derived from it. Values are i64 or i32; expressions have no
 * side effects and never trap; statements run in order and the last one says where control goes
 * (none: to the next instruction).
 */

/** Operators of two operands of one type; comparisons answer an i32 of 0 or 1. Shift and rotate counts wrap. */
export type Arithmetic =
  | "add"
  | "sub"
  | "mul"
  | "and"
  | "or"
  | "xor"
  | "shl"
  | "shr_s"
  | "shr_u"
  | "rotl"
  | "rotr"
  /** The divisions and remainders must be guarded by `choose`: no zero divisor, no overflow. */
  | "div_s"
  | "div_u"
  | "rem_s"
  | "rem_u";
export type Comparison = "eq" | "ne" | "lt_s" | "lt_u" | "ge_s" | "ge_u";
/** Leading and trailing zeros (all bits of a zero), and ones. */
export type Count = "clz" | "ctz" | "popcnt";
export type Type = "i32" | "i64";

/** What an instruction's encoding and place supply. All i64; `imm` is sign-extended. */
export type OperandName = "rs1" | "rs2" | "imm" | "pc" | "link";

export type Node =
  | { readonly kind: "constant"; readonly value: bigint }
  | { readonly kind: "operand"; readonly name: OperandName }
  | { readonly kind: "variable"; readonly variable: Variable }
  | {
      readonly kind: "arithmetic";
      readonly op: Arithmetic;
      readonly left: Expression;
      readonly right: Expression;
    }
  | {
      readonly kind: "comparison";
      readonly op: Comparison;
      readonly left: Expression;
      readonly right: Expression;
    }
  | { readonly kind: "count"; readonly op: Count; readonly value: Expression }
  | { readonly kind: "convert"; readonly op: Conversion; readonly value: Expression }
  /** Evaluates only the branch that holds. */
  | {
      readonly kind: "choose";
      readonly condition: Expression<"i32">;
      readonly yes: Expression;
      readonly no: Expression;
    };

/** wrap: i64 to i32, the low half; the others i32 to i64. */
export type Conversion = "wrap" | "extend_s" | "extend_u";

export type Expression<T extends Type = Type> = Node & { readonly type: T };

/** A value named by a `let` statement, or the old value that an `amo` statement read. */
export interface Variable<T extends Type = Type> {
  readonly type: T;
}

/** Bytes of a memory access. */
export type Width = 1 | 2 | 4 | 8;

/** What the privileged layer does: see `EngineHost`. */
export type HostCall = "csr" | "system";

export type Statement =
  | { readonly kind: "let"; readonly variable: Variable; readonly value: Expression }
  /** rd = value. */
  | { readonly kind: "write"; readonly value: Expression<"i64"> }
  /** Goes to pc + imm when the condition holds, or always. */
  | { readonly kind: "branch"; readonly condition: Expression<"i32"> | undefined }
  /** Goes to a computed address. */
  | { readonly kind: "jump"; readonly target: Expression<"i64"> }
  /** rd = the value at an address, sign- or zero-extended. */
  | {
      readonly kind: "load";
      readonly width: Width;
      readonly signed: boolean;
      readonly address: Expression<"i64">;
    }
  | {
      readonly kind: "store";
      readonly width: Width;
      readonly address: Expression<"i64">;
      readonly value: Expression<"i64">;
    }
  /** rd = old = the sign-extended value at rs1; then `updated` goes there. Aligned only. */
  | {
      readonly kind: "amo";
      readonly width: 4 | 8;
      readonly old: Variable<"i64">;
      readonly updated: Expression<"i64">;
    }
  /** rd = the sign-extended value at rs1, which is now reserved. Aligned only. */
  | { readonly kind: "reserve"; readonly width: 4 | 8 }
  /** rs2 goes to rs1 if that is still reserved; rd = 0 if it was, else 1. Aligned only. */
  | { readonly kind: "storeReserved"; readonly width: 4 | 8 }
  | { readonly kind: "host"; readonly call: HostCall };

const operand = (name: OperandName): Expression<"i64"> => ({ kind: "operand", type: "i64", name });

export const rs1 = operand("rs1");
export const rs2 = operand("rs2");
export const imm = operand("imm");
/** Address of the instruction. */
export const pc = operand("pc");
/** Address of the instruction that follows. */
export const link = operand("link");

const arithmetic =
  <T extends Type>(type: T, op: Arithmetic) =>
  (left: Expression<T>, right: Expression<T>): Expression<T> => ({
    kind: "arithmetic",
    type,
    op,
    left,
    right,
  });
const comparison =
  <T extends Type>(op: Comparison) =>
  (left: Expression<T>, right: Expression<T>): Expression<"i32"> => ({
    kind: "comparison",
    type: "i32",
    op,
    left,
    right,
  });

const count =
  <T extends Type>(type: T, op: Count) =>
  (value: Expression<T>): Expression<T> => ({ kind: "count", type, op, value });

const operators = <T extends Type>(type: T) => ({
  constant: (value: bigint | number): Expression<T> => ({
    kind: "constant",
    type,
    value: BigInt(value),
  }),
  add: arithmetic(type, "add"),
  sub: arithmetic(type, "sub"),
  mul: arithmetic(type, "mul"),
  and: arithmetic(type, "and"),
  or: arithmetic(type, "or"),
  xor: arithmetic(type, "xor"),
  shl: arithmetic(type, "shl"),
  shrS: arithmetic(type, "shr_s"),
  shrU: arithmetic(type, "shr_u"),
  rotl: arithmetic(type, "rotl"),
  rotr: arithmetic(type, "rotr"),
  divS: arithmetic(type, "div_s"),
  divU: arithmetic(type, "div_u"),
  remS: arithmetic(type, "rem_s"),
  remU: arithmetic(type, "rem_u"),
  eq: comparison<T>("eq"),
  ne: comparison<T>("ne"),
  ltS: comparison<T>("lt_s"),
  ltU: comparison<T>("lt_u"),
  geS: comparison<T>("ge_s"),
  geU: comparison<T>("ge_u"),
  clz: count(type, "clz"),
  ctz: count(type, "ctz"),
  popcnt: count(type, "popcnt"),
});
export const i64 = operators("i64");
export const i32 = operators("i32");

const convert =
  <T extends Type, F extends Type>(type: T, op: Conversion) =>
  (value: Expression<F>): Expression<T> => ({ kind: "convert", type, op, value });
/** The low 32 bits. */
export const low = convert<"i32", "i64">("i32", "wrap");
export const signExtend = convert<"i64", "i32">("i64", "extend_s");
export const zeroExtend = convert<"i64", "i32">("i64", "extend_u");

export const choose = <T extends Type>(
  condition: Expression<"i32">,
  yes: Expression<T>,
  no: Expression<T>,
): Expression<T> => ({ kind: "choose", type: yes.type, condition, yes, no });

export const variable = <T extends Type>(type: T): Variable<T> => ({ type });
export const use = <T extends Type>(name: Variable<T>): Expression<T> => ({
  kind: "variable",
  type: name.type,
  variable: name,
});

export const assign = <T extends Type>(name: Variable<T>, value: Expression<T>): Statement => ({
  kind: "let",
  variable: name,
  value,
});
export const write = (value: Expression<"i64">): Statement => ({ kind: "write", value });
export const branch = (condition?: Expression<"i32">): Statement => ({ kind: "branch", condition });
export const jump = (target: Expression<"i64">): Statement => ({ kind: "jump", target });
export const host = (call: HostCall): Statement => ({ kind: "host", call });
