/** The timeline of a recording: what `api.ts` promises, over an index that grows with the events. */

import type { SchedulingEvent } from "../../awareness/api.ts";
import { parseId } from "../../awareness/ids.ts";
import { UserError } from "../../base/errors.ts";
import type { Chunks } from "../chunk.ts";
import type {
  CoroutineRow,
  HartRow,
  LaneQuery,
  Row,
  Timeline,
  TimelinePage,
  TimelineQuery,
  TimelineStatistics,
} from "./api.ts";
import { cellWidth, points, type Range, stretches } from "./detail.ts";
import { EventReader } from "./events.ts";
import { CoroutineLane, HartLane, READY } from "./lanes.ts";
import type { Marks } from "./marks.ts";
import { perfetto } from "./perfetto.ts";
import { Scheduling } from "./scheduling.ts";
import { statistics } from "./statistics.ts";
import { classOf, whoOf } from "./track.ts";

/** Rows that an answer holds when the query does not say, and at most. */
const ROWS = 100;
const MOST_ROWS = 1000;
const MOST_PIXELS = 16_384;

/** `harts`: those that the machine has, so that one which does nothing has a row too. */
export function createTimeline(trace: Chunks, harts: readonly number[]): Timeline {
  return new RecordedTimeline(trace, harts);
}

class RecordedTimeline implements Timeline {
  readonly #events: EventReader;
  readonly #scheduling: Scheduling;

  constructor(trace: Chunks, harts: readonly number[]) {
    this.#events = new EventReader(trace);
    this.#scheduling = new Scheduling(this.#events);
    for (const hart of harts) this.#scheduling.hart(hart);
    // A chunk at a time: what was never looked at cannot be made up for when it is dropped.
    trace.filled.on(() => this.#scheduling.catchUp());
  }

  query(query: TimelineQuery, now: number): TimelinePage {
    const { width } = query;
    if (!(width >= 1 && width <= MOST_PIXELS)) {
      throw new UserError(`\`width\` must be from 1 to ${MOST_PIXELS} pixels`);
    }
    this.#scheduling.catchUp();
    const held = this.#held(now);
    const from = query.from ?? held.begin;
    const to = query.to ?? held.end;
    if (!(from <= to)) throw new UserError("`from` must not be after `to`");
    const cut = this.#events.first > 0;
    const range = { from, to, width: cellWidth(from, to, width), cut, now: held.end };
    const lanes = this.#lanes(range, query.lanes ?? {});
    const start = Math.min(query.lanes?.start ?? 0, lanes.length);
    const count = Math.min(query.lanes?.count ?? ROWS, MOST_ROWS);
    return {
      ...held,
      from,
      to,
      cell: 2 ** range.width,
      dropped: this.#events.first,
      total: lanes.length,
      start,
      rows: lanes.slice(start, start + count).map((lane) => this.#row(lane, range)),
    };
  }

  statistics(
    range: { readonly from?: number | undefined; readonly to?: number | undefined },
    now: number,
  ): TimelineStatistics {
    this.#scheduling.catchUp();
    const { begin, end } = this.#held(now);
    const from = Math.max(range.from ?? begin, begin);
    const to = Math.min(range.to ?? end, end);
    return statistics(this.#scheduling, Math.min(from, to), to);
  }

  perfetto(now: number): Generator<string> {
    this.#scheduling.catchUp();
    return perfetto(this.#scheduling, this.#held(now).end);
  }

  event(cursor: number): SchedulingEvent | undefined {
    const { first, next } = this.#events;
    if (!(cursor >= first && cursor < next)) return undefined;
    return this.#events.chunk(cursor).event(this.#events.index(cursor));
  }

  runner(cursor: number): number | undefined {
    const { first, next } = this.#events;
    if (!(cursor >= first && cursor < next)) return undefined;
    this.#scheduling.catchUp();
    const id = this.#events.chunk(cursor).hartAt(this.#events.index(cursor));
    const polls = id === undefined ? undefined : this.#scheduling.harts.get(id)?.polls;
    if (!polls) return undefined;
    polls.trim();
    const at = polls.atCursor(cursor);
    const what = at < polls.first ? 0 : polls.doing(at);
    return classOf(what) === 0 ? undefined : this.#scheduling.ids.at(whoOf(what));
  }

  readySince(coroutine: number): number | undefined {
    this.#scheduling.catchUp();
    const lane = this.#scheduling.coroutine(coroutine);
    if (lane?.state !== READY) return undefined;
    lane.track.trim();
    return lane.track.first < lane.track.end ? lane.track.time(lane.track.end - 1) : undefined;
  }

  nameOf(coroutine: number): string | undefined {
    this.#scheduling.catchUp();
    const lane = this.#scheduling.coroutine(coroutine);
    return lane && this.#scheduling.names[lane.ordinal];
  }

  #held(now: number): { readonly begin: number; readonly end: number } {
    const { first, next } = this.#events;
    if (first === next) return { begin: now, end: now };
    return { begin: this.#events.time(first), end: Math.max(now, this.#events.time(next - 1)) };
  }

  /** What has a row: harts, bitmaps by name, coroutines. */
  #lanes({ from, to }: Range, { active, filter }: LaneQuery): readonly Lane[] {
    const { bitmaps, coroutines, harts, names } = this.#scheduling;
    const matches = matcher(filter);
    const shown =
      !matches && !active
        ? coroutines
        : coroutines.filter(
            (lane) =>
              (matches?.(lane.id, names[lane.ordinal]) ?? true) &&
              (!active || (lane.seen < to && (!lane.done || lane.last >= from))),
          );
    return [...[...harts.values()].sort((a, b) => a.id - b.id), ...bitmaps, ...shown];
  }

  #row(lane: Lane, range: Range): Row {
    if (lane instanceof HartLane) return this.#hart(lane, range);
    if (lane instanceof CoroutineLane) return this.#coroutine(lane, range);
    return this.#bitmap(...lane, range);
  }

  #hart({ id, marks, polls, threads }: HartLane, range: Range): HartRow {
    const scheduling = this.#scheduling;
    for (const part of [marks, polls, threads]) part.trim();
    return {
      kind: "hart",
      id,
      polls: stretches(polls, range, (who) => scheduling.ids.at(who)),
      threads: stretches(threads, range, (who) => scheduling.threads[who]),
      marks: this.#points(marks, range),
    };
  }

  #coroutine({ id, ordinal, prio, track, wakes }: CoroutineLane, range: Range): CoroutineRow {
    track.trim();
    wakes.trim();
    return {
      kind: "coroutine",
      id,
      name: this.#scheduling.names[ordinal],
      prio,
      polls: stretches(track, range, (hart) => hart),
      wakes: this.#points(wakes, range),
    };
  }

  #bitmap(name: string, marks: Marks, range: Range): Row {
    marks.trim();
    const at = marks.at(range.from) - 1;
    return {
      kind: "bitmap",
      name,
      changes: this.#points(marks, range),
      before: at < marks.first ? undefined : this.#events.whole(marks.cursor(at)),
    };
  }

  #points(marks: Marks, range: Range): HartRow["marks"] {
    const { alone, cells } = points(marks, range);
    const whole = (cursor: number): number => this.#events.whole(cursor);
    return {
      alone: alone.map(whole),
      cells: cells.map((cell) => ({ ...cell, first: whole(cell.first), last: whole(cell.last) })),
    };
  }
}

type Lane = HartLane | CoroutineLane | readonly [string, Marks];

/** Undefined: whoever it is. */
function matcher(filter = ""): ((id: number, name: string | undefined) => boolean) | undefined {
  const text = filter.trim().toLowerCase();
  if (text === "") return undefined;
  const id = parseId(text.replace("#", ""));
  return (own, name) => own === id || name?.toLowerCase().includes(text) === true;
}
