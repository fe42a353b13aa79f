/**
 * What is drawn of a run: lanes of harts, bitmaps and coroutines over machine time, in as much detail
 * as the picture's width can show. Times are machine time.
 */
import type { SchedulingEvent } from "../../awareness/api.ts";

export interface TimelineQuery {
  /** The range that is drawn; left out: all that is held. */
  readonly from?: number | undefined;
  readonly to?: number | undefined;
  /** Pixels that the range is drawn in. */
  readonly width: number;
  /** Which rows; left out: the first 100 of all. */
  readonly lanes?: LaneQuery | undefined;
}

export interface LaneQuery {
  readonly start?: number | undefined;
  readonly count?: number | undefined;
  /** Only coroutines with this id, or whose name holds this text. Harts and bitmaps stay. */
  readonly filter?: string | undefined;
  /** Only coroutines that were there at some time of the range. */
  readonly active?: boolean | undefined;
}

/** A stretch of time in which one thing goes on. */
export interface Bar {
  readonly start: number;
  readonly end: number;
  /** Of a hart: the coroutine or thread. Of a coroutine: the hart it runs on. */
  readonly who: number | undefined;
  /** Of a coroutine. */
  readonly state?: "ready" | "running" | "preempted" | undefined;
  /** It still goes on at the end of what is known. */
  readonly open: boolean;
  /** Cursor of the event that it began with. */
  readonly event: number;
}

/** What happens in a cell of `TimelinePage.cell` instructions, where bars are narrower than that. */
export interface Cell {
  /** The cell begins at this multiple of `cell`. */
  readonly at: number;
  /** Polls that began. */
  readonly polls: number;
  /** Instructions during which something ran; for coroutines by state. */
  readonly running: number;
  readonly ready: number;
  readonly preempted: number;
  /** Of a hart: who ran longest, and for how long. Undefined where the beginning of the cell is not held. */
  readonly most?: { readonly who: number; readonly time: number } | undefined;
}

export interface Stretches {
  readonly bars: readonly Bar[];
  readonly cells: readonly Cell[];
}

/** Events of one cell, from the first to the last of them. */
export interface MarkCell {
  readonly at: number;
  readonly count: number;
  /** Cursors. */
  readonly first: number;
  readonly last: number;
}

/** Events that stand alone in their cell (by cursor), and the others by cell. */
export interface Points {
  readonly alone: readonly number[];
  readonly cells: readonly MarkCell[];
}

export interface HartRow {
  readonly kind: "hart";
  readonly id: number;
  readonly polls: Stretches;
  readonly threads: Stretches;
  readonly marks: Points;
}

export interface CoroutineRow {
  readonly kind: "coroutine";
  readonly id: number;
  readonly name: string | undefined;
  readonly prio: number | undefined;
  readonly polls: Stretches;
  readonly wakes: Points;
}

export interface BitmapRow {
  readonly kind: "bitmap";
  readonly name: string;
  readonly changes: Points;
  /** Cursor of the last change before the range. */
  readonly before: number | undefined;
}

export type Row = HartRow | CoroutineRow | BitmapRow;

export interface TimelinePage {
  /** What is held: from the oldest event to now. */
  readonly begin: number;
  readonly end: number;
  readonly from: number;
  readonly to: number;
  /** Width of a cell: a power of two, at most the instructions of one pixel. */
  readonly cell: number;
  /** Events that were dropped because the store was full. */
  readonly dropped: number;
  /** Rows that there are, and the first of those that follow. */
  readonly total: number;
  readonly start: number;
  readonly rows: readonly Row[];
}

export interface Latency {
  /** Undefined: all priorities together. */
  readonly prio: number | undefined;
  readonly count: number;
  /** Instructions from being ready to being polled. */
  readonly p50: number;
  readonly p99: number;
  readonly max: number;
}

export interface TimelineStatistics {
  readonly from: number;
  readonly to: number;
  /**
   * From a wake to the poll that follows, by priority of the coroutine. A wake in the middle of a poll
   * counts from the end of that poll. Polls in the range count; those after a spawn alone do not.
   */
  readonly latency: readonly Latency[];
  /** Harts that the shares are of, and how much of their time some coroutine ran. */
  readonly harts: number;
  readonly busy: number;
  /** By coroutine, the longest first; `others` are those that are not listed. */
  readonly shares: readonly {
    readonly coroutine: number;
    readonly name: string | undefined;
    readonly time: number;
    readonly polls: number;
  }[];
  readonly others: { readonly time: number; readonly polls: number };
  /** How many coroutines were ready, in equal parts of the range; undefined where it is not known. */
  readonly queue: readonly {
    readonly average: number | undefined;
    readonly most: number | undefined;
  }[];
}

export interface Timeline {
  /** O(width x rows), whatever the number of events. `now` is the machine time up to which bars go on. */
  query(query: TimelineQuery, now: number): TimelinePage;
  statistics(
    range: { readonly from?: number | undefined; readonly to?: number | undefined },
    now: number,
  ): TimelineStatistics;
  /** All that is held as Chrome trace events, the JSON that Perfetto opens, in pieces. */
  perfetto(now: number): Generator<string>;
  /** Undefined when it was dropped. */
  event(cursor: number): SchedulingEvent | undefined;
  /** Who was polled on the event's hart when it happened, by cursor. */
  runner(cursor: number): number | undefined;
  /** Since when a coroutine is ready; undefined where it is not, or the recording does not say. */
  readySince(coroutine: number): number | undefined;
  /** A coroutine's name, as its spawning told it. */
  nameOf(coroutine: number): string | undefined;
}
