// Disassembly against golden lines, and against llvm-objdump over all 16-bit encodings, random
// 32-bit ones and the bundled kernel.
import { execFileSync } from "node:child_process";
import { existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { csrName, csrs } from "../../daemon/src/isa/csrs.ts";
import { decode } from "../../daemon/src/isa/decode.ts";
import { disassemble } from "../../daemon/src/isa/disassemble.ts";
import { instructions } from "../../daemon/src/isa/rows.ts";
import { generator } from "./random.ts";

const golden: readonly (readonly [word: number, text: string])[] = [
  [0x00000013, "nop"],
  [0x00500513, "li a0, 5"],
  [0x00050513, "mv a0, a0"],
  [0xff010113, "addi sp, sp, -16"],
  [0xfff5c513, "not a0, a1"],
  [0x00a04463, "bgtz a0, 0x80000008"],
  [0xfe0518e3, "bnez a0, 0x7ffffff0"],
  [0x0100006f, "j 0x80000010"],
  [0x010000ef, "jal 0x80000010"],
  [0x00008067, "ret"],
  [0x008500e7, "jalr 8(a0)"],
  [0xfffff537, "lui a0, 0xfffff"],
  [0x00c5a52f, "amoadd.w a0, a2, (a1)"],
  [0x42c5b02f, "amoor.d.rl zero, a2, (a1)"],
  [0x1605b52f, "lr.d.aqrl a0, (a1)"],
  [0x0330000f, "fence rw, rw"],
  [0x0100000f, "pause"],
  [0x02c5f553, "fadd.d fa0, fa1, fa2"],
  [0x02c58553, "fadd.d fa0, fa1, fa2, rne"],
  [0x02c5d553, ".word 0x02c5d553"],
  [0xd2058553, "fcvt.d.w fa0, a1"],
  [0xc20515d3, "fcvt.w.d a1, fa0, rtz"],
  [0x68c5c543, "fmadd.s fa0, fa1, fa2, fa3, rmm"],
  [0x22b59553, "fneg.d fa0, fa1"],
  [0x00359573, "fscsr a0, a1"],
  [0x0021d073, "fsrmi 3"],
  [0x0805853b, "zext.w a0, a1"],
  [0xf1402573, "csrr a0, mhartid"],
  [0x18059073, "csrw satp, a1"],
  [0x7ff59573, "csrrw a0, 0x7ff, a1"],
  [0xc0102573, "rdtime a0"],
  [0x12000073, "sfence.vma"],
  [0xffffffff, ".word 0xffffffff"],
  [0x0000, "unimp"],
  [0x8000, ".half 0x8000"],
  [0x7139, "addi sp, sp, -64"],
  [0x8082, "ret"],
  [0x2522, "fld fa0, 8(sp)"],
  [0xa021, "j 0x80000008"],
];
test.each(golden)("%s is %s", (word, text) => {
  const result = disassemble(word, 0x8000_0000n);
  expect(result.text).toBe(text);
  expect(text.startsWith(result.mnemonic)).toBe(true);
  expect(result.length).toBe((word & 3) === 3 ? 4 : 2);
});

test("targets wrap at 64 bits", () => {
  expect(disassemble(0xa021, 2n ** 64n - 2n).target).toBe(6n);
  expect(disassemble(0x00000013, 0n).target).toBeUndefined();
});

const tool = (name: string): string | undefined =>
  [`/usr/bin/${name}-19`, `/usr/lib/llvm-19/bin/${name}`].find((path) => existsSync(path));
const assembler = tool("llvm-mc");
const objdump = tool("llvm-objdump");

const EXTENSIONS = "+m,+a,+f,+d,+c,+zba,+zbb,+zbc,+zbs";

/** Lines of `llvm-objdump -d`: address, text (one blank between mnemonic and operands, no symbols). */
function reference(file: string, extensions: string): { pc: bigint; word: number; text: string }[] {
  const text = execFileSync(objdump!, ["-d", `--mattr=${extensions}`, "--no-print-imm-hex", file], {
    encoding: "utf8",
    maxBuffer: 2 ** 30,
  });
  return text.split("\n").flatMap((line) => {
    const match = /^\s*([0-9a-f]+): ([0-9a-f]{4,8})\s+(.*)$/.exec(line);
    if (match === null) return [];
    const [, pc, word, rest] = match;
    const plain = rest!
      .replace(/\s*[<#].*$/, "")
      .replace("\t", " ")
      .trim();
    return [
      { pc: BigInt(`0x${pc}`), word: Number.parseInt(word!, 16), text: plain || "<unknown>" },
    ];
  });
}

/** Where our style differs: large immediates in hexadecimal, names that LLVM does not know. */
function ours(word: number, pc: bigint): string {
  const { text } = disassemble(word, pc);
  if (text.startsWith(".")) return "<unknown>";
  if (text === "pause") return "fence w, 0";
  const upper = /^(c\.lui|lui|auipc)( \w+, )0x([0-9a-f]+)$/.exec(text);
  if (upper === null) return text;
  const [, name, rd, digits] = upper;
  const value = Number.parseInt(digits!, 16);
  return name! + rd + (name === "c.lui" && value >= 0x80000 ? value - 0x100000 : value);
}

function assembled(words: readonly number[]): ReturnType<typeof reference> {
  const directory = mkdtempSync(join(tmpdir(), "disassemble-"));
  try {
    const lines = words.map((word) => `.insn ${(word & 3) === 3 ? 4 : 2}, ${word}`);
    writeFileSync(join(directory, "words.s"), `${lines.join("\n")}\n`);
    const object = join(directory, "words.o");
    execFileSync(assembler!, [
      "-triple=riscv64",
      `-mattr=${EXTENSIONS}`,
      "-filetype=obj",
      join(directory, "words.s"),
      "-o",
      object,
    ]);
    return reference(object, EXTENSIONS);
  } finally {
    rmSync(directory, { recursive: true });
  }
}

const installed = assembler !== undefined && objdump !== undefined;
if (!installed) console.log("skipped: disassembly against llvm-objdump (llvm-19 is not installed)");

describe.skipIf(!installed)("like llvm-objdump 19", () => {
  function compare(lines: ReturnType<typeof reference>, except: (word: number) => boolean): void {
    const differences: string[] = [];
    for (const { pc, word, text } of lines) {
      if (except(word)) continue;
      const own = ours(word, pc);
      if (own !== text) differences.push(`${word.toString(16)}: ${own} | ${text}`);
    }
    expect(differences.slice(0, 20)).toEqual([]);
  }

  test("all 16-bit encodings", () => {
    const words = Array.from({ length: 0x1_0000 }, (_, word) => word).filter(
      (word) => (word & 3) !== 3,
    );
    const lines = assembled(words);
    expect(lines.length).toBe(words.length);
    // LLVM takes c.lui with a zero immediate, which the manual reserves.
    compare(lines, (word) => (word & 0xf07f) === 0x6001);
  });

  test("random 32-bit encodings of every row", () => {
    const seed = 0xd15;
    const random = generator(seed);
    const words = instructions.flatMap((row) =>
      Array.from({ length: 100 }, () => {
        // Registers are often zero, so that pseudo-instructions come up.
        let word = random.word();
        for (const shift of [7, 15, 20]) if (random.below(3) === 0) word &= ~(31 << shift);
        return ((word & ~row.mask) | row.match) >>> 0;
      }),
    );
    const lines = assembled(words);
    expect(lines.length).toBe(words.length);
    compare(lines, unlike);
  });

  /** Words of lines of assembly, whose jumps are relative. */
  function assembledText(lines: readonly string[], extensions: string): number[] {
    const given = ["-triple=riscv64", `-mattr=${extensions}`, "-show-encoding"];
    const input = `${lines.join("\n")}\n`;
    const text = execFileSync(assembler!, given, { input, encoding: "utf8", maxBuffer: 2 ** 28 });
    return [...text.matchAll(/encoding: \[([^\]]*)\]/g)].map(([, bytes]) =>
      bytes!.split(",").reduceRight((word, byte) => word * 256 + Number(byte), 0),
    );
  }
  /** Our text at address 0, where targets are distances. */
  const text = (word: number): string =>
    disassemble(word, 0n).text.replace(/0xf{8}[0-9a-f]{8}$/, (target) =>
      String(BigInt.asIntN(64, BigInt(target))),
    );

  test("32-bit instructions of every row assemble to what they were", () => {
    const random = generator(0xd17);
    const words = instructions
      .flatMap((row) =>
        Array.from({ length: 30 }, () => {
          const word = (random.word() & ~row.mask) | row.match;
          const csr = random.pick(csrs).number;
          return (row.format.fields.csr ? (word & 0xf_ffff) | (csr << 20) : word) >>> 0;
        }),
      )
      // Fields that are reserved, and CSRs without a name, are not written.
      .filter((word) => decode(word) !== undefined && !unlike(word));
    words.push(0x0330_000f, 0x0ff0_000f, 0x8330_000f, 0x0000_100f);
    const again = assembledText(words.map(text), EXTENSIONS.replace("+c", "-c"));
    expect(new Set(words.map((word) => decode(word)!.row)).size).toBe(instructions.length);
    const differences = words.flatMap((word, index) =>
      again[index] === word
        ? []
        : [`${text(word)}: ${word.toString(16)} ${again[index]?.toString(16)}`],
    );
    expect(differences.slice(0, 20)).toEqual([]);
  });

  test("16-bit instructions assemble to the same operation", () => {
    const words = Array.from({ length: 0x1_0000 }, (_, word) => word).filter((word) => {
      const decoded = decode(word);
      return decoded?.compressed !== undefined && !/^c\./.test(disassemble(word, 0n).mnemonic);
    });
    const again = assembledText(words.map(text), EXTENSIONS);
    expect(again.length).toBe(words.length);
    const meaning = (word: number) => {
      const { row, operands } = decode(word)!;
      return JSON.stringify([row.mnemonic, Object.entries(operands).sort()]);
    };
    const differences = words.flatMap((word, index) =>
      meaning(word) === meaning(again[index]!)
        ? []
        : [`${text(word)}: ${again[index]?.toString(16)}`],
    );
    expect(differences.slice(0, 20)).toEqual([]);
  });

  test("every CSR that has a name", () => {
    const words = csrs.map(({ number }) => (0x0005_a573 | (number << 20)) >>> 0);
    compare(assembled(words), () => false);
  });

  test("random words", () => {
    const random = generator(0xd16);
    const words = Array.from({ length: 20_000 }, () => (random.word() | 3) >>> 0).filter(
      (word) => (word & 0x1f) !== 0x1f,
    );
    compare(assembled(words), (word) => unlike(word) || decode(word) === undefined);
  });

  const kernel = new URL("../../kernel/prebuilt/asyncos-kernel.elf", import.meta.url).pathname;
  test.skipIf(!existsSync(kernel))("the bundled kernel", () => {
    const lines = reference(kernel, EXTENSIONS);
    expect(lines.length).toBeGreaterThan(1000);
    // Constants stand among the code; what looks like a longer instruction LLVM shows whole.
    compare(lines, (word) => unlike(word) || (word & 0x1f) === 0x1f);
  });
});

/**
 * Fences with reserved fields set, which the manual has us execute and LLVM does not name; CSRs
 * that one of the two does not name.
 */
function unlike(word: number): boolean {
  const decoded = decode(word);
  if (decoded === undefined) return false;
  const { mnemonic } = decoded.row;
  if (mnemonic === "fence" || mnemonic === "fence.i") {
    return (
      (word & 0x000f8f80) !== 0 ||
      (mnemonic === "fence.i" && word >>> 20 !== 0) ||
      (word >>> 28 !== 0 && word !== 0x8330000f)
    );
  }
  return mnemonic.startsWith("csr") && csrName(decoded.operands.csr ?? 0) === undefined;
}
