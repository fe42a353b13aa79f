/**
 * Addresses and offsets as this layer counts with them. A `NearAddress` is a virtual address as a signed
 * double: -2^63 to 2^63 - 1 as far as doubles are exact, which is true of every canonical Sv39 and Sv48
 * address, so the indexes are typed arrays of doubles and comparisons cost nothing.
 */
import { type Address, address, type Brand } from "../base/brand.ts";

export type NearAddress = Brand<number, "NearAddress">;
/** Offset into .debug_info. */
export type InfoOffset = Brand<number, "InfoOffset">;
/** Offset into .debug_line. */
export type LineOffset = Brand<number, "LineOffset">;
export interface NearRange {
  readonly low: NearAddress;
  /** Exclusive. */
  readonly high: NearAddress;
}

export const near = (value: Address): NearAddress =>
  Number(BigInt.asIntN(64, value)) as NearAddress;
export const far = (value: NearAddress): Address => address(BigInt(value));

/** Index of the last element that is not above `wanted`, or -1, in the first `count` of an ascending list. */
export function lastNotAbove(
  sorted: { readonly [index: number]: number },
  wanted: number,
  count: number,
): number {
  let low = 0;
  let high = count;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (sorted[middle]! <= wanted) low = middle + 1;
    else high = middle;
  }
  return low - 1;
}
