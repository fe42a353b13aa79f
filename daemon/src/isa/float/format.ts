/**
 * Binary floating-point formats of IEEE 754: what the bits of a number mean. Everything in this
 * folder is exact integer arithmetic on such bits; it knows nothing of registers or machines.
 * Source: IEEE 754-2019, section 3; unprivileged manual, chapters 20 and 21 for NaNs.
 */

export interface FloatFormat {
  /** Bits of the whole number. */
  readonly bits: number;
  /** Bits of the significand that are stored, without the leading one. */
  readonly fractionBits: number;
  /** Exponents of normal numbers: 1 <= significand < 2. */
  readonly minExponent: number;
  readonly maxExponent: number;
  readonly signBit: bigint;
  readonly infinity: bigint;
  /** The NaN that every operation answers: positive, quiet, no payload. */
  readonly nan: bigint;
  /** Set in quiet NaNs. */
  readonly quietBit: bigint;
}

function format(bits: number, fractionBits: number): FloatFormat {
  const maxExponent = 2 ** (bits - fractionBits - 2) - 1;
  const signBit = 1n << BigInt(bits - 1);
  const quietBit = 1n << BigInt(fractionBits - 1);
  const infinity = signBit - (1n << BigInt(fractionBits));
  return {
    bits,
    fractionBits,
    minExponent: 1 - maxExponent,
    maxExponent,
    signBit,
    infinity,
    nan: infinity | quietBit,
    quietBit,
  };
}

export const binary32 = format(32, 23);
export const binary64 = format(64, 52);

/** A number taken apart. Finite ones are significand * 2^exponent; a zero's significand is 0. */
export interface Unpacked {
  readonly kind: "finite" | "infinity" | "quiet" | "signaling";
  readonly negative: boolean;
  readonly significand: bigint;
  readonly exponent: number;
}

export function unpack(what: FloatFormat, bits: bigint): Unpacked {
  const { fractionBits, signBit, infinity, quietBit, minExponent } = what;
  const negative = (bits & signBit) !== 0n;
  const magnitude = bits & (signBit - 1n);
  if (magnitude >= infinity) {
    const nan = (bits & quietBit) === 0n ? "signaling" : "quiet";
    const kind = magnitude === infinity ? "infinity" : nan;
    return { kind, negative, significand: 0n, exponent: 0 };
  }
  const field = Number(magnitude >> BigInt(fractionBits));
  const fraction = magnitude & ((1n << BigInt(fractionBits)) - 1n);
  const lowest = minExponent - fractionBits;
  return field === 0
    ? { kind: "finite", negative, significand: fraction, exponent: lowest }
    : {
        kind: "finite",
        negative,
        significand: fraction | (1n << BigInt(fractionBits)),
        exponent: lowest + field - 1,
      };
}

export const isNan = ({ kind }: Unpacked): boolean => kind === "quiet" || kind === "signaling";
export const isZero = ({ kind, significand }: Unpacked): boolean =>
  kind === "finite" && significand === 0n;
