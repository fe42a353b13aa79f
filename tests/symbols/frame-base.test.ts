/**
 * Where an unoptimised function keeps its variables: compilers name one register for its whole code,
 * but that is the caller's until the prologue has set it, and arguments are stored in the prologue.
 */
import { describe, expect, test } from "vitest";
import { address } from "../../daemon/src/base/brand.ts";
import { compileFramePointer, open } from "./images.ts";

const IMAGE = compileFramePointer();
const FRAME_POINTER = 8;
const TOP = 0x8100_0000n;

describe.skipIf(IMAGE === undefined)("a function with its frame's base in s0", () => {
  const symbols = open(IMAGE ?? "");
  const [half] = symbols.functionsNamed("half");
  const entry = half?.entry ?? 0n;
  const placesAt = (offset: bigint) => {
    const pc = address(entry + offset);
    const context = {
      register: (number: number) => (number === FRAME_POINTER ? TOP : 0n),
      memory: () => undefined,
      cfa: undefined,
      entryRegister: () => undefined,
    };
    const variables = symbols.framesAt(pc).flatMap((frame) => frame.variables());
    return Object.fromEntries(
      variables.map(({ name, location }) => [name, symbols.evaluate(location, context)]),
    );
  };

  // The offsets are of instructions that llvm-objdump shows: sp, ra, s0, the new s0, the argument.
  test.each([0x0n, 0x4n, 0x8n, 0xcn, 0x10n])("has none at +%i, in its prologue", (offset) => {
    const nowhere = { kind: "unavailable", reason: "the function has no frame base here" };
    expect(placesAt(offset)).toEqual({ n: nowhere, m: nowhere });
  });

  test.each([0x14n, 0x24n, 0x28n])("has them in the frame at +%i", (offset) => {
    const at = (below: bigint) => ({ kind: "memory", address: TOP - below });
    expect(placesAt(offset)).toEqual({ n: at(20n), m: at(24n) });
  });
});
