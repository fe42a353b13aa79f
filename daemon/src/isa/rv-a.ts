/** The A extension: LR/SC and AMOs. aq and rl change nothing here. Source: unprivileged manual, chapter 14. */
import * as format from "./formats.ts";
import { type Instruction, instruction } from "./instruction.ts";
import { choose, type Expression, i32, i64, low, rs2, use, variable } from "./ir.ts";

const opcode = 0x2f;
const widths = [
  { suffix: ".w", width: 4, funct3: 2 },
  { suffix: ".d", width: 8, funct3: 3 },
] as const;

const encoding = (funct5: number, funct3: number) => opcode | (funct3 << 12) | (funct5 << 27);

type Value = Expression<"i64">;
type Test = (wide: boolean, old: Value) => Expression<"i32">;
/** `old` is sign-extended; the new value's low `width` bytes are stored. */
type Update = (old: Value, wide: boolean) => Value;

/** The word forms compare 32-bit values, so rs2 counts without its upper half. */
const signedLess: Test = (wide, old) => (wide ? i64.ltS(old, rs2) : i32.ltS(low(old), low(rs2)));
const unsignedLess: Test = (wide, old) => (wide ? i64.ltU(old, rs2) : i32.ltU(low(old), low(rs2)));

const updates: readonly (readonly [string, number, Update])[] = [
  ["amoadd", 0b00000, (old) => i64.add(old, rs2)],
  ["amoswap", 0b00001, () => rs2],
  ["amoxor", 0b00100, (old) => i64.xor(old, rs2)],
  ["amoor", 0b01000, (old) => i64.or(old, rs2)],
  ["amoand", 0b01100, (old) => i64.and(old, rs2)],
  ["amomin", 0b10000, (old, wide) => choose(signedLess(wide, old), old, rs2)],
  ["amomax", 0b10100, (old, wide) => choose(signedLess(wide, old), rs2, old)],
  ["amominu", 0b11000, (old, wide) => choose(unsignedLess(wide, old), old, rs2)],
  ["amomaxu", 0b11100, (old, wide) => choose(unsignedLess(wide, old), rs2, old)],
];

export const rvA: readonly Instruction[] = widths.flatMap(({ suffix, width, funct3 }) => [
  instruction(`lr${suffix}`, 0xf9f0707f, encoding(0b00010, funct3), format.loadReserved, {
    kind: "reserve",
    width,
  }),
  instruction(`sc${suffix}`, 0xf800707f, encoding(0b00011, funct3), format.atomic, {
    kind: "storeReserved",
    width,
  }),
  ...updates.map(([mnemonic, funct5, update]) => {
    const old = variable("i64");
    return instruction(mnemonic + suffix, 0xf800707f, encoding(funct5, funct3), format.atomic, {
      kind: "amo",
      width,
      old,
      updated: update(use(old), width === 8),
    });
  }),
]);
