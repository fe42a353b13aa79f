/** Events by their cursor, read from the store's columns. Cursors are kept as their low 32 bits. */
import { CHUNK, type Chunk, type Chunks } from "../chunk.ts";

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
}
