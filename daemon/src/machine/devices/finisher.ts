/**
 * SiFive test finisher (`sifive,test0`): a 32-bit register whose low half says how the machine ends
 * and whose high half is the exit code of a failure.
 */
import type { Word64 } from "../word64.ts";
import type { AccessSize, Device } from "./device.ts";

const FINISHER_FAIL = 0x3333;
export const FINISHER_PASS = 0x5555;
export const FINISHER_RESET = 0x7777;

export class Finisher implements Device {
  readonly name = "finisher";
  readonly #exit: (code: number) => void;

  constructor(exit: (code: number) => void) {
    this.#exit = exit;
  }

  load(_offset: number, size: AccessSize, value: Word64): boolean {
    if (size > 4) return false;
    value.set(0, 0);
    return true;
  }

  store(offset: number, size: AccessSize, value: Word64): boolean {
    if (size < 2 || size > 4) return false;
    if (offset !== 0) return true;
    const status = value.low & 0xffff;
    if (status === FINISHER_PASS || status === FINISHER_RESET) this.#exit(0);
    else if (status === FINISHER_FAIL) this.#exit(size === 4 ? value.low >>> 16 : 0);
    return true;
  }

  save() {
    return {};
  }

  restore(): void {}
}
