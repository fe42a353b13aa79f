/**
 * Memory by a page table, whether or not a hart uses it now: how the memory of a process is read
 * that does not run. Sv39 and Sv48 (privileged manual, "Virtual-Memory System"); permissions are
 * not asked for, as a debugger's reads have none.
 */
import { type Address, type PhysicalAddress, physical } from "../base/brand.ts";
import { UserError } from "../base/errors.ts";
import type { Machine } from "../machine/api.ts";
import type { MemoryView } from "./api.ts";
import { littleEndian, type Reader, toNumber } from "./memory.ts";

export type PhysicalMemory = Pick<Machine, "readPhysical" | "readPhysicalNumber" | "writePhysical">;

/** What a leaf of a page table says of an address. */
interface Mapping {
  readonly at: PhysicalAddress;
  /** For user code: then supervisor code cannot be there. */
  readonly user: boolean;
}

export interface SpaceMemory extends Reader {
  readonly view: MemoryView;
  /** Undefined where nothing is mapped. */
  mapping(at: number): Mapping | undefined;
}

const PAGE = 4096;
const HIGH = 2 ** 32;
const PTE = { valid: 1, read: 2, write: 4, execute: 8, user: 16 } as const;
/** Of `satp.MODE`: levels of the table. */
const LEVELS: Readonly<Record<number, number>> = { 8: 3, 9: 4 };
/** For tables that no hart has loaded yet. */
const SV39 = 8n;

const PPN = (1n << 44n) - 1n;

/** The root page table that a satp names, as a physical address; 0 without translation. */
export const rootOf = (satp: bigint): number =>
  satp >> 60n === 0n ? 0 : Number(satp & PPN) * PAGE;

/** A satp for a root page table, in the mode of `like` (another satp of the same kernel). */
export const satpOf = (root: number, like: bigint): bigint =>
  ((like >> 60n || SV39) << 60n) | BigInt(Math.floor(root / PAGE));

/** Everything is walked at each read: the guest changes its tables whenever it likes. */
export function spaceMemory(memory: PhysicalMemory, satp: bigint): SpaceMemory {
  const root = rootOf(satp);
  const levels = LEVELS[Number(satp >> 60n)] ?? 0;
  const half = 2 ** (11 + 9 * levels);
  const word = (at: number): number => memory.readPhysicalNumber(at as PhysicalAddress, 4);

  const mapping = (at: number): Mapping | undefined => {
    if (satp === 0n) return at >= 0 ? { at: at as PhysicalAddress, user: false } : undefined;
    if (!(at >= -half && at < half)) return undefined;
    let table = root;
    for (let level = levels - 1; level >= 0; level--) {
      const size = PAGE * 512 ** level;
      const index = Math.floor(at / size) - Math.floor(at / (size * 512)) * 512;
      const low = word(table + index * 8);
      const high = word(table + index * 8 + 4);
      if (!(low & PTE.valid) || Number.isNaN(high)) return undefined;
      // The physical page's number is bits 53 to 10.
      const frame = (Math.floor(low / 1024) + (high & 0x3f_ffff) * 2 ** 22) * PAGE;
      if (low & (PTE.read | PTE.execute)) {
        const offset = at - Math.floor(at / size) * size;
        const base = Math.floor(frame / size) * size;
        return { at: physical(base + offset), user: (low & PTE.user) !== 0 };
      }
      table = frame;
    }
    return undefined;
  };

  /** Calls for each piece within a page; false as soon as one is not mapped. */
  const pieces = (
    at: number,
    length: number,
    piece: (place: PhysicalAddress, size: number, from: number) => boolean,
  ): boolean => {
    for (let from = 0; from < length; ) {
      const here = at + from;
      const size = Math.min(length - from, PAGE - (here - Math.floor(here / PAGE) * PAGE));
      const found = mapping(here);
      if (!found || !piece(found.at, size, from)) return false;
      from += size;
    }
    return true;
  };

  const bytes = (at: number, length: number): Uint8Array | undefined => {
    if (!Number.isSafeInteger(at) || !(length >= 0 && length < HIGH)) return undefined;
    const parts: Uint8Array[] = [];
    const whole = pieces(at, length, (place, size) => {
      const part = memory.readPhysical(place, size);
      if (part) parts.push(part);
      return part !== undefined;
    });
    if (!whole) return undefined;
    if (parts.length === 1) return parts[0];
    const all = new Uint8Array(length);
    let filled = 0;
    for (const part of parts) {
      all.set(part, filled);
      filled += part.length;
    }
    return all;
  };

  return {
    mapping,
    bytes,
    uint(at, size) {
      if (at - Math.floor(at / PAGE) * PAGE + size > PAGE) return littleEndian(bytes(at, size));
      const found = mapping(at);
      return found ? memory.readPhysicalNumber(found.at, size as 1 | 2 | 4 | 8) : Number.NaN;
    },
    view: {
      read: (at: Address, length) => bytes(toNumber(at), length),
      write(at: Address, data) {
        const start = toNumber(at);
        const mapped = pieces(start, data.length, (place, size) => {
          return memory.readPhysical(place, size) !== undefined;
        });
        return (
          mapped &&
          pieces(start, data.length, (place, size, from) =>
            memory.writePhysical(place, data.slice(from, from + size)),
          )
        );
      },
    },
  };
}

/** Neighbouring pages of an address space with the same rights. */
export interface MappedRange {
  readonly start: bigint;
  /** After its last byte. */
  readonly end: bigint;
  /** Where it stands, if in one piece. */
  readonly physical: PhysicalAddress | undefined;
  readonly read: boolean;
  readonly write: boolean;
  readonly execute: boolean;
  readonly user: boolean;
}

/** Tables that are looked through: more than any kernel has, and tables may lead to themselves. */
const MOST_TABLES = 4096;

/** All that a page table maps, from the lowest address on. Throws UserError for one without an end. */
export function mappedRanges(memory: PhysicalMemory, satp: bigint): readonly MappedRange[] {
  const levels = LEVELS[Number(satp >> 60n)] ?? 0;
  const ranges: MappedRange[] = [];
  let tables = 0;
  const add = (start: bigint, size: bigint, at: number, flags: number): void => {
    const [read, write, execute, user] = [PTE.read, PTE.write, PTE.execute, PTE.user].map(
      (bit) => (flags & bit) !== 0,
    ) as [boolean, boolean, boolean, boolean];
    const last = ranges.at(-1);
    const follows =
      last?.end === start &&
      last.read === read &&
      last.write === write &&
      last.execute === execute &&
      last.user === user;
    if (!follows) {
      ranges.push({ start, end: start + size, physical: physical(at), read, write, execute, user });
      return;
    }
    const isNext =
      last.physical !== undefined && BigInt(last.physical) + (start - last.start) === BigInt(at);
    ranges[ranges.length - 1] = {
      ...last,
      end: start + size,
      physical: isNext ? last.physical : undefined,
    };
  };
  const walk = (table: number, level: number, base: bigint): void => {
    if (++tables > MOST_TABLES) {
      throw new UserError(`The page table has more than ${MOST_TABLES} parts, or leads to itself.`);
    }
    const size = BigInt(PAGE) << BigInt(9 * level);
    for (let index = 0; index < 512; index++) {
      const at = table + index * 8;
      const low = memory.readPhysicalNumber(at as PhysicalAddress, 4);
      const high = memory.readPhysicalNumber((at + 4) as PhysicalAddress, 4);
      if (!(low & PTE.valid) || Number.isNaN(high)) continue;
      const frame = (Math.floor(low / 1024) + (high & 0x3f_ffff) * 2 ** 22) * PAGE;
      const start = base + BigInt(index) * size;
      if (low & (PTE.read | PTE.execute)) add(start, size, frame, low);
      else if (level > 0) walk(frame, level - 1, start);
    }
  };
  if (levels > 0) walk(rootOf(satp), levels - 1, 0n);
  // The upper half of a table is that of all 64-bit addresses.
  const half = 1n << BigInt(11 + 9 * levels);
  const canonical = (at: bigint): bigint => (at >= half ? at + (1n << 64n) - half * 2n : at);
  return ranges.map((range) => ({
    ...range,
    start: canonical(range.start),
    end: canonical(range.end - 1n) + 1n,
  }));
}

/** Whether what stands at an address is the user's, as code is user code: the page table alone says so. */
export function isUserPage(memory: PhysicalMemory, satp: bigint, at: Address): boolean {
  return satp !== 0n && spaceMemory(memory, satp).mapping(toNumber(at))?.user === true;
}
