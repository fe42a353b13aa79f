/**
 * Random guest programs that end: straight-line code with forward branches, memory accesses in a
 * region of their own, every unprivileged instruction. Seeded, so each is repeatable.
 */
import { decode, encode } from "../../daemon/src/isa/decode.ts";
import {
  extract,
  type FieldName,
  type Format,
  type Operands,
} from "../../daemon/src/isa/formats.ts";
import { compressed, instructions } from "../../daemon/src/isa/rows.ts";
import type { Random } from "../isa/random.ts";
import { randomFloat, randomInteger } from "./numbers.ts";
import { edges } from "./reference.ts";

/** x2, x8 and x29 hold the middle of the data region and are never written, nor are x28, x30 and x31. */
const DATA_REGISTERS = [2, 8, 29];
/** x28 holds the start of the pool: values for float instructions, which nothing changes. */
const POOL = 28;
const [FFLAGS, FRM, FCSR] = [1, 2, 3];
const POOL_VALUES = 256;
const POINTER = 30;
const WRITABLE = Array.from({ length: 27 }, (_, n) => n + 1).filter(
  (register) => !DATA_REGISTERS.includes(register),
);

/** Rows that QEMU 7.2 gets wrong, and why; tables of their own hold them to the manual. */
const divergences: Readonly<Record<string, string>> = {
  ctzw: "counts on into the upper half when the lower one is zero (mended in QEMU 8.0)",
};
const agreed = instructions.filter(({ mnemonic }) => !(mnemonic in divergences));

const rows = new Map(instructions.map((row) => [row.mnemonic, row]));
const kindOf = (mnemonic: string): string => rows.get(mnemonic)!.semantics.at(-1)?.kind ?? "none";
const usesFloat = ({ format }: { format: Format }): boolean =>
  Object.keys(format.fields).some((name) => /^f/.test(name));
const simple = agreed.filter((row) => row.semantics.at(-1)?.kind === "write" && !usesFloat(row));
const floats = agreed.filter((row) => row.semantics.at(-1)?.kind === "write" && usesFloat(row));
const memory = instructions.filter(({ mnemonic }) => ["load", "store"].includes(kindOf(mnemonic)));
const atomics = instructions.filter(({ mnemonic }) => kindOf(mnemonic) === "amo");
const branches = instructions.filter(
  ({ semantics }) => semantics[0]?.kind === "branch" && semantics[0].condition !== undefined,
);
const shortSimple = compressed.filter(
  ({ of, mnemonic }) => kindOf(of) === "write" && mnemonic !== "c.addi16sp",
);
const shortMemory = compressed.filter(({ of }) => ["load", "store"].includes(kindOf(of)));

/** A program by its groups of instructions, which can be left out one by one. */
export interface Program {
  /** 16 and 32 bits mixed. */
  readonly groups: readonly (readonly number[])[];
  /** The data region's bytes, 4 KiB. */
  readonly data: Uint8Array;
  /** The addresses are of the middle of the data region and of the pool. */
  start(dataAddress: bigint, poolAddress: bigint): Start;
}

const GROUPS = 400;
const DATA_WORDS = 1024;

/** About 1000 instructions. */
export function randomProgram(random: Random, length = GROUPS): Program {
  const groups = Array.from({ length }, () => group(random));
  const data = new Uint8Array(Uint32Array.from({ length: DATA_WORDS }, random.word).buffer);
  const { integers, ...rest } = randomStart(random);
  return {
    groups,
    data,
    start: (dataAddress, poolAddress) => ({
      ...rest,
      integers: integers.map((value, register) => {
        if (DATA_REGISTERS.includes(register)) return dataAddress;
        return register === POOL ? poolAddress : value;
      }),
    }),
  };
}

export interface Start {
  /** x0 to x31. */
  readonly integers: readonly bigint[];
  readonly floats: readonly bigint[];
  readonly fcsr: number;
  /** The pool's doublewords. */
  readonly pool: readonly bigint[];
}

const randomStart = (random: Random): Start => ({
  integers: Array.from({ length: 32 }, (_, register) => {
    if (register === 0) return 0n;
    return random.below(2) === 0 ? random.pick(edges) : random.quad();
  }),
  floats: Array.from({ length: 32 }, () => randomFloat(random)),
  fcsr: random.below(5) * 32 + random.below(32),
  pool: Array.from({ length: POOL_VALUES }, (_, n) =>
    n % 4 === 3 ? randomInteger(random) : randomFloat(random),
  ),
});

function group(random: Random): number[] {
  const kind = random.below(32);
  if (kind < 9) return [plain(random)];
  if (kind < 12) return [access(random)];
  if (kind < 14) return atomic(random);
  if (kind < 16) return skip(random);
  if (kind < 20) return [short(random, kind < 19 ? shortSimple : shortMemory)];
  return arithmetic(random);
}

const registers = (random: Random): Operands => ({
  rd: random.pick(WRITABLE),
  rs1: random.below(30),
  rs2: random.below(30),
});

/** An encoding of a row with these operands, where it has them, and random ones. */
function instance(random: Random, mnemonic: string, operands: Operands): number {
  const { fields } = rows.get(mnemonic)!.format;
  const present: { [name in FieldName]?: number } = {};
  for (const key in fields) {
    const name = key as FieldName;
    present[name] = operands[name] ?? extract(random.word(), fields[name]!);
  }
  return encode(mnemonic, present);
}

/** Usually to nearest even. */
const rounding = (random: Random): number => random.pick([0, 0, 0, 7, 7, 7, 1, 2, 3, 4]);

/** A float instruction, mostly with operands from the pool, its result often stored. */
function arithmetic(random: Random): number[] {
  const words: number[] = [];
  const row = random.pick(floats);
  const operands: { [name in "fd" | "fs1" | "fs2" | "fs3" | "rd" | "rs1" | "rm"]: number } = {
    fd: random.below(32),
    fs1: random.below(32),
    fs2: random.below(32),
    fs3: random.below(32),
    rd: random.pick(WRITABLE),
    rs1: random.pick(WRITABLE),
    rm: rounding(random),
  };
  const place = () => 8 * random.below(POOL_VALUES);
  for (const name of ["fs1", "fs2", "fs3"] as const) {
    if (!(name in row.format.fields) || random.below(4) === 0) continue;
    words.push(encode("fld", { fd: operands[name], rs1: POOL, imm: place() }));
  }
  if ("rs1" in row.format.fields && random.below(4) > 0) {
    words.push(encode("ld", { rd: operands.rs1, rs1: POOL, imm: place() }));
  }
  if (random.below(8) === 0) words.push(encode("csrrwi", { csr: FRM, imm: random.below(5) }));
  // With inexactness noted already the engine may use its own operations.
  const flagged = random.below(2) === 0;
  if (flagged) words.push(encode("csrrwi", { csr: FFLAGS, imm: random.pick([0, 1, 1, 31]) }));
  words.push(instance(random, row.mnemonic, operands));
  const imm = 8 * (random.below(256) - 128);
  if (random.below(2) === 0) {
    const source = operands.fd;
    if ("fd" in row.format.fields) words.push(encode("fsd", { fs2: source, rs1: 29, imm }));
    else words.push(encode("sd", { rs2: operands.rd, rs1: 29, imm }));
  }
  if (flagged) {
    words.push(encode("csrrs", { rd: POINTER, csr: FCSR }));
    words.push(encode("sb", { rs2: POINTER, rs1: 29, imm: imm + random.below(8) }));
  }
  return words;
}

const plain = (random: Random): number =>
  instance(random, random.pick(simple).mnemonic, registers(random));

const access = (random: Random): number =>
  instance(random, random.pick(memory).mnemonic, { ...registers(random), rs1: 29 });

/** Reservations are only held from one instruction to the next: there the manual leaves nothing open. */
function atomic(random: Random): number[] {
  const pointer = encode("addi", { rd: POINTER, rs1: 29, imm: 8 * (random.below(256) - 128) });
  const operands = { ...registers(random), rs1: POINTER };
  const wide = random.pick([".w", ".d"]);
  const store = () => instance(random, `sc${wide}`, { ...operands, rd: random.pick(WRITABLE) });
  switch (random.below(4)) {
    case 0:
      return [pointer, instance(random, `lr${wide}`, operands), store(), store()];
    case 1:
      return [pointer, store()];
    default:
      return [pointer, instance(random, random.pick(atomics).mnemonic, operands)];
  }
}

/** A branch or jump over a few instructions. */
function skip(random: Random): number[] {
  const over = Array.from({ length: random.below(4) }, () =>
    random.below(2) === 0 ? plain(random) : short(random, shortSimple),
  );
  const bytes = over.reduce((sum, word) => sum + ((word & 3) === 3 ? 4 : 2), 0);
  const operands = { ...registers(random), imm: bytes + 4 };
  switch (random.below(4)) {
    case 0:
      return [instance(random, "jal", operands), ...over];
    case 1:
      return [encode("c.bnez", { rs1: 8 + random.below(8), imm: bytes + 2 }), ...over];
    case 2: {
      const target = encode("auipc", { rd: POINTER, imm: 0 });
      const jump = encode("jalr", { rd: random.pick(WRITABLE), rs1: POINTER, imm: bytes + 8 });
      return [target, jump, ...over];
    }
    default:
      return [instance(random, random.pick(branches).mnemonic, operands), ...over];
  }
}

/** A random compressed instruction of these rows that leaves the reserved registers alone. */
function short(random: Random, rows: typeof compressed): number {
  for (;;) {
    const row = random.pick(rows);
    const word = (random.word() & ~row.mask & 0xffff) | row.match;
    const decoded = decode(word);
    if (decoded?.compressed !== row) continue;
    const { rd = 0, rs1 = 0 } = decoded.operands;
    const writes = kindOf(row.of) !== "store";
    if (writes && (DATA_REGISTERS.includes(rd) || rd === POOL || rd >= POINTER)) continue;
    if (rows === shortMemory && !DATA_REGISTERS.includes(rs1)) continue;
    return word;
  }
}
