/**
 * What a disk holds: an image that is never written to, and over it the blocks that the guest has
 * changed. A changed block is replaced, not written to, so states may share blocks.
 */
import type { DiskImage } from "../../api.ts";

export const SECTOR = 512;
const BLOCK = 4096;

export const imageOfBytes = (bytes: Uint8Array): DiskImage => ({
  size: bytes.length,
  read: (offset, length) => bytes.subarray(offset, offset + length),
});

export class Disk {
  /** Whole ones. */
  readonly sectors: number;
  readonly #image: DiskImage;
  #changed = new Map<number, Uint8Array>();
  /** Somebody keeps the map. */
  #shared = false;

  constructor(image: DiskImage) {
    this.#image = image;
    this.sectors = Math.ceil(image.size / SECTOR);
  }

  /** A copy of the bytes; all of them are on the disk. */
  read(offset: number, length: number): Uint8Array {
    const bytes = new Uint8Array(length);
    eachBlock(offset, length, (block, within, size, from) => {
      bytes.set(this.#block(block).subarray(within, within + size), from);
    });
    return bytes;
  }

  write(offset: number, bytes: Uint8Array): void {
    if (this.#shared) this.#changed = new Map(this.#changed);
    this.#shared = false;
    eachBlock(offset, bytes.length, (block, within, size, from) => {
      const next = this.#block(block).slice();
      next.set(bytes.subarray(from, from + size), within);
      this.#changed.set(block, next);
    });
  }

  /** The changed blocks by number. Neither this map nor a block of it changes any more. */
  get changes(): ReadonlyMap<number, Uint8Array> {
    this.#shared = true;
    return this.#changed;
  }
  set changes(changes: ReadonlyMap<number, Uint8Array>) {
    this.#changed = new Map(changes);
  }

  /** What the image's bytes have become; undefined when nothing was written. */
  changed(): Uint8Array | undefined {
    if (this.#changed.size === 0) return undefined;
    const { size } = this.#image;
    const bytes = new Uint8Array(size);
    bytes.set(this.#image.read(0, size));
    for (const [block, changed] of this.#changed) {
      const at = block * BLOCK;
      bytes.set(changed.subarray(0, Math.min(BLOCK, size - at)), at);
    }
    return bytes;
  }

  #block(block: number): Uint8Array {
    const changed = this.#changed.get(block);
    if (changed !== undefined) return changed;
    const bytes = new Uint8Array(BLOCK);
    const length = Math.min(BLOCK, this.#image.size - block * BLOCK);
    if (length > 0) bytes.set(this.#image.read(block * BLOCK, length));
    return bytes;
  }
}

function eachBlock(
  offset: number,
  length: number,
  piece: (block: number, within: number, size: number, from: number) => void,
): void {
  for (let from = 0; from < length; ) {
    const at = offset + from;
    const within = at % BLOCK;
    const size = Math.min(length - from, BLOCK - within);
    piece((at - within) / BLOCK, within, size, from);
    from += size;
  }
}
