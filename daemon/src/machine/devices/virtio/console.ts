/**
 * Virtio console (virtio 1.2, section 5.3) with one port: queue 0 receives, queue 1 transmits. It
 * keeps no state of its own: bytes that the driver has no room for wait in the machine's console.
 */
import type { ConsoleLines } from "../../console.ts";
import type { DeviceState } from "../device.ts";
import { type Chain, Cursor, type DeviceMemory, RingError, totalSize } from "./queue.ts";
import type { VirtioDevice } from "./transport.ts";

export const RECEIVE = 0;
/** Longer ones are no text. */
const LONGEST = 0x10_0000;

export class VirtioConsole implements VirtioDevice {
  readonly name = "console";
  readonly id = 3;
  readonly features = 0;
  readonly queues = 2;
  readonly config = new Uint8Array(12);
  readonly #wires: ConsoleLines;

  constructor(wires: ConsoleLines) {
    this.#wires = wires;
  }

  serve(queue: number, chain: Chain, memory: DeviceMemory): number | undefined {
    return queue === RECEIVE ? this.#receive(chain, memory) : this.#transmit(chain, memory);
  }

  save(): DeviceState {
    return {};
  }

  restore(): void {}

  #receive(chain: Chain, memory: DeviceMemory): number | undefined {
    const size = Math.min(totalSize(chain.writable), this.#wires.available());
    if (size === 0 && this.#wires.available() === 0) return undefined;
    new Cursor(memory, chain.writable).write(
      Uint8Array.from({ length: size }, () => this.#wires.take()),
    );
    return size;
  }

  #transmit(chain: Chain, memory: DeviceMemory): number {
    const size = totalSize(chain.readable);
    if (size > LONGEST) throw new RingError(`${size} bytes to print at once`);
    for (const byte of new Cursor(memory, chain.readable).read(size)) this.#wires.put(byte);
    return 0;
  }
}
