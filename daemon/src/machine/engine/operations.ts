/**
 * The operations that a decoded slot can name: a few of the engine's own, then one for each shape
 * of each row. Numbers are positions in this table; they never leave a run of the program.
 */
import type { Decoded } from "../../isa/decode.ts";
import type { Instruction } from "../../isa/instruction.ts";
import { compressed, instructions } from "../../isa/rows.ts";

export interface Operation {
  readonly row: Instruction;
  /** Bytes of the encoding: where the next instruction is. */
  readonly length: 2 | 4;
  /** A branch whose target is in the same page: `imm` is a distance between slots. */
  readonly near: boolean;
}

/** The slot has not been decoded since its bytes changed (zero, so that fresh memory is undecoded). */
export const UNDECODED = 0;
/** Behind the last slot of a page: goes on at the next page, retires nothing. */
export const PAGE_END = 1;
/** No row matches. */
export const ILLEGAL = 2;
const FIRST_ROW = 3;

/** Flags above the operation: they make the slot leave the straight path. */
export const HOOKED = 0x1000;
/** A 32-bit instruction whose second half is in the next virtual page: that is checked each time. */
export const STRADDLES = 0x2000;
export const OPERATION = 0x0fff;

const isDirect = (row: Instruction): boolean => row.semantics.some(({ kind }) => kind === "branch");

export const writesFloat = (row: Instruction): boolean => row.format.fields.fd !== undefined;

/** Nothing is ever executed in sequence after these. */
export const endsBlock = (row: Instruction): boolean =>
  row.semantics.some(
    (statement) =>
      statement.kind === "jump" ||
      (statement.kind === "branch" && statement.condition === undefined),
  );

const shortRows = new Set(compressed.map((row) => row.of));

export const operations: readonly (Operation | undefined)[] = [
  undefined,
  undefined,
  undefined,
  ...instructions.flatMap((row) =>
    (shortRows.has(row.mnemonic) ? ([2, 4] as const) : ([4] as const)).flatMap((length) =>
      (isDirect(row) ? [true, false] : [false]).map((near) => ({ row, length, near })),
    ),
  ),
];

const key = (row: Instruction, length: number, near: boolean): string =>
  `${row.mnemonic}/${length}/${near}`;
const numbers = new Map<string, number>();
operations.forEach((operation, number) => {
  if (number >= FIRST_ROW && operation !== undefined) {
    numbers.set(key(operation.row, operation.length, operation.near), number);
  }
});

/** The operation for a decoded instruction at a byte offset into its page. */
export function operationOf(decoded: Decoded, offset: number): { number: number; near: boolean } {
  const target = offset + (decoded.operands.imm ?? 0);
  const near = isDirect(decoded.row) && target >= 0 && target < 4096;
  return { number: numbers.get(key(decoded.row, decoded.length, near))!, near };
}
