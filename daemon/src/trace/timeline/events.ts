/** Events by their cursor, read from the store's columns. Cursors are kept as their low 32 bits. */
import { CHUNK, type Chunk, type Chunks } from "../chunk.ts";
import type { Growing } from "./growing.ts";

const WITHIN = CHUNK - 1;
const SHIFT = Math.log2(CHUNK);

export class EventReader {
  readonly #store: Chunks;

  constructor(store: Chunks) {
    this.#store = store;
  }

  /** Cursor of the oldest event held. */
  get first(): number {
    return this.#store.first;
  }

  get next(): number {
    return this.#store.next;
  }

  get filled() {
    return this.#store.filled;
  }

  /** The whole cursor of an event that is held; fewer than 2^32 are. */
  whole(low: number): number {
    const { first } = this.#store;
    return first + ((low - first) >>> 0);
  }

  /** Whether the event of a cursor's low half is held still; older than 2^31 events is not asked. */
  holds(low: number): boolean {
    return ((low - this.#store.first) | 0) >= 0;
  }

  chunk(low: number): Chunk {
    const { chunks, first } = this.#store;
    return chunks[((low - first) >>> 0) >>> SHIFT]!;
  }

  index(low: number): number {
    return ((low - this.#store.first) >>> 0) & WITHIN;
  }

  time(low: number): number {
    const { chunks, first } = this.#store;
    const offset = (low - first) >>> 0;
    return chunks[offset >>> SHIFT]!.timeAt(offset & WITHIN);
  }

  /**
   * The first of these cursors, `from` or later, whose event happened at `time` or later: an index, of
   * `cursors.end` at most. Near `from` it costs little.
   */
  firstAt(cursors: Growing<Uint32Array>, time: number, from: number): number {
    const { end } = cursors;
    let step = 1;
    let low = from;
    while (low + step <= end && this.time(cursors.at(low + step - 1)) < time) {
      low += step;
      step *= 2;
    }
    let high = Math.min(end, low + step - 1);
    while (low < high) {
      const middle = low + Math.floor((high - low) / 2);
      if (this.time(cursors.at(middle)) < time) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  /** The last of them, `from` or later, whose event happened by `time`; `from - 1` when there is none. */
  lastBy(cursors: Growing<Uint32Array>, time: number, from: number): number {
    return this.firstAt(cursors, Math.floor(time) + 1, from) - 1;
  }
}
