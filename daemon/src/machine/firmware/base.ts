/** Base extension (SBI 2.0, chapter 4). */
import type { Core } from "../privileged/core.ts";
import {
  A0,
  fail,
  IMPLEMENTATION_ID,
  IMPLEMENTATION_VERSION,
  ok,
  SBI_VERSION,
  SbiError,
  type SbiExtension,
} from "./sbi.ts";

const BASE = 0x10;

export class Base implements SbiExtension {
  readonly id = BASE;
  readonly #provided: (extension: number) => boolean;

  constructor(provided: (extension: number) => boolean) {
    this.#provided = provided;
  }

  call(core: Core, functionId: number) {
    switch (functionId) {
      case 0:
        return ok(SBI_VERSION);
      case 1:
        return ok(IMPLEMENTATION_ID);
      case 2:
        return ok(IMPLEMENTATION_VERSION);
      case 3:
        return ok(core.xHigh(A0) === 0 && this.#provided(core.xLow(A0)) ? 1 : 0);
      case 4: // mvendorid
      case 5: // marchid
      case 6: // mimpid
        return ok(0);
      default:
        return fail(SbiError.notSupported);
    }
  }
}
