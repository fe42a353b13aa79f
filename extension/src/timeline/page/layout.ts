/** Where things are on the picture, in CSS pixels. */
import { t } from "../../base/words.ts";
import type { Held } from "../fetching.ts";
import type { CalledBy, TimelineRow } from "../messages.ts";
import type { Viewport } from "../viewport.ts";

export const RULER = 24;
export const ROW = 24;
/** In a row: where bars are, and how high. */
export const BAR_TOP = 3;
export const BAR = 15;
/** The strip of a hart's threads, below its polls. */
export const STRIP_TOP = 19;
export const STRIP = 3;

export interface Layout {
  readonly width: number;
  readonly height: number;
  /** Width of the column of names. */
  readonly gutter: number;
  readonly scrollTop: number;
  readonly view: Viewport;
}

export const chartWidth = ({ gutter, width }: Layout): number => Math.max(1, width - gutter);
/** Pixels of one instruction. */
export const scaleOf = (layout: Layout): number =>
  chartWidth(layout) / (layout.view.to - layout.view.from);
export const xOf = (layout: Layout, time: number): number =>
  layout.gutter + (time - layout.view.from) * scaleOf(layout);
export const timeAt = (layout: Layout, x: number): number =>
  layout.view.from + (x - layout.gutter) / scaleOf(layout);
export const topOf = (layout: Layout, row: number): number => RULER + row * ROW - layout.scrollTop;
export const rowAt = (layout: Layout, y: number): number | undefined =>
  y < RULER ? undefined : Math.floor((y - RULER + layout.scrollTop) / ROW);

export const gutterOf = (width: number): number =>
  Math.round(Math.min(220, Math.max(90, width * 0.16)));

/** `ring::pass` of a path: enough to know it by. */
export const shortName = (name: string): string =>
  /[<>]/.test(name) ? name : name.split("::").slice(-2).join("::");

export function rowTitle(row: TimelineRow): string {
  if (row.kind === "hart") return t("Hart {0}", row.id);
  if (row.kind === "bitmap") return row.name === "" ? t("Bitmap") : t("Bitmap {0}", row.name);
  return row.name === undefined ? `#${row.id}` : `#${row.id} ${shortName(row.name)}`;
}

/** Names by id, of an answer. */
const names = new WeakMap<CalledBy, ReadonlyMap<number | string, string>>();

function nameOf(called: CalledBy, id: number | string): string | undefined {
  let known = names.get(called);
  if (!known) {
    const pairs = Object.entries(called);
    known = new Map(pairs.flatMap(([name, ids]) => ids.map((each) => [each, name] as const)));
    names.set(called, known);
  }
  return known.get(id);
}

export const coroutineTitle = ({ body }: Held, id: number): string => {
  const name = nameOf(body.names, id);
  return name === undefined ? `#${id}` : `#${id} ${shortName(name)}`;
};
export const threadTitle = ({ body }: Held, id: number): string => {
  const name = body.threads[id];
  return name === undefined || name === "" ? t("thread {0}", id) : t("thread {0} {1}", id, name);
};
