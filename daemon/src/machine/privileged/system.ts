/**
 * The SYSTEM instructions: Zicsr accesses, environment calls, returns from traps, wfi and
 * sfence.vma (unprivileged manual, chapter 9; privileged manual, 3.3 and 4.2).
 */
import type { RunControl } from "../control.ts";
import { Flow } from "../engine/host.ts";
import type { Traps } from "../traps.ts";
import { Word64 } from "../word64.ts";
import type { Contexts } from "./context.ts";
import { Activity, type Core, MACHINE, MSTATUS, SUPERVISOR, USER } from "./core.ts";
import { accessible, type Counters, csrRow, Effect, isReadOnly } from "./csr.ts";
import { takable, wakes } from "./interrupt.ts";
import { Cause, machineReturn, supervisorReturn } from "./trap.ts";

const ECALL = 0x0000_0073;
const EBREAK = 0x0010_0073;
const C_EBREAK = 0x9002;
const SRET = 0x1020_0073;
const MRET = 0x3020_0073;
const WFI = 0x1050_0073;
const SFENCE_VMA = 0x1200_0073;
const SFENCE_MASK = 0xfe00_7fff | 0;

/** A CSR instruction's shortest length in bytes is its only one. */
const CSR_LENGTH = 4;

/** satp before and after; true stops the run. */
export type AddressSpaceChange = (
  core: Core,
  oldLow: number,
  oldHigh: number,
  newLow: number,
  newHigh: number,
) => boolean;

interface SystemParts {
  readonly contexts: Contexts;
  readonly cores: readonly Core[];
  readonly traps: Traps;
  readonly control: RunControl;
  readonly counters: Counters;
  /** A supervisor's ecall that the built-in firmware answers; undefined when there is none. */
  readonly firmware: ((core: Core) => Flow) | undefined;
  readonly addressSpaceChanged: AddressSpaceChange;
  /** Drops everything that is known about the hart's address space. */
  forget(core: Core): void;
}

export class SystemUnit {
  readonly #parts: SystemParts;
  readonly #old = new Word64();
  readonly #new = new Word64();

  constructor(parts: SystemParts) {
    this.#parts = parts;
  }

  csr(hart: number, raw: number): Flow {
    const core = this.#parts.cores[hart]!;
    const number = raw >>> 20;
    const row = csrRow(number);
    const operation = (raw >>> 12) & 3;
    const source = (raw >>> 15) & 31;
    // Set and clear with x0 or a zero immediate do not write at all.
    const writes = operation === 1 || source !== 0;
    if (row === undefined || !accessible(core, number) || (writes && isReadOnly(number))) {
      return this.illegal(hart, raw);
    }
    const destination = (raw >>> 7) & 31;
    const old = this.#old;
    row.read(core, old, this.#parts.counters);
    const { low: oldLow, high: oldHigh } = old;
    row.held?.(core, old);
    let effect: Effect = Effect.none;
    if (writes && row.write !== undefined) {
      this.#operand(core, raw, operation, source);
      effect = row.write(core, this.#new, this.#parts.counters);
    }
    core.setX(destination, oldLow, oldHigh);
    return effect === Effect.none ? Flow.next : this.#settle(core, effect, oldLow, oldHigh);
  }

  system(hart: number, raw: number): Flow {
    const core = this.#parts.cores[hart]!;
    switch (raw) {
      case ECALL:
        return this.#call(core);
      case EBREAK:
      case C_EBREAK:
        return this.#parts.traps.raise(core, Cause.breakpoint, 0, 0);
      case SRET:
        return this.#supervisorReturn(core, raw);
      case MRET:
        if (core.privilege !== MACHINE) return this.illegal(hart, raw);
        machineReturn(this.#parts.contexts, core);
        return this.#jumpOrLeave(core);
      case WFI:
        return this.#wait(core, raw);
      default:
        if ((raw & SFENCE_MASK) === SFENCE_VMA) return this.#fence(core, raw);
        return this.illegal(hart, raw);
    }
  }

  illegal(hart: number, raw: number): Flow {
    return this.#parts.traps.raise(this.#parts.cores[hart]!, Cause.illegal, raw, 0);
  }

  /** What the register becomes: rs1 or the immediate replaces it, or sets or clears bits. */
  #operand(core: Core, raw: number, operation: number, source: number): void {
    const immediate = (raw & 0x4000) !== 0;
    const low = immediate ? source : core.xLow(source);
    const high = immediate ? 0 : core.xHigh(source);
    const old = this.#old;
    if (operation === 1) this.#new.set(low, high);
    else if (operation === 2) this.#new.set(old.low | low, old.high | high);
    else this.#new.set(old.low & ~low, old.high & ~high);
  }

  #settle(core: Core, effect: Effect, oldLow: number, oldHigh: number): Flow {
    const { contexts, control } = this.#parts;
    if (effect & Effect.context) contexts.update(core);
    if (effect & Effect.protection) {
      this.#parts.forget(core);
      core.advancePc(CSR_LENGTH);
      return Flow.jump;
    }
    if (effect & Effect.deadline) return Flow.leave;
    if (effect & Effect.interrupts && takable(core) >= 0) return Flow.leave;
    if (effect & Effect.addressSpace) {
      const { low, high } = this.#new;
      const stop = this.#parts.addressSpaceChanged(core, oldLow, oldHigh, low, high);
      if (stop) control.stop = true;
      core.advancePc(CSR_LENGTH);
      return stop ? Flow.leave : Flow.jump;
    }
    return Flow.next;
  }

  #call(core: Core): Flow {
    const { traps, firmware } = this.#parts;
    switch (core.privilege) {
      case USER:
        return traps.raise(core, Cause.userCall, 0, 0);
      case SUPERVISOR:
        return firmware?.(core) ?? traps.raise(core, Cause.supervisorCall, 0, 0);
      default:
        return traps.raise(core, Cause.machineCall, 0, 0);
    }
  }

  #supervisorReturn(core: Core, raw: number): Flow {
    const { privilege } = core;
    if (privilege < SUPERVISOR || (privilege === SUPERVISOR && core.mstatus & MSTATUS.TSR)) {
      return this.illegal(core.id, raw);
    }
    supervisorReturn(this.#parts.contexts, core);
    return this.#jumpOrLeave(core);
  }

  #jumpOrLeave(core: Core): Flow {
    return takable(core) >= 0 ? Flow.leave : Flow.jump;
  }

  /** In U-mode wfi is illegal, as on QEMU; S-mode may be forbidden to wait. */
  #wait(core: Core, raw: number): Flow {
    const { privilege } = core;
    if (privilege === USER || (privilege === SUPERVISOR && core.mstatus & MSTATUS.TW)) {
      return this.illegal(core.id, raw);
    }
    if (wakes(core)) return Flow.next;
    core.activity = Activity.waiting;
    return Flow.leave;
  }

  /** Translations always follow memory (see translate.ts), so there is nothing to forget. */
  #fence(core: Core, raw: number): Flow {
    const { privilege } = core;
    if (privilege === USER || (privilege === SUPERVISOR && core.mstatus & MSTATUS.TVM)) {
      return this.illegal(core.id, raw);
    }
    return Flow.next;
  }
}
