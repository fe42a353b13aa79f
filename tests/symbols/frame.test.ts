/** Call frame information: every instruction, both sections, and one step to the caller. */
import { expect, test } from "vitest";
import { type Address, address } from "../../daemon/src/base/brand.ts";
import type { EvaluationContext, UnwindRow } from "../../daemon/src/symbols/api.ts";
import { openSymbols } from "../../daemon/src/symbols/symbols.ts";
import { Bytes, bytes, elf, TEXT_ADDRESS } from "./builder.ts";

const at = (offset: number): Address => address(TEXT_ADDRESS + offset);
const text = {
  name: ".text",
  contents: new Bytes().append(new Uint8Array(0x100)),
  address: TEXT_ADDRESS,
};
const EH_ADDRESS = 0x8030_0000;

/** Code factor 2, data factor -8, return register 1, CFA = sp + 0. */
function commonEntry(): Bytes {
  return new Bytes()
    .u32(0xffff_ffff)
    .u8(4, 0, 8, 0)
    .uleb(2)
    .sleb(-8)
    .uleb(1)
    .u8(0x0c, 2, 0)
    .measured();
}

function debugFrame(instructions: Bytes): Uint8Array {
  const entry = new Bytes().u32(0).u64(TEXT_ADDRESS).u64(0x80).append(instructions).measured();
  const dropped = new Bytes().u32(0).u64(0).u64(0x80).append(instructions).measured();
  return elf([
    text,
    { name: ".debug_frame", contents: new Bytes().append(commonEntry(), dropped, entry) },
  ]);
}

const row = (instructions: Bytes, offset: number): UnwindRow | undefined =>
  openSymbols(debugFrame(instructions), "frame.elf").unwindAt(at(offset));

const ADVANCE_4 = 0x40 | 2;

test.each<[string, Bytes, number, UnwindRow["cfa"], [number, unknown][]]>([
  ["before anything", bytes(ADVANCE_4, 0x0e, 16), 0, { register: 2, offset: 0 }, []],
  [
    "def_cfa_offset behind an advance",
    bytes(ADVANCE_4, 0x0e, 16),
    4,
    { register: 2, offset: 16 },
    [],
  ],
  ["def_cfa_register", bytes(0x0d, 8), 0, { register: 8, offset: 0 }, []],
  ["def_cfa_sf", bytes(0x12, 8, 0x7e), 0, { register: 8, offset: 16 }, []],
  ["def_cfa_offset_sf", bytes(0x13, 0x7e), 0, { register: 2, offset: 16 }, []],
  ["def_cfa_expression", bytes(0x0f, 1, 0x58), 0, { expression: Uint8Array.of(0x58) }, []],
  [
    "offset",
    bytes(0x80 | 1, 1),
    0,
    { register: 2, offset: 0 },
    [[1, { kind: "offset", offset: -8 }]],
  ],
  [
    "offset_extended",
    bytes(0x05, 40, 2),
    0,
    { register: 2, offset: 0 },
    [[40, { kind: "offset", offset: -16 }]],
  ],
  [
    "offset_extended_sf",
    bytes(0x11, 9, 0x7f),
    0,
    { register: 2, offset: 0 },
    [[9, { kind: "offset", offset: 8 }]],
  ],
  ["restore", bytes(0x81, 1, ADVANCE_4, 0xc1), 4, { register: 2, offset: 0 }, []],
  ["restore_extended", bytes(0x81, 1, 0x06, 1), 4, { register: 2, offset: 0 }, []],
  [
    "undefined, same_value",
    bytes(0x07, 5, 0x08, 9),
    0,
    { register: 2, offset: 0 },
    [
      [5, { kind: "undefined" }],
      [9, { kind: "same" }],
    ],
  ],
  [
    "register",
    bytes(0x09, 1, 5),
    0,
    { register: 2, offset: 0 },
    [[1, { kind: "register", register: 5 }]],
  ],
  [
    "val_offset",
    bytes(0x14, 2, 2),
    0,
    { register: 2, offset: 0 },
    [[2, { kind: "valueOffset", offset: -16 }]],
  ],
  [
    "expression",
    bytes(0x10, 1, 1, 0x58),
    0,
    { register: 2, offset: 0 },
    [[1, { kind: "expression", bytes: Uint8Array.of(0x58) }]],
  ],
  [
    "remember and restore state",
    bytes(0x81, 1, 0x0a, ADVANCE_4, 0x0c, 8, 0, 0xc1, ADVANCE_4, 0x0b),
    8,
    { register: 2, offset: 0 },
    [[1, { kind: "offset", offset: -8 }]],
  ],
  ["advance_loc1 beyond the pc", bytes(0x02, 8, 0x0e, 16), 0x0f, { register: 2, offset: 0 }, []],
  ["advance_loc2", bytes(0x03, 8, 0, 0x0e, 16), 0x10, { register: 2, offset: 16 }, []],
  [
    "set_loc",
    new Bytes()
      .u8(0x01)
      .u64(TEXT_ADDRESS + 6)
      .u8(0x0e, 16),
    6,
    { register: 2, offset: 16 },
    [],
  ],
])("%s", (_, instructions, offset, cfa, rules) => {
  const found = row(instructions, offset);
  expect(found?.cfa).toEqual(cfa);
  expect([...(found?.rules ?? [])]).toEqual(rules);
});

test("no rules outside the functions, and none made up for broken ones", () => {
  expect(row(bytes(), 0x80)).toBeUndefined();
  const broken = openSymbols(debugFrame(bytes(0x3f, 1)), "frame.elf");
  expect(broken.unwindAt(at(0))).toBeUndefined();
  expect(broken.gaps.join()).toContain("unknown call frame instruction 0x3f");
  expect(openSymbols(debugFrame(bytes(0x0b)), "frame.elf").unwindAt(at(0))).toBeUndefined();
});

test(".eh_frame with its relative addresses", () => {
  const common = new Bytes()
    .u32(0)
    .u8(1)
    .text("zR")
    .uleb(1)
    .sleb(-4)
    .u8(1)
    .uleb(1)
    .u8(0x1b)
    .u8(0x0c, 2, 0)
    .measured();
  const header = new Bytes().u32(common.length + 4);
  // The address counts from its own place: behind the common entry, a length and an id.
  header
    .u32(TEXT_ADDRESS + 0x10 - (EH_ADDRESS + common.length + 8))
    .u32(0x20)
    .u8(0);
  const entry = header.u8(0x44, 0x0e, 32, 0x81, 2).measured();
  const image = elf([
    text,
    { name: ".eh_frame", contents: new Bytes().append(common, entry).u32(0), address: EH_ADDRESS },
  ]);
  const symbols = openSymbols(image, "eh.elf");
  expect(symbols.unwindAt(at(0x10))?.cfa).toEqual({ register: 2, offset: 0 });
  expect(symbols.unwindAt(at(0x14))).toMatchObject({
    cfa: { register: 2, offset: 32 },
    returnRegister: 1,
    rules: new Map([[1, { kind: "offset", offset: -8 }]]),
  });
  expect(symbols.unwindAt(at(0x30))).toBeUndefined();
});

const STACK = 0x8100_0000n;

/** sp at STACK; the return address 0x8020_0042 and the saved s0 lie at the top of a frame of 16 bytes. */
const context: EvaluationContext = {
  register: (number) => (number === 2 ? STACK : BigInt(number)),
  memory: (where, length) => {
    if (length !== 8) return undefined;
    if (where === STACK + 8n) return new Bytes().u64(TEXT_ADDRESS + 0x42).done();
    return where === STACK ? new Bytes().u64(0xabcd).done() : undefined;
  },
  cfa: undefined,
};

test("one step to the caller", () => {
  const symbols = openSymbols(debugFrame(bytes(0x0e, 16, 0x81, 1, 0x88, 2)), "frame.elf");
  const caller = symbols.callerOf(at(0), context);
  expect(caller).toMatchObject({ cfa: STACK + 16n, pc: at(0x42), interrupted: false });
  // sp is the frame's address, s0 was saved, s1 is kept by convention, a0 is anyone's guess.
  expect([2, 8, 9, 10].map((number) => caller?.register(number))).toEqual([
    STACK + 16n,
    0xabcdn,
    9n,
    undefined,
  ]);
});

test("a trap's entry returns to where sepc says", () => {
  const SEPC = 4096 + 0x141;
  const common = new Bytes().u32(0xffff_ffff).u8(4, 0, 8, 0).uleb(1).sleb(-8);
  common.uleb(SEPC).u8(0x0c, 2).uleb(16);
  const entry = new Bytes().u32(0).u64(TEXT_ADDRESS).u64(0x80).u8(0x05).uleb(SEPC, 1).measured();
  const contents = new Bytes().append(common.measured(), entry);
  const symbols = openSymbols(elf([text, { name: ".debug_frame", contents }]), "trap.elf");
  expect(symbols.unwindAt(at(0))).toMatchObject({ returnRegister: SEPC, interrupted: true });
  expect(symbols.callerOf(at(0), context)).toMatchObject({ pc: at(0x42), interrupted: true });
});

test("a caller that cannot be known is not made up", () => {
  const unreadable = openSymbols(debugFrame(bytes(0x0e, 64, 0x81, 1)), "frame.elf");
  expect(unreadable.callerOf(at(0), context)).toBeUndefined();
  const outermost = openSymbols(debugFrame(bytes(0x07, 1)), "frame.elf");
  expect(outermost.callerOf(at(0), context)).toBeUndefined();
  expect(outermost.callerOf(at(0x90), context)).toBeUndefined();
});
