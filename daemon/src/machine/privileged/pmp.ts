/**
 * Physical memory protection: the registers, with locking (privileged manual, 3.7). Entries are
 * kept as software wrote them; accesses are not checked against them.
 */
import type { Word64 } from "../word64.ts";
import { type Core, F64, PMP_ENTRIES } from "./core.ts";

const LOCKED = 0x80;
const MODE = 0x18;
const MODE_TOR = 0x08;
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
