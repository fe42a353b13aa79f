/**
 * Entering and leaving traps (privileged manual, 3.1.6 to 3.1.16 and 4.1.1 to 4.1.9). A trap is
 * precise: nothing of the instruction has happened, and `HART.pc` is the handler afterwards.
 */
import { Word64 } from "../word64.ts";
import type { Contexts } from "./context.ts";
import { type Core, F32, F64, MACHINE, MPP_SHIFT, MSTATUS, SUPERVISOR, USER } from "./core.ts";

export const Cause = {
  fetchMisaligned: 0,
  fetchAccess: 1,
  illegal: 2,
  breakpoint: 3,
  loadMisaligned: 4,
  loadAccess: 5,
  storeMisaligned: 6,
  storeAccess: 7,
  userCall: 8,
  supervisorCall: 9,
  machineCall: 11,
  fetchPage: 12,
  loadPage: 13,
  storePage: 15,
} as const;

/** All exceptions that medeleg can delegate. */
export const DELEGABLE = 0xb3ff;

/**
 * Which level handles a trap that strikes now. Without machine code (the firmware is built in)
 * a supervisor gets also what has not been delegated to it, as firmware hands such traps on.
 */
export function targetOf(
  core: Core,
  interrupt: boolean,
  cause: number,
  machineCode: boolean,
): number {
  if (core.privilege === MACHINE) return MACHINE;
  const delegated = core.get(interrupt ? F32.mideleg : F32.medeleg);
  return (delegated >>> cause) & 1 || !machineCode ? SUPERVISOR : MACHINE;
}

/** Address of the handler. */
export function handlerOf(
  core: Core,
  to: number,
  interrupt: boolean,
  cause: number,
  pc: Word64,
): void {
  core.read(to === MACHINE ? F64.mtvec : F64.stvec, pc);
  const vectored = (pc.low & 1) !== 0 && interrupt;
  pc.low &= ~3;
  if (!vectored) return;
  const low = (pc.low >>> 0) + 4 * cause;
  pc.set(low, pc.high + (low > 0xffff_ffff ? 1 : 0));
}

const epc = new Word64();
const handler = new Word64();

/** Enters the handler at level `to`. */
export function enterTrap(
  contexts: Contexts,
  core: Core,
  to: number,
  interrupt: boolean,
  cause: number,
  tvalLow: number,
  tvalHigh: number,
): void {
  core.pc(epc);
  handlerOf(core, to, interrupt, cause, handler);
  const from = core.privilege;
  const status = core.mstatus;
  const high = interrupt ? 0x8000_0000 | 0 : 0;
  if (to === MACHINE) {
    core.set(F64.mepc, epc.low, epc.high);
    core.set(F64.mcause, cause, high);
    core.set(F64.mtval, tvalLow, tvalHigh);
    const kept = status & ~(MSTATUS.MIE | MSTATUS.MPIE | MSTATUS.MPP);
    core.mstatus = kept | (status & MSTATUS.MIE ? MSTATUS.MPIE : 0) | (from << MPP_SHIFT);
  } else {
    core.set(F64.sepc, epc.low, epc.high);
    core.set(F64.scause, cause, high);
    core.set(F64.stval, tvalLow, tvalHigh);
    const kept = status & ~(MSTATUS.SIE | MSTATUS.SPIE | MSTATUS.SPP);
    core.mstatus =
      kept | (status & MSTATUS.SIE ? MSTATUS.SPIE : 0) | (from === SUPERVISOR ? MSTATUS.SPP : 0);
  }
  core.redirect(handler.low, handler.high);
  changePrivilege(contexts, core, to);
}

export function machineReturn(contexts: Contexts, core: Core): void {
  const status = core.mstatus;
  const to = (status >>> MPP_SHIFT) & 3;
  let next = status & ~(MSTATUS.MIE | MSTATUS.MPIE | MSTATUS.MPP);
  if (status & MSTATUS.MPIE) next |= MSTATUS.MIE;
  if (to !== MACHINE) next &= ~MSTATUS.MPRV;
  core.mstatus = next | MSTATUS.MPIE;
  core.setPc(core.low(F64.mepc), core.high(F64.mepc));
  changePrivilege(contexts, core, to);
}

export function supervisorReturn(contexts: Contexts, core: Core): void {
  const status = core.mstatus;
  const to = status & MSTATUS.SPP ? SUPERVISOR : USER;
  let next = status & ~(MSTATUS.SIE | MSTATUS.SPIE | MSTATUS.SPP | MSTATUS.MPRV);
  if (status & MSTATUS.SPIE) next |= MSTATUS.SIE;
  core.mstatus = next | MSTATUS.SPIE;
  core.setPc(core.low(F64.sepc), core.high(F64.sepc));
  changePrivilege(contexts, core, to);
}

/** Also where the privilege stays: MPP and MPRV may have changed. */
function changePrivilege(contexts: Contexts, core: Core, to: number): void {
  core.privilege = to;
  contexts.update(core);
}

const CAUSE_NAMES: Readonly<Record<number, string>> = {
  [Cause.fetchMisaligned]: "misaligned instruction address",
  [Cause.fetchAccess]: "instruction access fault",
  [Cause.illegal]: "illegal instruction",
  [Cause.breakpoint]: "breakpoint",
  [Cause.loadMisaligned]: "misaligned load",
  [Cause.loadAccess]: "load access fault",
  [Cause.storeMisaligned]: "misaligned store",
  [Cause.storeAccess]: "store access fault",
  [Cause.userCall]: "environment call from U",
  [Cause.supervisorCall]: "environment call from S",
  [Cause.machineCall]: "environment call from M",
  [Cause.fetchPage]: "instruction page fault",
  [Cause.loadPage]: "load page fault",
  [Cause.storePage]: "store page fault",
};

export const causeName = (cause: number): string => CAUSE_NAMES[cause] ?? `exception ${cause}`;
