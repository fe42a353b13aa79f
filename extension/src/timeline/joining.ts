/**
 * Answers about ranges that touch, made one: what a move brings into sight is asked for alone and put
 * beside what is held. Cells begin at multiples of their width, so one answer would say the same.
 */
import type { CalledBy, TimelineBody, TimelineRow } from "./messages.ts";

/** Of machine time. */
interface Range {
  readonly from: number;
  readonly to: number;
}

/** An answer, and the range that it is about: times in it may count from another time than `from`. */
export interface Answered extends Range {
  readonly body: TimelineBody;
}

type Member = readonly [number, ...unknown[]];
type Lists = Readonly<Record<string, readonly Member[]>>;
/** What a row has over time, by kind: each some lists in the order of time. */
const OVER_TIME: Readonly<Record<TimelineRow["kind"], readonly string[]>> = {
  hart: ["polls", "threads", "marks"],
  coroutine: ["polls", "wakes"],
  bitmap: ["changes"],
};

/**
 * What is held and a newer answer that begins or ends at a multiple of the cell within it, as far as
 * they are in `keep`. Undefined where something has changed in between, so that they do not fit.
 */
export function joined(held: Answered, part: Answered, keep: Range): Answered | undefined {
  const later = part.to > held.to;
  const seam = later ? part.from : part.to;
  const { cell } = held.body;
  if (!alike(held.body, part.body)) return undefined;
  if (seam % cell !== 0 || seam < held.from || seam > held.to) return undefined;
  const from = Math.max(
    Math.min(held.from, part.from),
    Math.min(seam, Math.ceil(keep.from / cell) * cell),
  );
  const to = Math.min(
    Math.max(held.to, part.to),
    Math.max(seam, Math.floor(keep.to / cell) * cell),
  );
  const origin = Number(held.body.from);
  const by = Number(part.body.from) - origin;
  const cuts = { from: from - origin, seam: seam - origin, to: to - origin };
  const rows = held.body.rows.map((row, at) => {
    const other = moved(part.body.rows[at]!, by);
    return later ? beside(row, other, cuts) : beside(other, row, cuts);
  });
  const names = allCalled(held.body.names, part.body.names);
  const threads = { ...held.body.threads, ...part.body.threads };
  return { body: { ...part.body, from: held.body.from, rows, names, threads }, from, to };
}

function allCalled(some: CalledBy, others: CalledBy): CalledBy {
  const all: Record<string, readonly (number | string)[]> = { ...some };
  for (const [name, ids] of Object.entries(others)) {
    all[name] = [...new Set([...(all[name] ?? []), ...ids])];
  }
  return all;
}

/** Of the same rows and the same recording, as finely. */
function alike(a: TimelineBody, b: TimelineBody): boolean {
  const facts = ["begin", "cell", "dropped", "end", "start", "total"] as const;
  return (
    facts.every((fact) => a[fact] === b[fact]) &&
    a.rows.length === b.rows.length &&
    a.rows.every((row, at) => nameOf(row) === nameOf(b.rows[at]!))
  );
}

const nameOf = (row: TimelineRow): string =>
  `${row.kind} ${row.kind === "bitmap" ? row.name : row.id}`;

/** The row with its lists as `change` makes them. */
function withLists(
  row: TimelineRow,
  change: (list: readonly Member[], of: string, name: string) => readonly Member[],
): TimelineRow {
  const result: Record<string, unknown> = { ...row };
  for (const of of OVER_TIME[row.kind]) {
    const lists = Object.entries(result[of] as Lists);
    result[of] = Object.fromEntries(lists.map(([name, list]) => [name, change(list, of, name)]));
  }
  return result as unknown as TimelineRow;
}

function moved(row: TimelineRow, by: number): TimelineRow {
  return withLists(row, (list, _, name) =>
    list.map((member): Member => {
      const copy: [number, ...unknown[]] = [...member];
      copy[0] += by;
      // Bars end where their second number says.
      if (name === "bars") copy[1] = (member[1] as number) + by;
      return copy;
    }),
  );
}

interface Cuts extends Range {
  readonly seam: number;
}

/** A bar that goes over the seam is in both, and begins before it. */
function beside(left: TimelineRow, right: TimelineRow, { from, seam, to }: Cuts): TimelineRow {
  const row = withLists(right, (list, of, name) => {
    const before = (left as unknown as Readonly<Record<string, Lists>>)[of]![name]!;
    const first = lowerBound(before, from);
    return [
      ...before.slice(name === "bars" ? Math.max(0, first - 1) : first, lowerBound(before, seam)),
      ...list.slice(lowerBound(list, seam), lowerBound(list, to)),
    ];
  });
  return row.kind === "bitmap" && left.kind === "bitmap"
    ? { ...row, before: wordAt(left, from) }
    : row;
}

/** What the bitmap was when a time came. */
function wordAt(
  { before, changes: { alone, cells } }: Extract<TimelineRow, { kind: "bitmap" }>,
  time: number,
): string | null {
  const change = alone[lowerBound(alone, time) - 1];
  const many = cells[lowerBound(cells, time) - 1];
  if (change && (!many || change[0] > many[0])) return change[2];
  return many ? many[3] : before;
}

/** The first of those, which are in the order of time, that begins at a time or later. */
export function lowerBound(members: readonly Member[], time: number): number {
  return firstFrom(members, time, ([start]) => start);
}

export function firstFrom<Each>(
  members: readonly Each[],
  time: number,
  timeOf: (member: Each) => number,
): number {
  let low = 0;
  let high = members.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (timeOf(members[middle]!) >= time) high = middle;
    else low = middle + 1;
  }
  return low;
}
