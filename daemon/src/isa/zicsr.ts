/** Zicsr: every access is the privileged layer's. Source: unprivileged manual, chapter 6. */
import * as format from "./formats.ts";
import { type Instruction, instruction } from "./instruction.ts";
import { host } from "./ir.ts";

const row = (mnemonic: string, funct3: number, operands: format.Format) =>
  instruction(mnemonic, 0x707f, 0x73 | (funct3 << 12), operands, host("csr"));

export const zicsr: readonly Instruction[] = [
  row("csrrw", 1, format.csrRegister),
  row("csrrs", 2, format.csrRegister),
  row("csrrc", 3, format.csrRegister),
  row("csrrwi", 5, format.csrImmediate),
  row("csrrsi", 6, format.csrImmediate),
  row("csrrci", 7, format.csrImmediate),
];
