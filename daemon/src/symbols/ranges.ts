/**
 * The code that an entry covers: DW_AT_low_pc/high_pc, .debug_ranges (DWARF 4, 2.17) and .debug_rnglists
 * (DWARF 5, 2.17). Code that the linker collected has no address in the image and is left out.
 */
import { At } from "./constants.ts";
import type { Die } from "./die.ts";
import type { Elf } from "./elf.ts";
import { lastNotAbove, type NearAddress, type NearRange } from "./positions.ts";
import type { Unit } from "./unit.ts";

/** DW_RLE_*. */
const Entry = {
  endOfList: 0,
  baseAddressx: 1,
  startxEndx: 2,
  startxLength: 3,
  offsetPair: 4,
  baseAddress: 5,
  startEnd: 6,
  startLength: 7,
} as const;

/** In the order of the list; empty for what has no code in the image. */
export function rangesOf(die: Die): readonly NearRange[] {
  const { unit } = die;
  const keep = (range: NearRange) => isLive(unit.dwarf.elf, range);
  const low = die.address(At.lowPc);
  if (die.has(At.ranges)) {
    const index = die.listIndex(At.ranges);
    if (index !== undefined) return rangeList(unit, indexedList(unit, index)).filter(keep);
    const offset = die.sectionOffset(At.ranges);
    if (offset === undefined) return [];
    return (unit.version >= 5 ? rangeList(unit, offset) : oldRangeList(unit, offset)).filter(keep);
  }
  if (low === undefined) return [];
  const size = die.number(At.highPc);
  const high = size === undefined ? die.address(At.highPc) : ((low + size) as NearAddress);
  return [{ low, high: high ?? low }].filter(keep);
}

function isLive(elf: Elf, { low, high }: NearRange): boolean {
  return low < high && elf.isMapped(low);
}

/** .debug_ranges: pairs of offsets from a base; -1 sets the base, two zeros end. */
function oldRangeList(unit: Unit, offset: number): NearRange[] {
  const reader = unit.dwarf.elf.reader(".debug_ranges").at(offset);
  const ranges: NearRange[] = [];
  let base: number = unit.lowPc ?? 0;
  for (;;) {
    const low = reader.address();
    const high = reader.address();
    if (low === 0 && high === 0) return ranges;
    if (low === -1) base = high;
    else ranges.push({ low: (base + low) as NearAddress, high: (base + high) as NearAddress });
  }
}

function indexedList(unit: Unit, index: number): number {
  const base = unit.base(At.rnglistsBase);
  const reader = unit.dwarf.elf.reader(".debug_rnglists").at(base + index * unit.offsetSize);
  return base + reader.uint(unit.offsetSize);
}

/** A list of .debug_rnglists. */
function rangeList(unit: Unit, offset: number): NearRange[] {
  const reader = unit.dwarf.elf.reader(".debug_rnglists").at(offset);
  const ranges: NearRange[] = [];
  const add = (low: number, high: number) =>
    ranges.push({ low: low as NearAddress, high: high as NearAddress });
  let base: number = unit.lowPc ?? 0;
  for (;;) {
    const kind = reader.u8();
    switch (kind) {
      case Entry.endOfList:
        return ranges;
      case Entry.baseAddressx:
        base = unit.indexedAddress(reader.uleb());
        break;
      case Entry.startxEndx:
        add(unit.indexedAddress(reader.uleb()), unit.indexedAddress(reader.uleb()));
        break;
      case Entry.startxLength: {
        const low = unit.indexedAddress(reader.uleb());
        add(low, low + reader.uleb());
        break;
      }
      case Entry.offsetPair: {
        const low = base + reader.uleb();
        add(low, base + reader.uleb());
        break;
      }
      case Entry.baseAddress:
        base = reader.address();
        break;
      case Entry.startEnd:
        add(reader.address(), reader.address());
        break;
      case Entry.startLength: {
        const low = reader.address();
        add(low, low + reader.uleb());
        break;
      }
      default:
        reader.fail(`unknown range list entry ${kind}`);
    }
  }
}

export const contains = (ranges: readonly NearRange[], pc: number): boolean =>
  ranges.some(({ low, high }) => low <= pc && pc < high);

/** Disjoint ranges, each with a number. Where some overlap, the one that begins first has the address. */
export class RangeMap {
  readonly #lows: Float64Array;
  readonly #highs: Float64Array;
  readonly #values: Float64Array;

  constructor(entries: { readonly low: number; readonly high: number; readonly value: number }[]) {
    entries.sort((a, b) => a.low - b.low || b.high - a.high);
    const lows: number[] = [];
    const highs: number[] = [];
    const values: number[] = [];
    let reached = Number.NEGATIVE_INFINITY;
    for (const { low, high, value } of entries) {
      if (high <= reached) continue;
      lows.push(Math.max(low, reached));
      highs.push(high);
      values.push(value);
      reached = high;
    }
    this.#lows = Float64Array.from(lows);
    this.#highs = Float64Array.from(highs);
    this.#values = Float64Array.from(values);
  }

  get(at: number): number | undefined {
    const index = lastNotAbove(this.#lows, at, this.#lows.length);
    return index >= 0 && at < this.#highs[index]! ? this.#values[index] : undefined;
  }
}
