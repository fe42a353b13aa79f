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
