/**
 * What a row of the instruction tables holds. Decoder, encoder, disassembler, interpreter and the
 * tests are derived from rows; there is no other place that knows an instruction.
 */
import type { Field, FieldName, Format, Operands } from "./formats.ts";
import type { Statement } from "./ir.ts";

export interface Instruction {
  readonly mnemonic: string;
  /** A word is this instruction when `(word & mask) === match`; both unsigned. */
  readonly mask: number;
  readonly match: number;
  readonly format: Format;
  /** Operand values that are reserved. */
  readonly except: readonly Pattern[];
  readonly semantics: readonly Statement[];
}

/** A 16-bit encoding of another instruction, to which its operands are mapped. */
export interface Compressed {
  readonly mnemonic: string;
  /** The mnemonic of the instruction that it expands to. */
  readonly of: string;
  readonly mask: number;
  readonly match: number;
  /** Operands of the expansion: fields of the 16-bit word, or constants. */
  readonly operands: { readonly [name in FieldName]?: Field | number };
  /** Operand values that are another instruction's or reserved. */
  readonly except: readonly Pattern[];
  /** Encodings that are hints: these execute, without effect, and are shown by a name of their own. */
  readonly hints: readonly Hint[];
}

export interface Hint {
  readonly mnemonic: string;
  readonly syntax: string;
  readonly when: Pattern;
}

/** Values that operands have, or do not have, or share with another operand. */
export type Pattern = {
  readonly [name in FieldName]?: number | { readonly not: number } | { readonly same: FieldName };
};

export const instruction = (
  mnemonic: string,
  mask: number,
  match: number,
  format: Format,
  ...semantics: Statement[]
): Instruction => ({
  mnemonic,
  mask: mask >>> 0,
  match: match >>> 0,
  format,
  except: format.fields.rm === undefined ? [] : reservedRounding,
  semantics,
});

const reservedRounding: readonly Pattern[] = [{ rm: 5 }, { rm: 6 }];

export function matches(operands: Operands, pattern: Pattern): boolean {
  return Object.entries(pattern).every(([name, wanted]) => {
    const value = operands[name as FieldName];
    if (typeof wanted === "number") return value === wanted;
    return "not" in wanted ? value !== wanted.not : value === operands[wanted.same];
  });
}
