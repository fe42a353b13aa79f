/** A driver's side of virtio for tests: rings in a RAM of its own, registers by their names. */
import { Alarms } from "../../../daemon/src/machine/devices/alarms.ts";
import type { DeviceMemory } from "../../../daemon/src/machine/devices/virtio/queue.ts";
import {
  type VirtioDevice,
  VirtioTransport,
} from "../../../daemon/src/machine/devices/virtio/transport.ts";
import { Word64 } from "../../../daemon/src/machine/word64.ts";

export const RAM = 0x8000_0000;
const SIZE = 0x1_0000;
const DESCRIPTORS = 0x1000;
const AVAILABLE = 0x2000;
const USED = 0x3000;
export const BUFFERS = 0x4000;

export const Register = {
  magic: 0x00,
  version: 0x04,
  device: 0x08,
  deviceFeatures: 0x10,
  deviceFeaturesSel: 0x14,
  driverFeatures: 0x20,
  driverFeaturesSel: 0x24,
  queueSel: 0x30,
  queueNumMax: 0x34,
  queueNum: 0x38,
  queueReady: 0x44,
  notify: 0x50,
  interruptStatus: 0x60,
  interruptAck: 0x64,
  status: 0x70,
} as const;

export interface Buffer {
  readonly at: number;
  readonly size: number;
  readonly writable?: boolean;
}

const word = new Word64();

export class Driver {
  readonly ram = new Uint8Array(SIZE);
  readonly view = new DataView(this.ram.buffer);
  readonly alarms = new Alarms(() => {});
  readonly transport: VirtioTransport;
  now = 0;
  line = false;
  #available = 0;

  constructor(device: VirtioDevice | undefined) {
    const memory: DeviceMemory = {
      isRam: (address, size) => address >= RAM && address + size <= RAM + SIZE,
      view: (address, size) => this.ram.subarray(address - RAM, address - RAM + size),
      write: (address, bytes) => this.ram.set(bytes, address - RAM),
    };
    this.transport = new VirtioTransport(device, {
      memory,
      now: () => this.now,
      interrupt: (up) => {
        this.line = up;
      },
      alarms: this.alarms,
    });
  }

  read(offset: number, size: 1 | 2 | 4 = 4): number {
    if (!this.transport.load(offset, size, word)) throw new Error("refused");
    return word.low >>> 0;
  }

  write(offset: number, value: number): void {
    word.set(value, 0);
    if (!this.transport.store(offset, 4, word)) throw new Error("refused");
  }

  /** Acknowledges, takes these low features and version 1; then the queue, and DRIVER_OK. */
  start(queues = 1, features = 0, size = 8): void {
    this.write(Register.status, 1);
    this.write(Register.status, 3);
    for (const [select, bits] of [
      [0, features],
      [1, 1],
    ] as const) {
      this.write(Register.driverFeaturesSel, select);
      this.write(Register.driverFeatures, bits);
    }
    this.write(Register.status, 11);
    for (let queue = 0; queue < queues; queue++) {
      this.write(Register.queueSel, queue);
      this.write(Register.queueNum, size);
      // Queues of one device lie 0x400 apart.
      [DESCRIPTORS, AVAILABLE, USED].forEach((at, index) => {
        this.write(0x80 + 0x10 * index, RAM + at + 0x400 * queue);
        this.write(0x84 + 0x10 * index, 0);
      });
      this.write(Register.queueReady, 1);
    }
    this.write(Register.status, 15);
  }

  describe(
    index: number,
    address: number,
    size: number,
    flags: number,
    next: number,
    queue = 0,
  ): void {
    const at = DESCRIPTORS + 0x400 * queue + 16 * index;
    this.view.setBigUint64(at, BigInt(address), true);
    this.view.setUint32(at + 8, size, true);
    this.view.setUint16(at + 12, flags, true);
    this.view.setUint16(at + 14, next, true);
  }

  /** Makes a chain available from a descriptor on. */
  offer(head: number, queue = 0, size = 8): void {
    const at = AVAILABLE + 0x400 * queue;
    this.view.setUint16(at + 4 + 2 * (this.#available % size), head, true);
    this.#available += 1;
    this.view.setUint16(at + 2, this.#available, true);
  }

  /** One request of these buffers from descriptor 0 on; how many bytes the device says it wrote. */
  request(buffers: readonly Buffer[], queue = 0): number {
    buffers.forEach(({ at, size, writable }, index) => {
      const more = index + 1 < buffers.length ? 1 : 0;
      this.describe(index, RAM + at, size, more | (writable ? 2 : 0), index + 1, queue);
    });
    this.offer(0, queue);
    this.write(Register.notify, queue);
    this.wait();
    return this.used(queue).written;
  }

  /** Until the next alarm, if there is one. */
  wait(): void {
    if (this.alarms.next === Number.POSITIVE_INFINITY) return;
    this.now = this.alarms.next;
    this.alarms.ring(this.now);
  }

  /** The last entry of the used ring. */
  used(queue = 0, size = 8): { index: number; head: number; written: number } {
    const at = USED + 0x400 * queue;
    const index = this.view.getUint16(at + 2, true);
    const last = at + 4 + 8 * ((index + size - 1) % size);
    return {
      index,
      head: this.view.getUint32(last, true),
      written: this.view.getUint32(last + 4, true),
    };
  }

  get needsReset(): boolean {
    return (this.read(Register.status) & 64) !== 0;
  }
}
