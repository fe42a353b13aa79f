// Random programs against QEMU: the same image runs on both, and leaves the same registers and data.
import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { encode, lengthOf } from "../../daemon/src/isa/decode.ts";
import { Exit } from "../../daemon/src/machine/engine/api.ts";
import { RAM_BASE } from "../../daemon/src/machine/engine/layout.ts";
import { generator, type Random } from "../isa/random.ts";
import { BareMachine } from "./bare-machine.ts";
import { randomProgram, randomRegisters } from "./programs.ts";

const installed = spawnSync("qemu-system-riscv64", ["--version"]).status === 0;
if (!installed) console.log("skipped: random programs against QEMU (it is not installed)");

/** Registers and data that both machines end with lie here: 32 doublewords, then the region. */
const RESULT = 0x8_0000;
const DATA_SIZE = 0x1000;
const RESULT_SIZE = 256 + DATA_SIZE;
const TABLE = 31;
const upper = (rd: number, value: number) => encode("lui", { rd, imm: value | 0 });
const table = (rd: number): number[] => [
  upper(rd, 0x8000_0000 + RESULT),
  encode("slli", { rd, rs1: rd, imm: 32 }),
  encode("srli", { rd, rs1: rd, imm: 32 }),
];

/** Loads the registers, runs the program, stores the registers, prints the result, powers off. */
function image(random: Random): Uint8Array {
  const moves = (mnemonic: string) =>
    Array.from({ length: 30 }, (_, n) =>
      mnemonic === "ld"
        ? encode("ld", { rd: n + 1, rs1: TABLE, imm: 8 * (n + 1) })
        : encode("sd", { rs1: TABLE, rs2: n + 1, imm: 8 * (n + 1) }),
    );
  const words = [
    ...table(TABLE),
    ...moves("ld"),
    ...randomProgram(random, 4000),
    ...moves("sd"),
    ...table(10),
    upper(13, RESULT_SIZE & ~0xfff),
    encode("addi", { rd: 13, rs1: 13, imm: RESULT_SIZE & 0xfff }),
    encode("add", { rd: 11, rs1: 10, rs2: 13 }),
    upper(12, 0x1000_0000),
    // Wait until the UART takes a byte (line status, bit 5), then send the next.
    encode("lbu", { rd: 13, rs1: 12, imm: 5 }),
    encode("andi", { rd: 13, rs1: 13, imm: 32 }),
    encode("beq", { rs1: 13, imm: -8 }),
    encode("lbu", { rd: 13, rs1: 10 }),
    encode("sb", { rs1: 12, rs2: 13 }),
    encode("addi", { rd: 10, rs1: 10, imm: 1 }),
    encode("bne", { rs1: 10, rs2: 11, imm: -24 }),
    upper(12, 0x10_0000),
    upper(13, 0x5000),
    encode("addi", { rd: 13, rs1: 13, imm: 0x555 }),
    encode("sw", { rs1: 12, rs2: 13 }),
    encode("jal"),
  ];
  const bytes = new Uint8Array(RESULT + RESULT_SIZE);
  const view = new DataView(bytes.buffer);
  let offset = 0;
  for (const word of words) {
    view.setUint16(offset, word & 0xffff, true);
    if (lengthOf(word) === 4) view.setUint16(offset + 2, word >>> 16, true);
    offset += lengthOf(word);
  }
  const data = BigInt(RAM_BASE + RESULT + 256 + DATA_SIZE / 2);
  randomRegisters(random, data).forEach((value, register) => {
    view.setBigUint64(RESULT + 8 * register, value, true);
  });
  for (let at = RESULT + 256; at < bytes.length; at += 8)
    view.setBigUint64(at, random.quad(), true);
  return bytes;
}

function onQemu(bytes: Uint8Array): Uint8Array {
  const folder = mkdtempSync(join(tmpdir(), "engine-"));
  try {
    const [file, output] = [join(folder, "image.bin"), join(folder, "serial")];
    writeFileSync(file, bytes);
    const { status, stderr } = spawnSync(
      "qemu-system-riscv64",
      [
        ...["-M", "virt", "-m", "16", "-bios", "none", "-display", "none", "-monitor", "none"],
        ...["-device", `loader,file=${file},addr=0x80000000`, "-serial", `file:${output}`],
      ],
      { timeout: 20_000, encoding: "utf8" },
    );
    if (status !== 0) throw new Error(`QEMU ended with ${status}: ${stderr}`);
    return readFileSync(output);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

function here(bytes: Uint8Array): Uint8Array {
  const machine = new BareMachine();
  const { engine } = machine;
  engine.bytes.set(bytes, engine.ramBase);
  machine.setPc(0);
  // The UART is nowhere: the first access to it ends the run.
  expect(engine.run(0, 1_000_000)).toBe(Exit.stop);
  expect(machine.calls.at(-1)).toMatchObject({ name: "load", values: [0x1000_0005, 0, 1] });
  return engine.bytes.slice(engine.ramBase + RESULT, engine.ramBase + RESULT + RESULT_SIZE);
}

test.skipIf(!installed).each([11, 12, 13, 14, 15, 16])("random program, seed %i", (seed) => {
  const bytes = image(generator(seed));
  const [ours, theirs] = [here(bytes), onQemu(bytes)];
  expect(theirs.length).toBe(RESULT_SIZE);
  const doubles = (result: Uint8Array) =>
    Array.from({ length: RESULT_SIZE / 8 }, (_, index) => {
      const value = new DataView(result.buffer, result.byteOffset).getBigUint64(8 * index, true);
      return `${index < 32 ? `x${index}` : `+${8 * (index - 32)}`} ${value.toString(16)}`;
    });
  expect(doubles(ours)).toEqual(doubles(theirs));
});
