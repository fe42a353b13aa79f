/**
 * Physical memory protection (privileged manual, 3.7): the registers, with locking, and what they
 * allow. The lowest entry that an access touches decides about it; one that it touches in part
 * refuses it. Regions may be as small as four bytes.
 */
import type { Word64 } from "../word64.ts";
import { type Core, F64, MACHINE, PMP_ENTRIES } from "./core.ts";

/** What an access needs, as bits of an entry's configuration. */
export const Need = { read: 1, write: 2, execute: 4 } as const;
export type Need = (typeof Need)[keyof typeof Need];

const LOCKED = 0x80;
const MODE = 0x18;
const MODE_OFF = 0x00;
const MODE_TOR = 0x08;
const MODE_NA4 = 0x10;
const WRITE_ONLY = 0x02;
/** Bits 5 and 6 of an entry's configuration are reserved. */
const DEFINED = 0x9f;
/** pmpaddr holds bits 55..2 of an address. */
const ADDRESS_HIGH = 0x3f_ffff;

/** Eight entries at once; locked ones keep their configuration. */
export function writePmpConfig(core: Core, half: number, value: Word64): void {
  const field = F64.pmpcfg + 8 * half;
  core.set(field, merge(core.low(field), value.low), merge(core.high(field), value.high));
}

export function writePmpAddress(core: Core, entry: number, value: Word64): void {
  if (config(core, entry) & LOCKED) return;
  const next = entry + 1 < PMP_ENTRIES ? config(core, entry + 1) : 0;
  // A locked top-of-range entry locks the address below it as well.
  if (next & LOCKED && (next & MODE) === MODE_TOR) return;
  core.set(F64.pmpaddr + 8 * entry, value.low, value.high & ADDRESS_HIGH);
}

/** Whether a hart of this privilege may access physical bytes. */
export function allowed(
  core: Core,
  physical: number,
  size: number,
  need: Need,
  privilege: number,
): boolean {
  const end = physical + size;
  for (let entry = 0; entry < PMP_ENTRIES; entry++) {
    if (!region(core, entry) || end <= first || last <= physical) continue;
    if (physical < first || last < end) return false;
    const bits = config(core, entry);
    return (privilege === MACHINE && !(bits & LOCKED)) || (bits & need) !== 0;
  }
  return privilege === MACHINE;
}

/** Whether the same rule holds for all of a range: then what is allowed for a part is for the rest. */
export function isUniform(core: Core, physical: number, size: number): boolean {
  const end = physical + size;
  for (let entry = 0; entry < PMP_ENTRIES; entry++) {
    if (!region(core, entry) || end <= first || last <= physical) continue;
    return first <= physical && end <= last;
  }
  return true;
}

/** The bounds of the last region that was looked at, in bytes: [first, last). */
let first = 0;
let last = 0;

/** Sets the bounds of an entry's region; false when it is off. */
function region(core: Core, entry: number): boolean {
  const mode = config(core, entry) & MODE;
  if (mode === MODE_OFF) return false;
  const low = core.low(F64.pmpaddr + 8 * entry);
  const high = core.high(F64.pmpaddr + 8 * entry);
  if (mode === MODE_TOR) {
    first = entry === 0 ? 0 : bytes(core, entry - 1);
    last = bytes(core, entry);
  } else if (mode === MODE_NA4) {
    first = bytes(core, entry);
    last = first + 4;
  } else if (low !== -1) {
    // A zero and the ones below it say how large the region is, in its address.
    first = 4 * (high * 0x1_0000_0000 + ((low & (low + 1)) >>> 0));
    last = first + 8 * ((~low & (low + 1)) >>> 0);
  } else {
    first = 4 * 0x1_0000_0000 * (high & (high + 1));
    last = first + 8 * 0x1_0000_0000 * (~high & (high + 1));
  }
  return true;
}

const bytes = (core: Core, entry: number): number =>
  4 *
  (core.high(F64.pmpaddr + 8 * entry) * 0x1_0000_0000 + (core.low(F64.pmpaddr + 8 * entry) >>> 0));

const config = (core: Core, entry: number): number =>
  (core.low(F64.pmpcfg + (entry & ~3)) >>> (8 * (entry & 3))) & 0xff;

function merge(old: number, next: number): number {
  let merged = 0;
  for (let shift = 0; shift < 32; shift += 8) {
    const before = (old >>> shift) & 0xff;
    const wanted = (next >>> shift) & DEFINED;
    // Write without read is reserved: such an entry is not taken over.
    const keep = before & LOCKED || (wanted & 3) === WRITE_ONLY;
    merged |= (keep ? before : wanted) << shift;
  }
  return merged;
}
