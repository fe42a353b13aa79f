/**
 * Which part of the timeline to ask for next. One question at a time; what is in sight comes with half
 * a picture at each side and some rows above and below, so that a move finds its picture there.
 */
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

/** An answer with what was asked. */
export interface Held {
  readonly body: TimelineBody;
  readonly wanted: Wanted;
  readonly query: TimelineQuery;
}

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
): TimelineQuery | undefined {
  return held && enough(wanted, held, bounds) ? undefined : queryFor(wanted);
}

function queryFor({ active, filter, firstRow, rows, view, width }: Wanted): TimelineQuery {
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
  const { active, filter, firstRow, rows, version, view } = wanted;
  if (asked.version !== version || asked.filter !== filter || asked.active !== active) return false;
  if (active && (asked.view.from !== view.from || asked.view.to !== view.to)) return false;
  const span = view.to - view.from;
  if (detail(wanted) !== detail(asked)) return false;
  const margin = span * MARGIN * LEAST_MARGIN;
  const before = query.from! <= Math.max(view.from - margin, bounds.begin, 0);
  const after = query.to! >= Math.min(view.to + margin, bounds.end);
  const last = Math.min(firstRow + rows, body.total);
  return before && after && body.start <= firstRow && body.start + body.rows.length >= last;
}

/** The daemon's cells are powers of two, so that is how fine the difference between two scales is. */
const detail = ({ view, width }: Wanted): number =>
  Math.max(0, Math.floor(Math.log2((view.to - view.from) / width)));
