/**
 * Where operands stand in an encoding. A field is a list of runs of bits, so that the decoder and
 * the encoder come from one description. Source: unprivileged manual, sections 2.2, 2.3 and 28.2.
 */

export interface Field {
  /** `[lowest bit in the word, number of bits, lowest bit in the value]`. */
  readonly runs: readonly (readonly [from: number, bits: number, to: number])[];
  readonly signed: boolean;
  /** Bits of the value: above the highest run everything is sign or zero. */
  readonly width: number;
  /** Added to the value: 8 for the three-bit register numbers x8..x15. */
  readonly base: number;
}

/** `f` registers have names of their own; `rm` is a rounding mode. */
export type FieldName =
  | "rd"
  | "rs1"
  | "rs2"
  | "fd"
  | "fs1"
  | "fs2"
  | "fs3"
  | "rm"
  | "imm"
  | "csr"
  | "aqrl"
  | "pred"
  | "succ"
  | "mode";
export type Fields = { readonly [name in FieldName]?: Field };
/** Values of the fields that an instruction has. */
export type Operands = { readonly [name in FieldName]?: number };

export interface Format {
  readonly fields: Fields;
  /** How the operands are written, in terms of field names; `target` is pc + imm. */
  readonly syntax: string;
  /** The rounding mode that is not written. */
  readonly usualRounding?: number;
}

type Runs = Field["runs"];

function field(runs: Runs, options: { signed?: boolean; base?: number } = {}): Field {
  const width = Math.max(...runs.map(([, bits, to]) => to + bits));
  return { runs, signed: options.signed ?? false, width, base: options.base ?? 0 };
}
const signedField = (...runs: Runs): Field => field(runs, { signed: true });

export function extract(word: number, { runs, signed, width, base }: Field): number {
  let value = 0;
  for (const [from, bits, to] of runs) value |= ((word >>> from) & (2 ** bits - 1)) << to;
  if (signed) value = (value << (32 - width)) >> (32 - width);
  return base === 0 ? value : value + base;
}

/** The word's bits for a value, or undefined when the field cannot hold it. */
export function insert(value: number, what: Field): number | undefined {
  let word = 0;
  const offset = value - what.base;
  for (const [from, bits, to] of what.runs) word |= ((offset >>> to) & (2 ** bits - 1)) << from;
  return extract(word, what) === value ? word : undefined;
}

const rd = field([[7, 5, 0]]);
const rs1 = field([[15, 5, 0]]);
const rs2 = field([[20, 5, 0]]);
const csr = field([[20, 12, 0]]);
const aqrl = field([[25, 2, 0]]);
const iImmediate = signedField([20, 12, 0]);

export const r: Format = { fields: { rd, rs1, rs2 }, syntax: "rd, rs1, rs2" };
export const unary: Format = { fields: { rd, rs1 }, syntax: "rd, rs1" };
export const i: Format = { fields: { rd, rs1, imm: iImmediate }, syntax: "rd, rs1, imm" };
export const load: Format = { fields: i.fields, syntax: "rd, imm(rs1)" };
export const shift64: Format = {
  fields: { rd, rs1, imm: field([[20, 6, 0]]) },
  syntax: "rd, rs1, imm",
};
export const shift32: Format = {
  fields: { rd, rs1, imm: field([[20, 5, 0]]) },
  syntax: "rd, rs1, imm",
};
export const store: Format = {
  fields: { rs1, rs2, imm: signedField([25, 7, 5], [7, 5, 0]) },
  syntax: "rs2, imm(rs1)",
};
export const branch: Format = {
  fields: { rs1, rs2, imm: signedField([31, 1, 12], [7, 1, 11], [25, 6, 5], [8, 4, 1]) },
  syntax: "rs1, rs2, target",
};
/** `imm` is the whole value, the low 12 bits zero; it is written without them. */
export const upper: Format = {
  fields: { rd, imm: signedField([12, 20, 12]) },
  syntax: "rd, upper",
};
export const jump: Format = {
  fields: { rd, imm: signedField([31, 1, 20], [12, 8, 12], [20, 1, 11], [21, 10, 1]) },
  syntax: "rd, target",
};
export const fence: Format = {
  fields: { pred: field([[24, 4, 0]]), succ: field([[20, 4, 0]]), mode: field([[28, 4, 0]]) },
  syntax: "pred, succ",
};
export const atomic: Format = { fields: { rd, rs1, rs2, aqrl }, syntax: "rd, rs2, (rs1)" };
export const loadReserved: Format = { fields: { rd, rs1, aqrl }, syntax: "rd, (rs1)" };
export const csrRegister: Format = { fields: { rd, rs1, csr }, syntax: "rd, csr, rs1" };
/** `imm` is the five-bit unsigned value in the place of rs1. */
export const csrImmediate: Format = {
  fields: { rd, imm: field([[15, 5, 0]]), csr },
  syntax: "rd, csr, imm",
};
export const addressSpace: Format = { fields: { rs1, rs2 }, syntax: "rs1, rs2" };
export const none: Format = { fields: {}, syntax: "" };

const fd = rd;
const fs1 = rs1;
const fs2 = rs2;
const fs3 = field([[27, 5, 0]]);
const rm = field([[12, 3, 0]]);
/** Written unless it is dynamic, or nearest even where nothing is ever rounded. */
const dynamic = { usualRounding: 7 };
const inexact = { usualRounding: 0 };

/** Formats of float instructions. */
export const float = {
  load: { fields: { fd, rs1, imm: iImmediate }, syntax: "fd, imm(rs1)" },
  store: {
    fields: { rs1, fs2, imm: signedField([25, 7, 5], [7, 5, 0]) },
    syntax: "fs2, imm(rs1)",
  },
  fused: {
    fields: { fd, fs1, fs2, fs3, rm },
    syntax: "fd, fs1, fs2, fs3, rm",
    ...dynamic,
  },
  rounded: { fields: { fd, fs1, fs2, rm }, syntax: "fd, fs1, fs2, rm", ...dynamic },
  roundedUnary: { fields: { fd, fs1, rm }, syntax: "fd, fs1, rm", ...dynamic },
  widening: { fields: { fd, fs1, rm }, syntax: "fd, fs1, rm", ...inexact },
  binary: { fields: { fd, fs1, fs2 }, syntax: "fd, fs1, fs2" },
  compare: { fields: { rd, fs1, fs2 }, syntax: "rd, fs1, fs2" },
  toRegister: { fields: { rd, fs1 }, syntax: "rd, fs1" },
  fromRegister: { fields: { fd, rs1 }, syntax: "fd, rs1" },
  toInteger: { fields: { rd, fs1, rm }, syntax: "rd, fs1, rm", ...dynamic },
  fromInteger: { fields: { fd, rs1, rm }, syntax: "fd, rs1, rm", ...dynamic },
  fromSmallInteger: { fields: { fd, rs1, rm }, syntax: "fd, rs1, rm", ...inexact },
} as const satisfies Record<string, Format>;

/** Fields of compressed instructions, named as in the manual's table of formats. */
export const c = {
  rd: field([[7, 5, 0]]),
  rs2: field([[2, 5, 0]]),
  /** rd', rs1' of bits 9..7 and rd', rs2' of bits 4..2: x8..x15. */
  rs1Short: field([[7, 3, 0]], { base: 8 }),
  rs2Short: field([[2, 3, 0]], { base: 8 }),
  imm6: signedField([12, 1, 5], [2, 5, 0]),
  upper6: signedField([12, 1, 17], [2, 5, 12]),
  shamt: field([
    [12, 1, 5],
    [2, 5, 0],
  ]),
  addi4spn: field([
    [11, 2, 4],
    [7, 4, 6],
    [6, 1, 2],
    [5, 1, 3],
  ]),
  addi16sp: signedField([12, 1, 9], [6, 1, 4], [5, 1, 6], [3, 2, 7], [2, 1, 5]),
  word: field([
    [10, 3, 3],
    [6, 1, 2],
    [5, 1, 6],
  ]),
  double: field([
    [10, 3, 3],
    [5, 2, 6],
  ]),
  wordSp: field([
    [12, 1, 5],
    [4, 3, 2],
    [2, 2, 6],
  ]),
  doubleSp: field([
    [12, 1, 5],
    [5, 2, 3],
    [2, 3, 6],
  ]),
  storeWordSp: field([
    [9, 4, 2],
    [7, 2, 6],
  ]),
  storeDoubleSp: field([
    [10, 3, 3],
    [7, 3, 6],
  ]),
  jump: signedField(
    [12, 1, 11],
    [11, 1, 4],
    [9, 2, 8],
    [8, 1, 10],
    [7, 1, 6],
    [6, 1, 7],
    [3, 3, 1],
    [2, 1, 5],
  ),
  branch: signedField([12, 1, 8], [10, 2, 3], [5, 2, 6], [3, 2, 1], [2, 1, 5]),
} as const satisfies Record<string, Field>;
