/** DWARF 5's own forms, on an image whose every byte is known. */
import { expect, test } from "vitest";
import { type Address, address } from "../../daemon/src/base/brand.ts";
import type { EvaluationContext, Place } from "../../daemon/src/symbols/api.ts";
import { openSymbols } from "../../daemon/src/symbols/symbols.ts";
import { TEXT_ADDRESS } from "./builder.ts";
import { dwarf5Image } from "./dwarf5-image.ts";

const symbols = openSymbols(dwarf5Image(), "dwarf5.elf");
const at = (offset: number): Address => address(TEXT_ADDRESS + offset);
const FRAME = 0x8100_0000n;
const context: EvaluationContext = {
  register: (number) => (number === 8 ? FRAME : BigInt(number) * 100n),
  memory: () => undefined,
  cfa: undefined,
};

test("nothing is missing that matters", () => {
  expect(symbols.gaps).toEqual([
    "No symbol table (.symtab): addresses have no names.",
    "No .debug_frame or .eh_frame: frames cannot be unwound by rules.",
  ]);
});

test("functions by indexed strings, addresses and ranges", () => {
  const outer = symbols.functionAt(at(0x1f));
  expect(outer).toMatchObject({
    name: "outer",
    entry: at(0),
    ranges: [{ low: at(0), high: at(0x20) }],
    declaration: { path: "/src/kernel.c", line: 10, column: 0 },
  });
  expect(symbols.functionAt(at(0x20))).toBeUndefined();
  expect(symbols.functionsNamed("outer")).toEqual([outer]);
  expect(symbols.inlinedEntries("inner")).toEqual([at(8)]);
  expect(symbols.afterPrologue(outer!)).toBe(at(4));
});

test.each([
  [0, ["outer:10"]],
  [4, ["outer:12"]],
  [8, ["inner:21", "outer:12"]],
  [0x0f, ["inner:21", "outer:12"]],
  [0x10, ["outer:12"]],
  [0x14, ["outer:?"]],
  [0x18, ["inner:22", "outer:12"]],
  [0x1c, ["outer:14"]],
])("frames at 0x%x", (offset, expected) => {
  const frames = symbols.framesAt(at(offset));
  expect(frames.map(({ name, location }) => `${name}:${location?.line ?? "?"}`)).toEqual(expected);
});

test("an inlined frame knows its own code and declaration", () => {
  const inner = symbols.framesAt(at(8))[0];
  expect(inner?.ranges).toEqual([
    { low: at(8), high: at(0x10) },
    { low: at(0x18), high: at(0x1c) },
  ]);
  expect(inner?.declaration).toEqual({ path: "/src/kernel.c", line: 20, column: 0 });
});

test.each<[number, number, readonly number[] | undefined]>([
  [10, 10, [0]],
  [11, 12, [4, 0x10]],
  [13, 14, [0x1c]],
  [21, 21, [8]],
  [23, 0, undefined],
])("line %i is that of code at line %i", (line, actual, offsets) => {
  const found = symbols.addressesOfLine("/src/kernel.c", line);
  expect(found).toEqual(offsets && { line: actual, addresses: offsets.map(at) });
  expect(symbols.addressesOfLine("kernel.c", line)).toEqual(found);
});

test("rows for stepping, and the ranges of a line", () => {
  const rows = symbols.rowsIn({ low: at(0x10), high: at(0x1a) });
  expect(
    rows.map(({ address, high, location, statement }) => [address, high, location.line, statement]),
  ).toEqual([
    [at(0x10), at(0x12), 12, true],
    [at(0x12), at(0x14), 14, false],
    [at(0x18), at(0x1a), 22, true],
  ]);
  expect(symbols.lineRangeAt(at(6))?.ranges).toEqual([
    { low: at(4), high: at(8) },
    { low: at(0x10), high: at(0x12) },
  ]);
  expect(symbols.lineRangeAt(at(0x14))).toBeUndefined();
  expect(symbols.breakpointLines("/src/kernel.c", 11, 21)).toEqual([12, 14, 21]);
});

test.each<[number, Place]>([
  [0, { kind: "register", register: 10 }],
  [8, { kind: "register", register: 9 }],
  [0x10, { kind: "memory", address: address(FRAME - 16n) }],
  [0x18, { kind: "value", bytes: Uint8Array.of(7, 0, 0, 0, 0, 0, 0, 0) }],
])("the parameter's place at 0x%x", (offset, expected) => {
  const value = symbols.framesAt(at(offset)).at(-1)?.variables().at(-1);
  expect(value).toMatchObject({ name: "value", kind: "parameter", type: { name: "int", size: 4 } });
  expect(symbols.evaluate(value!.location, context)).toEqual(expected);
});

test("an inlined parameter is relative to the physical frame", () => {
  const [x] = symbols.framesAt(at(8))[0]!.variables();
  expect(x?.name).toBe("x");
  expect(symbols.evaluate(x!.location, context)).toEqual({
    kind: "memory",
    address: address(FRAME - 20n),
  });
});

test("statics, arrays of arrays and bit fields", () => {
  const [table] = symbols.staticsNamed("table");
  expect(table).toMatchObject({ qualifiedName: "table", address: address(0x8021_0000) });
  const { type } = table!;
  expect(type).toMatchObject({ kind: "array", count: 2, size: 96, name: "[[flags; 3]; 2]" });
  const flags = symbols.typeNamed("flags")[0];
  expect(type.kind === "array" && type.element()).toMatchObject({
    kind: "array",
    count: 3,
    size: 48,
  });
  expect(
    flags?.kind === "struct" &&
      flags.members.map(({ name, offset, bits }) => ({ name, offset, bits })),
  ).toEqual([
    { name: "low", offset: 0, bits: { offset: 0, size: 3 } },
    { name: "low", offset: 4, bits: { offset: 3, size: 5 } },
    { name: "rest", offset: 8, bits: undefined },
  ]);
});
