/** Debug console (SBI 2.0, chapter 12): bytes of physical memory to and from the console. */
import type { Core } from "../privileged/core.ts";
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

const DBCN = 0x4442_434e;
/** One call moves at most this much; the guest calls again for the rest. */
const LONGEST = 0x1_0000;

export class Dbcn implements SbiExtension {
  readonly id = DBCN;
  readonly #parts: FirmwareParts;

  constructor(parts: FirmwareParts) {
    this.#parts = parts;
  }

  call(core: Core, functionId: number): SbiResult {
    switch (functionId) {
      case 0:
        return this.#write(core);
      case 1:
        return this.#read(core);
      case 2:
        this.#parts.console.put(core.xLow(A0) & 0xff);
        return ok();
      default:
        return fail(SbiError.notSupported);
    }
  }

  #write(core: Core): SbiResult {
    const range = this.#range(core);
    if (range === undefined) return fail(SbiError.invalidParam);
    for (const byte of this.#parts.view(range.at, range.size)) this.#parts.console.put(byte);
    return ok(range.size);
  }

  #read(core: Core): SbiResult {
    const range = this.#range(core);
    if (range === undefined) return fail(SbiError.invalidParam);
    const bytes: number[] = [];
    while (bytes.length < range.size) {
      const byte = this.#parts.console.take();
      if (byte < 0) break;
      bytes.push(byte);
    }
    this.#parts.write(core, range.at, bytes);
    return ok(bytes.length);
  }

  #range(core: Core): { at: number; size: number } | undefined {
    const size = unsigned(core.xLow(A0), core.xHigh(A0));
    const at = unsigned(core.xLow(A1), core.xHigh(A1));
    const beyond = core.xLow(A2) !== 0 || core.xHigh(A2) !== 0;
    if (beyond || !this.#parts.isRam(at, size)) return undefined;
    return { at, size: Math.min(size, LONGEST) };
  }
}
