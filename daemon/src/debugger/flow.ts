/**
 * Where a hart may stand after its next instruction, read from the instruction itself: what stepping
 * needs to put its hooks without executing anything.
 */
import { type Address, address } from "../base/brand.ts";
import { type Decoded, decode } from "../isa/decode.ts";
import type { Hart } from "../machine/api.ts";

export interface Successors {
  /** Bytes of the instruction. */
  readonly length: number;
  /** Every place where the hart may go on, traps left aside. */
  readonly next: readonly Address[];
  /** Set when the instruction leaves a return address behind: where the call goes. */
  readonly call: Address | undefined;
}

/** The word at a pc, as far as it is mapped: 16 bits at the end of a page hold a compressed instruction. */
export function fetch(hart: Hart, pc: Address): number | undefined {
  const low = hart.readUint(pc, 2);
  if (low === undefined) return undefined;
  if ((low & 3n) !== 3n) return Number(low);
  const high = hart.readUint(address(pc + 2n), 2);
  return high === undefined ? undefined : Number(low | (high << 16n));
}

/** CSR numbers of sepc and mepc (privileged manual, table of CSRs). */
const returnCsr: Record<string, number> = { sret: 0x141, mret: 0x341 };

/** Undefined where no instruction can be read or decoded: its execution traps. */
export function successorsAt(hart: Hart, pc: Address): Successors | undefined {
  const word = fetch(hart, pc);
  const decoded = word === undefined ? undefined : decode(word);
  if (!decoded) return undefined;
  const { length, operands } = decoded;
  const after = address(pc + BigInt(length));
  const relative = (): Address => address(pc + BigInt(operands.imm ?? 0));
  switch (flowOf(decoded)) {
    case "branch":
      return { length, next: [after, relative()], call: undefined };
    case "jump":
      return jump(length, relative(), operands.rd !== 0);
    case "indirect": {
      const target = (hart.x(operands.rs1 ?? 0) + BigInt(operands.imm ?? 0)) & ~1n;
      return jump(length, address(target), operands.rd !== 0);
    }
    case "return from trap":
      return jump(length, address(hart.csr(returnCsr[decoded.row.mnemonic]!) ?? 0n), false);
    case "next":
      return { length, next: [after], call: undefined };
  }
}

const jump = (length: number, target: Address, link: boolean): Successors => ({
  length,
  next: [target],
  call: link ? target : undefined,
});

export type Flow = "next" | "branch" | "jump" | "indirect" | "return from trap";

export function flowOf({ row }: Decoded): Flow {
  if (row.mnemonic === "jal") return "jump";
  if (row.mnemonic === "jalr") return "indirect";
  if (row.mnemonic in returnCsr) return "return from trap";
  return row.format.syntax.includes("target") ? "branch" : "next";
}

export function isReturn({ row, operands }: Decoded): boolean {
  const { rd, rs1, imm } = operands;
  return row.mnemonic === "jalr" && rd === 0 && rs1 === 1 && imm === 0;
}

/** Instructions of a stretch of code that may leave their function: calls and jumps (returns left out). */
export function departures(hart: Hart, low: Address, high: Address): readonly Address[] {
  const found: Address[] = [];
  let pc = low;
  while (pc < high) {
    const word = fetch(hart, pc);
    if (word === undefined) break;
    const decoded = decode(word);
    if (decoded) {
      const flow = flowOf(decoded);
      if ((flow === "jump" || flow === "indirect") && !isReturn(decoded)) found.push(pc);
    }
    pc = address(pc + BigInt(decoded?.length ?? ((word & 3) === 3 ? 4 : 2)));
  }
  return found;
}
