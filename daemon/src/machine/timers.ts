/**
 * Interrupt lines and deadlines of a hart: the ACLINT's, and the built-in firmware's timer. A line
 * is up while time has reached its comparator, so there is nothing to latch or to forget.
 */
import { type Clock, INSTRUCTIONS_PER_TICK } from "./clock.ts";
import type { Aclint } from "./devices/aclint.ts";
import { type Core, F32, F64 } from "./privileged/core.ts";
import { bit, Interrupt } from "./privileged/interrupt.ts";
import { unsigned } from "./word64.ts";

const SOFTWARE = bit(Interrupt.machineSoftware);
const MACHINE_TIMER = bit(Interrupt.machineTimer);
const SUPERVISOR_TIMER = bit(Interrupt.supervisorTimer);

export class Timers {
  readonly #clock: Clock;
  readonly #aclint: Aclint;
  /** The firmware's timers exist. */
  readonly #firmware: boolean;

  constructor(clock: Clock, aclint: Aclint, firmware: boolean) {
    this.#clock = clock;
    this.#aclint = aclint;
    this.#firmware = firmware;
  }

  /** In the bit positions of mip. */
  lines(core: Core): number {
    const now = this.#clock.now;
    let lines = this.#aclint.softwarePending(core.id) ? SOFTWARE : 0;
    if (now >= this.#machine(core)) lines |= MACHINE_TIMER;
    if (this.#firmware && now >= this.#supervisor(core)) lines |= SUPERVISOR_TIMER;
    return lines;
  }

  /** The clock (in instructions) at which the next enabled timer line goes up; Infinity when none does. */
  deadline(core: Core): number {
    const now = this.#clock.now;
    const enabled = core.get(F32.mie);
    let next = Number.POSITIVE_INFINITY;
    if (enabled & MACHINE_TIMER) next = future(next, this.#machine(core), now);
    if (this.#firmware && enabled & SUPERVISOR_TIMER) {
      next = future(next, this.#supervisor(core), now);
    }
    return next;
  }

  #machine(core: Core): number {
    return this.#aclint.deadline(core.id) * INSTRUCTIONS_PER_TICK;
  }

  #supervisor(core: Core): number {
    return unsigned(core.low(F64.timer), core.high(F64.timer)) * INSTRUCTIONS_PER_TICK;
  }
}

/** All ones is never: no run lasts 5,000 years. */
const NEVER = 2 ** 63;

const future = (next: number, deadline: number, now: number): number =>
  deadline > now && deadline < NEVER ? Math.min(next, deadline) : next;
