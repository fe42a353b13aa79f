/**
 * RFENCE extension (SBI 2.0, chapter 8). Code and translations always follow memory in this machine
 * (see translate.ts), so a fence is done as soon as its arguments are found right. The functions of
 * the hypervisor extension are not there.
 */
import type { Core } from "../privileged/core.ts";
import { maskedHarts } from "./masks.ts";
import { A0, A1, type FirmwareParts, fail, ok, SbiError, type SbiExtension } from "./sbi.ts";

const RFENCE = 0x5246_4e43;
/** fence.i, sfence.vma, sfence.vma with ASID. */
const FUNCTIONS = 3;

export class Rfence implements SbiExtension {
  readonly id = RFENCE;
  readonly #parts: FirmwareParts;

  constructor(parts: FirmwareParts) {
    this.#parts = parts;
  }

  call(core: Core, functionId: number) {
    if (functionId < 0 || functionId >= FUNCTIONS) return fail(SbiError.notSupported);
    const harts = maskedHarts(core, A0, A1, this.#parts.cores.length);
    return harts === undefined ? fail(SbiError.invalidParam) : ok();
  }
}
