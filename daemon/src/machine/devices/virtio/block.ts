/** Virtio block device (virtio 1.2, section 5.2): reads, writes, flushes, and its name. */
import { DeviceFields, type DeviceState } from "../device.ts";
import { type Disk, SECTOR } from "./disk.ts";
import { type Chain, Cursor, type DeviceMemory, RingError, totalSize } from "./queue.ts";
import type { VirtioDevice } from "./transport.ts";

const Request = { read: 0, write: 1, flush: 4, id: 8 } as const;
const Result = { ok: 0, error: 1, unsupported: 2 } as const;
/** Features: SEG_MAX, BLK_SIZE, FLUSH. */
const FEATURES = (1 << 2) | (1 << 6) | (1 << 9);
const HEADER_SIZE = 16;
const STATUS_SIZE = 1;
const ID_SIZE = 20;
const ID = "asyncos-disk";
/** Data buffers of one request. */
const SEGMENTS_MAX = 254;

export class Block implements VirtioDevice {
  readonly name = "block";
  readonly id = 2;
  readonly features = FEATURES;
  readonly queues = 1;
  readonly config = new Uint8Array(60);
  readonly #disk: Disk;

  constructor(disk: Disk) {
    this.#disk = disk;
    const view = new DataView(this.config.buffer);
    view.setBigUint64(0, BigInt(disk.sectors), true);
    view.setUint32(12, SEGMENTS_MAX, true);
    view.setUint32(20, SECTOR, true);
  }

  serve(_queue: number, chain: Chain, memory: DeviceMemory): number {
    const room = totalSize(chain.writable) - STATUS_SIZE;
    const given = totalSize(chain.readable) - HEADER_SIZE;
    if (room < 0 || given < 0) throw new RingError("a request without header or status");
    const input = new Cursor(memory, chain.readable);
    const output = new Cursor(memory, chain.writable);
    const header = input.read(HEADER_SIZE);
    const view = new DataView(header.buffer);
    const at = Number(view.getBigUint64(8, true)) * SECTOR;
    switch (view.getUint32(0, true)) {
      case Request.read:
        if (!this.#holds(at, room)) break;
        output.write(this.#disk.read(at, room));
        return finish(chain, memory, Result.ok, room);
      case Request.write:
        if (!this.#holds(at, given)) break;
        this.#disk.write(at, input.read(given));
        return finish(chain, memory, Result.ok);
      case Request.flush:
        return finish(chain, memory, Result.ok);
      case Request.id: {
        const name = new Uint8Array(Math.min(ID_SIZE, room));
        name.set(new TextEncoder().encode(ID).subarray(0, name.length));
        output.write(name);
        return finish(chain, memory, Result.ok, name.length);
      }
      default:
        return finish(chain, memory, Result.unsupported);
    }
    return finish(chain, memory, Result.error);
  }

  save(): DeviceState {
    return { changes: this.#disk.changes };
  }

  restore(state: DeviceState): void {
    this.#disk.changes = new DeviceFields(state).blocks("changes");
  }

  /** Whole sectors that are all on the disk. */
  #holds(at: number, size: number): boolean {
    return size % SECTOR === 0 && at + size <= this.#disk.sectors * SECTOR;
  }
}

/** The status is the last writable byte. Answers how much was written, which is `data` and the status. */
function finish(chain: Chain, memory: DeviceMemory, result: number, data = 0): number {
  const last = chain.writable.findLast(({ size }) => size > 0)!;
  memory.write(last.address + last.size - STATUS_SIZE, Uint8Array.of(result));
  return data + STATUS_SIZE;
}
