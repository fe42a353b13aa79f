/**
 * The timeline as it travels. Thousands of members in one answer are rows of numbers, not objects:
 * their columns are listed at each function, and in docs/dap.md. Times among them are instructions
 * since the answer's `from`; what is not known is null.
 */
import type { SchedulingEvent } from "../awareness/api.ts";
import { shownId } from "../awareness/ids.ts";
import { hex } from "../base/brand.ts";
import type {
  Bar,
  Points,
  Row,
  Stretches,
  Timeline,
  TimelinePage,
  TimelineStatistics,
} from "../trace/timeline/api.ts";

type Columns = readonly (number | string | null)[];

export interface WireStretches {
  readonly bars: readonly Columns[];
  readonly cells: readonly Columns[];
}

const orNull = <T>(value: T | undefined): T | null => value ?? null;
/** Threads are shown by their number, coroutines of processes as `3:17`. */
const idOrNull = (id: number | undefined): number | string | null =>
  id === undefined ? null : shownId(id);
const word = (value: bigint | undefined): string | null =>
  value === undefined ? null : hex(value);

export function wireTimeline(timeline: Timeline, page: TimelinePage): object {
  return {
    begin: String(page.begin),
    end: String(page.end),
    from: String(page.from),
    to: String(page.to),
    cell: page.cell,
    dropped: page.dropped,
    total: page.total,
    start: page.start,
    rows: page.rows.map((row) => wireRow(timeline, page, row)),
    names: namesOf(timeline, page),
  };
}

/**
 * Names of the coroutines that the rows of harts and the wakes name by id, each with the ids of all that
 * are called so: thousands of coroutines have a handful of names.
 */
function namesOf(
  timeline: Timeline,
  { rows }: TimelinePage,
): Readonly<Record<string, readonly (number | string)[]>> {
  const ids = new Set<number | undefined>();
  for (const row of rows) {
    if (row.kind === "hart") {
      for (const { who } of row.polls.bars) ids.add(who);
      for (const { most } of row.polls.cells) ids.add(most?.who);
    } else if (row.kind === "coroutine") {
      for (const cursor of row.wakes.alone) ids.add(timeline.runner(cursor));
    }
  }
  const called = new Map<string, (number | string)[]>();
  for (const id of ids) {
    const name = id === undefined ? undefined : timeline.nameOf(id);
    if (name === undefined) continue;
    const same = called.get(name);
    if (same) same.push(shownId(id!));
    else called.set(name, [shownId(id!)]);
  }
  return Object.fromEntries(called);
}

function wireRow(timeline: Timeline, page: TimelinePage, row: Row): object {
  const { cell: size, from } = page;
  const marks = (points: Points, columns: (event: SchedulingEvent, cursor: number) => Columns) => ({
    alone: points.alone.flatMap((cursor) => {
      const event = timeline.event(cursor);
      return event ? [[event.time - from, ...columns(event, cursor), cursor]] : [];
    }),
    // [time of the cell, count, event]
    cells: points.cells.map(({ at, count, first }) => [at * size - from, count, first]),
  });
  switch (row.kind) {
    case "hart": {
      const { id, kind, polls, threads } = row;
      return {
        kind,
        id,
        polls: wireMany(polls, page),
        threads: wireMany(threads, page),
        // [time, kind, value (of a trap: its cause), event]
        marks: marks(row.marks, (event) => [event.kind, word(event.new)]),
      };
    }
    case "coroutine": {
      const { id, kind, name, polls, prio } = row;
      return {
        kind,
        id: shownId(id),
        name,
        prio,
        polls: wireStates(polls, page),
        // [time, hart, coroutine that was polled there, event]
        wakes: marks(row.wakes, (event, cursor) => [
          orNull(event.hart),
          idOrNull(timeline.runner(cursor)),
        ]),
      };
    }
    case "bitmap": {
      const before = row.before === undefined ? undefined : timeline.event(row.before);
      return {
        kind: row.kind,
        name: row.name,
        before: word(before?.new),
        // [time, old, new, hart, event]
        changes: {
          ...marks(row.changes, (event) => [word(event.old), word(event.new), orNull(event.hart)]),
          // [time of the cell, count, event, word at its end]
          cells: row.changes.cells.map(({ at, count, first, last }) => [
            at * size - from,
            count,
            first,
            word(timeline.event(last)?.new),
          ]),
        },
      };
    }
  }
}

/** Bars: [start, end, who, 1 while it goes on, event]. Cells: [time, polls, running, who longest, for how long]. */
function wireMany({ bars, cells }: Stretches, { cell: size, from }: TimelinePage): WireStretches {
  return {
    bars: bars.map((bar) => [
      bar.start - from,
      bar.end - from,
      idOrNull(bar.who),
      bar.open ? 1 : 0,
      bar.event,
    ]),
    cells: cells.map(({ at, most, polls, running }) => [
      at * size - from,
      polls,
      running,
      idOrNull(most?.who),
      orNull(most?.time),
    ]),
  };
}

/** Bars: [start, end, state, hart, 1 while it goes on, event]. Cells: [time, polls, running, ready, preempted]. */
function wireStates({ bars, cells }: Stretches, { cell: size, from }: TimelinePage): WireStretches {
  const hart = ({ state, who }: Bar) => (state === "ready" ? null : orNull(who));
  return {
    bars: bars.map((bar) => [
      bar.start - from,
      bar.end - from,
      orNull(bar.state),
      hart(bar),
      bar.open ? 1 : 0,
      bar.event,
    ]),
    cells: cells.map(({ at, polls, preempted, ready, running }) => [
      at * size - from,
      polls,
      running,
      ready,
      preempted,
    ]),
  };
}

export function wireStatistics(figures: TimelineStatistics): object {
  const { busy, from, harts, latency, others, queue, shares, to } = figures;
  return {
    from: String(from),
    to: String(to),
    harts,
    busy,
    latency,
    shares,
    others,
    queue: {
      average: queue.map(({ average }) => orNull(average)),
      most: queue.map(({ most }) => orNull(most)),
    },
  };
}
