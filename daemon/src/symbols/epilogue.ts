/**
 * The end of a function, read from its code: what is still to be loaded from the stack, the frame
 * taken off it, `ret`. LLVM's unoptimised code has one unwind row from the prologue to there, wrong
 * once the frame pointer is the caller's again; what the instructions are about to do is right.
 */
import { decode, lengthOf } from "../isa/decode.ts";
import type { NearAddress } from "./positions.ts";

const RETURN_ADDRESS = 1;
const STACK_POINTER = 2;
/** Of f0; x0 has 0 (RISC-V psABI, "DWARF Register Numbers"). */
const FIRST_FLOAT = 32;
/** All registers that a function may keep, and as many adjustments of the stack. */
const MOST_INSTRUCTIONS = 50;

export interface Epilogue {
  /** Bytes that the stack pointer will have grown by at the caller. */
  readonly growth: number;
  /** By DWARF number: bytes from the stack pointer as it is now to where a register is still to be loaded from. */
  readonly saved: ReadonlyMap<number, number>;
}

/** `code` gives bytes of the image. Undefined where anything else comes before `ret`, as at a call's inside. */
export function epilogueAt(
  code: (at: NearAddress, length: number) => Uint8Array | undefined,
  pc: NearAddress,
): Epilogue | undefined {
  // Callers are looked up inside their call instruction.
  if (pc % 2 !== 0) return undefined;
  const saved = new Map<number, number>();
  let growth = 0;
  let at: number = pc;
  for (let count = 0; count < MOST_INSTRUCTIONS; count++) {
    const low = code(at as NearAddress, 2);
    const length = low && lengthOf(low[0]!);
    const bytes = length === 4 ? code(at as NearAddress, 4) : low;
    const decoded = bytes && decode(bytes.reduceRight((word, byte) => (word << 8) | byte, 0));
    if (decoded === undefined) return undefined;
    const { rd, rs1, imm } = decoded.operands;
    switch (decoded.row.mnemonic) {
      case "ld":
      case "fld":
        if (rs1 !== STACK_POINTER || rd === STACK_POINTER) return undefined;
        saved.set(rd! + (decoded.row.mnemonic === "fld" ? FIRST_FLOAT : 0), growth + imm!);
        break;
      case "addi":
        if (rd !== STACK_POINTER || rs1 !== STACK_POINTER || imm! <= 0) return undefined;
        growth += imm!;
        break;
      case "jalr":
        return rd === 0 && rs1 === RETURN_ADDRESS && imm === 0 ? { growth, saved } : undefined;
      default:
        return undefined;
    }
    at += decoded.length;
  }
  return undefined;
}
