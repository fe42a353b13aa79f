/** Read-only memory for what a machine tells its firmware at reset. Nothing is executed from it. */
import type { Word64 } from "../word64.ts";
import type { AccessSize, Device } from "./device.ts";

export class Rom implements Device {
  readonly name = "rom";
  readonly #view: DataView;

  constructor(bytes: Uint8Array) {
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  }

  load(offset: number, size: AccessSize, value: Word64): boolean {
    let high = 0;
    let low = 0;
    for (let at = size - 1; at >= 0; at--) {
      const byte = offset + at < this.#view.byteLength ? this.#view.getUint8(offset + at) : 0;
      if (at < 4) low = (low << 8) | byte;
      else high = (high << 8) | byte;
    }
    value.set(low, high);
    return true;
  }

  /** Stores are dropped. */
  store(): boolean {
    return true;
  }

  save() {
    return {};
  }

  restore(): void {}
}
