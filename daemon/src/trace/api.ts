/**
 * The events of a run, kept in a bounded store: what `asyncos/events`, exports and counts read.
 */
import type { EventKind, SchedulingEvent } from "../awareness/api.ts";
import type { Disposable } from "../base/disposable.ts";

export interface TraceQuery {
  /** A cursor: `next` of an earlier answer. Left out: the oldest event that is still held. */
  readonly since?: number | undefined;
  /** At most so many events are answered. */
  readonly count?: number | undefined;
  /** Left out: all. */
  readonly kinds?: readonly EventKind[] | undefined;
}

export interface TracePage {
  /** The cursor for the next page: nothing before it is left to be answered. */
  readonly next: number;
  /** Events after `since` that were dropped because the store is full. */
  readonly dropped: number;
  readonly events: readonly SchedulingEvent[];
}

export interface Trace {
  /** Cursor of the oldest event held, and the one that the next event will have. */
  readonly first: number;
  readonly next: number;
  /** All events since the start by kind, also those dropped. Kinds that never happened are absent. */
  readonly counts: ReadonlyMap<EventKind, number>;
  append(event: SchedulingEvent): void;
  /** Appends every event of these kinds (left out: all) until disposed. */
  record(kinds?: readonly EventKind[]): Disposable;
  query(query?: TraceQuery): TracePage;
  /** The events held as JSON lines, oldest first: the shape of `wireEvent`. */
  lines(kinds?: readonly EventKind[]): Iterable<string>;
  clear(): void;
}
