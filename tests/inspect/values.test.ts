/** The display of values: C's shapes out of a compiled image, and damaged or odd ones made by hand. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";
import { address } from "../../daemon/src/base/brand.ts";
import type { MemoryView, Value } from "../../daemon/src/inspect/api.ts";
import { createInspector } from "../../daemon/src/inspect/inspector.ts";
import type { Hart } from "../../daemon/src/machine/api.ts";
import type { Member, Place, Type, Variant } from "../../daemon/src/symbols/api.ts";
import { openSymbols } from "../../daemon/src/symbols/symbols.ts";
import { compileC, GCC } from "../gcc.ts";
import { scratch } from "../scratch.ts";

const base = (
  name: string,
  size: number,
  encoding: (Type & { kind: "base" })["encoding"] = "unsigned",
): Type => ({ kind: "base", name, size, encoding });
const u8 = base("u8", 1);
const u64 = base("u64", 8);
const usize = base("usize", 8);

const member = (name: string, offset: number, type: Type): Member => ({
  name,
  offset,
  type,
  declaration: undefined,
  artificial: false,
  bits: undefined,
});

function struct(name: string, size: number, members: Member[], more: object = {}): Type {
  return {
    kind: "struct",
    name,
    size,
    members,
    variants: undefined,
    parameters: [],
    environment: undefined,
    ...more,
  } as Type;
}

const pointer = (target: Type, name = `*const ${target.name}`): Type => ({
  kind: "pointer",
  name,
  size: 8,
  target: () => target,
});

const variant = (name: string, values: bigint[], members: Member[]): Variant => ({
  values,
  name,
  type: struct(name, 8, members),
  offset: 0,
  declaration: undefined,
});

const choice = (name: string, discriminant: Type, variants: Variant[]): Type =>
  struct(name, 16, [], {
    variants: { discriminant: { ...member("", 0, discriminant), artificial: true }, variants },
  });

/** Bytes at 0x1000; everything else is unmapped. */
function memory(bytes: readonly number[]): MemoryView {
  const low = 0x1000n;
  return {
    read(at, length) {
      const offset = Number(at - low);
      if (offset < 0 || offset + length > bytes.length) return undefined;
      return Uint8Array.from(bytes.slice(offset, offset + length));
    },
    write: () => false,
  };
}
const words = (...values: (number | bigint)[]): number[] =>
  values.flatMap((value) =>
    Array.from({ length: 8 }, (_, i) =>
      Number((BigInt.asUintN(64, BigInt(value)) >> BigInt(8 * i)) & 0xffn),
    ),
  );
const here: Place = { kind: "memory", address: address(0x1000) };
const inspector = createInspector();

const slice = struct("&[u64]", 16, [
  member("data_ptr", 0, pointer(u64)),
  member("length", 8, usize),
]);
const text = struct("&str", 16, [member("data_ptr", 0, pointer(u8)), member("length", 8, usize)]);
const option = choice("core::option::Option<&u64>", u64, [
  variant("None", [0n], []),
  variant("Some", [], [member("__0", 0, pointer(u64, "&u64"))]),
]);
const big = choice("Option<Vec>", u64, [
  variant("None", [0x8000_0000_0000_0000n], []),
  variant("Some", [], [member("__0", 0, u64)]),
]);
const small = choice("State", base("i8", 1, "signed"), [
  variant("Low", [-1n], []),
  variant("High", [1n], [member("level", 1, u8)]),
]);

test.each<[string, Type, number[], string]>([
  ["a bool that is none", base("bool", 1, "bool"), [2], "<not a bool: 2>"],
  ["a char", base("char", 4, "char"), [0xbb, 3, 0, 0], "'λ'"],
  ["a char that is none", base("char", 4, "char"), [0, 0xd8, 0, 0], "<not a char: 0xd800>"],
  ["a wide integer", base("u128", 16), words(0, 1), "18446744073709551616"],
  ["a negative one", base("i128", 16, "signed"), words(-2, -1), "-2"],
  ["a unit", base("()", 0), [], "()"],
  ["a reference", pointer(u64, "&u64"), words(0x1008, 7), "&7"],
  ["a reference to nowhere", pointer(u64, "&u64"), words(0x9000), "&<unreadable memory at 0x9000>"],
  ["a raw pointer", pointer(u64), words(0x1008, 7), "0x1008"],
  ["a null pointer", pointer(u64), words(0), "null"],
  ["a slice", slice, words(0x1010, 2, 5, 6), "[5, 6]"],
  ["an empty slice", slice, words(8, 0), "[]"],
  ["a slice of garbage", slice, words(0x9000, 1000), "[<unreadable memory at 0x9000>, …]"],
  ["a string", text, [...words(0x1010, 5), 0x61, 0x22, 0x0a, 0xce, 0xbb], '"a\\"\\nλ"'],
  ["a string of garbage", text, words(0x9000, 5), "<unreadable memory at 0x9000>"],
  ["a niche", option, words(0), "None"],
  ["a niche's own variant", option, words(0x1008, 9), "Some(&9)"],
  ["a niche beyond doubles", big, words(0x8000_0000_0000_0000n), "None"],
  ["beside that niche", big, words(3), "Some(3)"],
  ["a slice of no length", slice, words(0x1010, 2n ** 60n), "[…]"],
  ["a signed discriminant", small, words(0xff), "Low"],
  ["fields of a variant", small, words(1 + 42 * 256), "High { level: 42 }"],
  ["a discriminant that is none", small, words(7), "<no variant has the discriminant 7>"],
  ["an unmapped value", u64, [1], "<unreadable memory at 0x1000>"],
  [
    "a tuple",
    struct("(u8, u8)", 2, [member("__0", 0, u8), member("__1", 1, u8)]),
    [1, 2],
    "(1, 2)",
  ],
  ["a newtype", struct("a::Metres", 1, [member("__0", 0, u8)]), [3], "Metres(3)"],
  ["a unit struct", struct("a::Nothing", 0, []), [], "Nothing"],
  [
    "an atomic",
    struct("core::sync::atomic::Atomic<u8>", 1, [
      member("v", 0, struct("core::cell::UnsafeCell<u8>", 1, [member("value", 0, u8)])),
    ]),
    [9],
    "9",
  ],
  [
    "a time",
    struct("core::time::Duration", 16, [
      member("secs", 0, u64),
      member("nanos", 8, base("u32", 4)),
    ]),
    words(1, 500_000_000),
    "1.5s",
  ],
])("%s", (_what, type, bytes, expected) => {
  expect(inspector.valueAt("v", type, here, memory(bytes)).text).toBe(expected);
});

const pair = struct("Pair", 16, [member("a", 0, u64), member("b", 8, u64)]);

test.each<[string, Type, Place, string]>([
  ["optimised out", u64, { kind: "unavailable", reason: "optimised out" }, "<optimised out>"],
  ["a computed value", u64, { kind: "value", bytes: Uint8Array.of(7) }, "7"],
  ["a register that nobody saved", u64, { kind: "register", register: 5 }, "<not saved>"],
  [
    "pieces, one of which is gone",
    pair,
    {
      kind: "pieces",
      pieces: [
        { size: 8, place: { kind: "value", bytes: Uint8Array.of(1, 0, 0, 0, 0, 0, 0, 0) } },
        { size: 8, place: { kind: "unavailable", reason: "optimised out" } },
      ],
    },
    "Pair { a: 1, b: <optimised out> }",
  ],
  [
    "a number over two pieces",
    u64,
    {
      kind: "pieces",
      pieces: [
        { size: 4, place: { kind: "value", bytes: Uint8Array.of(1, 0, 0, 0) } },
        { size: 4, place: { kind: "memory", address: address(0x1000) } },
      ],
    },
    "8589934593",
  ],
])("a place: %s", (_what, type, place, expected) => {
  expect(inspector.valueAt("v", type, place, memory([2, 0, 0, 0])).text).toBe(expected);
});

test("lists that run in circles end", () => {
  let node: Type;
  const link: Type = { kind: "pointer", name: "&Node", size: 8, target: () => node };
  node = struct("Node", 8, [member("next", 0, link)]);
  const value = inspector.valueAt("v", link, here, memory(words(0x1000)));
  expect(value.text).toMatch(/^&Node \{ next: .{0,200}$/);
  expect(value.children).toEqual({ named: 1, indexed: 0 });
});

describe.skipIf(!GCC)("C", () => {
  const values = (): ((name: string) => Value) => {
    const elf = join(scratch(), "values.elf");
    const source = fileURLToPath(new URL("fixtures/values.c", import.meta.url));
    compileC([source], "-g -O0", elf);
    const symbols = openSymbols(readFileSync(elf), "values.elf");
    const c = createInspector();
    c.modules.add(symbols);
    const read: MemoryView["read"] = (at, length) => {
      for (const { bytes, size, virtual } of symbols.segments) {
        const offset = Number(at - virtual);
        if (offset < 0 || offset + length > size) continue;
        const copy = new Uint8Array(length);
        copy.set(bytes.subarray(offset, offset + length));
        return copy;
      }
      return undefined;
    };
    const hart = { read, write: () => false } as unknown as Hart;
    return (name) => c.statics(name, hart)[0]!;
  };
  let get: ReturnType<typeof values> | undefined;
  const value = (path: string): Value => {
    get ??= values();
    const [name, ...rest] = path.split("/");
    return rest.reduce((at, child) => at.list().find((one) => one.name === child)!, get(name!));
  };

  test.each([
    ["points", "[point { x: 1, y: 2 }, point { x: 3, y: 4 }, point { x: -5, y: 6 }]"],
    ["first/at/y", "-2"],
    ["first/color", "GREEN"],
    ["first/next/*/color", "BLUE"],
    ["first/next/*/next", "null"],
    ["flags", "flags { a: 5, b: 100, c: -3, d: 737894400291 }"],
    ["flags/c", "-3"],
    ["number/i", "1094861636"],
    ["number/bytes", "[68, 67, 66, 65]"],
    ["text", '"hello"'],
    ["letter", "65 'A'"],
    ["small", "-3"],
    ["byte", "200"],
    ["yes", "true"],
    ["single", "1.5"],
    ["big", "-0.25"],
    ["word", "18446744073709551615"],
    ["nowhere", "0xdeadbeef00"],
    ["null", "null"],
    ["odd", "<3 names nothing in color>"],
    ["anon", "{ a: 1, b: 66, c: 66 'B' }"],
    ["anon/c", "66 'B'"],
    ["matrix", "[[1, 2, 3], [4, 5, 6]]"],
    ["typed", "point { x: 9, y: 10 }"],
  ])("%s is %s", (path, expected) => {
    expect(value(path).text).toBe(expected);
  });

  test("char pointers show their text, function pointers their function", () => {
    expect(value("first/name").text).toMatch(/^0x[0-9a-f]+ "fir\\"st\\n"$/);
    expect(value("first/run").text).toMatch(/^0x[0-9a-f]+ <run>$/);
  });
});
