/**
 * Random register values for float instructions, weighted towards what goes wrong: zeros,
 * subnormals, infinities, NaNs with payloads, ties, the ends of exponents and of integers.
 */
import type { Random } from "../isa/random.ts";
import { edges } from "./reference.ts";

/** Bits of the exponent and of the fraction. */
interface Shape {
  readonly exponent: number;
  readonly fraction: number;
}
const single: Shape = { exponent: 8, fraction: 23 };
const double: Shape = { exponent: 11, fraction: 52 };

const BOX = 0xffff_ffffn << 32n;
const mask = (bits: number): bigint => (1n << BigInt(bits)) - 1n;

/** The bits of a float register: a double, a single, or a single that is not marked as one. */
export function randomFloat(random: Random): bigint {
  const kind = random.below(16);
  if (kind < 8) return randomDouble(random);
  if (kind < 15) return BOX | randomSingle(random);
  return randomSingle(random) | (BigInt(random.word()) << 32n);
}

/** An integer register, as conversions see it. */
export function randomInteger(random: Random): bigint {
  switch (random.below(4)) {
    case 0:
      return random.pick(edges);
    case 1:
      return random.quad();
    default: {
      // A few bits far apart, so that rounding meets ties.
      const value = sparse(random, 64) >> BigInt(random.below(64));
      return random.below(2) === 0 ? value : BigInt.asUintN(64, -value);
    }
  }
}

export const randomDouble = (random: Random): bigint => randomNumber(random, double);
export const randomSingle = (random: Random): bigint => randomNumber(random, single);

function randomNumber(random: Random, shape: Shape): bigint {
  const sign = BigInt(random.below(2)) << BigInt(shape.exponent + shape.fraction);
  return sign | magnitude(random, shape);
}

function magnitude(random: Random, shape: Shape): bigint {
  const { exponent, fraction } = shape;
  const top = 2 ** exponent - 1;
  const bias = 2 ** (exponent - 1) - 1;
  const number = (field: number) =>
    (BigInt(Math.min(Math.max(field, 0), top - 1)) << BigInt(fraction)) | sparse(random, fraction);
  switch (random.below(16)) {
    case 0:
      return 0n;
    case 1:
      return BigInt(top) << BigInt(fraction);
    case 2:
      return (BigInt(top) << BigInt(fraction)) | (random.quad() & mask(fraction));
    case 3:
      return (BigInt(top) << BigInt(fraction)) | (1n << BigInt(random.below(fraction)));
    case 4:
    case 5:
      return sparse(random, fraction) >> BigInt(random.below(fraction));
    case 6:
      return number(1 + random.below(3));
    case 7:
      return number(top - 1 - random.below(3));
    case 8:
      return number(random.below(top));
    case 9:
      // Where integers of 32 and 64 bits end.
      return number(bias + random.pick([30, 31, 32, 62, 63, 64]));
    case 10:
      // Where singles end, subnormal ones too.
      return number(bias + random.pick([127, 128, -126, -127, -149, -150]));
    case 11:
      return number(bias + random.pick([-1, 1]) * Math.floor(bias / 2 + random.below(3)));
    default:
      return number(bias - 3 + random.below(7));
  }
}

/** Bits that are mostly zeros or mostly ones. */
function sparse(random: Random, bits: number): bigint {
  const bit = () => 1n << BigInt(random.below(bits));
  switch (random.below(6)) {
    case 0:
      return 0n;
    case 1:
      return mask(bits);
    case 2:
      return bit() | bit();
    case 3:
      return mask(bits) ^ bit();
    case 4:
      return (
        (((random.quad() & mask(bits)) >> BigInt(random.below(bits))) << BigInt(random.below(8))) &
        mask(bits)
      );
    default:
      return random.quad() & mask(bits);
  }
}
