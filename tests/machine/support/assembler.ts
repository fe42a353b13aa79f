/**
 * A small assembler for guest programs in tests: the rows of `isa` by their written syntax, labels,
 * and the pseudo-instructions that tests need. Registers by either name, CSRs by name or number.
 */
import { csrs } from "../../../daemon/src/isa/csrs.ts";
import { encode } from "../../../daemon/src/isa/decode.ts";
import { registerNumber } from "../../../daemon/src/isa/registers.ts";
import { compressed, instructions } from "../../../daemon/src/isa/rows.ts";

export interface Program {
  readonly bytes: Uint8Array;
  /** Addresses of labels. */
  readonly labels: ReadonlyMap<string, number>;
}

/** One instruction for each line; `name:` defines a label, `#` begins a comment. */
export function assemble(text: string, base: number): Program {
  const lines = text
    .split("\n")
    .map((line) => line.replace(/#.*/, "").trim())
    .filter((line) => line !== "");
  const labels = new Map<string, number>();
  // Labels are not known in the first pass; lengths do not depend on them.
  emit(lines, base, labels, true);
  return { bytes: emit(lines, base, labels, false), labels };
}

function emit(
  lines: readonly string[],
  base: number,
  labels: Map<string, number>,
  first: boolean,
): Uint8Array {
  const bytes: number[] = [];
  const push = (value: bigint, size: number): void => {
    for (let i = 0; i < size; i++) bytes.push(Number((value >> BigInt(8 * i)) & 0xffn));
  };
  for (const line of lines) {
    const label = /^([\w.]+):$/.exec(line)?.[1];
    const pc = base + bytes.length;
    if (label !== undefined) {
      labels.set(label, pc);
      continue;
    }
    const [mnemonic = "", ...rest] = line.split(/\s+/);
    const operands = rest
      .join(" ")
      .split(",")
      .map((operand) => operand.trim())
      .filter((operand) => operand !== "");
    const value = (name: string): number => {
      const target = labels.get(name);
      if (target !== undefined) return target;
      if (/^-?(0x[\da-f]+|\d+)$/i.test(name)) return Number(name);
      if (first) return pc;
      throw new Error(`${line}: there is no label ${name}`);
    };
    if (mnemonic === ".dword") push(BigInt.asUintN(64, BigInt(operands[0]!)), 8);
    else if (mnemonic === ".org") while (bytes.length < Number(operands[0])) bytes.push(0);
    else if (mnemonic === ".half") push(BigInt(operands[0]!), 2);
    else {
      for (const [name, ...parts] of expand(mnemonic, operands)) {
        const at = base + bytes.length;
        const word = encodeLine(name, parts, (operand) => value(operand), at);
        push(BigInt(word), (word & 3) === 3 ? 4 : 2);
      }
    }
  }
  return Uint8Array.from(bytes);
}

type Line = readonly [mnemonic: string, ...operands: string[]];

/** Pseudo-instructions become others. `la` counts from its first instruction. */
function expand(mnemonic: string, operands: readonly string[]): Line[] {
  const [a = "", b = ""] = operands;
  switch (mnemonic) {
    case "nop":
      return [["addi", "x0", "x0", "0"]];
    case "mv":
      return [["addi", a, b, "0"]];
    case "j":
      return [["jal", "x0", a]];
    case "jr":
      return [["jalr", "x0", `0(${a})`]];
    case "beqz":
      return [["beq", a, "x0", b]];
    case "bnez":
      return [["bne", a, "x0", b]];
    case "csrr":
      return [["csrrs", a, b, "x0"]];
    case "csrw":
      return [["csrrw", "x0", a, b]];
    case "csrs":
      return [["csrrs", "x0", a, b]];
    case "csrc":
      return [["csrrc", "x0", a, b]];
    case "li":
      return constant(a, BigInt.asIntN(64, BigInt(b)));
    case "la":
      return [
        ["auipc", a, `%hi ${b}`],
        ["addi", a, a, `%lo ${b}`],
      ];
    default:
      return [[mnemonic, ...operands]];
  }
}

function constant(register: string, value: bigint): Line[] {
  if (value === BigInt.asIntN(12, value)) return [["addi", register, "x0", `${value}`]];
  const low = BigInt.asIntN(12, value);
  const rest = value - low;
  if (value === BigInt.asIntN(32, value)) {
    const upper = BigInt.asIntN(32, rest);
    return [
      ["lui", register, `${upper}`],
      ["addiw", register, register, `${low}`],
    ];
  }
  return [
    ...constant(register, BigInt.asIntN(64, rest) >> 12n),
    ["slli", register, register, "12"],
    ["addi", register, register, `${low}`],
  ];
}

const formats = new Map<string, string>();
for (const row of instructions) formats.set(row.mnemonic, row.format.syntax);
const short = new Set(compressed.map((row) => row.mnemonic));
const csrNumbers = new Map(csrs.map(({ name, number }) => [name, number]));

function encodeLine(
  mnemonic: string,
  operands: readonly string[],
  value: (operand: string) => number,
  pc: number,
): number {
  // Of the compressed instructions, tests use those without operands.
  if (short.has(mnemonic)) return encode(mnemonic);
  const syntax = formats.get(mnemonic);
  if (syntax === undefined) throw new Error(`${mnemonic}: no such instruction`);
  const names = syntax.split(",").flatMap(pieces);
  const given = operands.flatMap(pieces);
  const fields: Record<string, number> = {};
  names.forEach((name, index) => {
    const operand = given[index];
    if (operand === undefined) return;
    if (name === "target") fields.imm = value(operand) - pc;
    else if (name === "csr") fields.csr = csrNumbers.get(operand) ?? Number(operand);
    else if (name === "pred" || name === "succ") fields[name] = accessSet(operand);
    else if (name === "imm" || name === "upper") fields.imm = immediate(operand, value, pc);
    else fields[name] = register(operand);
  });
  return encode(mnemonic, fields);
}

/** Of a fence: input, output, read, write. */
const accessSet = (text: string): number =>
  [..."wroi"].reduce((set, letter, bit) => set | (text.includes(letter) ? 1 << bit : 0), 0);

/** `imm(rs1)` is two operands. */
const pieces = (text: string): string[] => text.split(/[()]/).flatMap((part) => part.trim() || []);

function immediate(operand: string, value: (operand: string) => number, pc: number): number {
  const [kind, label] = operand.split(" ");
  if (label === undefined) return value(operand);
  // The addi of a pair stands four bytes after its auipc.
  const distance = value(label) - (kind === "%hi" ? pc : pc - 4);
  const low = (distance << 20) >> 20;
  return kind === "%hi" ? distance - low : low;
}

function register(name: string): number {
  const number = registerNumber(name) ?? /^f(\d+)$/.exec(name)?.[1];
  if (number === undefined) throw new Error(`${name}: no such register`);
  return Number(number);
}
