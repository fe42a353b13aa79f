/**
 * Interrupt lines and deadlines of a hart: the ACLINT's, the PLIC's, and its own stimecmp (Sstc). A
 * timer's line is up while time has reached its comparator, so there is nothing to latch or forget.
 */
import { type Clock, INSTRUCTIONS_PER_TICK } from "./clock.ts";
import type { Aclint } from "./devices/aclint.ts";
import type { Plic } from "./devices/plic.ts";
import { type Core, F32, F64, supervisorTimer } from "./privileged/core.ts";
import { bit, Interrupt } from "./privileged/interrupt.ts";

const SOFTWARE = bit(Interrupt.machineSoftware);
const MACHINE_TIMER = bit(Interrupt.machineTimer);
const SUPERVISOR_TIMER = bit(Interrupt.supervisorTimer);
const MACHINE_EXTERNAL = bit(Interrupt.machineExternal);
const SUPERVISOR_EXTERNAL = bit(Interrupt.supervisorExternal);

export class Timers {
  readonly #clock: Clock;
  readonly #aclint: Aclint;
  readonly #plic: Plic;

  constructor(clock: Clock, aclint: Aclint, plic: Plic) {
    this.#clock = clock;
    this.#aclint = aclint;
    this.#plic = plic;
  }

  /** Those that are wanted and up, in the bit positions of mip. Timers that nobody wants cost nothing. */
  lines(core: Core, wanted: number): number {
    const { id } = core;
    let lines = this.#aclint.softwarePending(id) ? SOFTWARE : 0;
    if (wanted & MACHINE_TIMER && this.#aclint.untilTimer(id) === 0) lines |= MACHINE_TIMER;
    if (wanted & SUPERVISOR_TIMER && supervisorTimer(core) && this.#untilSupervisor(core) === 0) {
      lines |= SUPERVISOR_TIMER;
    }
    if (this.#plic.output(2 * id)) lines |= MACHINE_EXTERNAL;
    if (this.#plic.output(2 * id + 1)) lines |= SUPERVISOR_EXTERNAL;
    return lines & wanted;
  }

  /** The clock (in instructions) at which the next enabled timer line goes up; Infinity when none does. */
  deadline(core: Core): number {
    const enabled = core.get(F32.mie);
    let ticks = NEVER;
    if (enabled & MACHINE_TIMER) ticks = sooner(ticks, this.#aclint.untilTimer(core.id));
    if (enabled & SUPERVISOR_TIMER && supervisorTimer(core)) {
      ticks = sooner(ticks, this.#untilSupervisor(core));
    }
    if (ticks === NEVER) return Number.POSITIVE_INFINITY;
    return (this.#clock.ticks + ticks) * INSTRUCTIONS_PER_TICK;
  }

  #untilSupervisor(core: Core): number {
    return this.#aclint.ticksUntil(core.low(F64.stimecmp), core.high(F64.stimecmp));
  }
}

/** No run lasts 25 years. */
const NEVER = 2 ** 53;

/** A line that is up (0) will not go up. */
const sooner = (next: number, ticks: number): number => (ticks > 0 ? Math.min(next, ticks) : next);
