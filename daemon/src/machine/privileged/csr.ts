/**
 * The control and status registers of an RV64 hart with M, S and U modes: one row for each number,
 * with the WARL behaviour of QEMU 7.2's `virt` harts (less the extensions that are not here).
 * Source: privileged manual 1.12, chapters 2 to 4.
 */
import type { Clock } from "../clock.ts";
import type { Engine } from "../engine/api.ts";
import { FLOAT, HART } from "../engine/layout.ts";
import { add, Word64 } from "../word64.ts";
import {
  type Core,
  F32,
  F64,
  FLOAT_DIRTY,
  FLOAT_OFF,
  FS_SHIFT,
  MACHINE,
  MPP_SHIFT,
  MSTATUS,
  PMP_ENTRIES,
  STCE_HIGH,
  SUPERVISOR,
  supervisorTimer,
} from "./core.ts";
import { MACHINE_INTERRUPTS, pending, SUPERVISOR_INTERRUPTS } from "./interrupt.ts";
import { writePmpAddress, writePmpConfig } from "./pmp.ts";
import { SATP_BARE, SATP_SV39, SATP_SV48 } from "./translate.ts";
import { DELEGABLE } from "./trap.ts";

/** What a write means for the rest of the machine, as bits. */
export const Effect = {
  none: 0,
  /** Interrupts may be takable now. */
  interrupts: 1,
  /** The hart's next deadline may be another. */
  deadline: 2,
  /** Addresses are translated differently. */
  context: 4,
  /** satp is another: code is fetched anew. */
  addressSpace: 8,
  /** What physical memory may be accessed for has changed: nothing cached holds. */
  protection: 16,
} as const;
export type Effect = number;

/** What counters read. */
export interface Counters {
  readonly engine: Engine;
  readonly clock: Clock;
  /** The value of `time`. */
  time(value: Word64): void;
}

interface CsrRow {
  read(core: Core, value: Word64, counters: Counters): void;
  /** What setting and clearing bits works on, where it is not what is read. */
  held?(core: Core, value: Word64): void;
  /** Absent where the register can be named but not changed. */
  write?(core: Core, value: Word64, counters: Counters): Effect;
}

/** mstatus bits 35..32: UXL and SXL say 64 bits. sstatus shows UXL alone. */
const MSTATUS_HIGH = 0xa;
const SSTATUS_HIGH = 0x2;
/** Bit 63: state that is dirty. */
const SD_HIGH = 0x8000_0000 | 0;
const SSTATUS_WRITABLE =
  MSTATUS.SIE | MSTATUS.SPIE | MSTATUS.SPP | MSTATUS.FS | MSTATUS.SUM | MSTATUS.MXR;
const MSTATUS_WRITABLE =
  SSTATUS_WRITABLE |
  MSTATUS.MIE |
  MSTATUS.MPIE |
  MSTATUS.MPP |
  MSTATUS.MPRV |
  MSTATUS.TVM |
  MSTATUS.TW |
  MSTATUS.TSR;
/** Bits whose change alters what loads and stores may do. */
const TRANSLATING = MSTATUS.SUM | MSTATUS.MXR | MSTATUS.MPRV | MSTATUS.MPP;

/** RV64 with these letters. */
const MISA_LOW = [..."ACDFIMSU"].reduce(
  (bits, letter) => bits | (1 << (letter.charCodeAt(0) - 65)),
  0,
);
const MISA_HIGH = 0x8000_0000 | 0;

const FIOM = 1;

const constant = (low: number, high = 0): CsrRow => ({
  read: (_core, value) => value.set(low, high),
});

/** Reads as zero and takes any write: a register that is allowed to do nothing. */
const inert: CsrRow = { read: (_core, value) => value.set(0, 0), write: () => Effect.none };

/** Holds any 64-bit value whose bits outside of `lowMask` are zero. */
const plain = (field: number, lowMask = -1): CsrRow => ({
  read: (core, value) => core.read(field, value),
  write: (core, value) => {
    core.set(field, value.low & lowMask, value.high);
    return Effect.none;
  },
});

/** A 32-bit field of which `mask` can be written. */
const masked = (field: number, mask: number, effect: Effect = Effect.none): CsrRow => ({
  read: (core, value) => value.set(core.low(field), 0),
  write: (core, value) => {
    core.put(field, value.low & mask);
    return effect;
  },
});

/** Mode 0 (direct) or 1 (vectored); other modes are not taken over. */
const vector = (field: number): CsrRow => ({
  read: (core, value) => core.read(field, value),
  write: (core, value) => {
    if ((value.low & 3) < 2) core.set(field, value.low, value.high);
    return Effect.none;
  },
});

/** The part of mie or mip that has been delegated. */
const delegated = (field: typeof F32.mie, mask: number): CsrRow => ({
  read: (core, value) => value.set(core.get(field) & core.get(F32.mideleg), 0),
  write: (core, value) => {
    const writable = mask & core.get(F32.mideleg);
    core.put(field, (core.get(field) & ~writable) | (value.low & writable));
    return Effect.interrupts | Effect.deadline;
  },
});

/** The visible bits, FS and what follows from it among them. */
function readStatus(core: Core, value: Word64, visible: number, high: number): void {
  const state = core.floatState;
  value.set(
    (core.mstatus & visible) | (state << FS_SHIFT),
    state === FLOAT_DIRTY ? high | SD_HIGH : high,
  );
}

function writeStatus(core: Core, low: number, writable: number): Effect {
  core.floatState = (low & MSTATUS.FS) >>> FS_SHIFT;
  const old = core.mstatus;
  writable &= ~MSTATUS.FS;
  let next = (old & ~writable) | (low & writable);
  // There is no privilege 2: such a write leaves MPP alone.
  if ((next & MSTATUS.MPP) >>> MPP_SHIFT === 2) next = (next & ~MSTATUS.MPP) | (old & MSTATUS.MPP);
  core.mstatus = next;
  const changed = old ^ next;
  let effect: Effect = Effect.none;
  // Where they are disabled nothing becomes takable.
  if (changed & next & (MSTATUS.SIE | MSTATUS.MIE)) effect |= Effect.interrupts;
  if (changed & TRANSLATING) effect |= Effect.context;
  return effect;
}

function writeSatp(core: Core, value: Word64): Effect {
  const mode = value.high >>> 28;
  if (mode !== SATP_BARE && mode !== SATP_SV39 && mode !== SATP_SV48) return Effect.none;
  if (value.low === core.low(F64.satp) && value.high === core.high(F64.satp)) return Effect.none;
  core.set(F64.satp, value.low, value.high);
  return Effect.context | Effect.addressSpace;
}

/** Bits of mcountinhibit. */
const INHIBIT_CYCLE = 1;
const INHIBIT_INSTRET = 4;

interface RunningCounter extends CsrRow {
  /** mcountinhibit stops it, or lets it go on. */
  inhibit(core: Core, on: boolean, counters: Counters): void;
}

/**
 * A counter that runs with `count` and was set to a value by adding an offset. A new value is what
 * the next instruction reads.
 */
function counter(
  count: (core: Core, counters: Counters) => number,
  offset: number,
  inhibited: number,
): RunningCounter {
  const stands = (core: Core) => (core.get(F32.mcountinhibit) & inhibited) !== 0;
  return {
    read: (core, value, counters) => {
      value.setNumber(stands(core) ? 0 : count(core, counters));
      add(value, core.low(offset), core.high(offset));
    },
    write: (core, value, counters) => {
      const { low, high } = value;
      value.setNumber(stands(core) ? 0 : -(count(core, counters) + 1));
      add(value, low, high);
      core.set(offset, value.low, value.high);
      return Effect.none;
    },
    inhibit: (core, on, counters) => {
      const next = count(core, counters) + 1;
      scratch.setNumber(on ? next : -next);
      add(scratch, core.low(offset), core.high(offset));
      core.set(offset, scratch.low, scratch.high);
    },
  };
}

const scratch = new Word64();

const cycle = counter((_core, { clock }) => clock.now, F64.cycleOffset, INHIBIT_CYCLE);
const instret = counter(
  (core, { engine }) => engine.currentInstret(core.id),
  F64.instretOffset,
  INHIBIT_INSTRET,
);

const mcountinhibit: CsrRow = {
  read: (core, value) => value.set(core.get(F32.mcountinhibit), 0),
  write: (core, value, counters) => {
    const next = value.low & (INHIBIT_CYCLE | INHIBIT_INSTRET);
    const changed = next ^ core.get(F32.mcountinhibit);
    if (changed & INHIBIT_CYCLE) cycle.inhibit(core, (next & INHIBIT_CYCLE) !== 0, counters);
    if (changed & INHIBIT_INSTRET) instret.inhibit(core, (next & INHIBIT_INSTRET) !== 0, counters);
    core.put(F32.mcountinhibit, next);
    return Effect.none;
  },
};

const readOnly = ({ read }: CsrRow): CsrRow => ({ read });

const time: CsrRow = { read: (_core, value, { time: read }) => read(value) };

const stimecmp: CsrRow = {
  read: (core, value) => core.read(F64.stimecmp, value),
  write: (core, value) => {
    core.set(F64.stimecmp, value.low, value.high);
    return Effect.interrupts | Effect.deadline;
  },
};

const SUPERVISOR_TIMER = 1 << 5;

const menvcfg: CsrRow = {
  read: (core, value) => value.set(core.get(F32.menvcfg), core.get(F32.menvcfgHigh)),
  write: (core, value) => {
    core.put(F32.menvcfg, value.low & FIOM);
    core.put(F32.menvcfgHigh, value.high & STCE_HIGH);
    // The timer's bit in mip is the comparator's alone from now on.
    if (supervisorTimer(core)) core.put(F32.mip, core.get(F32.mip) & ~SUPERVISOR_TIMER);
    return Effect.interrupts | Effect.deadline;
  },
};

/** What software sets or clears is its own bit alone, never a wire's. */
const mip: CsrRow = {
  read: (core, value) => value.set(pending(core), 0),
  held: (core, value) => value.set(core.get(F32.mip), 0),
  write: (core, value) => {
    const writable = SUPERVISOR_INTERRUPTS & (supervisorTimer(core) ? ~SUPERVISOR_TIMER : -1);
    core.put(F32.mip, value.low & writable);
    return Effect.interrupts;
  },
};

/** A supervisor may change its software interrupt alone. */
const SIP_WRITABLE = 1 << 1;
const sip: CsrRow = {
  read: (core, value) => value.set(pending(core) & core.get(F32.mideleg), 0),
  write: delegated(F32.mip as never, SIP_WRITABLE).write!,
};

/** A part of fcsr. Whoever writes it, even what it was, has changed the float unit's state. */
const floatPart = (mask: number, shift: number): CsrRow => ({
  read: (core, value) => value.set((core.low(HART.fcsr) & mask) >>> shift, 0),
  write: (core, value) => {
    core.put(HART.fcsr, (core.low(HART.fcsr) & ~mask) | ((value.low << shift) & mask));
    core.floatState = FLOAT_DIRTY;
    return Effect.none;
  },
});

const named: Readonly<Record<number, CsrRow>> = {
  // Float unit
  1: floatPart(FLOAT.flags, 0),
  2: floatPart(FLOAT.mode, FLOAT.modeShift),
  3: floatPart(FLOAT.flags | FLOAT.mode, 0),
  // Supervisor
  256: {
    read: (core, value) => readStatus(core, value, SSTATUS_WRITABLE, SSTATUS_HIGH),
    write: (core, value) => writeStatus(core, value.low, SSTATUS_WRITABLE),
  },
  260: delegated(F32.mie, SUPERVISOR_INTERRUPTS),
  261: vector(F64.stvec),
  262: masked(F32.scounteren, -1),
  266: masked(F32.senvcfg, FIOM),
  320: plain(F64.sscratch),
  321: plain(F64.sepc, ~1),
  322: plain(F64.scause),
  323: plain(F64.stval),
  324: sip,
  333: stimecmp,
  384: { read: (core, value) => core.read(F64.satp, value), write: writeSatp },
  // Machine
  768: {
    read: (core, value) => readStatus(core, value, -1, MSTATUS_HIGH),
    write: (core, value) => writeStatus(core, value.low, MSTATUS_WRITABLE),
  },
  769: { ...inert, read: constant(MISA_LOW, MISA_HIGH).read },
  770: masked(F32.medeleg, DELEGABLE),
  771: masked(F32.mideleg, SUPERVISOR_INTERRUPTS, Effect.interrupts),
  772: masked(
    F32.mie,
    SUPERVISOR_INTERRUPTS | MACHINE_INTERRUPTS,
    Effect.interrupts | Effect.deadline,
  ),
  773: vector(F64.mtvec),
  774: masked(F32.mcounteren, -1),
  778: menvcfg,
  800: mcountinhibit,
  832: plain(F64.mscratch),
  833: plain(F64.mepc, ~1),
  834: plain(F64.mcause),
  835: plain(F64.mtval),
  836: mip,
  // Triggers: there are none, which tdata1 says by reading zero.
  1952: inert,
  1953: inert,
  1954: inert,
  1955: inert,
  2816: cycle,
  2818: instret,
  // User
  3072: readOnly(cycle),
  3073: time,
  3074: readOnly(instret),
  // Machine information
  3857: constant(0),
  3858: constant(0),
  3859: constant(0),
  3860: { read: (core, value) => value.set(core.id, 0) },
  3861: constant(0),
};

const table: (CsrRow | undefined)[] = new Array(4096).fill(undefined);
for (const [number, row] of Object.entries(named)) table[Number(number)] = row;
/** As many event counters as QEMU has; they count nothing. All their selectors exist. */
const EVENT_COUNTERS = 16;
for (let n = 3; n < 32; n++) {
  table[0x320 + n] = inert;
  if (n >= 3 + EVENT_COUNTERS) continue;
  table[0xb00 + n] = inert;
  table[0xc00 + n] = readOnly(inert);
}
for (const half of [0, 1]) {
  const field = F64.pmpcfg + 8 * half;
  table[0x3a0 + 2 * half] = {
    read: (core, value) => core.read(field, value),
    write: (core, value) => {
      writePmpConfig(core, half, value);
      return Effect.protection;
    },
  };
}
for (let entry = 0; entry < PMP_ENTRIES; entry++) {
  table[0x3b0 + entry] = {
    read: (core, value) => core.read(F64.pmpaddr + 8 * entry, value),
    write: (core, value) => {
      writePmpAddress(core, entry, value);
      return Effect.protection;
    },
  };
}

export const csrRow = (number: number): CsrRow | undefined => table[number];

const FCSR = 0x003;
const STIMECMP = 0x14d;
const SATP = 0x180;
const CYCLE = 0xc00;
const HPM_LAST = 0xc1f;
/** Bit of `time` in the counter enables. */
const TIME = 2;

/** Whether the current privilege may access the register (read or write alike). */
export function accessible(core: Core, number: number): boolean {
  const privilege = core.privilege;
  if (((number >>> 8) & 3) > privilege) return false;
  if (number <= FCSR) return core.floatState !== FLOAT_OFF;
  if (privilege === MACHINE) return true;
  if (number >= CYCLE && number <= HPM_LAST) {
    const bit = 1 << (number & 31);
    if (!(core.get(F32.mcounteren) & bit)) return false;
    return privilege === SUPERVISOR || (core.get(F32.scounteren) & bit) !== 0;
  }
  if (number === STIMECMP) {
    return supervisorTimer(core) && (core.get(F32.mcounteren) & TIME) !== 0;
  }
  return number !== SATP || !(core.mstatus & MSTATUS.TVM);
}

/** Numbers with both top bits set name registers that cannot be written. */
export const isReadOnly = (number: number): boolean => number >>> 10 === 3;
