/**
 * Many random programs in one image, one after the other, each with registers and memory of its
 * own: a run of QEMU executes them all. What a program does follows from its seed alone.
 */
import { encode, lengthOf } from "../../daemon/src/isa/decode.ts";
import { FLOAT, RAM_BASE } from "../../daemon/src/machine/engine/layout.ts";
import { generator } from "../isa/random.ts";
import { BareMachine } from "./bare-machine.ts";
import { type Program, randomProgram } from "./programs.ts";

/** Each program has that much memory: its code, then its block. */
const STRIDE = 0x4000;
const BLOCK = 0x2000;
/** In the block: x0 to x31, f0 to f31, fcsr; the pool; data. */
const FLOATS = 0x100;
const FCSR = 0x200;
const POOL = 0x400;
const DATA = 0xc00;
const DATA_SIZE = 0x1000;
const BLOCK_SIZE = 0x2000;
/** x31 holds the block's address. */
const TABLE = 31;
const SCRATCH = 30;

/** Where the handler of traps is, and where it leaves mcause, mepc and mtval. There should be none. */
const HANDLER = 0x100;
const TRAP = 0x200;
const FINISHER = 0x10_0000;
const PASS = 0x5555;

/** A program less the groups of instructions that are not wanted. */
export interface Case {
  readonly seed: number;
  /** All of them when absent. */
  readonly groups?: readonly number[];
}

const programOf = ({ seed }: Case): Program => randomProgram(generator(seed));

export const groupsOf = (what: Case): readonly number[] =>
  what.groups ?? programOf(what).groups.map((_, index) => index);

/** The words of the program's own instructions. */
export function wordsOf(what: Case, program = programOf(what)): readonly number[] {
  return what.groups?.flatMap((index) => program.groups[index]!) ?? program.groups.flat();
}

export function image(cases: readonly Case[]): Uint8Array {
  const bytes = new Uint8Array((cases.length + 2) * STRIDE);
  const writer = new Writer(bytes);
  writer.code(0, setUp());
  writer.code(HANDLER, [...noteTrap(), ...powerOff()]);
  cases.forEach((what, index) => {
    const at = (index + 1) * STRIDE;
    const program = programOf(what);
    writer.block(at + BLOCK, program);
    const end = writer.code(at, [...prologue(), ...wordsOf(what, program), ...epilogue()]);
    if (end + 4 > at + BLOCK) throw new Error(`program ${what.seed} is too long`);
    writer.code(end, [encode("jal", { imm: at + STRIDE - end })]);
  });
  writer.code((cases.length + 1) * STRIDE, powerOff());
  return bytes;
}

/** Turns the float unit on, and has traps end everything. */
const setUp = (): number[] => [
  encode("lui", { rd: 5, imm: FLOAT.state << 5 }),
  encode("csrrs", { csr: 0x300, rs1: 5 }),
  encode("auipc", { rd: 5 }),
  encode("addi", { rd: 5, rs1: 5, imm: HANDLER - 8 }),
  encode("csrrw", { csr: 0x305, rs1: 5 }),
  encode("jal", { imm: STRIDE - 20 }),
];

const noteTrap = (): number[] => [
  encode("auipc", { rd: 5 }),
  ...[0x342, 0x341, 0x343].flatMap((csr, index) => [
    encode("csrrs", { rd: 6, csr }),
    encode("sd", { rs1: 5, rs2: 6, imm: TRAP - HANDLER + 8 * index }),
  ]),
];

const powerOff = (): number[] => [
  encode("lui", { rd: 5, imm: FINISHER }),
  encode("lui", { rd: 6, imm: PASS & ~0xfff }),
  encode("addi", { rd: 6, rs1: 6, imm: PASS & 0xfff }),
  encode("sw", { rs1: 5, rs2: 6 }),
  encode("jal"),
];

const registers = Array.from({ length: 32 }, (_, register) => register);
const offsetOf = (register: number) => 8 * register;

const prologue = (): number[] => [
  encode("auipc", { rd: TABLE, imm: BLOCK }),
  encode("ld", { rd: SCRATCH, rs1: TABLE, imm: FCSR }),
  encode("csrrw", { csr: 3, rs1: SCRATCH }),
  ...registers.map((fd) => encode("fld", { fd, rs1: TABLE, imm: FLOATS + offsetOf(fd) })),
  ...registers.slice(1, TABLE).map((rd) => encode("ld", { rd, rs1: TABLE, imm: offsetOf(rd) })),
];
const epilogue = (): number[] => [
  ...registers.slice(1, TABLE).map((rs2) => encode("sd", { rs1: TABLE, rs2, imm: offsetOf(rs2) })),
  ...registers.map((fs2) => encode("fsd", { rs1: TABLE, fs2, imm: FLOATS + offsetOf(fs2) })),
  encode("csrrs", { rd: SCRATCH, csr: 3 }),
  encode("sd", { rs1: TABLE, rs2: SCRATCH, imm: FCSR }),
];

class Writer {
  readonly #bytes: Uint8Array;
  readonly #view: DataView;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
    this.#view = new DataView(bytes.buffer);
  }

  /** Where the words end. */
  code(offset: number, words: readonly number[]): number {
    for (const word of words) {
      this.#view.setUint16(offset, word & 0xffff, true);
      if (lengthOf(word) === 4) this.#view.setUint16(offset + 2, word >>> 16, true);
      offset += lengthOf(word);
    }
    return offset;
  }

  block(at: number, { start, data }: Program): void {
    const base = BigInt(RAM_BASE + at);
    const { integers, floats, fcsr, pool } = start(
      base + BigInt(DATA + DATA_SIZE / 2),
      base + BigInt(POOL),
    );
    this.#quads(at, integers);
    this.#quads(at + FLOATS, floats);
    this.#quads(at + FCSR, [BigInt(fcsr)]);
    this.#quads(at + POOL, pool);
    this.#bytes.set(data, at + DATA);
  }

  #quads(at: number, values: readonly bigint[]): void {
    values.forEach((value, index) => {
      this.#view.setBigUint64(at + 8 * index, value, true);
    });
  }
}

/** The image after our engine has run it, and how many instructions that took. */
export function runHere(bytes: Uint8Array): { memory: Uint8Array; instructions: number } {
  const ramSize = Math.ceil(bytes.length / 0x1_0000) * 0x1_0000;
  const machine = new BareMachine({ ramSize });
  const { engine } = machine;
  engine.bytes.set(bytes, engine.ramBase);
  machine.setFcsr(FLOAT.state);
  machine.setPc(0);
  engine.run(0, 2 ** 31 - 1);
  const { name, values } = machine.calls.at(-1)!;
  if (name !== "store" || values[0] !== FINISHER)
    throw new Error(
      `ended at ${machine.pc().toString(16)}: ${name} ${values.map((value) => value.toString(16))}`,
    );
  const memory = engine.bytes.subarray(engine.ramBase, engine.ramBase + bytes.length);
  return { memory, instructions: engine.currentInstret(0) };
}

/** Throws when the guest has been trapped, which no program is to be. */
export function checkTraps(memory: Uint8Array): void {
  const view = new DataView(memory.buffer, memory.byteOffset);
  const [cause, pc, value] = [0, 8, 16].map((offset) => view.getBigUint64(TRAP + offset, true));
  if (pc === 0n) return;
  const index = Math.floor((Number(pc) - RAM_BASE) / STRIDE) - 1;
  throw new Error(
    `trap ${cause} in program ${index} at ${pc?.toString(16)}, ${value?.toString(16)}`,
  );
}

/** What two runs of an image left differently in the block of a program, one line each. */
export function differences(index: number, ours: Uint8Array, theirs: Uint8Array): string[] {
  const at = (index + 1) * STRIDE + BLOCK;
  const [a, b] = [ours, theirs].map((memory) =>
    Buffer.from(memory.buffer, memory.byteOffset + at, BLOCK_SIZE),
  ) as [Buffer, Buffer];
  if (a.equals(b)) return [];
  const lines: string[] = [];
  for (let offset = 0; offset < BLOCK_SIZE; offset += 8) {
    const [left, right] = [a.readBigUInt64LE(offset), b.readBigUInt64LE(offset)];
    if (left === right) continue;
    lines.push(`${nameOf(offset)}: ${left.toString(16)}, QEMU ${right.toString(16)}`);
  }
  return lines;
}

function nameOf(offset: number): string {
  if (offset < FLOATS) return `x${offset / 8}`;
  if (offset < FCSR) return `f${(offset - FLOATS) / 8}`;
  return offset === FCSR ? "fcsr" : `data+0x${(offset - DATA).toString(16)}`;
}
