/**
 * One hart's privileged state. It lives in the hart's block of the WebAssembly memory, beside the
 * registers, so that whatever saves or digests the block has all of it.
 */
import type { Engine } from "../engine/api.ts";
import { FLOAT, HART, hartBase } from "../engine/layout.ts";
import { signed, Word64 } from "../word64.ts";

export const USER = 0;
export const SUPERVISOR = 1;
export const MACHINE = 3;

/** What a hart is doing, as HSM and wfi see it. */
export const Activity = { stopped: 0, running: 1, waiting: 2 } as const;
export type Activity = (typeof Activity)[keyof typeof Activity];

const BASE = HART.privileged;

/** Byte offsets of 32-bit fields in the hart block. */
export const F32 = {
  privilege: BASE,
  activity: BASE + 0x04,
  /** 1 while an SBI suspend lasts: HSM then reports the waiting hart as suspended. */
  suspended: BASE + 0x08,
  /** Bits 31..0 without FS, see `floatState`; the high half follows from them. */
  mstatus: BASE + 0x0c,
  /** Bits that software writes; wires are added by `lines`. */
  mip: BASE + 0x10,
  mie: BASE + 0x14,
  medeleg: BASE + 0x18,
  mideleg: BASE + 0x1c,
  mcounteren: BASE + 0x20,
  scounteren: BASE + 0x24,
  menvcfg: BASE + 0x28,
  senvcfg: BASE + 0x2c,
  /** Bits 63..32: `supervisorTimer` reads them. */
  menvcfgHigh: BASE + 0x30,
  mcountinhibit: BASE + 0x34,
} as const;

/** Byte offsets of 64-bit fields in the hart block. */
export const F64 = {
  mtvec: BASE + 0x40,
  mscratch: BASE + 0x48,
  mepc: BASE + 0x50,
  mcause: BASE + 0x58,
  mtval: BASE + 0x60,
  stvec: BASE + 0x68,
  sscratch: BASE + 0x70,
  sepc: BASE + 0x78,
  scause: BASE + 0x80,
  stval: BASE + 0x88,
  satp: BASE + 0x90,
  /**
   * Added to the clock and to the retired instructions to give mcycle and minstret; their values
   * themselves while mcountinhibit stops them.
   */
  cycleOffset: BASE + 0x98,
  instretOffset: BASE + 0xa0,
  /** In ticks. Reset to never, so that nothing is due before software asks. */
  stimecmp: BASE + 0xa8,
  /** Entries 0..7 and 8..15: pmpcfg0 and pmpcfg2. */
  pmpcfg: BASE + 0xb0,
  pmpaddr: BASE + 0xc0,
} as const;

export const PMP_ENTRIES = 16;
/** The fields of F64 that are lists: how many values they have. */
export const FIELD_COUNTS: Readonly<Record<string, number>> = {
  pmpcfg: PMP_ENTRIES / 8,
  pmpaddr: PMP_ENTRIES,
};
/** End of the fields above, as a byte offset in the hart block. */
export const STATE_END = F64.pmpaddr + 8 * PMP_ENTRIES;

type Field32 = (typeof F32)[keyof typeof F32];

export const MSTATUS = {
  SIE: 1 << 1,
  MIE: 1 << 3,
  SPIE: 1 << 5,
  MPIE: 1 << 7,
  SPP: 1 << 8,
  MPP: 3 << 11,
  FS: 3 << 13,
  MPRV: 1 << 17,
  SUM: 1 << 18,
  MXR: 1 << 19,
  TVM: 1 << 20,
  TW: 1 << 21,
  TSR: 1 << 22,
} as const;
export const MPP_SHIFT = 11;
export const FS_SHIFT = 13;
/** Values of FS: in between, the registers are initial or clean. */
export const FLOAT_OFF = 0;
export const FLOAT_DIRTY = 3;

/** menvcfg.STCE: stimecmp and its interrupt are there. */
export const STCE_HIGH = 1 << 31;
export const supervisorTimer = (core: Core): boolean =>
  (core.get(F32.menvcfgHigh) & STCE_HIGH) !== 0;

export class Core {
  readonly id: number;
  readonly words: Int32Array;
  /** Which of the wanted interrupt lines are up now, in the bit positions of mip. */
  lines: (wanted: number) => number = () => 0;
  readonly #base: number;

  constructor(engine: Engine, id: number) {
    this.id = id;
    this.words = engine.words;
    this.#base = hartBase(id) >>> 2;
    this.privilege = MACHINE;
    this.activity = Activity.stopped;
    this.set(F64.stimecmp, -1, -1);
  }

  get(field: Field32): number {
    return this.words[this.#base + (field >>> 2)]!;
  }
  put(field: number, value: number): void {
    this.words[this.#base + (field >>> 2)] = value;
  }

  low(field: number): number {
    return this.words[this.#base + (field >>> 2)]!;
  }
  high(field: number): number {
    return this.words[this.#base + (field >>> 2) + 1]!;
  }
  set(field: number, low: number, high: number): void {
    const index = this.#base + (field >>> 2);
    this.words[index] = low;
    this.words[index + 1] = high;
  }
  read(field: number, value: Word64): void {
    const index = this.#base + (field >>> 2);
    value.low = this.words[index]!;
    value.high = this.words[index + 1]!;
  }

  get privilege(): number {
    return this.get(F32.privilege);
  }
  set privilege(value: number) {
    this.put(F32.privilege, value);
  }
  get activity(): Activity {
    return this.get(F32.activity) as Activity;
  }
  set activity(value: Activity) {
    this.put(F32.activity, value);
  }
  get mstatus(): number {
    return this.get(F32.mstatus);
  }
  set mstatus(value: number) {
    this.put(F32.mstatus, value);
  }

  /** mstatus.FS: whether the float unit is on, and changed since it was saved. */
  get floatState(): number {
    return (this.low(HART.fcsr) & FLOAT.state) >>> FLOAT.stateShift;
  }
  set floatState(value: number) {
    this.put(HART.fcsr, (this.low(HART.fcsr) & ~FLOAT.state) | (value << FLOAT.stateShift));
  }

  /** Low and high half of x0..x31. */
  xLow(register: number): number {
    return this.low(HART.x + 8 * register);
  }
  xHigh(register: number): number {
    return this.high(HART.x + 8 * register);
  }
  /** Writes to x0 are dropped. */
  setX(register: number, low: number, high: number): void {
    if (register !== 0) this.set(HART.x + 8 * register, low, high);
  }
  /** A small integer, sign-extended. */
  setXNumber(register: number, value: number): void {
    this.setX(register, value | 0, Math.floor(value / 0x1_0000_0000) | 0);
  }

  /** Address of the current instruction in halves: exact everywhere, in host calls and outside of runs. */
  pc(value: Word64): void {
    const slot = this.low(HART.slot);
    if (slot === 0) {
      this.read(HART.pc, value);
      return;
    }
    this.read(HART.pcBase, value);
    const low = (value.low >>> 0) + (slot >>> 3);
    value.set(low, value.high + (low > 0xffff_ffff ? 1 : 0));
  }
  /** As a signed double. */
  get pcNumber(): number {
    const slot = this.low(HART.slot);
    if (slot === 0) return signed(this.low(HART.pc), this.high(HART.pc));
    return signed(this.low(HART.pcBase), this.high(HART.pcBase)) + (slot >>> 3);
  }
  setPc(low: number, high: number): void {
    this.set(HART.pc, low, high);
  }
  /** The current instruction is given up for the one at this address: `pc` says so at once. */
  redirect(low: number, high: number): void {
    this.setPc(low, high);
    this.set(HART.pcBase, low, high);
    this.put(HART.slot, 0);
  }
  /** The instruction after the current one, which is `length` bytes long, becomes the next. */
  advancePc(length: number): void {
    this.pc(scratch);
    const low = (scratch.low >>> 0) + length;
    this.setPc(low | 0, scratch.high + (low > 0xffff_ffff ? 1 : 0));
  }

  /** Inside a host call: the run ends when the current instruction has retired. */
  curtail(): void {
    const budget = this.low(HART.budget);
    this.read(HART.instret, scratch);
    scratch.setNumber(scratch.number - (budget - 1));
    this.set(HART.instret, scratch.low, scratch.high);
    this.put(HART.budget, 1);
  }

  /** The word of a reservation: RAM offset in the memory, 0 when there is none. */
  get reservation(): number {
    return this.low(HART.reservation);
  }
  set reservation(value: number) {
    this.words[this.#base + (HART.reservation >>> 2)] = value;
  }
  get reservationSize(): number {
    return this.low(HART.reservationSize);
  }
}

const scratch = new Word64();
