/** What stands at a place of the picture: its words for the hover and for screen readers. */
import { counted, t } from "../../base/words.ts";
import type { Held } from "../fetching.ts";
import { lowerBound } from "../joining.ts";
import type { BitmapRow, CoroutineRow, HartRow, TimelineRow } from "../messages.ts";
import { formatTime } from "../viewport.ts";
import {
  coroutineTitle,
  type Layout,
  ROW,
  RULER,
  rowAt,
  rowTitle,
  STRIP_TOP,
  scaleOf,
  shortName,
  threadTitle,
  timeAt,
} from "./layout.ts";

export interface Hit {
  readonly row: number;
  /** Machine time. */
  readonly start: number;
  readonly end: number;
  readonly lines: readonly string[];
  /** Leads to its source. */
  readonly event?: number;
}

/** Pixels beside a mark that still mean it. */
const NEAR = 4;

export function hitAt(layout: Layout, held: Held, x: number, y: number): Hit | undefined {
  const index = rowAt(layout, y);
  const row = index === undefined ? undefined : held.body.rows[index - held.body.start];
  if (index === undefined || !row || x < layout.gutter) return undefined;
  const within = y - RULER + layout.scrollTop - index * ROW;
  const time = timeAt(layout, x) - Number(held.body.from);
  const near = NEAR / scaleOf(layout);
  const strip = row.kind === "hart" && within >= STRIP_TOP;
  const found = members(held, row, strip).filter(({ end, start }) => {
    const reach = end - start < near ? near : 0;
    return time >= start - reach && time <= end + reach;
  });
  // The narrowest is what is pointed at: a mark before the bar that it stands on.
  const best = found.sort((a, b) => a.end - a.start - (b.end - b.start))[0];
  return best && place(held, index, best);
}

/** The next member of a row after a machine time, or the last one before it. */
export function neighbour(held: Held, index: number, time: number, way: 1 | -1): Hit | undefined {
  const row = held.body.rows[index - held.body.start];
  if (!row) return undefined;
  const at = time - Number(held.body.from);
  const all = members(held, row, false).sort((a, b) => a.start - b.start);
  const found =
    way > 0 ? all.find(({ start }) => start > at) : all.findLast(({ start }) => start < at);
  return found && place(held, index, found);
}

type Member = Omit<Hit, "row">;

function place({ body }: Held, row: number, member: Member): Hit {
  const from = Number(body.from);
  return { ...member, row, start: member.start + from, end: member.end + from };
}

function members(held: Held, row: TimelineRow, strip: boolean): Member[] {
  if (row.kind === "hart") return hartMembers(held, row, strip);
  return row.kind === "coroutine" ? coroutineMembers(held, row) : bitmapMembers(held, row);
}

const span = (held: Held, start: number, end: number): string =>
  t(
    "{0}, {1} instructions",
    formatTime(start + Number(held.body.from), 1),
    formatTime(end - start, 1),
  );
const percent = (part: number, of: number): string => `${((100 * part) / of).toFixed(0)} %`;

function hartMembers(held: Held, row: HartRow, strip: boolean): Member[] {
  const size = held.body.cell;
  const { bars, cells } = strip ? row.threads : row.polls;
  const title = strip ? threadTitle : coroutineTitle;
  const who = (id: number | null): string => (id === null ? t("not known") : title(held, id));
  const result: Member[] = bars.map(([start, end, id, open, event]) => ({
    start,
    end,
    lines: [who(id), stretch(t("{0}, from {1}", rowTitle(row), span(held, start, end)), open)],
    event,
  }));
  for (const [start, polls, running, id, time] of cells) {
    const longest =
      id === null || time === null ? [] : [t("Longest: {0}, {1}", who(id), percent(time, size))];
    const part = t("{0} of {1} instructions", percent(running, size), formatTime(size, 1));
    result.push({
      start,
      end: start + size,
      lines: [
        strip
          ? t("{0}: {1}", rowTitle(row), part)
          : t("{0}: {1}", rowTitle(row), [pollsText(polls), part].join(t(", "))),
        ...longest,
      ],
    });
  }
  if (strip) return result;
  for (const [start, kind, value, event] of row.marks.alone) {
    const cause = value === null || kind === "ipi" ? "" : ` ${Number(value)}`;
    result.push({
      start,
      end: start,
      lines: [
        `${kind}${cause}`,
        t("{0}, at {1}", rowTitle(row), formatTime(start + Number(held.body.from), 1)),
      ],
      event,
    });
  }
  for (const [start, count, event] of row.marks.cells) {
    result.push({
      start,
      end: start + size,
      lines: [counted(count, "{0} trap, interrupt or IPI", "{0} traps, interrupts or IPIs")],
      event,
    });
  }
  return result;
}

function coroutineMembers(held: Held, row: CoroutineRow): Member[] {
  const size = held.body.cell;
  const name = row.name === undefined ? `#${row.id}` : `#${row.id} ${shortName(row.name)}`;
  const who = row.prio === undefined ? name : t("{0}, priority {1}", name, row.prio);
  const result: Member[] = row.polls.bars.map(([start, end, state, hart, open, event]) => ({
    start,
    end,
    lines: [who, stretch(t("{0} from {1}", stateWords(state, hart), span(held, start, end)), open)],
    event,
  }));
  for (const [start, polls, running, ready, preempted] of row.polls.cells) {
    const parts = [
      pollsText(polls),
      t("running {0}", percent(running, size)),
      t("ready {0}", percent(ready, size)),
      ...(preempted > 0 ? [t("forced off {0}", percent(preempted, size))] : []),
    ];
    result.push({
      start,
      end: start + size,
      lines: [who, t("{0} of {1} instructions", parts.join(t(", ")), formatTime(size, 1))],
    });
  }
  for (const [start, hart, by, event] of row.wakes.alone) {
    const source = by === null ? t("no coroutine") : coroutineTitle(held, by);
    const at = formatTime(start + Number(held.body.from), 1);
    result.push({
      start,
      end: start,
      lines: [
        t("Wake of {0}", name),
        hart === null
          ? t("by {0}, at {1}", source, at)
          : t("by {0} on hart {1}, at {2}", source, hart, at),
      ],
      event,
    });
  }
  for (const [start, count, event] of row.wakes.cells) {
    result.push({
      start,
      end: start + size,
      lines: [counted(count, "{0} wake of {1}", "{0} wakes of {1}", name)],
      event,
    });
  }
  return result;
}

function stateWords(state: string, hart: number | null): string {
  if (state === "running") return hart === null ? t("polled") : t("polled on hart {0}", hart);
  if (state === "preempted") {
    return hart === null ? t("forced off in a poll") : t("forced off hart {0} in a poll", hart);
  }
  return t("ready");
}

const pollsText = (polls: number): string => counted(polls, "{0} poll", "{0} polls");

/** What goes on is not over. */
const stretch = (text: string, open: number): string => (open ? t("{0} until now", text) : text);

function bitmapMembers(held: Held, row: BitmapRow): Member[] {
  const size = held.body.cell;
  const binary = (word: string | null): string => (word === null ? "?" : BigInt(word).toString(2));
  const changes: Member[] = row.changes.alone.map(([start, old, now, hart, event]) => ({
    start,
    end: start,
    lines: [
      `${binary(old)} → ${binary(now)}`,
      hart === null
        ? t("{0}, at {1}", rowTitle(row), formatTime(start + Number(held.body.from), 1))
        : t(
            "{0}, hart {1}, at {2}",
            rowTitle(row),
            hart,
            formatTime(start + Number(held.body.from), 1),
          ),
    ],
    event,
  }));
  for (const [start, count, event, word] of row.changes.cells) {
    const lines = [t("{0}: {1}", rowTitle(row), changesText(count)), t("then {0}", binary(word))];
    changes.push({ start, end: start + size, lines, event });
  }
  return changes;
}

const changesText = (many: number): string => counted(many, "{0} change", "{0} changes");

/** What is in sight of a row, in words: for the table that screen readers read. */
export function summary(layout: Layout, held: Held, row: TimelineRow): readonly string[] {
  const { view } = layout;
  const from = view.from - Number(held.body.from);
  const to = view.to - Number(held.body.from);
  type Timed = readonly [number, ...unknown[]];
  const inside = <M extends Timed>(list: readonly M[]): readonly M[] =>
    list.slice(lowerBound(list, from), lowerBound(list, to));
  const clipped = (start: number, end: number): number =>
    Math.max(0, Math.min(end, to) - Math.max(start, from));
  if (row.kind === "bitmap") {
    const cells = inside(row.changes.cells).reduce((sum, [, count]) => sum + count, 0);
    return [changesText(cells + inside(row.changes.alone).length)];
  }
  const events = row.kind === "hart" ? row.marks : row.wakes;
  const marks =
    inside<Timed>(events.alone).length +
    inside(events.cells).reduce((sum, cell) => sum + cell[1], 0);
  const polls = inside(row.polls.cells).reduce((sum, cell) => sum + cell[1], 0);
  const bars: readonly (readonly (number | string | null)[])[] = row.polls.bars;
  const running = bars
    .filter((bar) => row.kind === "hart" || bar[2] === "running")
    .reduce((sum, bar) => sum + clipped(bar[0] as number, bar[1] as number), 0);
  const long = bars.filter((bar) => clipped(bar[0] as number, bar[1] as number) > 0).length;
  return [
    counted(
      long,
      "{0} long stretch, {1} of the time",
      "{0} long stretches, {1} of the time",
      percent(running, to - from),
    ),
    counted(polls, "{0} poll in short ones", "{0} polls in short ones"),
    row.kind === "hart"
      ? counted(marks, "{0} trap or interrupt", "{0} traps and interrupts")
      : counted(marks, "{0} wake", "{0} wakes"),
  ];
}
