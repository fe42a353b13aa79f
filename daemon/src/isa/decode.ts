/**
 * From a word to its row and operands, and back. Decoding runs once for each place of code that is
 * executed or shown, not each time it executes.
 */
import { UserError } from "../base/errors.ts";
import { extract, type Field, type FieldName, insert, type Operands } from "./formats.ts";
import { type Compressed, type Instruction, matches } from "./instruction.ts";
import { compressed, instructions } from "./rows.ts";

export interface Decoded {
  /** The instruction, or the one that a compressed instruction expands to. */
  readonly row: Instruction;
  readonly operands: Operands;
  /** Bytes. */
  readonly length: 2 | 4;
  readonly compressed: Compressed | undefined;
}

/** Bytes of the instruction that begins with these 16 bits; longer encodings than 32 bits count as 4. */
export const lengthOf = (halfword: number): 2 | 4 => ((halfword & 3) === 3 ? 4 : 2);

const byMnemonic = new Map(instructions.map((row) => [row.mnemonic, row]));
const compressedByMnemonic = new Map(compressed.map((row) => [row.mnemonic, row]));

/** 32-bit rows by major opcode and funct3; a row whose mask leaves funct3 open is in all eight. */
const index32: Instruction[][] = Array.from({ length: 1024 }, () => []);
for (const row of instructions) {
  for (let funct3 = 0; funct3 < 8; funct3++) {
    const bits = funct3 << 12;
    if ((bits & row.mask & 0x7000) === (row.match & row.mask & 0x7000)) {
      index32[(row.match & 0x7f) | (funct3 << 7)]!.push(row);
    }
  }
}

const quadrant = (halfword: number): number => (halfword & 3) | ((halfword >>> 11) & 0x1c);
/** 16-bit rows by quadrant and funct3: every row's mask holds both. */
const index16: Compressed[][] = Array.from({ length: 32 }, () => []);
for (const row of compressed) index16[quadrant(row.match)]!.push(row);

/** `word` holds at least the instruction's bits, as a signed or unsigned number. */
export function decode(word: number): Decoded | undefined {
  return lengthOf(word) === 2 ? decode16(word & 0xffff) : decode32(word);
}

function decode32(word: number): Decoded | undefined {
  const candidates = index32[(word & 0x7f) | ((word >>> 5) & 0x380)]!;
  const row = candidates.find(({ mask, match }) => (word & mask) >>> 0 === match);
  if (row === undefined) return undefined;
  const operands = fieldsOf(word, row.format.fields);
  if (row.except.some((pattern) => matches(operands, pattern))) return undefined;
  return { row, operands, length: 4, compressed: undefined };
}

function decode16(word: number): Decoded | undefined {
  for (const row of index16[quadrant(word)]!) {
    if ((word & row.mask) !== row.match) continue;
    const operands = fieldsOf(word, row.operands);
    if (row.except.some((pattern) => matches(operands, pattern))) continue;
    return { row: byMnemonic.get(row.of)!, operands, length: 2, compressed: row };
  }
  return undefined;
}

function fieldsOf(word: number, fields: { readonly [name in FieldName]?: Field | number }) {
  const operands: { [name in FieldName]?: number } = {};
  for (const name in fields) {
    const value = fields[name as FieldName]!;
    operands[name as FieldName] = typeof value === "number" ? value : extract(word, value);
  }
  return operands as Operands;
}

/**
 * The word of an instruction; missing operands are zero. Throws UserError for a mnemonic that no
 * row has, or an operand that its field cannot hold.
 */
export function encode(mnemonic: string, operands: Operands = {}): number {
  const row = byMnemonic.get(mnemonic) ?? compressedByMnemonic.get(mnemonic);
  if (row === undefined) throw new UserError(`There is no instruction named ${mnemonic}.`);
  const fields = "format" in row ? row.format.fields : row.operands;
  let word = row.match;
  for (const [name, value] of Object.entries(operands)) {
    const target: Field | number | undefined = fields[name as FieldName];
    const bits = typeof target === "object" ? insert(value, target) : undefined;
    if (bits === undefined ? target !== value : false) {
      throw new UserError(`${mnemonic} cannot have ${name} = ${value}.`);
    }
    word |= bits ?? 0;
  }
  return word >>> 0;
}
