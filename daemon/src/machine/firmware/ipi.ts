/** IPI extension (SBI 2.0, chapter 7): supervisor software interrupts for other harts. */
import { Activity, type Core, F32 } from "../privileged/core.ts";
import { bit, Interrupt } from "../privileged/interrupt.ts";
import { maskedHarts } from "./masks.ts";
import { A0, A1, type FirmwareParts, fail, ok, SbiError, type SbiExtension } from "./sbi.ts";

const IPI = 0x73_5049;

export class Ipi implements SbiExtension {
  readonly id = IPI;
  readonly #parts: FirmwareParts;

  constructor(parts: FirmwareParts) {
    this.#parts = parts;
  }

  call(core: Core, functionId: number) {
    if (functionId !== 0) return fail(SbiError.notSupported);
    const harts = maskedHarts(core, A0, A1, this.#parts.cores.length);
    if (harts === undefined) return fail(SbiError.invalidParam);
    this.send(core, harts);
    return ok();
  }

  /** Harts that are stopped cannot be interrupted: they are passed over, as by OpenSBI. */
  send(from: Core, harts: readonly number[]): void {
    for (const id of harts) {
      const to = this.#parts.cores[id]!;
      if (to.activity === Activity.stopped) continue;
      to.put(F32.mip, to.get(F32.mip) | bit(Interrupt.supervisorSoftware));
      this.#parts.ipi(from, id);
    }
    this.#parts.control.attention = true;
  }
}
