/**
 * Levels of detail: a track or a list of marks as it is where that fits, and by cells where its parts
 * are narrower than one. What is answered for a range of N cells has at most 2N + 2 members, and takes
 * that many searches.
 */
import type { Bar, Cell, MarkCell, Points, Stretches } from "./api.ts";
import { BUSY, ManyTrack, PREEMPTED, READY, RUNNING } from "./lanes.ts";
import type { Marks } from "./marks.ts";
import { classOf, type Doing, type Totals, type Track, whoOf } from "./track.ts";

export interface Range {
  readonly from: number;
  readonly to: number;
  /** A cell is 2^width instructions. */
  readonly width: number;
  /** Events were dropped: what went on before the first change that is held is not known. */
  readonly cut: boolean;
  /** Where what is known ends: whatever goes on goes on until then. */
  readonly now: number;
}

/** The ids that a track's numbers stand for. */
export type Ids = (who: number) => number | undefined;

const STATES = { [READY]: "ready", [RUNNING]: "running", [PREEMPTED]: "preempted" } as const;

/**
 * The widest power of two that is no wider than a pixel: 0 for a cell of one instruction, where
 * nothing is narrower than a pixel.
 */
export const cellWidth = (from: number, to: number, pixels: number): number =>
  Math.max(0, Math.floor(Math.log2((to - from) / pixels)));

/** A bar as wide as a cell or wider stands for itself; a cell is answered where a narrower one is. */
export function stretches(track: Track, range: Range, ids: Ids): Stretches {
  const size = 2 ** range.width;
  const told = toldBefore(track, range);
  const bars = told?.bars.slice() ?? [];
  const cells = told?.cells.slice() ?? [];
  const sums = new Sums(track, range);
  let time = told?.time ?? range.from;
  let at = told?.at ?? Math.max(track.at(time), track.first);
  /** Up to here nothing that comes later changes anything. */
  const over = { bars: bars.length, cells: cells.length, time, at };
  while (at < track.end) {
    const start = track.time(at);
    const end = at + 1 < track.end ? track.time(at + 1) : range.now;
    if (start >= range.to) break;
    if (classOf(track.doing(at)) === 0 || end <= time || end === start) {
      at += 1;
      continue;
    }
    if (end - start >= size) {
      bars.push(bar(track, at, start, end, ids));
      time = end;
      at += 1;
    } else if (time >= range.to) {
      break;
    } else {
      const cell = Math.floor(Math.max(start, time) / size);
      cells.push(sums.cell(cell, ids));
      time = (cell + 1) * size;
      at = Math.max(track.at(time, Math.max(sums.near, at)), at);
    }
    if (at + 1 < track.end && time <= range.now) {
      over.bars = bars.length;
      over.cells = cells.length;
      over.time = time;
      over.at = at;
    }
  }
  if (track instanceof ManyTrack) {
    const { from, width, cut } = range;
    const kept = { bars: bars.slice(0, over.bars), cells: cells.slice(0, over.cells) };
    tellings.set(track, { ...over, ...kept, from, width, cut, first: track.first });
  }
  return { bars, cells };
}

/**
 * What was answered last of a track that many cells are asked of at each stop: of what is over, the
 * same will be told again.
 */
interface Told extends Stretches {
  readonly from: number;
  readonly width: number;
  readonly cut: boolean;
  /** The track's oldest change then. */
  readonly first: number;
  /** Where the rest begins, and the change there. */
  readonly time: number;
  readonly at: number;
}

const tellings = new WeakMap<Track, Told>();

function toldBefore(track: Track, { from, to, width, cut }: Range): Told | undefined {
  const told = tellings.get(track);
  const isSame = told?.from === from && told.width === width && told.cut === cut;
  return isSame && told.first === track.first && told.time <= to ? told : undefined;
}

function bar(track: Track, index: number, start: number, end: number, ids: Ids): Bar {
  const what = track.doing(index);
  return {
    start,
    end,
    who: ids(whoOf(what)),
    state: track instanceof ManyTrack ? undefined : STATES[classOf(what) as keyof typeof STATES],
    open: index + 1 === track.end,
    event: track.event(index),
  };
}

/** Sums of cells, one after the other. */
class Sums {
  readonly #track: Track;
  readonly #range: Range;
  readonly #size: number;
  readonly #before: Totals;
  readonly #after: Totals;
  /** A change before the next cell, and not far from it. */
  near: number;
  /** Where the last cell ended, and the change before that. */
  #end = Number.NaN;
  #high = 0;

  constructor(track: Track, range: Range) {
    this.#track = track;
    this.#range = range;
    this.#size = 2 ** range.width;
    this.near = track.first;
    this.#before = track.zeros();
    this.#after = track.zeros();
  }

  /** Cells come in the order of time. */
  cell(cell: number, ids: Ids): Cell {
    const track = this.#track;
    const start = cell * this.#size;
    const end = Math.min(start + this.#size, this.#range.now);
    // What the last one ended with is what this one begins with.
    const follows = start === this.#end;
    const low = follows ? this.#high : track.before(start, this.near);
    if (follows) for (let i = 0; i < this.#after.length; i++) this.#before[i] = this.#after[i]!;
    else track.totals(low, start, this.#before);
    const high = track.before(end, Math.max(low, track.first));
    track.totals(high, end, this.#after);
    this.near = Math.max(high, track.first);
    this.#end = end;
    this.#high = high;
    const of = (kind: number): number => this.#after[kind - 1]! - this.#before[kind - 1]!;
    const polls = this.#after.at(-1)! - this.#before.at(-1)!;
    if (!(track instanceof ManyTrack)) {
      return { at: cell, polls, running: of(RUNNING), ready: of(READY), preempted: of(PREEMPTED) };
    }
    const most = this.#most(track, cell, start, end);
    const who = most && ids(most.who);
    return {
      at: cell,
      polls,
      running: of(BUSY),
      ready: 0,
      preempted: 0,
      most: most && who !== undefined ? { who, time: most.time } : undefined,
    };
  }

  #most(track: ManyTrack, cell: number, start: number, end: number) {
    const { cut, width } = this.#range;
    if (cut && start < track.time(track.first)) return undefined;
    const open = track.open(start, end);
    if (track.dominance.covers(width)) return track.dominance.of(width, cell, open);
    return longestOf(track, start, end);
  }
}

/** Counted bar by bar. */
function longestOf(track: Track, start: number, end: number) {
  const times = new Map<number, number>();
  for (let at = Math.max(track.at(start), track.first); at < track.end; at++) {
    const began = track.time(at);
    if (began >= end) break;
    const what: Doing = track.doing(at);
    const ended = at + 1 < track.end ? track.time(at + 1) : end;
    const time = Math.min(ended, end) - Math.max(began, start);
    if (classOf(what) !== 0 && time > 0)
      times.set(whoOf(what), (times.get(whoOf(what)) ?? 0) + time);
  }
  let best: { who: number; time: number } | undefined;
  for (const [who, time] of times) {
    if (!best || time > best.time || (time === best.time && who < best.who)) best = { who, time };
  }
  return best;
}

/** A mark that is alone in its cell stands for itself. */
export function points(marks: Marks, { from, to, width }: Range): Points {
  const size = 2 ** width;
  const alone: number[] = [];
  const cells: MarkCell[] = [];
  let at = marks.at(from);
  while (at < marks.end) {
    const time = marks.time(at);
    if (time >= to) break;
    const cell = Math.floor(time / size);
    const next = marks.at((cell + 1) * size, at);
    const first = marks.cursor(at);
    if (next - at === 1) alone.push(first);
    else cells.push({ at: cell, count: next - at, first, last: marks.cursor(next - 1) });
    at = next;
  }
  return { alone, cells };
}
