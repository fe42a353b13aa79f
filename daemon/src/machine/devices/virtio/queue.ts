/**
 * Split virtqueues (virtio 1.2, section 2.7) as a device sees them. Everything in them comes from
 * the guest: whatever breaks the rules becomes a RingError and never more than that.
 */

/** Guest memory as devices reach it. Addresses are doubles and may be anything. */
export interface DeviceMemory {
  isRam(address: number, size: number): boolean;
  /** A live view of RAM: to be read at once, and never written. */
  view(address: number, size: number): Uint8Array;
  write(address: number, bytes: Uint8Array): void;
}

/** The driver has broken the rules: the device needs a reset. */
export class RingError extends Error {}

export interface Segment {
  readonly address: number;
  readonly size: number;
}

/** One request: what the driver gives, then what the device fills. */
export interface Chain {
  readonly head: number;
  readonly readable: readonly Segment[];
  readonly writable: readonly Segment[];
}

export const QUEUE_SIZE_MAX = 1024;

const DESCRIPTOR_SIZE = 16;
const NEXT = 1;
const WRITE = 2;
/** In the available ring's flags: the driver wants no interrupt for used buffers. */
const NO_INTERRUPT = 1;
const INDEX_MASK = 0xffff;

export class Virtqueue {
  size = QUEUE_SIZE_MAX;
  ready = 0;
  /** Descriptor table, available ring (the driver's), used ring (the device's). */
  descriptors = 0;
  available = 0;
  used = 0;
  /** Free-running indices of the next entry in the available and the used ring. */
  #taken = 0;
  #given = 0;

  reset(): void {
    this.size = QUEUE_SIZE_MAX;
    this.ready = 0;
    this.descriptors = 0;
    this.available = 0;
    this.used = 0;
    this.#taken = 0;
    this.#given = 0;
  }

  get state(): readonly number[] {
    const { size, ready, descriptors, available, used } = this;
    return [size, ready, descriptors, available, used, this.#taken, this.#given];
  }
  set state([size, ready, descriptors, available, used, taken, given]: readonly number[]) {
    this.size = size!;
    this.ready = ready!;
    this.descriptors = descriptors!;
    this.available = available!;
    this.used = used!;
    this.#taken = taken!;
    this.#given = given!;
  }

  /** The next request, which stays in the queue until it is given back; undefined when there is none. */
  peek(memory: DeviceMemory): Chain | undefined {
    const waiting = (u16(memory, this.available + 2) - this.#taken) & INDEX_MASK;
    if (waiting === 0) return undefined;
    if (waiting > this.size) throw new RingError(`${waiting} requests in a ring of ${this.size}`);
    return this.#chain(memory, u16(memory, this.available + 4 + 2 * this.#slot(this.#taken)));
  }

  /** Gives the request of the last `peek` back, with `written` bytes filled. */
  give(memory: DeviceMemory, chain: Chain, written: number): void {
    const entry = new Uint8Array(8);
    const view = new DataView(entry.buffer);
    view.setUint32(0, chain.head, true);
    view.setUint32(4, written, true);
    put(memory, this.used + 4 + 8 * this.#slot(this.#given), entry);
    this.#taken = (this.#taken + 1) & INDEX_MASK;
    this.#given = (this.#given + 1) & INDEX_MASK;
    put(memory, this.used + 2, Uint8Array.of(this.#given, this.#given >>> 8));
  }

  wantsInterrupt(memory: DeviceMemory): boolean {
    return (u16(memory, this.available) & NO_INTERRUPT) === 0;
  }

  #slot(index: number): number {
    return index & (this.size - 1);
  }

  #chain(memory: DeviceMemory, head: number): Chain {
    const readable: Segment[] = [];
    const writable: Segment[] = [];
    let index = head;
    for (let count = 0; ; count++) {
      if (index >= this.size) throw new RingError(`descriptor ${index} of ${this.size}`);
      if (count === this.size) throw new RingError("descriptors go round in a loop");
      const bytes = get(memory, this.descriptors + DESCRIPTOR_SIZE * index, DESCRIPTOR_SIZE);
      const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
      const address = Number(view.getBigUint64(0, true));
      const size = view.getUint32(8, true);
      const flags = view.getUint16(12, true);
      if (!memory.isRam(address, size)) throw new RingError("a buffer outside of RAM");
      if (flags & WRITE) writable.push({ address, size });
      else if (writable.length > 0) throw new RingError("a readable buffer after a writable one");
      else readable.push({ address, size });
      if (!(flags & NEXT)) return { head, readable, writable };
      index = view.getUint16(14, true);
    }
  }
}

export const totalSize = (segments: readonly Segment[]): number =>
  segments.reduce((sum, { size }) => sum + size, 0);

/** Segments one after the other, whatever their boundaries. */
export class Cursor {
  readonly #memory: DeviceMemory;
  readonly #segments: readonly Segment[];
  #index = 0;
  #within = 0;

  constructor(memory: DeviceMemory, segments: readonly Segment[]) {
    this.#memory = memory;
    this.#segments = segments;
  }

  /** A copy of the next bytes. */
  read(size: number): Uint8Array {
    const bytes = new Uint8Array(size);
    this.#each(size, (address, length, from) => {
      bytes.set(this.#memory.view(address, length), from);
    });
    return bytes;
  }

  write(bytes: Uint8Array): void {
    this.#each(bytes.length, (address, length, from) => {
      this.#memory.write(address, bytes.subarray(from, from + length));
    });
  }

  #each(size: number, piece: (address: number, length: number, from: number) => void): void {
    for (let from = 0; from < size; ) {
      const segment = this.#segments[this.#index];
      if (segment === undefined) throw new RingError("a request shorter than it must be");
      const length = Math.min(size - from, segment.size - this.#within);
      piece(segment.address + this.#within, length, from);
      from += length;
      this.#within += length;
      if (this.#within < segment.size) continue;
      this.#index += 1;
      this.#within = 0;
    }
  }
}

function get(memory: DeviceMemory, address: number, size: number): Uint8Array {
  if (!memory.isRam(address, size)) throw new RingError("a ring outside of RAM");
  return memory.view(address, size);
}

function put(memory: DeviceMemory, address: number, bytes: Uint8Array): void {
  if (!memory.isRam(address, bytes.length)) throw new RingError("a ring outside of RAM");
  memory.write(address, bytes);
}

function u16(memory: DeviceMemory, address: number): number {
  const bytes = get(memory, address, 2);
  return bytes[0]! | (bytes[1]! << 8);
}
