/** What we read out of whole kernels, against what LLVM's tools read out of them. */
import { basename, posix } from "node:path";
import { describe, expect, test } from "vitest";
import { address } from "../../daemon/src/base/brand.ts";
import type { SymbolFile, Type, UnwindRow } from "../../daemon/src/symbols/api.ts";
import { demangle, readable } from "../../daemon/src/symbols/demangle.ts";
import { lastName } from "../../daemon/src/symbols/names.ts";
import { random } from "../fuzz/random.ts";
import { compileKernels, KERNEL, OTHER_IMAGES, open } from "./images.ts";
import { type Entry, llvm, parseEntries, printedRanges, quoted } from "./witness.ts";

const SEED = Number(process.env.FUZZ_SEED ?? 20261122);
const SAMPLES = 3000;
const RISCV_REGISTERS = 32;

const dwarfdump = llvm("llvm-dwarfdump");
const symbolizer = llvm("llvm-symbolizer");
const nm = llvm("llvm-nm");
const filter = llvm("llvm-cxxfilt");
const because = (tool: unknown, name: string) => (tool ? "" : ` (skipped: no ${name} here)`);

/** Addresses in the functions of an image: their first, and random ones. */
function sampleAddresses(symbols: SymbolFile): bigint[] {
  const next = random(SEED);
  const executable = symbols.segments.filter(({ flags }) => flags.execute);
  const addresses = new Set<bigint>();
  for (const { virtual, bytes } of executable) {
    for (let count = 0; count < SAMPLES; count++) {
      addresses.add(virtual + BigInt(next(bytes.length) & ~1));
    }
  }
  return [...addresses];
}

interface Symbolized {
  readonly Address: string;
  readonly Symbol: readonly {
    readonly FileName: string;
    readonly Line: number;
    readonly Column: number;
    readonly FunctionName: string;
    readonly StartFileName: string;
    readonly StartLine: number;
  }[];
}

const IMAGES = [
  ...(KERNEL === undefined ? [] : [KERNEL]),
  ...OTHER_IMAGES,
  ...compileKernels().map(({ path }) => path),
];

describe.each(IMAGES.map((path) => [basename(path), path] as const))("%s", (_, path) => {
  const symbols = open(path);
  let entries: Entry[] | undefined;
  const info = () => {
    entries ??= parseEntries(dwarfdump!(["--debug-info", path]));
    return entries;
  };

  test.skipIf(!symbolizer)(
    `frames, lines and inlining agree with llvm-symbolizer${because(symbolizer, "llvm-symbolizer")}`,
    () => {
      const addresses = sampleAddresses(symbols);
      const input = addresses.map((each) => `0x${each.toString(16)}`).join("\n");
      const output = symbolizer!(["--output-style=JSON", `--obj=${path}`], `${input}\n`);
      let inlined = 0;
      for (const line of output.trim().split("\n")) {
        const expected = JSON.parse(line) as Symbolized;
        const at = address(BigInt(expected.Address));
        const frames = symbols.framesAt(at);
        if (frames.length === 0) {
          // Without DWARF the symbolizer answers from the symbol table, and knows no line.
          expect(expected.Symbol[0]?.Line ?? 0, expected.Address).toBe(0);
          continue;
        }
        const ours = frames.map(({ location, declaration, linkageName, name }) => ({
          file: location?.path ?? "",
          line: location?.line ?? 0,
          column: location?.column ?? 0,
          function: linkageName === undefined ? lastName(name) : readable(linkageName),
          declared: declaration?.line ?? 0,
        }));
        const theirs = expected.Symbol.map((each) => ({
          file: each.Line === 0 ? "" : posix.normalize(each.FileName),
          line: each.Line,
          column: each.Line === 0 ? 0 : each.Column,
          function: each.FunctionName,
          declared: each.StartLine,
        }));
        // The symbolizer takes the outermost name from the symbol table, where labels may come first, and sets
        // what follows a mangled name apart: `f (.0)`.
        theirs.forEach((frame, index) => {
          if (frame.function.startsWith(".L")) frame.function = ours[index]?.function ?? "";
          frame.function = frame.function.replace(/ \(\..*\)$/, "");
        });
        expect(ours, expected.Address).toEqual(theirs);
        inlined += frames.length - 1;
      }
      enough(path, inlined);
    },
  );

  test.skipIf(!dwarfdump)(
    `functions and their ranges agree with llvm-dwarfdump${because(dwarfdump, "llvm-dwarfdump")}`,
    () => {
      let count = 0;
      for (const entry of info()) {
        if (entry.tag !== "DW_TAG_subprogram") continue;
        const ranges = codeOf(entry).filter(({ low }) => isInImage(symbols, low));
        if (ranges.length === 0) continue;
        const name = plainName(entry);
        for (const range of ranges) {
          const found = symbols.functionAt(address(range.low));
          expect(found?.ranges, name).toContainEqual(range);
          expect(found && lastPart(found.name), name).toBe(lastPart(name));
          expect(symbols.functionAt(address(range.high - 1n))).toBe(found);
        }
        count++;
      }
      enough(path, count);
    },
  );

  test.skipIf(!dwarfdump)(
    `layouts of structures agree with llvm-dwarfdump${because(dwarfdump, "llvm-dwarfdump")}`,
    () => {
      let count = 0;
      for (const entry of info()) {
        if (entry.tag !== "DW_TAG_structure_type" && entry.tag !== "DW_TAG_union_type") continue;
        const name = pathOf(entry);
        const members = entry.children
          .filter(({ tag, attributes: of }) => tag === "DW_TAG_member" && !of.has("DW_AT_bit_size"))
          .map(({ attributes }) => ({
            name: quoted(attributes.get("DW_AT_name")) ?? "",
            offset: Number(attributes.get("DW_AT_data_member_location") ?? 0),
          }));
        if (name === undefined || name.startsWith("<")) continue;
        const size = Number(entry.attributes.get("DW_AT_byte_size"));
        const same = symbols.typeNamed(name).filter((type) => type.name === name);
        expect(same.map(layout), name).toContainEqual({ size, members });
        count++;
      }
      enough(path, count);
    },
  );

  test.skipIf(!dwarfdump)(
    `unwinding rules agree with llvm-dwarfdump${because(dwarfdump, "llvm-dwarfdump")}`,
    () => {
      const text = dwarfdump!(["--debug-frame", path]);
      let count = 0;
      for (const block of text.split(/\n\n(?=[0-9a-f]{8} )/)) {
        // LLVM leaves the CFA out of what DW_CFA_restore_state restores; compilers and GDB do not.
        const rules = (row: string) => (block.includes("restore_state") ? row.split(": ")[1] : row);
        for (const [, at, expected] of block.matchAll(/^ {2}(0x[0-9a-f]+): (CFA=.*)$/gm)) {
          if (!isInImage(symbols, BigInt(at!))) continue;
          const row = symbols.unwindAt(address(BigInt(at!)));
          expect(row && rules(printedRow(row)), at).toBe(rules(expected!));
          count++;
        }
      }
      enough(path, count);
    },
  );

  test.skipIf(!nm)(`symbols agree with llvm-nm${because(nm, "llvm-nm")}`, () => {
    const lines = nm!(["--print-size", "--defined-only", path]).trim().split("\n");
    let count = 0;
    for (const line of lines) {
      const row = /^([0-9a-f]{16}) ([0-9a-f]{16}) [tTdDbBrR] ([^.$].*)$/.exec(line);
      if (row === null) continue;
      const [at, size] = [BigInt(`0x${row[1]}`), Number(`0x${row[2]}`)];
      // Local symbols of several files may share a name; the first by address answers to it.
      const named = symbols.symbolNamed(row[3]!);
      expect(named, line).toBeDefined();
      if (size === 0 || named?.address !== at) continue;
      expect(named.size, line).toBe(size);
      const found = symbols.symbolAt(address(at + BigInt(size - 1)));
      expect(found?.offset, line).toBe(size - 1);
      count++;
    }
    enough(path, count);
  });

  test.skipIf(!nm || !filter)(
    `demangled symbols agree with llvm-cxxfilt${because(nm && filter, "llvm-cxxfilt")}`,
    () => {
      const names = nm!(["--just-symbol-name", "--defined-only", path])
        .trim()
        .split("\n")
        .filter((name) => name.startsWith("_R") || /^_ZN.*17h[0-9a-f]{16}E$/.test(name));
      const expected = filter!([], `${names.join("\n")}\n`)
        .trim()
        .split("\n");
      names.forEach((name, index) => {
        // LLVM sets what follows the mangled name apart: `f (.0)`.
        const theirs = expected[index]!.replace(/ \((\..*)\)$/, "$1");
        expect(demangle(name)?.name, name).toBe(theirs.replace(/\.llvm\..*$/, ""));
      });
      enough(path, names.length);
    },
  );
});

/** Nothing compared is nothing shown; small images may lack one kind of thing or another. */
const enough = (path: string, count: number) => {
  if (path === KERNEL) expect(count).toBeGreaterThan(10);
};

const isInImage = (symbols: SymbolFile, at: bigint) =>
  symbols.segments.some(({ virtual, size }) => virtual <= at && at < virtual + BigInt(size));

function codeOf({ attributes }: Entry): { low: bigint; high: bigint }[] {
  const low = attributes.get("DW_AT_low_pc");
  const high = attributes.get("DW_AT_high_pc");
  const ranges = attributes.get("DW_AT_ranges");
  if (ranges !== undefined) return printedRanges(ranges);
  return low && high ? [{ low: BigInt(low), high: BigInt(high) }] : [];
}

/** DW_AT_name, or what the printed reference to the origin says. */
function plainName(entry: Entry): string {
  const own = quoted(entry.attributes.get("DW_AT_name"));
  if (own !== undefined) return own;
  const linkage = /"(.*)"/.exec(
    entry.attributes.get("DW_AT_abstract_origin") ??
      entry.attributes.get("DW_AT_specification") ??
      "",
  )?.[1];
  return (linkage && demangle(linkage)?.name) || linkage || "";
}

/** The last name without generic arguments; closures are numbered alike by DWARF and by mangling. */
function lastPart(name: string): string {
  let rest = name.replaceAll(/->/g, "");
  while (/<[^<>]*>/.test(rest)) rest = rest.replaceAll(/<[^<>]*>/g, "");
  const last =
    rest
      .split("::")
      .filter((part) => part !== "")
      .at(-1) ?? "";
  return last.replace(/^\{(async_fn|async_block)#/, "{closure#");
}

/** The path by nesting; undefined for what belongs to an impl, has no name, or is only declared. */
function pathOf(entry: Entry): string | undefined {
  if (entry.attributes.has("DW_AT_declaration")) return undefined;
  const parts: string[] = [];
  for (let at: Entry | undefined = entry; at !== undefined; at = at.parent) {
    if (at.tag === "DW_TAG_compile_unit") break;
    const name = quoted(at.attributes.get("DW_AT_name"));
    if (name === undefined || name.includes("{impl#")) return undefined;
    parts.unshift(name);
  }
  return parts.join("::");
}

function layout(type: Type) {
  const members = type.kind === "struct" || type.kind === "union" ? type.members : [];
  const whole = members.filter(({ bits }) => bits === undefined);
  return { size: type.size, members: whole.map(({ name, offset }) => ({ name, offset })) };
}

/** A row as llvm-dwarfdump prints it. */
function printedRow({ cfa, rules }: UnwindRow): string {
  const signed = (value: number) => (value === 0 ? "" : value > 0 ? `+${value}` : `${value}`);
  const base = "register" in cfa ? `X${cfa.register}${signed(cfa.offset)}` : "expression";
  const parts: string[] = [];
  for (const [register, rule] of [...rules].sort(([a], [b]) => a - b)) {
    const name = register < RISCV_REGISTERS ? `X${register}` : `reg${register}`;
    if (rule.kind === "offset") parts.push(`${name}=[CFA${signed(rule.offset)}]`);
    else if (rule.kind === "same") parts.push(`${name}=same`);
    else if (rule.kind === "undefined") parts.push(`${name}=undefined`);
  }
  return `CFA=${base}${parts.length > 0 ? `: ${parts.join(", ")}` : ""}`;
}
