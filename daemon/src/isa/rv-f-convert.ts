/**
 * Conversions of the F and D extensions: between numbers and integers, and between precisions.
 * Source: unprivileged manual, sections 20.7 and 21.5.
 */
import { fromInteger, toFormat, toInteger } from "./float/convert.ts";
import { binary32, binary64 } from "./float/format.ts";
import { type Format, float } from "./formats.ts";
import { type Instruction, instruction } from "./instruction.ts";
import {
  assign,
  choose,
  convert,
  type Expression,
  exact,
  type FloatType,
  f64,
  fs1,
  type IntegerType,
  i32,
  i64,
  low,
  rounding,
  rs1,
  type Statement,
  signExtend,
  use,
  variable,
  write,
  zeroExtend,
} from "./ir.ts";
import { all, double, type Precision, predicates, type Register, single } from "./precision.ts";

/** An instruction of the OP-FP opcode. Without rs2 and funct3 their places hold operands. */
export function operation(
  mnemonic: string,
  format: Format,
  code: {
    readonly funct5: number;
    readonly fmt: number;
    readonly rs2?: number;
    readonly funct3?: number;
  },
  ...semantics: Statement[]
): Instruction {
  const { funct5, fmt, rs2, funct3 } = code;
  let mask = 0xfe00007f;
  if (rs2 !== undefined) mask |= 0x01f00000;
  if (funct3 !== undefined) mask |= 0x7000;
  const match = 0x53 | (funct5 << 27) | (fmt << 25) | ((rs2 ?? 0) << 20) | ((funct3 ?? 0) << 12);
  return instruction(mnemonic, mask, match, format, ...semantics);
}

interface Integer {
  readonly suffix: string;
  readonly bits: 32 | 64;
  readonly signed: boolean;
}

/** In the order of the codes in rs2's place. */
const integers: readonly Integer[] = [
  { suffix: ".w", bits: 32, signed: true },
  { suffix: ".wu", bits: 32, signed: false },
  { suffix: ".l", bits: 64, signed: true },
  { suffix: ".lu", bits: 64, signed: false },
];

/** Both ways, between a precision and all integers. */
export const conversions = <I extends IntegerType, N extends FloatType>(
  p: Precision<I, N>,
): readonly Instruction[] =>
  integers.flatMap((kind, code) => [toIntegerRow(p, kind, code), fromIntegerRow(p, kind, code)]);

/** Towards zero as compilers ask for it, or to nearest even; 32-bit results are sign-extended. */
function toIntegerRow<I extends IntegerType, N extends FloatType>(
  p: Precision<I, N>,
  kind: Integer,
  code: number,
): Instruction {
  const { number, numberType, format } = p;
  const [value, whole] = [variable(numberType), variable(numberType)];
  const limit = 2 ** (kind.signed ? kind.bits - 1 : kind.bits);
  const aboveLeast = kind.signed
    ? number.ge(use(whole), number.constant(-limit))
    : number.gt(use(whole), number.constant(-1));
  const known = all(
    p.holds(fs1),
    aboveLeast,
    number.lt(use(whole), number.constant(limit)),
    choose(
      number.eq(use(whole), use(value)),
      rounding("valid"),
      i32.or(rounding("zero"), rounding("nearest")),
    ),
  );
  const conversion = kind.signed ? "trunc_s" : "trunc_u";
  return operation(
    `fcvt${kind.suffix}${p.suffix}`,
    float.toInteger,
    { funct5: 0b11000, fmt: p.code, rs2: code },
    assign(value, p.value(fs1)),
    assign(whole, choose(rounding("zero"), number.trunc(use(value)), number.nearest(use(value)))),
    exact(known, (a, _b, _c, mode) => {
      const { bits, flags } = toInteger(format, kind, p.unbox(a), mode);
      return { bits: kind.bits === 32 ? BigInt.asIntN(32, bits) : bits, flags };
    }),
    write(
      kind.bits === 64
        ? convert("i64", conversion)(use(whole))
        : signExtend(convert("i32", conversion)(use(whole))),
    ),
  );
}

function fromIntegerRow<I extends IntegerType, N extends FloatType>(
  p: Precision<I, N>,
  kind: Integer,
  code: number,
): Instruction {
  const { numberType, exactIntegers, format } = p;
  const conversion = kind.signed ? "convert_s" : "convert_u";
  const source = (value: bigint): bigint =>
    kind.signed ? BigInt.asIntN(kind.bits, value) : BigInt.asUintN(kind.bits, value);
  const alwaysExact = 1n << BigInt(kind.bits) <= exactIntegers;
  const known = alwaysExact
    ? rounding("valid")
    : choose(isWithin(extended(kind), kind.signed, exactIntegers), rounding("valid"), nearest);
  return operation(
    `fcvt${p.suffix}${kind.suffix}`,
    alwaysExact ? float.fromSmallInteger : float.fromInteger,
    { funct5: 0b11010, fmt: p.code, rs2: code },
    exact(known, (a, _b, _c, mode) => p.box(fromInteger(format, source(a), mode))),
    write(
      p.fromNumber(
        kind.bits === 64
          ? convert(numberType, conversion)(rs1)
          : convert(numberType, conversion)(low(rs1)),
      ),
    ),
  );
}
const nearest = rounding("nearest");

function extended({ bits, signed }: Integer): Register {
  if (bits === 64) return rs1;
  return signed ? signExtend(low(rs1)) : zeroExtend(low(rs1));
}

/** The value's magnitude is at most `limit`. */
function isWithin(value: Register, signed: boolean, limit: bigint): Expression<"i32"> {
  return signed
    ? i64.leU(i64.add(value, i64.constant(limit)), i64.constant(2n * limit))
    : i64.leU(value, i64.constant(limit));
}

const [wide, narrow] = [variable("f64"), variable("f32")];
const { normal } = predicates(single);

/** A double as a single, and a single, which a double always holds, as a double. */
export const widening: readonly Instruction[] = [
  operation(
    "fcvt.s.d",
    float.roundedUnary,
    { funct5: 0b01000, fmt: single.code, rs2: 1 },
    assign(wide, double.value(fs1)),
    assign(narrow, convert("f32", "demote")(use(wide))),
    exact(
      choose(
        f64.eq(convert("f64", "promote")(use(narrow)), use(wide)),
        rounding("valid"),
        i32.and(nearest, normal(use(narrow))),
      ),
      (a, _b, _c, mode) => single.box(toFormat(binary64, binary32, a, mode)),
    ),
    write(single.fromNumber(use(narrow))),
  ),
  operation(
    "fcvt.d.s",
    float.widening,
    { funct5: 0b01000, fmt: double.code, rs2: 0 },
    assign(wide, convert("f64", "promote")(single.value(fs1))),
    exact(
      all(single.holds(fs1), rounding("valid"), f64.eq(use(wide), use(wide))),
      (a, _b, _c, mode) => toFormat(binary32, binary64, single.unbox(a), mode),
    ),
    write(double.fromNumber(use(wide))),
  ),
];
