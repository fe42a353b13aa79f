/**
 * A 64-bit value as two i32 halves, reused as an out parameter where a bigint would allocate:
 * CSR accesses, device registers, traps.
 */
export class Word64 {
  low = 0;
  high = 0;

  set(low: number, high: number): void {
    this.low = low | 0;
    this.high = high | 0;
  }

  /** From an integer double; exact up to 2^53 in magnitude. */
  setNumber(value: number): void {
    this.low = value | 0;
    this.high = Math.floor(value / 0x1_0000_0000) | 0;
  }

  /** Unsigned; exact up to 2^53. */
  get number(): number {
    return unsigned(this.low, this.high);
  }

  get bigint(): bigint {
    return bigintOf(this.low, this.high);
  }
}

export const unsigned = (low: number, high: number): number =>
  (high >>> 0) * 0x1_0000_0000 + (low >>> 0);

export const signed = (low: number, high: number): number => high * 0x1_0000_0000 + (low >>> 0);

/** Unsigned. */
export const bigintOf = (low: number, high: number): bigint =>
  (BigInt(high >>> 0) << 32n) | BigInt(low >>> 0);

export const lowOf = (value: bigint): number => Number(BigInt.asIntN(32, value));
export const highOf = (value: bigint): number => Number(BigInt.asIntN(32, value >> 32n));

/** Adds in place, modulo 2^64. */
export function add(value: Word64, low: number, high: number): void {
  const sum = (value.low >>> 0) + (low >>> 0);
  value.set(sum, value.high + high + (sum > 0xffff_ffff ? 1 : 0));
}

/** Subtracts in place, modulo 2^64. */
export function subtract(value: Word64, low: number, high: number): void {
  const difference = (value.low >>> 0) - (low >>> 0);
  value.set(difference, value.high - high - (difference < 0 ? 1 : 0));
}

/** Whether the first value is the smaller one, both unsigned. */
export const isBelow = (aLow: number, aHigh: number, bLow: number, bHigh: number): boolean =>
  aHigh === bHigh ? aLow >>> 0 < bLow >>> 0 : aHigh >>> 0 < bHigh >>> 0;
