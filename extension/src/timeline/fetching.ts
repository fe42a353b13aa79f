/**
 * Which part of the timeline to ask for next. One question at a time; what is in sight comes with half
 * a picture at each side and some rows above and below, so that a move finds its picture there. Of
 * what it is about to bring into sight, only what is not held is asked for.
 */
import { joined } from "./joining.ts";
import type { TimelineBody, TimelineQuery } from "./messages.ts";
import type { Bounds, Viewport } from "./viewport.ts";

export interface Wanted {
  readonly view: Viewport;
  /** Pixels. */
  readonly width: number;
  readonly firstRow: number;
  readonly rows: number;
  readonly filter: string;
  readonly active: boolean;
  /** Changes when what was answered may not be all any more. */
  readonly version: number;
}

/** An answer with what was asked, or several that stand beside each other. */
export interface Held {
  readonly body: TimelineBody;
  readonly wanted: Wanted;
  readonly query: TimelineQuery;
}

/** A question about a range. */
type RangeQuery = TimelineQuery & Required<Pick<TimelineQuery, "from" | "to">>;

const MARGIN = 0.5;
/** Asked again when a move leaves less than this part of the margin. */
const LEAST_MARGIN = 0.2;
const ROWS_AROUND = 10;
const MOST_PIXELS = 16_384;

/** Left out where it is beyond what there is: nothing is missing there. */
export function nextQuery(
  wanted: Wanted,
  held: Held | undefined,
  bounds: Bounds,
): RangeQuery | undefined {
  return held && enough(wanted, held, bounds) ? undefined : queryFor(wanted);
}

/** Of a question, what is not held already; undefined where that is all of it, or at both sides. */
export function missingPart(
  query: RangeQuery,
  wanted: Wanted,
  { body: { cell }, query: had, wanted: asked }: Held,
): RangeQuery | undefined {
  // Rows that depend on the range are asked for whole.
  if (!sameContent(wanted, asked) || wanted.active) return undefined;
  if (query.lanes.start !== had.lanes.start || query.lanes.count !== had.lanes.count)
    return undefined;
  const [from, to] = [had.from ?? 0, had.to ?? 0];
  const later = query.to > to && query.from >= from && query.from < to;
  const earlier = query.from < from && query.to <= to && query.to > from;
  if (later === earlier) return undefined;
  const part = later
    ? { ...query, from: Math.floor(to / cell) * cell }
    : { ...query, to: Math.ceil(from / cell) * cell };
  // In the middle between the widths of a pixel for which cells are wider or narrower.
  const pixels = Math.ceil((part.to - part.from) / (1.5 * cell));
  return { ...part, width: Math.min(MOST_PIXELS, pixels) };
}

/** What is held with the answer for its missing part; undefined where they do not fit any more. */
export function extended(
  held: Held,
  part: RangeQuery,
  body: TimelineBody,
  wanted: Wanted,
): Held | undefined {
  const { from = 0, to = 0 } = held.query;
  const span = wanted.view.to - wanted.view.from;
  const whole = joined(
    { body: held.body, from, to },
    { body, from: part.from, to: part.to },
    // A move back finds its picture, too; what is far away goes.
    { from: wanted.view.from - 2 * span, to: wanted.view.to + 2 * span },
  );
  if (!whole) return undefined;
  return { body: whole.body, wanted, query: { ...held.query, from: whole.from, to: whole.to } };
}

function queryFor({ active, filter, firstRow, rows, view, width }: Wanted): RangeQuery {
  const span = view.to - view.from;
  const from = Math.max(0, Math.floor(view.from - span * MARGIN));
  const to = Math.ceil(view.to + span * MARGIN);
  const pixels = Math.min(MOST_PIXELS, Math.max(1, Math.round(((to - from) / span) * width)));
  const start = Math.max(0, firstRow - ROWS_AROUND);
  return {
    from,
    to,
    width: pixels,
    lanes: {
      start,
      count: rows + 2 * ROWS_AROUND,
      ...(filter !== "" && { filter }),
      ...(active && { active }),
    },
  };
}

function enough(wanted: Wanted, { body, query, wanted: asked }: Held, bounds: Bounds): boolean {
  const { active, firstRow, rows, view } = wanted;
  if (!sameContent(wanted, asked)) return false;
  if (active && (asked.view.from !== view.from || asked.view.to !== view.to)) return false;
  const span = view.to - view.from;
  const margin = span * MARGIN * LEAST_MARGIN;
  const before = query.from! <= Math.max(view.from - margin, bounds.begin, 0);
  const after = query.to! >= Math.min(view.to + margin, bounds.end);
  const last = Math.min(firstRow + rows, body.total);
  return before && after && body.start <= firstRow && body.start + body.rows.length >= last;
}

const sameContent = (a: Wanted, b: Wanted): boolean =>
  a.version === b.version &&
  a.filter === b.filter &&
  a.active === b.active &&
  detail(a) === detail(b);

/** The daemon's cells are powers of two, so that is how fine the difference between two scales is. */
const detail = ({ view, width }: Wanted): number =>
  Math.max(0, Math.floor(Math.log2((view.to - view.from) / width)));
