/** A C kernel as GCC builds it, in DWARF 4 and 5, with and without type units and optimisation. */
import { describe, expect, test } from "vitest";
import { address } from "../../daemon/src/base/brand.ts";
import type { StructType, SymbolFile } from "../../daemon/src/symbols/api.ts";
import { compileKernels, open } from "./images.ts";

const IMAGES = compileKernels();
const MEMBERS = ["lock", "state", "chan", "pid", "parent", "context", "name", "u", "fn", "self"];

/** An array of 64-bit numbers in the image. */
function words(symbols: SymbolFile, name: string): number[] {
  const { address: at, size } = symbols.symbolNamed(name)!;
  const segment = symbols.segments.find(
    ({ virtual, size: length }) => virtual <= at && at < virtual + BigInt(length),
  )!;
  const start = Number(at - segment.virtual);
  const view = new DataView(segment.bytes.buffer, segment.bytes.byteOffset + start, size);
  return Array.from({ length: size / 8 }, (_, index) => Number(view.getBigUint64(index * 8, true)));
}

if (IMAGES.length === 0) test.skip("C kernels (skipped: no GCC for RISC-V here)", () => {});

describe.each(IMAGES)("$name", ({ path }) => {
  const symbols = open(path);
  const proc = symbols.typeNamed("proc")[0] as StructType;
  const member = (name: string) => proc.members.find((each) => each.name === name)!;

  test("structures are laid out as the compiler says", () => {
    const [size, ...rest] = words(symbols, "facts");
    expect(proc.size).toBe(size);
    expect(MEMBERS.map((name) => member(name).offset)).toEqual(rest.slice(0, -1));
    expect(member("lock").type.size).toBe(rest.at(-1));
  });

  test("bit fields, typedefs, unions, arrays and pointers", () => {
    const bits = proc.members.flatMap(({ name, offset, bits: of, type }) =>
      of === undefined ? [] : [[name, offset * 8 + of.offset, of.size, type.name]],
    );
    const killed = (member("chan").offset + 8) * 8;
    expect(bits).toEqual([
      ["killed", killed, 1, "int"],
      ["prio", killed + 1, 5, "unsigned int"],
      ["wide", killed + 6, 40, "long int"],
    ]);
    const lock = member("lock").type as StructType;
    expect(lock.members[0]?.type).toMatchObject({ kind: "base", name: "uint32", size: 4 });
    const { type: parent } = member("parent");
    expect(parent.kind === "pointer" && parent.target()).toBe(proc);
    const { type: self } = member("self");
    expect(self.kind === "pointer" && self.target()).toBe(proc);
    expect(member("name").type).toMatchObject({ kind: "array", count: 16, name: "[char; 16]" });
    expect(member("u").type).toMatchObject({ kind: "union", size: 8 });
    expect(member("fn").type).toMatchObject({ kind: "pointer", size: 8 });
    const { type: state } = member("state");
    expect(state.kind === "enum" && state.enumerators.map(({ value }) => Number(value))).toEqual([
      0, 1, 2, 7, 8, -3,
    ]);
  });

  test("statics are found once, with their place", () => {
    const [table, ...more] = symbols.staticsNamed("proc");
    expect(more).toEqual([]);
    expect(table?.address).toBe(symbols.symbolNamed("proc")?.address);
    expect(table?.type).toMatchObject({ name: "[proc; 8]", size: proc.size * 8 });
    expect(symbols.staticsNamed("matrix")[0]?.type).toMatchObject({ count: 3, size: 120 });
  });

  test("functions have parameters and frames can be left", () => {
    const [allocproc] = symbols.functionsNamed("allocproc");
    const parameters = symbols
      .framesAt(allocproc!.entry)
      .at(-1)!
      .variables()
      .filter(({ kind }) => kind === "parameter");
    expect(parameters.map(({ name, type }) => `${type.name} ${name}`)).toEqual([
      "char * name",
      "int prio",
    ]);
    const caller = symbols.callerOf(allocproc!.entry, {
      register: (number) => (number === 1 ? 0x8020_1234n : 0x8100_0000n),
      memory: () => undefined,
      cfa: undefined,
    });
    expect(caller).toMatchObject({ pc: address(0x8020_1234), cfa: 0x8100_0000n });
  });
});
