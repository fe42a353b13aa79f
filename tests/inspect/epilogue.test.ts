/**
 * The end of an unoptimised function, for which LLVM writes no unwind rows (GDB is wrong there): the
 * machine executes it, and at each of its instructions the caller has to be the one that called.
 */
import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { physical } from "../../daemon/src/base/brand.ts";
import { createMachine } from "../../daemon/src/machine/machine.ts";
import { openSymbols } from "../../daemon/src/symbols/symbols.ts";
import { compileFramePointer } from "../symbols/images.ts";

const IMAGE = compileFramePointer();
const [RA, SP, FP, A0] = [1, 2, 8, 10];
const CALLER = { pc: 0x8040_0000n, sp: 0x8050_0000n, fp: 0x1234_5678n };

describe.skipIf(IMAGE === undefined)("half(21)", () => {
  test("has the same caller from its first instruction to its last", () => {
    const symbols = openSymbols(readFileSync(IMAGE!), "frame.elf");
    const code = symbols.segments.filter(({ flags }) => flags.execute);
    const segments = code.map(({ physical: at, bytes, size }) => ({
      address: physical(Number(at)),
      bytes,
      size,
    }));
    const machine = createMachine(
      { harts: 1, memory: 16, append: "", schedule: "round-robin", seed: 0, quantum: 1000 },
      { segments, entry: physical(Number(symbols.entry)) },
    );
    const hart = machine.harts[0]!;
    for (const [register, value] of [
      [RA, CALLER.pc],
      [SP, CALLER.sp],
      [FP, CALLER.fp],
      [A0, 21n],
    ] as const)
      hart.setX(register, value);
    const seen = [];
    while (hart.pc !== CALLER.pc) {
      const caller = symbols.callerOf(hart.pc, {
        register: (number) => hart.x(number),
        memory: (at, length) => hart.read(at, length),
        cfa: undefined,
      });
      const [sp, fp] = [caller?.register(SP), caller?.register(FP)];
      seen.push({ at: hart.pc, pc: caller?.pc, cfa: caller?.cfa, sp, fp });
      machine.run({ instructions: 1 });
    }
    expect(seen).toHaveLength(15);
    for (const { at, ...caller } of seen)
      expect(caller, `at ${at.toString(16)}`).toEqual({ ...CALLER, cfa: CALLER.sp });
    expect(hart.x(A0)).toBe(10n);
  });
});
