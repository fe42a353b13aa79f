/** Containers that are not what they should be, each with an error that says what and where. */
import { expect, test } from "vitest";
import { address } from "../../daemon/src/base/brand.ts";
import { FormatError } from "../../daemon/src/base/errors.ts";
import { openSymbols } from "../../daemon/src/symbols/symbols.ts";
import { Bytes, bytes, elf, TEXT_ADDRESS } from "./builder.ts";

const text = {
  name: ".text",
  contents: new Bytes().append(new Uint8Array(64)),
  address: TEXT_ADDRESS,
};
const good = () => elf([text]);

function patched(at: number, ...values: number[]): Uint8Array {
  const image = good();
  image.set(values, at);
  return image;
}

test.each<[string, Uint8Array, string]>([
  ["an empty file", new Uint8Array(0), "kernel.elf: ELF header: the file is empty"],
  [
    "a text file",
    new TextEncoder().encode("#!/bin/sh\n"),
    "kernel.elf: ELF header: not an ELF file",
  ],
  ["a header cut short", good().slice(0, 40), "kernel.elf: ELF header: truncated"],
  ["a 32-bit ELF", patched(4, 1), "a 32-bit ELF"],
  ["a big-endian ELF", patched(5, 2), "a big-endian ELF"],
  ["an x86-64 ELF", patched(18, 62, 0), "built for machine 62, not for RISC-V"],
  ["an object file", patched(16, 1, 0), "a relocatable object"],
  ["a core dump", patched(16, 4, 0), "not an executable image (ELF type 4)"],
  ["an ELF cut in its sections", good().slice(0, -10), "section headers: truncated"],
  ["program headers far away", patched(38, 0xff), "beyond 2^53"],
  ["rows too small", patched(54, 8, 0), "program headers: rows of 8 bytes"],
  ["a segment beyond the file", patched(64 + 32, 0xff, 0xff), "program header 0"],
])("%s", (_, image, expected) => {
  const opening = () => openSymbols(image, "kernel.elf");
  expect(opening).toThrow(FormatError);
  expect(opening).toThrow(expected);
});

test("an image without DWARF opens, and says what it lacks", () => {
  const symbols = openSymbols(good(), "bare.elf");
  expect(symbols.gaps.map((gap) => gap.split(":")[0])).toEqual([
    "No symbol table (.symtab)",
    "No .debug_info",
    "No .debug_line",
    "No .debug_frame or .eh_frame",
  ]);
  expect(symbols.framesAt(address(TEXT_ADDRESS))).toEqual([]);
  expect(symbols.functionAt(address(TEXT_ADDRESS))).toBeUndefined();
  expect(symbols.segments).toMatchObject([
    {
      virtual: address(TEXT_ADDRESS),
      size: 64,
      flags: { read: true, write: false, execute: true },
    },
  ]);
});

interface SymbolSpec {
  readonly name: string;
  readonly at: number;
  readonly size: number;
  readonly info: number;
}

function withSymbols(specs: readonly SymbolSpec[]): Uint8Array {
  const names = bytes(0);
  const table = new Bytes().append(new Uint8Array(24));
  for (const { name, at, size, info } of specs) {
    table
      .u32(names.length)
      .u8(info, 0)
      .u16(1)
      .u64(TEXT_ADDRESS + at)
      .u64(size);
    names.text(name);
  }
  return elf([
    text,
    { name: ".symtab", contents: table, type: 2, link: 3 },
    { name: ".strtab", contents: names, type: 3 },
  ]);
}

const GLOBAL_FUNCTION = 0x12;
const LOCAL_FUNCTION = 0x02;
const LOCAL_LABEL = 0x00;

test.each<[number, string | undefined]>([
  [0, "entry+0"],
  [8, "entry+8"],
  [0x10, "mini::Task::wake+0"],
  [0x17, "mini::Task::wake+7"],
  // A gap between sized symbols belongs to nobody; a label reaches to the next symbol.
  [0x19, undefined],
  [0x20, "trap_label+0"],
  [0x2f, "trap_label+15"],
  [0x30, "global+0"],
  [0x3f, "global+15"],
  [0x40, undefined],
])("the symbol at 0x%x", (offset, expected) => {
  const symbols = openSymbols(
    withSymbols([
      { name: "$x", at: 0, size: 0, info: LOCAL_LABEL },
      { name: ".Lhidden", at: 4, size: 0, info: LOCAL_LABEL },
      { name: "entry", at: 0, size: 16, info: GLOBAL_FUNCTION },
      {
        name: "_RNvXs0_Cs2090gqqDppW_4miniNtB5_4TaskNtNtCslTsnz1B1eG3_5alloc4task4Wake4wake",
        at: 0x10,
        size: 8,
        info: LOCAL_FUNCTION,
      },
      { name: "trap_label", at: 0x20, size: 0, info: LOCAL_LABEL },
      { name: "local", at: 0x30, size: 16, info: LOCAL_FUNCTION },
      { name: "global", at: 0x30, size: 16, info: GLOBAL_FUNCTION },
    ]),
    "symbols.elf",
  );
  const at = address(TEXT_ADDRESS + offset);
  const found = symbols.symbolAt(at);
  const fn = symbols.functionAt(at);
  expect(found && `${fn?.name}+${found.offset}`).toBe(expected);
  expect(symbols.functionsNamed("Task::wake")).toMatchObject([
    { entry: address(TEXT_ADDRESS + 0x10) },
  ]);
});
