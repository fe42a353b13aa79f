/**
 * Legacy calls (SBI 2.0, chapter 5): each has its own extension id, and a0 alone comes back.
 * Hart masks are read from virtual memory; fences need no work (see rfence.ts).
 */
import type { Core } from "../privileged/core.ts";
import type { Ipi } from "./ipi.ts";
import { A0, type FirmwareParts, SbiError } from "./sbi.ts";
import type { Time } from "./time.ts";

export const LEGACY_LAST = 8;

export class Legacy {
  readonly #parts: FirmwareParts;
  readonly #time: Time;
  readonly #ipi: Ipi;

  constructor(parts: FirmwareParts, time: Time, ipi: Ipi) {
    this.#parts = parts;
    this.#time = time;
    this.#ipi = ipi;
  }

  /** The value of a0. */
  call(core: Core, id: number): number {
    switch (id) {
      case 0:
        this.#time.setTimer(core);
        return 0;
      case 1:
        this.#parts.console.put(core.xLow(A0) & 0xff);
        return 0;
      case 2:
        return this.#parts.console.take();
      case 3: // clear_ipi: sip.SSIP is the supervisor's own to clear
        return 0;
      case 4:
        return this.#sendIpi(core);
      case 5:
      case 6:
      case 7:
        return 0;
      case LEGACY_LAST:
        this.#parts.exit(0);
        return 0;
      default:
        return SbiError.notSupported;
    }
  }

  #sendIpi(core: Core): number {
    const low = core.xLow(A0);
    const high = core.xHigh(A0);
    // A null pointer means all harts.
    const mask = low === 0 && high === 0 ? -1 : this.#parts.peek(core, low, high);
    if (mask === undefined) return SbiError.failed;
    const harts = this.#parts.cores.map(({ id }) => id).filter((id) => (mask >>> id) & 1);
    this.#ipi.send(core, harts);
    return 0;
  }
}
