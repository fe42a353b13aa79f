/**
 * Virtio over memory-mapped registers, version 2 (virtio 1.2, section 4.2): one slot with one
 * device, or none. Requests are served some instructions of the guest's clock after the driver has
 * announced them, all that wait in a queue at once.
 */
import type { Word64 } from "../../word64.ts";
import type { Alarm, Alarms } from "../alarms.ts";
import { type AccessSize, type Device, DeviceFields, type DeviceState } from "../device.ts";
import { type Chain, type DeviceMemory, QUEUE_SIZE_MAX, RingError, Virtqueue } from "./queue.ts";

/** A device behind the transport. */
export interface VirtioDevice {
  readonly name: string;
  /** Virtio 1.2, chapter 5. */
  readonly id: number;
  /** Feature bits 31..0 that it offers. */
  readonly features: number;
  readonly queues: number;
  /** The configuration space; drivers only read it. */
  readonly config: Uint8Array;
  /**
   * Serves a request: how many bytes were written to it, or undefined to let it wait until `kick`.
   * Throws RingError when the request breaks the rules.
   */
  serve(queue: number, chain: Chain, memory: DeviceMemory): number | undefined;
  save(): DeviceState;
  restore(state: DeviceState): void;
}

interface TransportWires {
  readonly memory: DeviceMemory;
  /** The guest's clock in instructions. */
  now(): number;
  interrupt(up: boolean): void;
  readonly alarms: Alarms;
  /** Instructions until requests are served; left out: LATENCY. */
  readonly latency?: number | undefined;
}

/** 20 microseconds of the guest's clock. */
export const LATENCY = 2000;

const MAGIC = 0x7472_6976;
const VERSION = 2;
/** "QEMU": drivers know it. */
const VENDOR = 0x554d_4551;
/** VIRTIO_F_VERSION_1 is bit 32: bit 0 of the second word. */
const VERSION_1 = 1;

const Status = { driverOk: 4, featuresOk: 8, needsReset: 64, writable: 0x8f } as const;
const UsedBuffer = 1;
const ConfigChange = 2;
const CONFIG = 0x100;

export class VirtioTransport implements Device {
  readonly name: string;
  readonly #device: VirtioDevice | undefined;
  readonly #wires: TransportWires;
  readonly #queues: readonly Virtqueue[];
  readonly #alarm: Alarm;
  #status = 0;
  #interrupts = 0;
  #deviceFeaturesWord = 0;
  #driverFeaturesWord = 0;
  readonly #driverFeatures = new Int32Array(2);
  #queue = 0;
  /** Queues that have been announced and not been looked at, as bits. */
  #announced = 0;

  constructor(device: VirtioDevice | undefined, wires: TransportWires) {
    this.name = device === undefined ? "virtio" : `virtio-${device.name}`;
    this.#device = device;
    this.#wires = wires;
    this.#queues = Array.from({ length: device?.queues ?? 0 }, () => new Virtqueue());
    this.#alarm = wires.alarms.create(() => this.#serve());
  }

  load(offset: number, size: AccessSize, value: Word64): boolean {
    if (offset >= CONFIG) {
      const config = this.#device?.config;
      let low = 0;
      for (let i = Math.min(size, 4) - 1; i >= 0; i--) {
        low = (low << 8) | (config?.[offset - CONFIG + i] ?? 0);
      }
      value.set(low, 0);
      return size <= 4;
    }
    if (size !== 4) return false;
    value.set(this.#read(offset), 0);
    return true;
  }

  store(offset: number, size: AccessSize, value: Word64): boolean {
    if (offset >= CONFIG) return true;
    if (size !== 4) return false;
    if (this.#device !== undefined) this.#write(offset, value.low);
    return true;
  }

  /** A queue whose requests were left to wait may go on. */
  kick(queue: number): void {
    if (!this.#live || !this.#queues[queue]?.ready) return;
    this.#announced |= 1 << queue;
    const { now, latency = LATENCY } = this.#wires;
    if (this.#alarm.saved < 0) this.#alarm.due = now() + latency;
  }

  save(): DeviceState {
    const queues = this.#queues.map((queue, index) => [`queue${index}`, queue.state]);
    return {
      ...this.#device?.save(),
      ...Object.fromEntries(queues),
      status: this.#status,
      interrupts: this.#interrupts,
      deviceFeaturesWord: this.#deviceFeaturesWord,
      driverFeaturesWord: this.#driverFeaturesWord,
      driverFeatures: [...this.#driverFeatures],
      queue: this.#queue,
      announced: this.#announced,
      due: this.#alarm.saved,
    };
  }

  restore(state: DeviceState): void {
    const saved = new DeviceFields(state);
    this.#device?.restore(state);
    this.#queues.forEach((queue, index) => {
      queue.state = saved.numbers(`queue${index}`);
    });
    this.#status = saved.number("status");
    this.#interrupts = saved.number("interrupts");
    this.#deviceFeaturesWord = saved.number("deviceFeaturesWord");
    this.#driverFeaturesWord = saved.number("driverFeaturesWord");
    this.#driverFeatures.set(saved.numbers("driverFeatures"));
    this.#queue = saved.number("queue");
    this.#announced = saved.number("announced");
    this.#alarm.saved = saved.number("due");
  }

  #read(offset: number): number {
    switch (offset) {
      case 0x000:
        return MAGIC;
      case 0x004:
        return VERSION;
      case 0x008:
        return this.#device?.id ?? 0;
      case 0x00c:
        return VENDOR;
    }
    if (this.#device === undefined) return 0;
    switch (offset) {
      case 0x010:
        return this.#offered(this.#deviceFeaturesWord);
      case 0x034:
        return this.#selected === undefined ? 0 : QUEUE_SIZE_MAX;
      case 0x044:
        return this.#selected?.ready ?? 0;
      case 0x060:
        return this.#interrupts;
      case 0x070:
        return this.#status;
      default:
        return 0;
    }
  }

  #write(offset: number, value: number): void {
    switch (offset) {
      case 0x014:
        this.#deviceFeaturesWord = value;
        return;
      case 0x020:
        this.#acceptFeatures(value);
        return;
      case 0x024:
        this.#driverFeaturesWord = value;
        return;
      case 0x030:
        this.#queue = value;
        return;
      case 0x050:
        this.kick(value);
        return;
      case 0x064:
        this.#interrupts &= ~value;
        this.#update();
        return;
      case 0x070:
        this.#setStatus(value & Status.writable);
        return;
      default:
        this.#configureQueue(offset, value);
    }
  }

  get #selected(): Virtqueue | undefined {
    return this.#queues[this.#queue];
  }

  /** The driver runs, and nothing has gone wrong. */
  get #live(): boolean {
    return (this.#status & (Status.driverOk | Status.needsReset)) === Status.driverOk;
  }

  #offered(word: number): number {
    if (word === 0) return this.#device?.features ?? 0;
    return word === 1 ? VERSION_1 : 0;
  }

  /** Features are fixed once the driver has said so. */
  #acceptFeatures(value: number): void {
    const word = this.#driverFeaturesWord;
    if (this.#status & Status.featuresOk || word < 0 || word > 1) return;
    this.#driverFeatures[word] = value;
  }

  #setStatus(status: number): void {
    if (status === 0) {
      this.#reset();
      return;
    }
    let next = status | (this.#status & Status.needsReset);
    if (status & ~this.#status & Status.featuresOk && !this.#acceptable) next &= ~Status.featuresOk;
    this.#status = next;
  }

  /** The driver wants nothing that was not offered, and speaks version 1. */
  get #acceptable(): boolean {
    const [low = 0, high = 0] = this.#driverFeatures;
    return (low & ~this.#offered(0)) === 0 && high === VERSION_1;
  }

  #reset(): void {
    this.#status = 0;
    this.#interrupts = 0;
    this.#deviceFeaturesWord = 0;
    this.#driverFeaturesWord = 0;
    this.#driverFeatures.fill(0);
    this.#queue = 0;
    this.#announced = 0;
    this.#alarm.clear();
    for (const queue of this.#queues) queue.reset();
    this.#update();
  }

  /** A queue that is in use keeps its place and size. */
  #configureQueue(offset: number, value: number): void {
    const queue = this.#selected;
    if (queue === undefined) return;
    if (offset === 0x044) {
      if (value & 1) queue.ready = 1;
      else queue.reset();
      return;
    }
    if (queue.ready) return;
    switch (offset) {
      case 0x038:
        if (value > 0 && value <= QUEUE_SIZE_MAX && (value & (value - 1)) === 0) queue.size = value;
        return;
      case 0x080:
      case 0x084:
        queue.descriptors = withHalf(queue.descriptors, offset === 0x084, value);
        return;
      case 0x090:
      case 0x094:
        queue.available = withHalf(queue.available, offset === 0x094, value);
        return;
      case 0x0a0:
      case 0x0a4:
        queue.used = withHalf(queue.used, offset === 0x0a4, value);
        return;
    }
  }

  #serve(): void {
    const announced = this.#announced;
    this.#announced = 0;
    try {
      this.#queues.forEach((queue, index) => {
        if ((announced >>> index) & 1) this.#serveQueue(queue, index);
      });
    } catch (error) {
      if (!(error instanceof RingError)) throw error;
      this.#status |= Status.needsReset;
      this.#interrupts |= ConfigChange;
    }
    this.#update();
  }

  /** At most a ring full: what the driver adds meanwhile it announces. */
  #serveQueue(queue: Virtqueue, index: number): void {
    const { memory } = this.#wires;
    for (let count = 0; count < queue.size; count++) {
      const chain = queue.peek(memory);
      if (chain === undefined) return;
      const written = this.#device!.serve(index, chain, memory);
      if (written === undefined) return;
      queue.give(memory, chain, written);
      if (queue.wantsInterrupt(memory)) this.#interrupts |= UsedBuffer;
    }
  }

  #update(): void {
    this.#wires.interrupt(this.#interrupts !== 0);
  }
}

/** A 64-bit address with one of its halves replaced; exact for all addresses of RAM. */
function withHalf(address: number, high: boolean, value: number): number {
  const half = 0x1_0000_0000;
  const low = address % half;
  return high ? (value >>> 0) * half + low : address - low + (value >>> 0);
}
