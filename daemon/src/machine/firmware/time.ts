/**
 * TIME extension (SBI 2.0, chapter 6). The comparator is the hart's stimecmp: its interrupt is pending
 * while time has reached it, so a new value also takes a pending interrupt back.
 */
import { type Core, F64 } from "../privileged/core.ts";
import { A0, type FirmwareParts, fail, ok, SbiError, type SbiExtension } from "./sbi.ts";

const TIME = 0x5449_4d45;

export class Time implements SbiExtension {
  readonly id = TIME;
  readonly #parts: FirmwareParts;

  constructor(parts: FirmwareParts) {
    this.#parts = parts;
  }

  call(core: Core, functionId: number) {
    if (functionId !== 0) return fail(SbiError.notSupported);
    this.setTimer(core);
    return ok();
  }

  setTimer(core: Core): void {
    core.set(F64.stimecmp, core.xLow(A0), core.xHigh(A0));
    this.#parts.control.attention = true;
  }
}
