/**
 * ACLINT in the layout of the SiFive CLINT: software interrupt bits, timer comparators, mtime.
 * mtime follows the machine's clock at a distance that software sets by writing it.
 *
 *     0x0000 + 4 * hart    msip
 *     0x4000 + 8 * hart    mtimecmp
 *     0xbff8               mtime
 */
import { add, isBelow, subtract, unsigned, Word64 } from "../word64.ts";
import { type AccessSize, type Device, DeviceFields, type DeviceState } from "./device.ts";

const MTIMECMP = 0x4000;
const MTIME = 0xbff8;

interface AclintWires {
  /** The machine's clock in ticks. */
  ticks(): number;
  /** msip, mtimecmp or mtime was written: interrupts and deadlines may be others now. */
  changed(): void;
  /** The msip bit of a hart went from 0 to 1. */
  ipi(hart: number): void;
}

export class Aclint implements Device {
  readonly name = "aclint";
  readonly #wires: AclintWires;
  readonly #msip: Uint8Array;
  /** Low and high half for each hart. Reset to never, so that nothing is due before software asks. */
  readonly #compare: Int32Array;
  /** mtime less the machine's clock. */
  readonly #offset = new Word64();
  readonly #scratch = new Word64();

  constructor(harts: number, wires: AclintWires) {
    this.#wires = wires;
    this.#msip = new Uint8Array(harts);
    this.#compare = new Int32Array(2 * harts).fill(-1);
  }

  softwarePending(hart: number): boolean {
    return this.#msip[hart] === 1;
  }

  /** mtime, which is also what the `time` CSR reads. */
  time(value: Word64): void {
    value.setNumber(this.#wires.ticks());
    add(value, this.#offset.low, this.#offset.high);
  }

  /** Ticks until mtime reaches this value; 0 when it has. */
  ticksUntil(low: number, high: number): number {
    // mtime as nobody has set it: ticks are exact, and moments beyond 2^53 are never.
    const { low: offsetLow, high: offsetHigh } = this.#offset;
    if (offsetLow === 0 && offsetHigh === 0) {
      return Math.max(0, unsigned(low, high) - this.#wires.ticks());
    }
    const left = this.#scratch;
    this.time(left);
    if (!isBelow(left.low, left.high, low, high)) return 0;
    const { low: nowLow, high: nowHigh } = left;
    left.set(low, high);
    subtract(left, nowLow, nowHigh);
    return left.number;
  }

  /** Ticks until the hart's timer interrupt is pending; 0 when it is. */
  untilTimer(hart: number): number {
    return this.ticksUntil(this.#compare[2 * hart]!, this.#compare[2 * hart + 1]!);
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
      this.time(value);
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
    if (offset >= MTIME) this.#setTime(offset, size, value);
    const timer = (offset - MTIMECMP) >>> 2;
    if (timer < this.#compare.length) {
      this.#compare[timer] = value.low;
      if (size === 8) this.#compare[timer + 1] = value.high;
    }
    this.#wires.changed();
    return true;
  }

  save() {
    const { low, high } = this.#offset;
    return { msip: [...this.#msip], compare: [...this.#compare], offset: [low, high] };
  }

  restore(state: DeviceState): void {
    const saved = new DeviceFields(state);
    this.#msip.set(saved.numbers("msip"));
    this.#compare.set(saved.numbers("compare"));
    const [low = 0, high = 0] = saved.numbers("offset");
    this.#offset.set(low, high);
  }

  #setTime(offset: number, size: AccessSize, { low, high }: Word64): void {
    const next = this.#offset;
    this.time(next);
    if (size === 8) next.set(low, high);
    else if (offset === MTIME) next.set(low, next.high);
    else next.set(next.low, low);
    this.#scratch.setNumber(this.#wires.ticks());
    subtract(next, this.#scratch.low, this.#scratch.high);
  }

  #setSoftware(hart: number, bit: number): void {
    if (hart >= this.#msip.length || this.#msip[hart] === bit) return;
    this.#msip[hart] = bit;
    if (bit === 1) this.#wires.ipi(hart);
    this.#wires.changed();
  }
}
