/**
 * Where a variable is at one pc: a single expression, .debug_loc (DWARF 4, 2.6.2), .debug_loclists
 * (DWARF 5, 2.6.2), or a constant.
 */
import type { Location } from "./api.ts";
import { At } from "./constants.ts";
import type { Die } from "./die.ts";
import type { NearAddress } from "./positions.ts";
import type { Reader } from "./reader.ts";
import type { Unit } from "./unit.ts";

/** DW_LLE_*. */
const Entry = {
  endOfList: 0,
  baseAddressx: 1,
  startxEndx: 2,
  startxLength: 3,
  offsetPair: 4,
  defaultLocation: 5,
  baseAddress: 6,
  startEnd: 7,
  startLength: 8,
} as const;

const NONE: Location = { kind: "none", elsewhere: false };
const ELSEWHERE: Location = { kind: "none", elsewhere: true };

/** `size` is that of the variable's type, for constants. A list without a pc has no answer. */
export function locationOf(
  die: Die,
  pc: NearAddress | undefined,
  frameBase: Uint8Array | undefined,
  size: number,
): Location {
  const bytes = expressionAt(die, At.location, pc);
  if (bytes !== undefined) {
    return bytes.length === 0
      ? NONE
      : { kind: "expression", bytes, frameBase, unit: die.unit.offset };
  }
  if (die.has(At.location)) return ELSEWHERE;
  const value = die.inherited((each) => each.integer(At.constValue));
  if (value === undefined || size < 0 || size > 64) return NONE;
  return { kind: "constant", value: BigInt.asUintN(size * 8, value), size };
}

/** The expression that an attribute gives for a pc. */
export function expressionAt(
  die: Die,
  at: number,
  pc: NearAddress | undefined,
): Uint8Array | undefined {
  const single = die.bytes(at);
  if (single !== undefined || pc === undefined) return single;
  const { unit } = die;
  const index = die.listIndex(at);
  if (index !== undefined) return inList(unit, indexedList(unit, index), pc);
  const offset = die.sectionOffset(at);
  if (offset === undefined) return undefined;
  return unit.version >= 5 ? inList(unit, offset, pc) : inOldList(unit, offset, pc);
}

/** .debug_loc: pairs of offsets from a base with an expression each; -1 sets the base, two zeros end. */
function inOldList(unit: Unit, offset: number, pc: NearAddress): Uint8Array | undefined {
  const reader = unit.dwarf.elf.reader(".debug_loc").at(offset);
  let base: number = unit.lowPc ?? 0;
  for (;;) {
    const low = reader.address();
    const high = reader.address();
    if (low === 0 && high === 0) return undefined;
    if (low === -1) {
      base = high;
      continue;
    }
    const bytes = reader.block(reader.u16());
    if (base + low <= pc && pc < base + high) return bytes;
  }
}

function indexedList(unit: Unit, index: number): number {
  const base = unit.base(At.loclistsBase);
  const reader = unit.dwarf.elf.reader(".debug_loclists").at(base + index * unit.offsetSize);
  return base + reader.uint(unit.offsetSize);
}

/** A list of .debug_loclists. */
function inList(unit: Unit, offset: number, pc: NearAddress): Uint8Array | undefined {
  const reader = unit.dwarf.elf.reader(".debug_loclists").at(offset);
  let base: number = unit.lowPc ?? 0;
  let fallback: Uint8Array | undefined;
  for (;;) {
    const kind = reader.u8();
    if (kind === Entry.endOfList) return fallback;
    if (kind === Entry.baseAddress) base = reader.address();
    else if (kind === Entry.baseAddressx) base = unit.indexedAddress(reader.uleb());
    else if (kind === Entry.defaultLocation) fallback = reader.block(reader.uleb());
    else {
      const { low, high } = bounds(reader, kind, unit, base);
      const bytes = reader.block(reader.uleb());
      if (low <= pc && pc < high) return bytes;
    }
  }
}

function bounds(reader: Reader, kind: number, unit: Unit, base: number) {
  switch (kind) {
    case Entry.startxEndx:
      return {
        low: unit.indexedAddress(reader.uleb()),
        high: unit.indexedAddress(reader.uleb()),
      };
    case Entry.startxLength: {
      const low = unit.indexedAddress(reader.uleb());
      return { low, high: low + reader.uleb() };
    }
    case Entry.offsetPair:
      return { low: base + reader.uleb(), high: base + reader.uleb() };
    case Entry.startEnd:
      return { low: reader.address(), high: reader.address() };
    case Entry.startLength: {
      const low = reader.address();
      return { low, high: low + reader.uleb() };
    }
    default:
      return reader.fail(`unknown location list entry ${kind}`);
  }
}
