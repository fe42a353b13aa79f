/**
 * Where an unoptimised function keeps its variables: compilers name one register for its whole code,
 * but that is the caller's until the prologue has set it, and arguments are stored in the prologue.
 */
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { type Address, address } from "../../daemon/src/base/brand.ts";
import type { SymbolFile } from "../../daemon/src/symbols/api.ts";
import { compileC, GCC } from "../gcc.ts";
import { scratch } from "../scratch.ts";
import { compileFramePointer, open } from "./images.ts";

const IMAGE = compileFramePointer();
const FRAME_POINTER = 8;
const TOP = 0x8100_0000n;
const NOWHERE = { kind: "unavailable", reason: "the function has no frame base here" };

/** Where the variables are whose frame ends at TOP. */
function placesAt(symbols: SymbolFile, pc: Address) {
  const context = {
    register: (number: number) => (number === FRAME_POINTER ? TOP : 0n),
    memory: () => undefined,
    cfa: TOP,
    entryRegister: () => undefined,
  };
  const variables = symbols.framesAt(pc).flatMap((frame) => frame.variables());
  return Object.fromEntries(
    variables.map(({ name, location }) => [name, symbols.evaluate(location, context)]),
  );
}

describe.skipIf(IMAGE === undefined)("a function with its frame's base in s0", () => {
  const symbols = open(IMAGE ?? "");
  const [half] = symbols.functionsNamed("half");
  const at = (offset: bigint) => placesAt(symbols, address((half?.entry ?? 0n) + offset));

  // The offsets are of instructions that llvm-objdump shows: sp, ra, s0, the new s0, the argument.
  test.each([0x0n, 0x4n, 0x8n, 0xcn, 0x10n])("has none at +%i, in its prologue", (offset) => {
    expect(at(offset)).toEqual({ n: NOWHERE, m: NOWHERE });
  });

  test.each([0x34n, 0x38n])("has none at +%i, where s0 is the caller's again", (offset) => {
    expect(at(offset)).toEqual({ n: NOWHERE, m: NOWHERE });
  });

  test.each([0x14n, 0x24n, 0x28n, 0x2cn, 0x30n])("has them in the frame at +%i", (offset) => {
    const below = (bytes: bigint) => ({ kind: "memory", address: TOP - bytes });
    expect(at(offset)).toEqual({ n: below(20n), m: below(24n) });
  });
});

test.skipIf(GCC === undefined)(
  "a body that begins in the line of its prologue has its frame",
  () => {
    const image = join(scratch(), "early.elf");
    compileC([join(import.meta.dirname, "fixtures/early.c")], "-g -O0", image);
    const symbols = open(image);
    const [start] = symbols.functionsNamed("_start");
    const [range] = start!.ranges;
    const rows = symbols.rowsIn(range!);
    const own = rows.filter(({ location }) => location.line === rows[0]!.location.line);
    expect(own.length).toBeGreaterThan(1);
    expect(placesAt(symbols, start!.entry)).toEqual({ n: NOWHERE, m: NOWHERE });
    // Where a call of that line returns to.
    const { n, m } = placesAt(symbols, address(own.at(-1)!.high - 1n));
    expect(n).toMatchObject({ kind: "memory" });
    expect(m).toMatchObject({ kind: "memory" });
  },
);
