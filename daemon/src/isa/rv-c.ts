/**
 * The C extension for RV64: each row maps its operands to the instruction that it expands to. Source: unprivileged manual, chapter 28.
 */
import { c, type Field, type FieldName } from "./formats.ts";
import type { Compressed, Hint, Pattern } from "./instruction.ts";

type Mapping = { readonly [name in FieldName]?: Field | number };

interface Limits {
  /** Operand values that are another instruction's or reserved. */
  readonly except?: readonly Pattern[];
  readonly hints?: readonly Hint[];
}

const row = (
  mnemonic: string,
  mask: number,
  match: number,
  of: string,
  operands: Mapping,
  { except = [], hints = [] }: Limits = {},
): Compressed => ({ mnemonic, of, mask, match, operands, except, hints });

const hint = (mnemonic: string, syntax: string, when: Pattern): Hint => ({
  mnemonic,
  syntax,
  when,
});

const zero = 0;
const ra = 1;
const sp = 2;
const { rs1Short, rs2Short } = c;

const noRd: Limits = { except: [{ rd: zero }] };
const noRs1: Limits = { except: [{ rs1: zero }] };
const noImmediate: Limits = { except: [{ imm: 0 }] };

const addi4spn: Mapping = { rd: rs2Short, rs1: sp, imm: c.addi4spn };
const loadWord: Mapping = { rd: rs2Short, rs1: rs1Short, imm: c.word };
const loadDouble: Mapping = { rd: rs2Short, rs1: rs1Short, imm: c.double };
const storeWord: Mapping = { rs1: rs1Short, rs2: rs2Short, imm: c.word };
const storeDouble: Mapping = { rs1: rs1Short, rs2: rs2Short, imm: c.double };
const loadFloat: Mapping = { fd: rs2Short, rs1: rs1Short, imm: c.double };
const storeFloat: Mapping = { rs1: rs1Short, fs2: rs2Short, imm: c.double };

/** Quadrant 0: loads and stores of x8..x15. */
const quadrant0 = [
  row("c.addi4spn", 0xe003, 0x0000, "addi", addi4spn, noImmediate),
  row("c.fld", 0xe003, 0x2000, "fld", loadFloat),
  row("c.lw", 0xe003, 0x4000, "lw", loadWord),
  row("c.ld", 0xe003, 0x6000, "ld", loadDouble),
  row("c.fsd", 0xe003, 0xa000, "fsd", storeFloat),
  row("c.sw", 0xe003, 0xc000, "sw", storeWord),
  row("c.sd", 0xe003, 0xe000, "sd", storeDouble),
];

const nop: Mapping = { rd: zero, rs1: zero, imm: c.imm6 };
const immediate: Mapping = { rd: c.rd, rs1: c.rd, imm: c.imm6 };
const loadImmediate: Mapping = { rd: c.rd, rs1: zero, imm: c.imm6 };
const loadUpper: Mapping = { rd: c.rd, imm: c.upper6 };
const addi16sp: Mapping = { rd: sp, rs1: sp, imm: c.addi16sp };
const shiftShort: Mapping = { rd: rs1Short, rs1: rs1Short, imm: c.shamt };
const andImmediate: Mapping = { rd: rs1Short, rs1: rs1Short, imm: c.imm6 };
const registersShort: Mapping = { rd: rs1Short, rs1: rs1Short, rs2: rs2Short };
const branchZero: Mapping = { rs1: rs1Short, rs2: zero, imm: c.branch };

const nopHint = hint("c.nop", "imm", { imm: { not: 0 } });
const addiHint = hint("c.addi", "rd, imm", { imm: 0 });
const liHint = hint("c.li", "rd, imm", { rd: zero });
const luiHint = hint("c.lui", "rd, upper", { rd: zero });
const srliHint = hint("c.srli64", "rd", { imm: 0 });
const sraiHint = hint("c.srai64", "rd", { imm: 0 });

/** Quadrant 1: arithmetic and branches. */
const quadrant1 = [
  row("c.nop", 0xef83, 0x0001, "addi", nop, { hints: [nopHint] }),
  row("c.addi", 0xe003, 0x0001, "addi", immediate, { ...noRd, hints: [addiHint] }),
  row("c.addiw", 0xe003, 0x2001, "addiw", immediate, noRd),
  row("c.li", 0xe003, 0x4001, "addi", loadImmediate, { hints: [liHint] }),
  row("c.addi16sp", 0xef83, 0x6101, "addi", addi16sp, noImmediate),
  row("c.lui", 0xe003, 0x6001, "lui", loadUpper, {
    except: [{ rd: sp }, { imm: 0 }],
    hints: [luiHint],
  }),
  row("c.srli", 0xec03, 0x8001, "srli", shiftShort, { hints: [srliHint] }),
  row("c.srai", 0xec03, 0x8401, "srai", shiftShort, { hints: [sraiHint] }),
  row("c.andi", 0xec03, 0x8801, "andi", andImmediate),
  row("c.sub", 0xfc63, 0x8c01, "sub", registersShort),
  row("c.xor", 0xfc63, 0x8c21, "xor", registersShort),
  row("c.or", 0xfc63, 0x8c41, "or", registersShort),
  row("c.and", 0xfc63, 0x8c61, "and", registersShort),
  row("c.subw", 0xfc63, 0x9c01, "subw", registersShort),
  row("c.addw", 0xfc63, 0x9c21, "addw", registersShort),
  row("c.j", 0xe003, 0xa001, "jal", { rd: zero, imm: c.jump }),
  row("c.beqz", 0xe003, 0xc001, "beq", branchZero),
  row("c.bnez", 0xe003, 0xe001, "bne", branchZero),
];

const shift: Mapping = { rd: c.rd, rs1: c.rd, imm: c.shamt };
const wordSp: Mapping = { rd: c.rd, rs1: sp, imm: c.wordSp };
const doubleSp: Mapping = { rd: c.rd, rs1: sp, imm: c.doubleSp };
const floatSp: Mapping = { fd: c.rd, rs1: sp, imm: c.doubleSp };
const storeFloatSp: Mapping = { rs1: sp, fs2: c.rs2, imm: c.storeDoubleSp };
const jumpRegister: Mapping = { rd: zero, rs1: c.rd, imm: 0 };
const callRegister: Mapping = { rd: ra, rs1: c.rd, imm: 0 };
// The manual writes add rd, x0, rs2 for c.mv: the same, and not what it calls mv.
const move: Mapping = { rd: c.rd, rs1: c.rs2, imm: 0 };
const add: Mapping = { rd: c.rd, rs1: c.rd, rs2: c.rs2 };
const storeWordSp: Mapping = { rs1: sp, rs2: c.rs2, imm: c.storeWordSp };
const storeDoubleSp: Mapping = { rs1: sp, rs2: c.rs2, imm: c.storeDoubleSp };

const slliHint = hint("c.slli", "rd, imm", { rd: zero, imm: { not: 0 } });
const slli64Hint = hint("c.slli64", "rd", { imm: 0 });
const mvHint = hint("c.mv", "rd, rs1", { rd: zero });
const addHint = hint("c.add", "rd, rs2", { rd: zero });

/** Quadrant 2: the stack, and moves and jumps between any registers. */
const quadrant2 = [
  row("c.slli", 0xe003, 0x0002, "slli", shift, { hints: [slliHint, slli64Hint] }),
  row("c.fldsp", 0xe003, 0x2002, "fld", floatSp),
  row("c.lwsp", 0xe003, 0x4002, "lw", wordSp, noRd),
  row("c.ldsp", 0xe003, 0x6002, "ld", doubleSp, noRd),
  row("c.jr", 0xf07f, 0x8002, "jalr", jumpRegister, noRs1),
  row("c.mv", 0xf003, 0x8002, "addi", move, { ...noRs1, hints: [mvHint] }),
  row("c.ebreak", 0xffff, 0x9002, "ebreak", {}),
  row("c.jalr", 0xf07f, 0x9002, "jalr", callRegister, noRs1),
  row("c.add", 0xf003, 0x9002, "add", add, { except: [{ rs2: zero }], hints: [addHint] }),
  row("c.fsdsp", 0xe003, 0xa002, "fsd", storeFloatSp),
  row("c.swsp", 0xe003, 0xc002, "sw", storeWordSp),
  row("c.sdsp", 0xe003, 0xe002, "sd", storeDoubleSp),
];

export const rvC: readonly Compressed[] = [...quadrant0, ...quadrant1, ...quadrant2];
