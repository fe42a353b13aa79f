/**
 * ACLINT in the layout of the SiFive CLINT: software interrupt bits, timer comparators, mtime.
 * mtime follows the machine's clock and cannot be written.
 *
 *     0x0000 + 4 * hart    msip
 *     0x4000 + 8 * hart    mtimecmp
 *     0xbff8               mtime
 */
import { unsigned, type Word64 } from "../word64.ts";
import { type AccessSize, type Device, DeviceFields, type DeviceState } from "./device.ts";

const MTIMECMP = 0x4000;
const MTIME = 0xbff8;

interface AclintWires {
  /** mtime in ticks. */
  ticks(): number;
  /** msip or mtimecmp of a hart was written: its interrupts and deadline may be others now. */
  changed(hart: number): void;
  /** The msip bit of a hart went from 0 to 1. */
  ipi(hart: number): void;
}

export class Aclint implements Device {
  readonly name = "aclint";
  readonly #wires: AclintWires;
  readonly #msip: Uint8Array;
  /** Low and high half for each hart. Reset to never, so that nothing is due before software asks. */
  readonly #compare: Int32Array;

  constructor(harts: number, wires: AclintWires) {
    this.#wires = wires;
    this.#msip = new Uint8Array(harts);
    this.#compare = new Int32Array(2 * harts).fill(-1);
  }

  softwarePending(hart: number): boolean {
    return this.#msip[hart] === 1;
  }

  /** Value of mtime from which on the hart's timer interrupt is pending. */
  deadline(hart: number): number {
    return unsigned(this.#compare[2 * hart]!, this.#compare[2 * hart + 1]!);
  }

  load(offset: number, size: AccessSize, value: Word64): boolean {
    if (offset < MTIMECMP) {
      if (size !== 4) return false;
      value.set(this.#msip[offset >>> 2] ?? 0, 0);
      return true;
    }
    if (size < 4) return false;
    const timer = (offset - MTIMECMP) >>> 2;
    if (offset >= MTIME) {
      value.setNumber(this.#wires.ticks());
      if (offset !== MTIME) value.set(value.high, 0);
    } else {
      value.set(this.#compare[timer] ?? 0, this.#compare[timer + 1] ?? 0);
    }
    if (size === 4) value.high = 0;
    return true;
  }

  store(offset: number, size: AccessSize, value: Word64): boolean {
    if (offset < MTIMECMP) {
      if (size !== 4) return false;
      this.#setSoftware(offset >>> 2, value.low & 1);
      return true;
    }
    if (size < 4) return false;
    const timer = (offset - MTIMECMP) >>> 2;
    if (timer >= this.#compare.length) return true;
    this.#compare[timer] = value.low;
    if (size === 8) this.#compare[timer + 1] = value.high;
    this.#wires.changed(timer >>> 1);
    return true;
  }

  save() {
    return { msip: [...this.#msip], compare: [...this.#compare] };
  }

  restore(state: DeviceState): void {
    const saved = new DeviceFields(state);
    this.#msip.set(saved.numbers("msip"));
    this.#compare.set(saved.numbers("compare"));
  }

  #setSoftware(hart: number, bit: number): void {
    if (hart >= this.#msip.length || this.#msip[hart] === bit) return;
    this.#msip[hart] = bit;
    if (bit === 1) this.#wires.ipi(hart);
    this.#wires.changed(hart);
  }
}
