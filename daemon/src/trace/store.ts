/** The event store: a bounded list of chunks; when it is full the oldest chunk goes. */
import {
  type Awareness,
  EVENT_KINDS,
  type EventKind,
  type SchedulingEvent,
} from "../awareness/api.ts";
import { type Disposable, Signal } from "../base/disposable.ts";
import { UserError } from "../base/errors.ts";
import type { Trace, TracePage, TraceQuery } from "./api.ts";
import { CHUNK, Chunk, type Chunks, kindNumber } from "./chunk.ts";
import { wireEvent } from "./wire.ts";

/** Ten million events: some 230 MB when full, and as much as there is until then. */
const DEFAULT_CAPACITY = 640 * CHUNK;
const DEFAULT_COUNT = 1_000;

/** `capacity` is rounded up to whole chunks of 16,384 events. */
export function createTrace(
  awareness: Pick<Awareness, "listen">,
  capacity: number = DEFAULT_CAPACITY,
): Trace & Chunks {
  return new EventStore(awareness, Math.max(2, Math.ceil(capacity / CHUNK)));
}

class EventStore implements Trace, Chunks {
  readonly filled = new Signal<undefined>();
  readonly #awareness: Pick<Awareness, "listen">;
  readonly #maxChunks: number;
  readonly #counts = new Array<number>(EVENT_KINDS.length).fill(0);
  #chunks: Chunk[] = [new Chunk()];
  /** Of the first chunk's first event. */
  #first = 0;
  #next = 0;
  /** Of the last event. */
  #kind: EventKind | undefined;
  #kindNumber = 0;

  constructor(awareness: Pick<Awareness, "listen">, maxChunks: number) {
    this.#awareness = awareness;
    this.#maxChunks = maxChunks;
  }

  get first(): number {
    return this.#first;
  }

  get next(): number {
    return this.#next;
  }

  get chunks(): readonly Chunk[] {
    return this.#chunks;
  }

  get counts(): ReadonlyMap<EventKind, number> {
    return new Map(
      EVENT_KINDS.map((kind, index): [EventKind, number] => [kind, this.#counts[index]!]).filter(
        ([, count]) => count > 0,
      ),
    );
  }

  append(event: SchedulingEvent): void {
    let chunk = this.#chunks[this.#chunks.length - 1]!;
    if (chunk.full) chunk = this.#grow();
    // Most events are of the kind of the one before.
    if (event.kind !== this.#kind) {
      this.#kind = event.kind;
      this.#kindNumber = kindNumber(event.kind);
    }
    chunk.append(event, this.#kindNumber);
    this.#counts[this.#kindNumber]!++;
    this.#next++;
    if (chunk.full) this.filled.emit(undefined);
  }

  record(kinds: readonly EventKind[] = EVENT_KINDS): Disposable {
    return this.#awareness.listen(kinds, (event) => {
      this.append(event);
      return false;
    });
  }

  query({ since, count = DEFAULT_COUNT, kinds }: TraceQuery = {}): TracePage {
    const start = since ?? this.#first;
    if (!Number.isSafeInteger(start) || start < 0) throw new UserError("`since` is no cursor");
    if (!(count >= 0)) throw new UserError("`count` is no number of events");
    const wanted = kinds && kindSet(kinds);
    const events: SchedulingEvent[] = [];
    let at = Math.min(Math.max(start, this.#first), this.#next);
    for (; at < this.#next && events.length < count; at++) {
      const offset = at - this.#first;
      const chunk = this.#chunks[Math.floor(offset / CHUNK)]!;
      const index = offset % CHUNK;
      if (!wanted || wanted.has(chunk.kindAt(index))) events.push(chunk.event(index));
    }
    return { next: at, dropped: Math.max(0, this.#first - start), events };
  }

  *lines(kinds?: readonly EventKind[]): Generator<string> {
    const wanted = kinds && kindSet(kinds);
    for (const chunk of [...this.#chunks]) {
      for (let at = 0; at < chunk.length; at++) {
        if (!wanted || wanted.has(chunk.kindAt(at))) {
          yield `${JSON.stringify(wireEvent(chunk.event(at)))}\n`;
        }
      }
    }
  }

  clear(): void {
    this.#chunks = [new Chunk()];
    this.#first = this.#next;
    this.#counts.fill(0);
  }

  #grow(): Chunk {
    if (this.#chunks.length === this.#maxChunks) {
      this.#chunks.shift();
      this.#first += CHUNK;
    }
    const chunk = new Chunk();
    this.#chunks.push(chunk);
    return chunk;
  }
}

function kindSet(kinds: readonly EventKind[]): ReadonlySet<number> {
  for (const kind of kinds) {
    if (!EVENT_KINDS.includes(kind)) {
      throw new UserError(`no event is called \`${kind}\`: there are ${EVENT_KINDS.join(", ")}`);
    }
  }
  return new Set(kinds.map(kindNumber));
}
