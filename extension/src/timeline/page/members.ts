/**
 * Draws the members of rows: bars, cells, marks and words, for a stretch of machine time. Only members
 * in the stretch are touched, found by halving, and cells that share a pixel are one rectangle.
 */
import type { Held } from "../fetching.ts";
import { firstFrom, lowerBound } from "../joining.ts";
import type {
  BitmapRow,
  CoroutineRow,
  HartRow,
  ManyBar,
  ManyCell,
  TimelineRow,
} from "../messages.ts";
import type { Viewport } from "../viewport.ts";
import {
  BAR,
  BAR_TOP,
  coroutineTitle,
  type Layout,
  ROW,
  RULER,
  STRIP,
  STRIP_TOP,
  scaleOf,
  topOf,
} from "./layout.ts";
import { type Theme, textOn } from "./theme.ts";

export interface Sheet {
  readonly pen: CanvasRenderingContext2D;
  readonly theme: Theme;
  readonly layout: Layout;
  readonly held: Held;
  /** What of it is drawn: members outside of this machine time are left out. */
  readonly span: Viewport;
}

/** Heights of bars of who is ready, and of who was forced off in a poll, which are fainter too. */
const LOW = 4;
const HALF = 9;
const FAINT = 0.6;
/** Text is put into bars that are wider than this. */
const TEXT_WIDTH = 34;

export function* rowsInSight(
  layout: Layout,
  held: Held | undefined,
): Generator<readonly [TimelineRow, number]> {
  if (!held) return;
  const { rows, start } = held.body;
  for (const [at, row] of rows.entries()) {
    const top = topOf(layout, start + at);
    if (top > RULER - ROW && top < layout.height) yield [row, start + at];
  }
}

/** All but texts and arrows. */
export function drawMembers(sheet: Sheet): void {
  for (const [row, index] of rowsInSight(sheet.layout, sheet.held)) {
    const top = topOf(sheet.layout, index);
    if (row.kind === "hart") drawHart(sheet, row, top);
    else if (row.kind === "coroutine") drawCoroutine(sheet, row, top);
    else drawWord(sheet, row, top);
  }
}

/** Texts stand where their bar is in sight, so that they are drawn for each picture. */
export function drawTexts(sheet: Sheet): void {
  for (const [row, index] of rowsInSight(sheet.layout, sheet.held)) {
    const top = topOf(sheet.layout, index);
    if (row.kind === "hart") drawTitles(sheet, row, top);
    else if (row.kind === "bitmap") drawWordTexts(sheet, row, top);
  }
}

function drawHart(sheet: Sheet, row: HartRow, top: number): void {
  const { theme } = sheet;
  const hue = (id: number): string => hueOf(theme, id);
  const threads = theme.idle;
  drawCells(sheet, row.threads.cells, top + STRIP_TOP, STRIP, () => threads);
  drawBars(sheet, row.threads.bars, top + STRIP_TOP, STRIP, false, (id) =>
    id % 2 === 0 ? threads : theme.muted,
  );
  drawCells(sheet, row.polls.cells, top + BAR_TOP, BAR, hue);
  drawBars(sheet, row.polls.bars, top + BAR_TOP, BAR, true, hue);
  drawMarks(sheet, row.marks, top);
}

/** Traps and interrupts: ticks that hang from the top. */
function drawMarks(sheet: Sheet, { alone, cells }: HartRow["marks"], top: number): void {
  const { pen, theme } = sheet;
  const x = placer(sheet);
  pen.fillStyle = theme.mark;
  const draw = (time: number, height: number): void => {
    pen.fillRect(Math.round(x(time)), top, 2, height);
  };
  for (const [time] of inSpan(alone, sheet)) draw(time, 5);
  for (const [time] of inSpan(cells, sheet)) draw(time, 7);
}

function drawCoroutine(sheet: Sheet, row: CoroutineRow, top: number): void {
  const { held, layout, pen, theme } = sheet;
  const { ready } = theme;
  const own = hueOf(theme, row.id);
  const scale = scaleOf(layout);
  const x = placer(sheet);
  const size = held.body.cell;
  const per = Math.max(1, 1 / scale / size);
  const bottomOf = top + BAR_TOP + BAR;
  for (const [left, width, sums] of columns(inSpan(row.polls.cells, sheet), x, size * scale)) {
    const part = (sum: number): number => Math.min(1, sum / (size * per)) * BAR;
    let bottom = bottomOf;
    for (const [sum, color, alpha] of [
      [sums[1], own, 1],
      [sums[3], own, FAINT],
      [sums[2], ready, 1],
    ] as const) {
      if (sum <= 0) continue;
      const height = Math.max(1.5, part(sum));
      pen.globalAlpha = alpha;
      pen.fillStyle = color;
      pen.fillRect(left, bottom - height, width, height);
      bottom -= height;
    }
    pen.globalAlpha = 1;
  }
  for (const [start, end, state] of inSpan(row.polls.bars, sheet)) {
    const left = Math.max(x(start), layout.gutter - 2);
    const width = Math.max(1, Math.min(x(end), layout.width + 2) - left);
    if (state === "ready") {
      pen.fillStyle = ready;
      pen.fillRect(left, bottomOf - LOW, width, LOW);
      continue;
    }
    const height = state === "running" ? BAR : HALF;
    pen.globalAlpha = state === "running" ? 1 : FAINT;
    pen.fillStyle = own;
    pen.fillRect(left, bottomOf - height, width, height);
    pen.globalAlpha = 1;
    drawEdge(sheet, left, bottomOf - height, width, height);
  }
  // Wakes that share a pixel.
  pen.fillStyle = theme.foreground;
  for (const [time] of inSpan(row.wakes.cells, sheet)) {
    pen.fillRect(Math.round(x(time)), top + BAR_TOP, 1, 3);
  }
}

function drawCells(
  sheet: Sheet,
  cells: readonly ManyCell[],
  top: number,
  high: number,
  color: (id: number) => string,
): void {
  const { held, layout, pen, theme } = sheet;
  const scale = scaleOf(layout);
  const size = held.body.cell;
  const per = Math.max(1, 1 / scale / size);
  for (const [left, width, sums, who] of columns(
    inSpan(cells, sheet),
    placer(sheet),
    size * scale,
  )) {
    if (sums[1] <= 0) continue;
    const height = Math.max(1.5, Math.min(1, sums[1] / (size * per)) * high);
    pen.fillStyle = who === null ? theme.muted : color(who);
    pen.fillRect(left, top + high - height, width, height);
  }
}

function drawBars(
  sheet: Sheet,
  bars: readonly ManyBar[],
  top: number,
  high: number,
  edged: boolean,
  color: (id: number) => string,
): void {
  const { pen, theme } = sheet;
  for (const { left, width, who } of placed(sheet, bars)) {
    pen.fillStyle = who === null ? theme.muted : color(who);
    pen.fillRect(left, top, width, high);
    if (edged && who !== null) drawEdge(sheet, left, top, width, high);
  }
}

function* placed(sheet: Sheet, bars: readonly ManyBar[]) {
  const { layout } = sheet;
  const x = placer(sheet);
  for (const [start, end, who] of inSpan(bars, sheet)) {
    const left = Math.max(x(start), layout.gutter - 2);
    yield { left, width: Math.max(1, Math.min(x(end), layout.width + 2) - left), who };
  }
}

function drawTitles(sheet: Sheet, { polls }: HartRow, top: number): void {
  const { held, layout, pen, theme } = sheet;
  for (const { left, width, who } of placed(sheet, polls.bars)) {
    if (who === null || width <= TEXT_WIDTH) continue;
    pen.fillStyle = textOn(hueOf(theme, who));
    const inside = Math.max(left, layout.gutter) + 4;
    const text = cutText(pen, coroutineTitle(held, who), left + width - inside - 4);
    pen.fillText(text, inside, top + BAR_TOP + BAR / 2 + 0.5);
  }
}

/** Bars that follow each other are told apart by more than their colours. */
function drawEdge({ pen, theme }: Sheet, left: number, top: number, width: number, height: number) {
  if (width < 4) return;
  if (theme.highContrast) {
    pen.strokeStyle = theme.border;
    pen.strokeRect(left + 0.5, top + 0.5, width - 1, height - 1);
  } else {
    pen.fillStyle = theme.background;
    pen.fillRect(left + width - 1, top, 1, height);
  }
}

// Bitmaps: the word between two changes, as a logic analyser shows a bus

interface Change {
  readonly time: number;
  readonly end: number;
  readonly count: number;
  /** From the change on. */
  readonly word: string | null;
}

const changesOf = new WeakMap<BitmapRow, readonly Change[]>();

function changesIn(row: BitmapRow, size: number): readonly Change[] {
  let changes = changesOf.get(row);
  if (!changes) {
    changes = [
      ...row.changes.alone.map(([time, , word]) => ({ time, end: time, word, count: 1 })),
      ...row.changes.cells.map(([time, count, , word]) => ({
        time,
        end: time + size,
        word,
        count,
      })),
    ].sort((a, b) => a.time - b.time);
    changesOf.set(row, changes);
  }
  return changes;
}

/** Where the word stays as it is, and where it changes: [left, right, word], in the order of time. */
function* wordStretches(
  sheet: Sheet,
  row: BitmapRow,
): Generator<{
  readonly left: number;
  readonly right: number;
  readonly word: string | null;
  /** Undefined where it stays. */
  readonly change: Change | undefined;
}> {
  const { held, layout, span } = sheet;
  const x = placer(sheet);
  const changes = changesIn(row, held.body.cell);
  const origin = Number(held.body.from);
  const first = Math.max(0, firstFrom(changes, span.from - origin, ({ time }) => time) - 1);
  const before = changes[first - 1];
  let word = before ? before.word : (row.before ?? row.changes.alone[0]?.[1] ?? null);
  let left = before ? x(before.end) : layout.gutter;
  for (let at = first; at < changes.length; at++) {
    const change = changes[at]!;
    const start = x(change.time);
    yield { left, right: start, word, change: undefined };
    if (change.time > span.to - origin) return;
    const right = start + Math.max(change.count === 1 ? 2 : 1, x(change.end) - start);
    yield { left: start, right, word: change.word, change };
    left = Math.max(layout.gutter, right);
    word = change.word;
  }
  const end = x(Number(held.body.end) - origin);
  yield { left, right: Math.min(end, layout.width), word, change: undefined };
}

const wordMiddle = (top: number): number => top + ROW / 2 - 2;

function drawWord(sheet: Sheet, row: BitmapRow, top: number): void {
  const { layout, pen, theme } = sheet;
  const middle = wordMiddle(top);
  for (const { change, left, right, word } of wordStretches(sheet, row)) {
    if (change) {
      pen.fillStyle = theme.bitmap;
      pen.fillRect(left, middle - 7, right - left, 15);
      if (right - left <= 3) continue;
      pen.fillStyle = theme.background;
      pen.fillRect(left + 1, middle - 6, right - left - 2, 13);
      continue;
    }
    const begin = Math.max(left, layout.gutter);
    const width = Math.min(right, layout.width) - begin;
    if (width <= 0) continue;
    const any = word !== null && BigInt(word) !== 0n;
    pen.fillStyle = theme.bitmap;
    pen.fillRect(begin, any ? middle - 7 : middle + 6, width, 2);
    if (any) pen.fillRect(begin, middle + 6, width, 2);
  }
}

/** A digit is so wide, and so much is left free. */
const DIGIT = 7;
const FREE = 8;

function drawWordTexts(sheet: Sheet, row: BitmapRow, top: number): void {
  const { layout, pen, theme } = sheet;
  pen.textAlign = "center";
  pen.fillStyle = theme.foreground;
  for (const { change, left, right, word } of wordStretches(sheet, row)) {
    if (change || word === null) continue;
    const begin = Math.max(left, layout.gutter);
    const width = Math.min(right, layout.width) - begin;
    if (width <= DIGIT + FREE) continue;
    const text = BigInt(word).toString(2);
    if (width > text.length * DIGIT + FREE) {
      pen.fillText(text, begin + width / 2, wordMiddle(top));
    }
  }
  pen.textAlign = "left";
}

// Places

const hueOf = ({ hues }: Theme, id: number): string => hues[id % hues.length]!;

/** With an ellipsis where it does not fit. */
export function cutText(pen: CanvasRenderingContext2D, text: string, width: number): string {
  const whole = pen.measureText(text).width;
  if (whole <= width) return text;
  let length = Math.floor((text.length * width) / whole);
  while (length > 1 && pen.measureText(`${text.slice(0, length)}…`).width > width) length -= 1;
  return length < 2 ? "" : `${text.slice(0, length)}…`;
}

/** From a row's time to a place on the picture. */
export function placer({ held, layout }: Pick<Sheet, "held" | "layout">): (time: number) => number {
  const scale = scaleOf(layout);
  const origin = layout.gutter + (Number(held.body.from) - layout.view.from) * scale;
  return (time) => origin + time * scale;
}

/** The members that may be in the span: sorted by their first number, bars do not overlap. */
export function inSpan<Member extends readonly [number, ...unknown[]]>(
  members: readonly Member[],
  { held, span }: Pick<Sheet, "held" | "span">,
): readonly Member[] {
  const origin = Number(held.body.from);
  const first = Math.max(0, lowerBound(members, span.from - origin) - 1);
  return members.slice(first, lowerBound(members, span.to - origin));
}

type Sums = [number, number, number, number];

/** Cells as rectangles: [left, width, sums, who]; those that begin at the same pixel are one. */
function* columns(
  cells: readonly (ManyCell | readonly [number, number, number, number, number])[],
  x: (time: number) => number,
  width: number,
): Generator<readonly [number, number, Sums, number | null]> {
  const wide = Math.max(1, width);
  let left = Number.NaN;
  let sums: Sums = [0, 0, 0, 0];
  let who: number | null = null;
  let longest = -1;
  for (const [time, polls, running, third, fourth] of cells) {
    const at = width >= 1 ? x(time) : Math.floor(x(time));
    if (at !== left) {
      if (!Number.isNaN(left)) yield [left, wide, sums, who];
      left = at;
      sums = [0, 0, 0, 0];
      who = null;
      longest = -1;
    }
    sums[0] += polls;
    sums[1] += running;
    sums[2] += third ?? 0;
    sums[3] += fourth ?? 0;
    if ((fourth ?? 0) > longest) {
      longest = fourth ?? 0;
      who = third;
    }
  }
  if (!Number.isNaN(left)) yield [left, wide, sums, who];
}
