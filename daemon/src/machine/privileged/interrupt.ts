/** Which interrupt a hart takes next (privileged manual, 3.1.9 and 3.1.8). */
import { type Core, F32, MACHINE, MSTATUS, SUPERVISOR } from "./core.ts";

export const Interrupt = {
  supervisorSoftware: 1,
  machineSoftware: 3,
  supervisorTimer: 5,
  machineTimer: 7,
  supervisorExternal: 9,
  machineExternal: 11,
} as const;

export const bit = (interrupt: number): number => 1 << interrupt;

export const SUPERVISOR_INTERRUPTS =
  bit(Interrupt.supervisorSoftware) |
  bit(Interrupt.supervisorTimer) |
  bit(Interrupt.supervisorExternal);
export const MACHINE_INTERRUPTS =
  bit(Interrupt.machineSoftware) | bit(Interrupt.machineTimer) | bit(Interrupt.machineExternal);

/** Highest first. */
const PRIORITY = [11, 3, 7, 9, 1, 5] as const;

/** mip as software sees it: its own bits and the wires. */
export const pending = (core: Core): number => core.get(F32.mip) | core.lines(-1);

/** What ends a wfi: an interrupt that is pending and enabled in mie, whatever mstatus says. */
export const wakes = (core: Core): boolean => ready(core, core.get(F32.mie)) !== 0;

/** What is pending of the interrupts that are enabled. */
const ready = (core: Core, enabled: number): number =>
  (core.get(F32.mip) & enabled) | core.lines(enabled);

/** The interrupt to take before the next instruction, or -1. */
export function takable(core: Core): number {
  const enabled = core.get(F32.mie);
  if (enabled === 0) return -1;
  const waiting = ready(core, enabled);
  if (waiting === 0) return -1;
  const delegated = core.get(F32.mideleg);
  const machine = waiting & ~delegated;
  if (machine !== 0 && allowed(core, MACHINE, MSTATUS.MIE)) return first(machine);
  const supervisor = waiting & delegated;
  if (supervisor !== 0 && allowed(core, SUPERVISOR, MSTATUS.SIE)) return first(supervisor);
  return -1;
}

/** Interrupts for a level are on in all lower levels, and at that level when its enable bit is set. */
function allowed(core: Core, level: number, enable: number): boolean {
  const privilege = core.privilege;
  return privilege < level || (privilege === level && (core.mstatus & enable) !== 0);
}

function first(waiting: number): number {
  for (const interrupt of PRIORITY) if (waiting & bit(interrupt)) return interrupt;
  return -1;
}
