/**
 * The F and D extensions, both precisions from one description. A result comes from an IEEE
 * operation of the engine where that is known to be right, flags included; the exact arithmetic of
 * `float/` is what it means in every case. Source: unprivileged manual, chapters 20 and 21.
 */
import { add, divide, multiply, squareRoot, subtract } from "./float/arithmetic.ts";
import { equal, less, lessOrEqual, maximum, minimum } from "./float/compare.ts";
import type { FloatFormat } from "./float/format.ts";
import type { FloatResult, Rounding } from "./float/round.ts";
import { float } from "./formats.ts";
import { type Instruction, instruction } from "./instruction.ts";
import {
  assign,
  choose,
  type Expression,
  exact,
  type FloatType,
  floatUnit,
  fs1,
  fs2,
  type IntegerType,
  i32,
  i64,
  imm,
  low,
  rounding,
  rs1,
  signExtend,
  use,
  variable,
  write,
  zeroExtend,
} from "./ir.ts";
import {
  all,
  always,
  type Condition,
  double,
  either,
  type Precision,
  predicates,
  single,
  soft,
} from "./precision.ts";
import { conversions, operation, widening } from "./rv-f-convert.ts";
import { fusedDouble, fusedSingle } from "./rv-f-fused.ts";

type Binary<T extends IntegerType | FloatType> = (
  a: Expression<T>,
  b: Expression<T>,
) => Expression<T>;
type Compute = (what: FloatFormat, a: bigint, b: bigint, mode: Rounding) => FloatResult;

/** `safe`: no flag but inexact is raised, judging by result and operands. */
function rounded<I extends IntegerType, N extends FloatType>(
  p: Precision<I, N>,
  stem: string,
  funct5: number,
  apply: Binary<N>,
  compute: Compute,
  safe: (result: Expression<N>, a: Expression<N>, b: Expression<N>) => Condition,
): Instruction {
  const type = p.numberType;
  const [a, b, result] = [variable(type), variable(type), variable(type)];
  const known = all(rounding("nearest"), p.holds(fs1, fs2), safe(use(result), use(a), use(b)));
  return operation(
    stem + p.suffix,
    float.rounded,
    { funct5, fmt: p.code },
    assign(a, p.value(fs1)),
    assign(b, p.value(fs2)),
    assign(result, apply(use(a), use(b))),
    exact(known, soft(p, compute)),
    write(p.fromNumber(use(result))),
  );
}

function arithmetic<I extends IntegerType, N extends FloatType>(
  p: Precision<I, N>,
): readonly Instruction[] {
  const { finite, normal, isZero } = predicates(p);
  const { number } = p;
  const result = variable(p.numberType);
  return [
    // A sum that is tiny is exact.
    rounded(p, "fadd", 0b00000, number.add, add, finite),
    rounded(p, "fsub", 0b00001, number.sub, subtract, finite),
    rounded(p, "fmul", 0b00010, number.mul, multiply, (value, a, b) =>
      either(normal(value), i32.and(isZero(value), i32.or(isZero(a), isZero(b)))),
    ),
    rounded(p, "fdiv", 0b00011, number.div, divide, (value, a) =>
      either(normal(value), i32.and(isZero(value), isZero(a))),
    ),
    operation(
      `fsqrt${p.suffix}`,
      float.roundedUnary,
      { funct5: 0b01011, fmt: p.code, rs2: 0 },
      assign(result, number.sqrt(p.value(fs1))),
      exact(
        all(rounding("nearest"), p.holds(fs1), finite(use(result))),
        soft(p, (what, a, _, mode) => squareRoot(what, a, mode)),
      ),
      write(p.fromNumber(use(result))),
    ),
  ];
}

/** The magnitude of fs1 with a sign: that of fs2, its opposite, or the product's. */
function signs<I extends IntegerType, N extends FloatType>(
  p: Precision<I, N>,
): readonly Instruction[] {
  const { integer, integerType, format } = p;
  const row = (stem: string, funct3: number, sign: Binary<I>): Instruction => {
    const [a, b] = [variable(integerType), variable(integerType)];
    const magnitude = integer.and(use(a), integer.constant(format.signBit - 1n));
    const bit = integer.and(sign(use(a), use(b)), integer.constant(format.signBit));
    return operation(
      stem + p.suffix,
      float.binary,
      { funct5: 0b00100, fmt: p.code, funct3 },
      floatUnit,
      assign(a, p.checked(fs1)),
      assign(b, p.checked(fs2)),
      write(p.fromBits(integer.or(magnitude, bit))),
    );
  };
  return [
    row("fsgnj", 0, (_, b) => b),
    row("fsgnjn", 1, (_, b) => integer.xor(b, integer.constant(-1))),
    row("fsgnjx", 2, integer.xor),
  ];
}

/** NaNs are left to the exact arithmetic. */
function comparisons<I extends IntegerType, N extends FloatType>(
  p: Precision<I, N>,
): readonly Instruction[] {
  const { number, numberType, suffix, code: fmt } = p;
  const { isNumber } = predicates(p);
  const extreme = (stem: string, funct3: number, apply: Binary<N>, compute: Compute) => {
    const result = variable(numberType);
    return operation(
      stem + suffix,
      float.binary,
      { funct5: 0b00101, fmt, funct3 },
      floatUnit,
      assign(result, apply(p.value(fs1), p.value(fs2))),
      exact(all(p.holds(fs1, fs2), isNumber(use(result))), soft(p, compute)),
      write(p.fromNumber(use(result))),
    );
  };
  const compare = (
    stem: string,
    funct3: number,
    test: (a: Expression<N>, b: Expression<N>) => Condition,
    compute: Compute,
  ) => {
    const [a, b] = [variable(numberType), variable(numberType)];
    const numbers = all(p.holds(fs1, fs2), isNumber(use(a)), isNumber(use(b)));
    return operation(
      stem + suffix,
      float.compare,
      { funct5: 0b10100, fmt, funct3 },
      floatUnit,
      assign(a, p.value(fs1)),
      assign(b, p.value(fs2)),
      exact(numbers, (x, y, _, mode) => compute(p.format, p.unbox(x), p.unbox(y), mode)),
      write(zeroExtend(test(use(a), use(b)))),
    );
  };
  return [
    extreme("fmin", 0, number.min, minimum),
    extreme("fmax", 1, number.max, maximum),
    compare("fle", 0, number.le, lessOrEqual),
    compare("flt", 1, number.lt, less),
    compare("feq", 2, number.eq, equal),
  ];
}

/**
 * One bit of ten: negative infinity, normal, subnormal, zero; positive zero, subnormal, normal,
 * infinity; signaling and quiet NaN.
 */
function classification<I extends IntegerType, N extends FloatType>(
  p: Precision<I, N>,
): Instruction {
  const { integer, integerType, format } = p;
  const [bits, magnitude, rank] = [variable(integerType), variable(integerType), variable("i32")];
  const from = (least: bigint) => integer.geU(use(magnitude), integer.constant(least));
  const leastNormal = 1n << BigInt(format.fractionBits);
  const zero = integer.constant(0);
  const negative = integer.ltS(use(bits), zero);
  const quiet = integer.ne(integer.and(use(bits), integer.constant(format.quietBit)), zero);
  const ordered = choose(
    negative,
    i32.sub(i32.constant(3), use(rank)),
    i32.add(i32.constant(4), use(rank)),
  );
  const index = choose(from(format.infinity + 1n), i32.add(quiet, i32.constant(8)), ordered);
  return operation(
    `fclass${p.suffix}`,
    float.toRegister,
    { funct5: 0b11100, fmt: p.code, rs2: 0, funct3: 1 },
    floatUnit,
    assign(bits, p.checked(fs1)),
    assign(magnitude, integer.and(use(bits), integer.constant(format.signBit - 1n))),
    assign(rank, i32.add(from(1n), i32.add(from(leastNormal), from(format.infinity)))),
    write(zeroExtend(i32.shl(always, index))),
  );
}

const arithmeticRows = <I extends IntegerType, N extends FloatType>(p: Precision<I, N>) => [
  ...arithmetic(p),
  ...signs(p),
  ...comparisons(p),
  classification(p),
  ...conversions(p),
];

const load = (mnemonic: string, funct3: number, width: 4 | 8) =>
  instruction(mnemonic, 0x707f, 0x07 | (funct3 << 12), float.load, floatUnit, {
    kind: "load",
    width,
    extension: "ones",
    address: i64.add(rs1, imm),
  });
const store = (mnemonic: string, funct3: number, width: 4 | 8) =>
  instruction(mnemonic, 0x707f, 0x27 | (funct3 << 12), float.store, floatUnit, {
    kind: "store",
    width,
    address: i64.add(rs1, imm),
    value: fs2,
  });

/** Bits are moved as they are, whatever they hold. */
const toRegister = { funct5: 0b11100, rs2: 0, funct3: 0 };
const fromRegister = { funct5: 0b11110, rs2: 0, funct3: 0 };
const moves = [
  operation(
    "fmv.x.w",
    float.toRegister,
    { ...toRegister, fmt: 0 },
    floatUnit,
    write(signExtend(low(fs1))),
  ),
  operation("fmv.x.d", float.toRegister, { ...toRegister, fmt: 1 }, floatUnit, write(fs1)),
  operation(
    "fmv.w.x",
    float.fromRegister,
    { ...fromRegister, fmt: 0 },
    floatUnit,
    write(single.fromBits(low(rs1))),
  ),
  operation("fmv.d.x", float.fromRegister, { ...fromRegister, fmt: 1 }, floatUnit, write(rs1)),
];

export const rvF: readonly Instruction[] = [
  load("flw", 2, 4),
  load("fld", 3, 8),
  store("fsw", 2, 4),
  store("fsd", 3, 8),
  ...moves,
  ...arithmeticRows(single),
  ...arithmeticRows(double),
  ...widening,
  ...fusedSingle,
  ...fusedDouble,
];
