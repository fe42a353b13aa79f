/**
 * Fused multiply-add of the F and D extensions. WebAssembly has none, so the usual case is put
 * together from roundings whose errors are exact numbers themselves. The last rounding but one is
 * to odd, which makes rounding twice harmless. Source: unprivileged manual, section 20.6; Boldo
 * and Melquiond, "Emulation of FMA and correctly rounded sums: proved algorithms using rounding to
 * odd" (2008).
 */
import { multiplyAdd, negate } from "./float/arithmetic.ts";
import { float } from "./formats.ts";
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
  fs2,
  fs3,
  type IntegerType,
  i32,
  i64,
  reinterpret,
  rounding,
  type Statement,
  use,
  variable,
  write,
} from "./ir.ts";
import {
  all,
  type Condition,
  double,
  either,
  type Precision,
  predicates,
  single,
} from "./precision.ts";

type Double = Expression<"f64">;

/** What the four instructions negate: the product, by its first factor, and the addend. */
interface Signs {
  readonly product: boolean;
  readonly addend: boolean;
}
const forms: readonly (Signs & { readonly stem: string; readonly opcode: number })[] = [
  { stem: "fmadd", opcode: 0x43, product: false, addend: false },
  { stem: "fmsub", opcode: 0x47, product: false, addend: true },
  { stem: "fnmsub", opcode: 0x4b, product: true, addend: false },
  { stem: "fnmadd", opcode: 0x4f, product: true, addend: true },
];

/** Statements that name intermediate values. */
class Steps {
  readonly statements: Statement[] = [];

  name<T extends FloatType | IntegerType>(value: Expression<T>): Expression<T> {
    const name = variable(value.type as T);
    this.statements.push(assign(name, value));
    return use(name);
  }

  /** a + b, and the error of that sum, which is a double (Knuth's TwoSum). */
  sum(a: Double, b: Double): readonly [sum: Double, error: Double] {
    const sum = this.name(f64.add(a, b));
    const second = this.name(f64.sub(sum, a));
    const error = f64.add(f64.sub(a, f64.sub(sum, second)), f64.sub(b, second));
    return [sum, this.name(error)];
  }

  /** a * b, and the error of that product (Dekker's, with Veltkamp's splitting). */
  product(a: Double, b: Double): readonly [product: Double, error: Double] {
    const product = this.name(f64.mul(a, b));
    const [[aHigh, aLow], [bHigh, bLow]] = [this.#split(a), this.#split(b)];
    const first = f64.sub(product, f64.mul(aHigh, bHigh));
    const second = f64.sub(first, f64.mul(aLow, bHigh));
    const third = f64.sub(second, f64.mul(aHigh, bLow));
    return [product, this.name(f64.sub(f64.mul(aLow, bLow), third))];
  }

  /** Into two doubles of half the precision. */
  #split(value: Double): readonly [high: Double, low: Double] {
    const scaled = this.name(f64.mul(value, f64.constant(2 ** 27 + 1)));
    const high = this.name(f64.sub(scaled, f64.sub(scaled, value)));
    return [high, this.name(f64.sub(value, high))];
  }

  /** a + b rounded to odd: of the two doubles around an inexact sum the one whose last bit is set. */
  oddSum(a: Double, b: Double): Double {
    const [sum, error] = this.sum(a, b);
    const bits = this.name(reinterpret("i64", sum));
    const isEven = i64.eq(i64.and(bits, i64.constant(1)), i64.constant(0));
    const signsDiffer = i64.shrS(i64.xor(bits, reinterpret("i64", error)), i64.constant(63));
    const away = i64.or(signsDiffer, i64.constant(1));
    const inexact = f64.ne(error, f64.constant(0));
    const step = choose(i32.and(inexact, isEven), away, i64.constant(0));
    return reinterpret("f64", i64.add(bits, step));
  }
}

/** Operands with the signs of a form, named. */
function operands<I extends IntegerType, N extends FloatType>(
  steps: Steps,
  p: Precision<I, N>,
  { product, addend }: Signs,
): readonly [Expression<N>, Expression<N>, Expression<N>] {
  const [a, b, c] = [p.value(fs1), p.value(fs2), p.value(fs3)];
  return [
    steps.name(product ? p.number.neg(a) : a),
    steps.name(b),
    steps.name(addend ? p.number.neg(c) : c),
  ];
}

function row<I extends IntegerType, N extends FloatType>(
  p: Precision<I, N>,
  form: (typeof forms)[number],
  steps: Steps,
  known: Condition,
  result: Expression<N>,
): Instruction {
  const { format, unbox, box } = p;
  const signed = (bits: bigint, negative: boolean) => (negative ? negate(format, bits) : bits);
  return instruction(
    form.stem + p.suffix,
    0x0600007f,
    form.opcode | (p.code << 25),
    float.fused,
    ...steps.statements,
    exact(known, (a, b, c, mode) => {
      const product = signed(unbox(a), form.product);
      return box(multiplyAdd(format, product, unbox(b), signed(unbox(c), form.addend), mode));
    }),
    write(p.fromNumber(result)),
  );
}

/** The product of two singles is a double; their sum with a third, rounded to odd, has bits to spare. */
export const fusedSingle: readonly Instruction[] = forms.map((form) => {
  const steps = new Steps();
  const [a, b, c] = operands(steps, single, form).map((value) =>
    steps.name(convert("f64", "promote")(value)),
  ) as [Double, Double, Double];
  const sum = steps.oddSum(steps.name(f64.mul(a, b)), c);
  const result = steps.name(convert("f32", "demote")(sum));
  const { normal } = predicates(single);
  const known = all(rounding("nearest"), single.holds(fs1, fs2, fs3), normal(result));
  return row(single, form, steps, known, result);
});

/** Operands of such magnitudes, or zero, come nowhere near overflow, nor do errors near underflow. */
const LEAST = f64.constant(2 ** -400);
const MOST = f64.constant(2 ** 400);
const isModerate = (value: Double): Condition =>
  either(
    i32.and(f64.gt(f64.abs(value), LEAST), f64.lt(f64.abs(value), MOST)),
    f64.eq(value, f64.constant(0)),
  );

export const fusedDouble: readonly Instruction[] = forms.map((form) => {
  const steps = new Steps();
  const [a, b, c] = operands(steps, double, form);
  const [productHigh, productLow] = steps.product(a, b);
  const [lowSum, lowError] = steps.sum(c, productLow);
  const [high, highError] = steps.sum(productHigh, lowSum);
  const result = steps.name(f64.add(high, steps.oddSum(lowError, highError)));
  const known = all(
    rounding("nearest"),
    isModerate(a),
    isModerate(b),
    isModerate(c),
    // The sign of a zero is another matter.
    f64.ne(result, f64.constant(0)),
  );
  return row(double, form, steps, known, result);
});
