/**
 * Address translation: Sv39 and Sv48 page walks as QEMU 7.2 does them (hardware sets A and D;
 * reserved bits fault), in plain numbers; and what PMP says about the outcome.
 *
 * Every page table that a cached translation came from is remembered by `tables`. Stores to these
 * pages take the slow path and drop cached translations when a valid entry changes, so translations
 * are always those of memory as it is: what a guest sees never depends on when TLBs were filled.
 */
import { RAM_BASE } from "../engine/layout.ts";
import type { Memory } from "../memory.ts";
import { unsigned } from "../word64.ts";
import { type Core, F64, MACHINE, MPP_SHIFT, MSTATUS, SUPERVISOR, USER } from "./core.ts";
import { allowed, Need } from "./pmp.ts";
import { Cause } from "./trap.ts";

export const Access = { fetch: 0, load: 1, store: 2 } as const;
export type Access = (typeof Access)[keyof typeof Access];

const NEED = [Need.execute, Need.read, Need.write] as const;
const PAGE_FAULT = [Cause.fetchPage, Cause.loadPage, Cause.storePage] as const;
export const ACCESS_FAULT = [Cause.fetchAccess, Cause.loadAccess, Cause.storeAccess] as const;

const V = 0x01;
const R = 0x02;
const W = 0x04;
const X = 0x08;
const U = 0x10;
const A = 0x40;
const D = 0x80;

export const SATP_BARE = 0;
export const SATP_SV39 = 8;
export const SATP_SV48 = 9;
const PPN_HIGH = 0xfff;

export class Translator {
  readonly #memory: Memory;
  /** Physical address of the last successful translation. */
  physical = 0;

  constructor(memory: Memory) {
    this.#memory = memory;
  }

  /**
   * For `size` bytes within a page: 0 and `physical`, or the cause of the fault with nothing changed
   * but A and D, which are set as hardware sets them.
   */
  translate(core: Core, low: number, high: number, access: Access, size: number): number {
    const privilege = effectivePrivilege(core, access);
    const mode = core.high(F64.satp) >>> 28;
    if (privilege === MACHINE || mode === SATP_BARE) this.physical = unsigned(low, high);
    else {
      const cause = this.#mapped(core, low, high, mode, access, privilege);
      if (cause !== 0) return cause;
    }
    return allowed(core, this.physical, size, NEED[access], privilege) ? 0 : ACCESS_FAULT[access]!;
  }

  #mapped(
    core: Core,
    low: number,
    high: number,
    mode: number,
    access: Access,
    privilege: number,
  ): number {
    const status = core.mstatus;
    const leaf = this.#walk(core, low, high, mode, access, true);
    if (leaf !== 0) return leaf;
    const flags = this.#flags;
    if (!permitted(flags, access, privilege, status)) return PAGE_FAULT[access]!;
    const wanted = access === Access.store ? A | D : A;
    if ((flags & wanted) === wanted) return 0;
    const entry = RAM_BASE + this.#entry;
    if (!allowed(core, entry, 8, Need.write, SUPERVISOR)) return ACCESS_FAULT[access]!;
    this.#memory.setBits(core, this.#entry, wanted);
    return 0;
  }

  /** Where the address is mapped for this hart's data accesses, whatever the permissions; no side effects. */
  probe(core: Core, low: number, high: number): boolean {
    return this.#look(core, low, high, Access.load);
  }

  /** The same for instruction fetches. */
  probeFetch(core: Core, low: number, high: number): boolean {
    return this.#look(core, low, high, Access.fetch);
  }

  #look(core: Core, low: number, high: number, access: Access): boolean {
    const mode = core.high(F64.satp) >>> 28;
    if (effectivePrivilege(core, access) === MACHINE || mode === SATP_BARE) {
      this.physical = unsigned(low, high);
      return true;
    }
    return this.#walk(core, low, high, mode, access, false) === 0;
  }

  /** The leaf of the last walk: its low flags, and its RAM offset. */
  #flags = 0;
  #entry = 0;

  /** 0 when a well-formed leaf maps the address, else the cause. `mark`: its tables are relied upon, as PMP allows. */
  #walk(
    core: Core,
    low: number,
    high: number,
    mode: number,
    access: Access,
    mark: boolean,
  ): number {
    const levels = mode === SATP_SV48 ? 4 : 3;
    const sign = high >> (levels === 4 ? 15 : 6);
    if (sign !== 0 && sign !== -1) return PAGE_FAULT[access]!;
    const memory = this.#memory;
    const rootHigh = core.high(F64.satp) & PPN_HIGH;
    let table = (rootHigh * 0x1_0000_0000 + (core.low(F64.satp) >>> 0)) * 4096;
    for (let level = levels - 1; level >= 0; level--) {
      const offset = table - RAM_BASE + 8 * tableIndex(low, high, level);
      if (!memory.isRam(offset, 8)) return ACCESS_FAULT[access]!;
      if (mark && !allowed(core, RAM_BASE + offset, 8, Need.read, SUPERVISOR)) {
        return ACCESS_FAULT[access]!;
      }
      const entryLow = memory.word(offset);
      const entryHigh = memory.word(offset + 4);
      // Bits 63..54 are for extensions that this machine does not have.
      if (!(entryLow & V) || entryHigh >>> 22 !== 0) return PAGE_FAULT[access]!;
      if (mark) memory.relyOnTable(offset);
      // 44 bits of page number from bit 10 on.
      const page = entryHigh * 0x40_0000 + (entryLow >>> 10);
      if (!(entryLow & (R | W | X))) {
        if (entryLow & (A | D | U)) return PAGE_FAULT[access]!;
        table = page * 4096;
        continue;
      }
      if ((entryLow & (R | W)) === W) return PAGE_FAULT[access]!;
      if (level > 0 && misaligned(entryLow, entryHigh, level)) return PAGE_FAULT[access]!;
      this.#flags = entryLow;
      this.#entry = offset;
      this.physical = page * 4096 + offsetWithin(low, high, level);
      return 0;
    }
    return PAGE_FAULT[access]!;
  }
}

/** Loads and stores of M may act as MPP; fetches never do. */
function effectivePrivilege(core: Core, access: Access): number {
  const privilege = core.privilege;
  if (privilege !== MACHINE || access === Access.fetch) return privilege;
  return core.mstatus & MSTATUS.MPRV ? (core.mstatus >>> MPP_SHIFT) & 3 : MACHINE;
}

function permitted(flags: number, access: Access, privilege: number, status: number): boolean {
  if (privilege === USER) {
    if (!(flags & U)) return false;
  } else if (flags & U && (access === Access.fetch || !(status & MSTATUS.SUM))) {
    return false;
  }
  switch (access) {
    case Access.fetch:
      return (flags & X) !== 0;
    case Access.load:
      return (flags & R) !== 0 || (status & MSTATUS.MXR && flags & X) !== 0;
    default:
      return (flags & W) !== 0;
  }
}

/** A leaf above level 0 maps a page of its own size: the lower 9, 18 or 27 bits of its number are 0. */
function misaligned(entryLow: number, entryHigh: number, level: number): boolean {
  const low = entryLow >>> 10;
  if (level === 1) return (low & 0x1ff) !== 0;
  if (level === 2) return (low & 0x3_ffff) !== 0;
  return low !== 0 || (entryHigh & 0x1f) !== 0;
}

/** Nine bits of the address: level 0 begins at bit 12. */
function tableIndex(low: number, high: number, level: number): number {
  switch (level) {
    case 0:
      return (low >>> 12) & 0x1ff;
    case 1:
      return (low >>> 21) & 0x1ff;
    case 2:
      return ((low >>> 30) | (high << 2)) & 0x1ff;
    default:
      return (high >>> 7) & 0x1ff;
  }
}

/** The part of the address that a leaf at this level does not translate. */
function offsetWithin(low: number, high: number, level: number): number {
  switch (level) {
    case 0:
      return low & 0xfff;
    case 1:
      return low & 0x1f_ffff;
    case 2:
      return low & 0x3fff_ffff;
    default:
      return (high & 0x7f) * 0x1_0000_0000 + (low >>> 0);
  }
}
