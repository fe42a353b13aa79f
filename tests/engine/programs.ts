/**
 * Random guest programs that end: straight-line code with forward branches, memory accesses in a
 * region of their own, every unprivileged instruction. Seeded, so each is repeatable.
 */
import { decode, encode } from "../../daemon/src/isa/decode.ts";
import type { Operands } from "../../daemon/src/isa/formats.ts";
import { compressed, instructions } from "../../daemon/src/isa/rows.ts";
import type { Random } from "../isa/random.ts";
import { edges } from "./reference.ts";

/** x2, x8 and x29 hold the middle of the data region and are never written, nor are x30 and x31. */
const DATA_REGISTERS = [2, 8, 29];
const POINTER = 30;
const WRITABLE = Array.from({ length: 28 }, (_, n) => n + 1).filter(
  (register) => !DATA_REGISTERS.includes(register),
);

const kindOf = (mnemonic: string): string => {
  const row = instructions.find((candidate) => candidate.mnemonic === mnemonic)!;
  return row.semantics.at(-1)?.kind ?? "none";
};
const simple = instructions.filter(({ semantics }) => semantics.at(-1)?.kind === "write");
const memory = instructions.filter(({ mnemonic }) => ["load", "store"].includes(kindOf(mnemonic)));
const atomics = instructions.filter(({ mnemonic }) => kindOf(mnemonic) === "amo");
const branches = instructions.filter(
  ({ semantics }) => semantics[0]?.kind === "branch" && semantics[0].condition !== undefined,
);
const shortSimple = compressed.filter(
  ({ of, mnemonic }) => kindOf(of) === "write" && mnemonic !== "c.addi16sp",
);
const shortMemory = compressed.filter(({ of }) => ["load", "store"].includes(kindOf(of)));

/** Words of about `length` instructions, 16 and 32 bits mixed. */
export function randomProgram(random: Random, length: number): number[] {
  const words: number[] = [];
  while (words.length < length) words.push(...group(random));
  return words;
}

/** Values for x1..x31, those of the data region's registers given. */
export function randomRegisters(random: Random, dataAddress: bigint): bigint[] {
  return Array.from({ length: 32 }, (_, register) => {
    if (register === 0) return 0n;
    if (DATA_REGISTERS.includes(register)) return dataAddress;
    return random.below(2) === 0 ? random.pick(edges) : random.quad();
  });
}

function group(random: Random): number[] {
  const kind = random.below(20);
  if (kind < 9) return [plain(random)];
  if (kind < 12) return [access(random)];
  if (kind < 14) return atomic(random);
  if (kind < 16) return [...skip(random)];
  return [short(random, kind < 19 ? shortSimple : shortMemory)];
}

const registers = (random: Random): Operands => ({
  rd: random.pick(WRITABLE),
  rs1: random.below(30),
  rs2: random.below(30),
});

/** A random encoding of a row with these registers, where it has them. */
function instance(random: Random, mnemonic: string, operands: Operands): number {
  const row = instructions.find((candidate) => candidate.mnemonic === mnemonic)!;
  const word = ((random.word() & ~row.mask) | row.match) >>> 0;
  const wanted = { ...decode(word)!.operands, ...operands };
  const present = Object.entries(wanted).filter(([name]) => name in row.format.fields);
  return encode(mnemonic, Object.fromEntries(present));
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
    if (writes && (DATA_REGISTERS.includes(rd) || rd >= POINTER)) continue;
    if (rows === shortMemory && !DATA_REGISTERS.includes(rs1)) continue;
    return word;
  }
}
