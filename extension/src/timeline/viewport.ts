/** The range of machine time that is in sight, and the moves of it: no page, no pictures. */
import { number } from "../base/words.ts";

export interface Viewport {
  /** Machine time at the left and right edge; `to` is greater. */
  readonly from: number;
  readonly to: number;
}

/** What there is: the oldest event held, and now. */
export interface Bounds {
  readonly begin: number;
  readonly end: number;
}

/** Closer than this makes no sense: an instruction is then a tenth of the picture. */
const LEAST = 10;

/** All of it, with a little room at the end. */
export function everything({ begin, end }: Bounds): Viewport {
  return { from: begin, to: Math.max(end, begin + LEAST) };
}

/** Moved by a part of what is in sight; some of what there is stays in it. */
export function pan(view: Viewport, part: number, bounds: Bounds): Viewport {
  const span = view.to - view.from;
  return clamp({ from: view.from + span * part, to: view.to + span * part }, bounds);
}

/** `factor` below 1 goes closer; the time at `part` of the width stays where it is. */
export function zoom(view: Viewport, factor: number, part: number, bounds: Bounds): Viewport {
  const span = view.to - view.from;
  const widest = Math.max(LEAST, bounds.end - bounds.begin) * 1.2;
  const wanted = Math.min(Math.max(span * factor, LEAST), widest);
  const at = view.from + span * part;
  return clamp({ from: at - wanted * part, to: at + wanted * (1 - part) }, bounds);
}

/** Never further out than that half of the picture is empty. */
function clamp({ from, to }: Viewport, { begin, end }: Bounds): Viewport {
  const span = to - from;
  const least = Math.min(begin, begin + (end - begin - span) / 2) - span * 0.1;
  const most = Math.max(end, begin + (end - begin + span) / 2) + span * 0.1;
  const moved = from < least ? least - from : to > most ? most - to : 0;
  return { from: from + moved, to: to + moved };
}

/** `12.5 M`: instructions, with as many digits as tell times apart that are `step` apart. */
export function formatTime(time: number, step: number): string {
  const unit = UNITS.find(({ size }) => Math.abs(time) >= size);
  if (!unit) return number(Math.round(time));
  const digits = Math.min(9, Math.max(0, Math.ceil(Math.log10(unit.size / Math.max(1, step)))));
  const shown = number(time / unit.size, { maximumFractionDigits: digits });
  return `${shown} ${unit.name}`;
}

const UNITS = [
  { size: 1e9, name: "G" },
  { size: 1e6, name: "M" },
  { size: 1e3, name: "k" },
] as const;

/** Times to write at the ruler: round numbers, at least `pixels` apart. */
export function ticks(
  { from, to }: Viewport,
  width: number,
  pixels: number,
): { readonly step: number; readonly times: number[] } {
  const least = ((to - from) / Math.max(1, width)) * pixels;
  const power = 10 ** Math.floor(Math.log10(Math.max(1, least)));
  const step = Math.max(1, power * ([1, 2, 5, 10].find((round) => power * round >= least) ?? 10));
  const times: number[] = [];
  for (let time = Math.ceil(from / step) * step; time <= to; time += step) times.push(time);
  return { step, times };
}
