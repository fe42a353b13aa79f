/** System reset (SBI 2.0, chapter 10). A reboot ends the machine's life like a shutdown. */
import type { Core } from "../privileged/core.ts";
import { A0, A1, type FirmwareParts, fail, ok, SbiError, type SbiExtension } from "./sbi.ts";

const SRST = 0x5352_5354;

/** Shutdown, cold reboot, warm reboot. */
const TYPES = 3;
/** None, system failure. */
const REASONS = 2;
/** From here on types and reasons belong to vendors and implementations. */
const IMPLEMENTATION = 0xe000_0000;

export class Srst implements SbiExtension {
  readonly id = SRST;
  readonly #parts: FirmwareParts;

  constructor(parts: FirmwareParts) {
    this.#parts = parts;
  }

  call(core: Core, functionId: number) {
    if (functionId !== 0) return fail(SbiError.notSupported);
    const type = core.xLow(A0) >>> 0;
    const reason = core.xLow(A1) >>> 0;
    if (type >= IMPLEMENTATION) return fail(SbiError.notSupported);
    if (type >= TYPES || (reason >= REASONS && reason < IMPLEMENTATION)) {
      return fail(SbiError.invalidParam);
    }
    this.#parts.exit(reason === 0 ? 0 : 1);
    return ok();
  }
}
