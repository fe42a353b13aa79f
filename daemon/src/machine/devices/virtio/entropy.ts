/** Virtio entropy device (virtio 1.2, section 5.4): bytes of a generator that begins at the run's seed. */
import { Random } from "../../random.ts";
import { DeviceFields, type DeviceState } from "../device.ts";
import { type Chain, Cursor, type DeviceMemory, totalSize } from "./queue.ts";
import type { VirtioDevice } from "./transport.ts";

/** One request gets at most this much. */
const LONGEST = 0x1_0000;

export class Entropy implements VirtioDevice {
  readonly name = "entropy";
  readonly id = 4;
  readonly features = 0;
  readonly queues = 1;
  readonly config = new Uint8Array(0);
  readonly #random: Random;

  constructor(seed: number) {
    this.#random = new Random(seed);
  }

  serve(_queue: number, chain: Chain, memory: DeviceMemory): number {
    const bytes = new Uint8Array(Math.min(totalSize(chain.writable), LONGEST));
    for (let at = 0; at < bytes.length; at++) bytes[at] = this.#random.next() >>> 24;
    new Cursor(memory, chain.writable).write(bytes);
    return bytes.length;
  }

  save(): DeviceState {
    return { random: this.#random.state };
  }

  restore(state: DeviceState): void {
    this.#random.restore(new DeviceFields(state).numbers("random"));
  }
}
