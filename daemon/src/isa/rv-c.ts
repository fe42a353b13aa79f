/**
 * The C extension for RV64, without the floating-point loads and stores: each row maps its
 * operands to the instruction that it expands to. Source: unprivileged manual, chapter 28.
 */
import { c, type Field, type FieldName, type Operands } from "./formats.ts";
import type { Compressed } from "./instruction.ts";

type Mapping = { readonly [name in FieldName]?: Field | number };

const row = (
  mnemonic: string,
  mask: number,
  match: number,
  of: string,
  operands: Mapping,
  limits: { except?: Operands[]; hints?: Operands[]; syntax?: string } = {},
): Compressed => ({
  mnemonic,
  of,
  mask,
  match,
  operands,
  except: limits.except ?? [],
  hints: limits.hints ?? [],
  syntax: limits.syntax ?? "",
});

const { rs1Short, rs2Short } = c;
const zero = 0;
const ra = 1;
const sp = 2;

/** Quadrant 0: loads and stores of x8..x15. */
const quadrant0 = [
  row(
    "c.addi4spn",
    0xe003,
    0x0000,
    "addi",
    { rd: rs2Short, rs1: sp, imm: c.addi4spn },
    {
      except: [{ imm: 0 }],
    },
  ),
  row("c.lw", 0xe003, 0x4000, "lw", { rd: rs2Short, rs1: rs1Short, imm: c.word }),
  row("c.ld", 0xe003, 0x6000, "ld", { rd: rs2Short, rs1: rs1Short, imm: c.double }),
  row("c.sw", 0xe003, 0xc000, "sw", { rs1: rs1Short, rs2: rs2Short, imm: c.word }),
  row("c.sd", 0xe003, 0xe000, "sd", { rs1: rs1Short, rs2: rs2Short, imm: c.double }),
];

const short = (mnemonic: string, match: number, of: string) =>
  row(mnemonic, 0xfc63, match, of, { rd: rs1Short, rs1: rs1Short, rs2: rs2Short });

/** Quadrant 1: arithmetic and branches. */
const quadrant1 = [
  row("c.nop", 0xef83, 0x0001, "addi", { rd: zero, rs1: zero, imm: c.imm6 }, { syntax: "imm" }),
  row(
    "c.addi",
    0xe003,
    0x0001,
    "addi",
    { rd: c.rd, rs1: c.rd, imm: c.imm6 },
    {
      except: [{ rd: zero }],
      hints: [{ imm: 0 }],
      syntax: "rd, imm",
    },
  ),
  row(
    "c.addiw",
    0xe003,
    0x2001,
    "addiw",
    { rd: c.rd, rs1: c.rd, imm: c.imm6 },
    {
      except: [{ rd: zero }],
    },
  ),
  row(
    "c.li",
    0xe003,
    0x4001,
    "addi",
    { rd: c.rd, rs1: zero, imm: c.imm6 },
    {
      hints: [{ rd: zero }],
      syntax: "rd, imm",
    },
  ),
  row(
    "c.addi16sp",
    0xef83,
    0x6101,
    "addi",
    { rd: sp, rs1: sp, imm: c.addi16sp },
    {
      except: [{ imm: 0 }],
    },
  ),
  row(
    "c.lui",
    0xe003,
    0x6001,
    "lui",
    { rd: c.rd, imm: c.upper6 },
    {
      except: [{ rd: sp }, { imm: 0 }],
      hints: [{ rd: zero }],
      syntax: "rd, upper",
    },
  ),
  row(
    "c.srli",
    0xec03,
    0x8001,
    "srli",
    { rd: rs1Short, rs1: rs1Short, imm: c.shamt },
    {
      hints: [{ imm: 0 }],
      syntax: "rd",
    },
  ),
  row(
    "c.srai",
    0xec03,
    0x8401,
    "srai",
    { rd: rs1Short, rs1: rs1Short, imm: c.shamt },
    {
      hints: [{ imm: 0 }],
      syntax: "rd",
    },
  ),
  row("c.andi", 0xec03, 0x8801, "andi", { rd: rs1Short, rs1: rs1Short, imm: c.imm6 }),
  short("c.sub", 0x8c01, "sub"),
  short("c.xor", 0x8c21, "xor"),
  short("c.or", 0x8c41, "or"),
  short("c.and", 0x8c61, "and"),
  short("c.subw", 0x9c01, "subw"),
  short("c.addw", 0x9c21, "addw"),
  row("c.j", 0xe003, 0xa001, "jal", { rd: zero, imm: c.jump }),
  row("c.beqz", 0xe003, 0xc001, "beq", { rs1: rs1Short, rs2: zero, imm: c.branch }),
  row("c.bnez", 0xe003, 0xe001, "bne", { rs1: rs1Short, rs2: zero, imm: c.branch }),
];

/** Quadrant 2: the stack, and moves and jumps between any registers. */
const quadrant2 = [
  row(
    "c.slli",
    0xe003,
    0x0002,
    "slli",
    { rd: c.rd, rs1: c.rd, imm: c.shamt },
    {
      hints: [{ rd: zero }, { imm: 0 }],
      syntax: "rd, imm",
    },
  ),
  row(
    "c.lwsp",
    0xe003,
    0x4002,
    "lw",
    { rd: c.rd, rs1: sp, imm: c.wordSp },
    {
      except: [{ rd: zero }],
    },
  ),
  row(
    "c.ldsp",
    0xe003,
    0x6002,
    "ld",
    { rd: c.rd, rs1: sp, imm: c.doubleSp },
    {
      except: [{ rd: zero }],
    },
  ),
  row(
    "c.jr",
    0xf07f,
    0x8002,
    "jalr",
    { rd: zero, rs1: c.rd, imm: 0 },
    {
      except: [{ rs1: zero }],
    },
  ),
  row(
    "c.mv",
    0xf003,
    0x8002,
    "add",
    { rd: c.rd, rs1: zero, rs2: c.rs2 },
    {
      except: [{ rs2: zero }],
      hints: [{ rd: zero }],
      syntax: "rd, rs2",
    },
  ),
  row("c.ebreak", 0xffff, 0x9002, "ebreak", {}),
  row(
    "c.jalr",
    0xf07f,
    0x9002,
    "jalr",
    { rd: ra, rs1: c.rd, imm: 0 },
    {
      except: [{ rs1: zero }],
    },
  ),
  row(
    "c.add",
    0xf003,
    0x9002,
    "add",
    { rd: c.rd, rs1: c.rd, rs2: c.rs2 },
    {
      except: [{ rs2: zero }],
      hints: [{ rd: zero }],
      syntax: "rd, rs2",
    },
  ),
  row("c.swsp", 0xe003, 0xc002, "sw", { rs1: sp, rs2: c.rs2, imm: c.storeWordSp }),
  row("c.sdsp", 0xe003, 0xe002, "sd", { rs1: sp, rs2: c.rs2, imm: c.storeDoubleSp }),
];

export const rvC: readonly Compressed[] = [...quadrant0, ...quadrant1, ...quadrant2];
