/** Hart state management (SBI 2.0, chapter 9). */
import { HART } from "../engine/layout.ts";
import {
  Activity,
  type Core,
  F32,
  F64,
  FLOAT_DIRTY,
  MSTATUS,
  SUPERVISOR,
} from "../privileged/core.ts";
import { wakes } from "../privileged/interrupt.ts";
import { unsigned } from "../word64.ts";
import {
  A0,
  A1,
  A2,
  type FirmwareParts,
  fail,
  ok,
  SbiError,
  type SbiExtension,
  type SbiResult,
} from "./sbi.ts";

const HSM = 0x48_534d;

const HsmStatus = { started: 0, stopped: 1, suspended: 4 } as const;

const RETENTIVE = 0;
const NON_RETENTIVE = 0x8000_0000;
/** Suspend types from here on, in both halves, belong to the platform; lower ones are reserved. */
const PLATFORM_TYPES = 0x1000_0000;

export class Hsm implements SbiExtension {
  readonly id = HSM;
  readonly #parts: FirmwareParts;

  constructor(parts: FirmwareParts) {
    this.#parts = parts;
  }

  call(core: Core, functionId: number): SbiResult | undefined {
    switch (functionId) {
      case 0:
        return this.#start(core);
      case 1:
        core.activity = Activity.stopped;
        this.#parts.control.attention = true;
        return undefined;
      case 2:
        return this.#status(core);
      case 3:
        return this.#suspend(core);
      default:
        return fail(SbiError.notSupported);
    }
  }

  #start(core: Core): SbiResult {
    const target = this.#target(core);
    if (target === undefined) return fail(SbiError.invalidParam);
    if (target.activity !== Activity.stopped) return fail(SbiError.alreadyAvailable);
    if (!this.#executable(core, A1)) return fail(SbiError.invalidAddress);
    target.put(F32.mip, 0);
    target.set(F64.stimecmp, -1, -1);
    this.enter(target, core.xLow(A1), core.xHigh(A1), core.xLow(A2), core.xHigh(A2));
    target.activity = Activity.running;
    this.#parts.control.attention = true;
    return ok();
  }

  /**
   * S-mode as a start leaves it: translation and interrupts off, a0 the hart, a1 opaque; the float
   * unit on and empty, as OpenSBI leaves it.
   */
  enter(core: Core, pcLow: number, pcHigh: number, opaqueLow: number, opaqueHigh: number): void {
    core.privilege = SUPERVISOR;
    core.mstatus &= ~MSTATUS.SIE;
    core.put(F32.mie, 0);
    core.put(F32.suspended, 0);
    core.set(F64.satp, 0, 0);
    core.set(F64.stvec, 0, 0);
    core.set(F64.sscratch, 0, 0);
    core.setX(A0, core.id, 0);
    core.setX(A1, opaqueLow, opaqueHigh);
    for (let register = 0; register < 32; register++) core.set(HART.f + 8 * register, 0, 0);
    core.set(HART.fcsr, 0, 0);
    core.floatState = FLOAT_DIRTY;
    core.setPc(pcLow, pcHigh);
    this.#parts.remap(core);
  }

  #status(core: Core): SbiResult {
    const target = this.#target(core);
    if (target === undefined) return fail(SbiError.invalidParam);
    if (target.activity === Activity.stopped) return ok(HsmStatus.stopped);
    return ok(target.get(F32.suspended) ? HsmStatus.suspended : HsmStatus.started);
  }

  /** Both kinds wait as wfi does; after the non-retentive one the hart begins anew elsewhere. */
  #suspend(core: Core): SbiResult | undefined {
    const type = core.xLow(A0) >>> 0;
    if (type !== RETENTIVE && type !== NON_RETENTIVE) {
      const platform = (type & 0x7fff_ffff) >= PLATFORM_TYPES;
      return fail(platform ? SbiError.notSupported : SbiError.invalidParam);
    }
    if (type === NON_RETENTIVE && !this.#executable(core, A1)) {
      return fail(SbiError.invalidAddress);
    }
    const enabled = core.get(F32.mie);
    const awake = wakes(core);
    if (type === NON_RETENTIVE) {
      this.enter(core, core.xLow(A1), core.xHigh(A1), core.xLow(A2), core.xHigh(A2));
      // What may wake the hart is what it had enabled when it went to sleep.
      core.put(F32.mie, enabled);
    }
    if (!awake) {
      core.activity = Activity.waiting;
      core.put(F32.suspended, 1);
    }
    this.#parts.control.attention = true;
    return type === RETENTIVE ? ok() : undefined;
  }

  #target(core: Core): Core | undefined {
    return core.xHigh(A0) === 0 ? this.#parts.cores[core.xLow(A0) >>> 0] : undefined;
  }

  #executable(core: Core, register: number): boolean {
    const at = unsigned(core.xLow(register), core.xHigh(register));
    return at % 2 === 0 && this.#parts.isRam(at, 2);
  }
}
