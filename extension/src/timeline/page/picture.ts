/**
 * Draws what is in sight onto a canvas. Of each row only the members that are in sight are touched,
 * found by halving, and cells that share a pixel are one rectangle.
 */
import { t } from "../../base/words.ts";
import type { Held } from "../fetching.ts";
import type { BitmapRow, CoroutineRow, HartRow, ManyBar, ManyCell } from "../messages.ts";
import { formatTime, ticks } from "../viewport.ts";
import {
  BAR,
  BAR_TOP,
  chartWidth,
  coroutineTitle,
  type Layout,
  ROW,
  RULER,
  rowTitle,
  STRIP,
  STRIP_TOP,
  scaleOf,
  topOf,
  xOf,
} from "./layout.ts";
import { type Theme, textOn } from "./theme.ts";

export interface Scene {
  readonly layout: Layout;
  readonly held: Held | undefined;
  /** Rows under the pointer and under the keyboard's cursor. */
  readonly hover: number | undefined;
  readonly focus: number | undefined;
  readonly selection: { readonly from: number; readonly to: number } | undefined;
  /** The member that the keyboard's cursor is at. */
  readonly at: { readonly row: number; readonly start: number; readonly end: number } | undefined;
}

/** Heights of bars of who is ready, and of who was forced off in a poll, which are fainter too. */
const LOW = 4;
const HALF = 9;
const FAINT = 0.6;
/** More arrows than this in sight are cut short; those of the row under the pointer stay whole. */
const MOST_ARROWS = 120;
/** Text is put into bars that are wider than this. */
const TEXT_WIDTH = 34;

export class Picture {
  readonly #canvas: HTMLCanvasElement;
  readonly #pen: CanvasRenderingContext2D;
  theme: Theme;

  constructor(canvas: HTMLCanvasElement, theme: Theme) {
    this.#canvas = canvas;
    this.#pen = canvas.getContext("2d", { alpha: false })!;
    this.theme = theme;
  }

  paint(scene: Scene): void {
    const { layout } = scene;
    this.#fit(layout);
    const pen = this.#pen;
    const { background, font, fontSize } = this.theme;
    pen.fillStyle = background;
    pen.fillRect(0, 0, layout.width, layout.height);
    pen.font = `${fontSize - 1}px ${font}`;
    pen.textBaseline = "middle";
    this.#backs(scene);
    pen.save();
    pen.beginPath();
    pen.rect(layout.gutter, RULER, chartWidth(layout), layout.height - RULER);
    pen.clip();
    this.#grid(layout);
    this.#selected(scene);
    if (scene.held) this.#rows(layout, scene.held);
    if (scene.held) this.#wakes(scene, scene.held);
    this.#cursor(scene);
    pen.restore();
    this.#titles(scene);
    this.#ruler(layout);
  }

  /** As many dots as the screen has. */
  #fit({ height, width }: Layout): void {
    const ratio = window.devicePixelRatio || 1;
    const [wide, high] = [Math.round(width * ratio), Math.round(height * ratio)];
    if (this.#canvas.width !== wide || this.#canvas.height !== high) {
      this.#canvas.width = wide;
      this.#canvas.height = high;
    }
    this.#pen.setTransform(ratio, 0, 0, ratio, 0, 0);
  }

  #backs({ focus, hover, layout }: Scene): void {
    if (hover === undefined) return;
    this.#pen.fillStyle = this.theme.hover;
    if (hover !== focus) this.#pen.fillRect(0, topOf(layout, hover), layout.width, ROW);
  }

  #grid(layout: Layout): void {
    const pen = this.#pen;
    // Where lines are as bright as bars there are none.
    if (this.theme.highContrast) return;
    pen.fillStyle = this.theme.line;
    for (const time of ticks(layout.view, chartWidth(layout), 110).times) {
      pen.fillRect(Math.round(xOf(layout, time)), RULER, 1, layout.height);
    }
  }

  #ruler(layout: Layout): void {
    const pen = this.#pen;
    const { background, border, foreground, muted } = this.theme;
    pen.fillStyle = background;
    pen.fillRect(0, 0, layout.width, RULER - 1);
    const { step, times } = ticks(layout.view, chartWidth(layout), 110);
    pen.textAlign = "left";
    for (const time of times) {
      const x = Math.round(xOf(layout, time));
      if (x < layout.gutter) continue;
      pen.fillStyle = muted;
      pen.fillRect(x, RULER - 7, 1, 6);
      if (time >= 0) pen.fillText(formatTime(time, step), x + 4, RULER / 2 - 1);
    }
    pen.fillStyle = background;
    pen.fillRect(0, 0, layout.gutter, RULER - 1);
    pen.fillStyle = muted;
    pen.fillText(t("Machine time"), 8, RULER / 2);
    pen.fillStyle = border;
    pen.fillRect(0, RULER - 1, layout.width, 1);
    pen.fillStyle = foreground;
  }

  #titles({ focus, held, layout }: Scene): void {
    const pen = this.#pen;
    const { background, border, focus: focusColor, foreground, hover } = this.theme;
    pen.fillStyle = background;
    pen.fillRect(0, RULER, layout.gutter, layout.height);
    pen.textAlign = "left";
    for (const [row, index] of this.#inSight(layout, held)) {
      const top = topOf(layout, index);
      pen.fillStyle = foreground;
      pen.fillText(this.#cut(rowTitle(row), layout.gutter - 14), 8, top + ROW / 2);
    }
    pen.fillStyle = border;
    pen.fillRect(layout.gutter - 1, 0, 1, layout.height);
    if (focus === undefined || !held || focus >= held.body.total) return;
    pen.strokeStyle = focusColor;
    pen.fillStyle = hover;
    pen.strokeRect(0.5, topOf(layout, focus) + 0.5, layout.width - 1, ROW - 1);
  }

  *#inSight(
    layout: Layout,
    held: Held | undefined,
  ): Generator<readonly [Held["body"]["rows"][number], number]> {
    if (!held) return;
    const { rows, start } = held.body;
    for (const [at, row] of rows.entries()) {
      const top = topOf(layout, start + at);
      if (top > RULER - ROW && top < layout.height) yield [row, start + at];
    }
  }

  #rows(layout: Layout, held: Held): void {
    const pen = this.#pen;
    for (const [row, index] of this.#inSight(layout, held)) {
      const top = topOf(layout, index);
      pen.fillStyle = this.theme.line;
      pen.fillRect(layout.gutter, top + ROW - 1, chartWidth(layout), 1);
      if (row.kind === "hart") this.#hart(layout, held, row, top);
      else if (row.kind === "coroutine") this.#coroutine(layout, held, row, top);
      else this.#bitmap(layout, held, row, top);
    }
  }

  #hart(layout: Layout, held: Held, row: HartRow, top: number): void {
    const hue = (id: number): string => this.#hue(id);
    const threads = this.theme.idle;
    this.#cells(layout, held, row.threads.cells, top + STRIP_TOP, STRIP, () => threads);
    this.#many(layout, held, row.threads.bars, top + STRIP_TOP, STRIP, (id) =>
      id % 2 === 0 ? threads : this.theme.muted,
    );
    this.#cells(layout, held, row.polls.cells, top + BAR_TOP, BAR, hue);
    this.#many(layout, held, row.polls.bars, top + BAR_TOP, BAR, hue, (id) =>
      coroutineTitle(held, id),
    );
    this.#marks(layout, held, row.marks, top);
  }

  /** Traps and interrupts: ticks that hang from the top. */
  #marks(layout: Layout, held: Held, { alone, cells }: HartRow["marks"], top: number): void {
    const pen = this.#pen;
    const x = placer(layout, held);
    pen.fillStyle = this.theme.mark;
    const draw = (time: number, height: number): void => {
      pen.fillRect(Math.round(x(time)), top, 2, height);
    };
    for (const [time] of inRange(alone, layout, held)) draw(time, 5);
    for (const [time] of inRange(cells, layout, held)) draw(time, 7);
  }

  #coroutine(layout: Layout, held: Held, row: CoroutineRow, top: number): void {
    const pen = this.#pen;
    const { ready } = this.theme;
    const own = this.#hue(row.id);
    const scale = scaleOf(layout);
    const x = placer(layout, held);
    const size = held.body.cell;
    const per = Math.max(1, 1 / scale / size);
    for (const [left, width, sums] of columns(
      inRange(row.polls.cells, layout, held),
      x,
      size * scale,
    )) {
      const part = (sum: number): number => Math.min(1, sum / (size * per)) * BAR;
      let bottom = top + BAR_TOP + BAR;
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
    for (const [start, end, state] of inRange(row.polls.bars, layout, held)) {
      const left = Math.max(x(start), layout.gutter - 2);
      const width = Math.max(1, Math.min(x(end), layout.width + 2) - left);
      const bottom = top + BAR_TOP + BAR;
      if (state === "ready") {
        pen.fillStyle = ready;
        pen.fillRect(left, bottom - LOW, width, LOW);
        continue;
      }
      const height = state === "running" ? BAR : HALF;
      pen.globalAlpha = state === "running" ? 1 : FAINT;
      pen.fillStyle = own;
      pen.fillRect(left, bottom - height, width, height);
      pen.globalAlpha = 1;
      this.#edge(left, bottom - height, width, height);
    }
  }

  /** The word between two changes, as a logic analyser shows a bus. */
  #bitmap(layout: Layout, held: Held, row: BitmapRow, top: number): void {
    const pen = this.#pen;
    const { background, bitmap, foreground } = this.theme;
    const x = placer(layout, held);
    const size = held.body.cell;
    const changes = [
      ...row.changes.alone.map(([time, , word]) => ({ time, end: time, word, count: 1 })),
      ...row.changes.cells.map(([time, count, , word]) => ({
        time,
        end: time + size,
        word,
        count,
      })),
    ].sort((a, b) => a.time - b.time);
    const middle = top + ROW / 2 - 2;
    pen.textAlign = "center";
    let [left, word] = [layout.gutter, row.before ?? row.changes.alone[0]?.[1] ?? null];
    const stretch = (right: number): void => {
      const width = Math.min(right, layout.width) - Math.max(left, layout.gutter);
      if (width <= 0) return;
      const any = word !== null && BigInt(word) !== 0n;
      pen.fillStyle = bitmap;
      pen.fillRect(left, any ? middle - 7 : middle + 6, width, 2);
      if (any) pen.fillRect(left, middle + 6, width, 2);
      const text = word === null ? "" : BigInt(word).toString(2);
      if (width > text.length * 7 + 8) {
        pen.fillStyle = foreground;
        pen.fillText(text, Math.max(left, layout.gutter) + width / 2, middle);
      }
    };
    for (const change of changes) {
      const at = x(change.time);
      if (at > layout.width) break;
      stretch(at);
      const width = Math.max(change.count === 1 ? 2 : 1, x(change.end) - at);
      pen.fillStyle = bitmap;
      pen.fillRect(at, middle - 7, width, 15);
      if (width > 3) {
        pen.fillStyle = background;
        pen.fillRect(at + 1, middle - 6, width - 2, 13);
      }
      left = Math.max(layout.gutter, at + width);
      word = change.word;
    }
    const end = x(Number(held.body.end) - Number(held.body.from));
    stretch(Math.min(end, layout.width));
    pen.textAlign = "left";
  }

  /** Arrows from who wakes to who is woken; where they stand close, ticks in the woken one's row. */
  #wakes({ focus, hover, layout }: Scene, held: Held): void {
    const pen = this.#pen;
    const x = placer(layout, held);
    const lines = rowNumbers(held);
    const rows = [...this.#inSight(layout, held)].flatMap(([row, index]) =>
      row.kind === "coroutine"
        ? [{ index, cells: row.wakes.cells, alone: inRange(row.wakes.alone, layout, held) }]
        : [],
    );
    const many = rows.reduce((sum, { alone }) => sum + alone.length, 0) > MOST_ARROWS;
    pen.strokeStyle = this.theme.foreground;
    pen.fillStyle = this.theme.foreground;
    for (const { alone, cells, index } of rows) {
      const top = topOf(layout, index);
      for (const [time] of inRange(cells, layout, held)) {
        pen.fillRect(Math.round(x(time)), top + BAR_TOP, 1, 3);
      }
      const short = many && index !== hover && index !== focus;
      pen.beginPath();
      for (const [time, hart, by] of alone) {
        const from = lines.get(`coroutine ${by}`) ?? lines.get(`hart ${hart}`) ?? -1;
        const at = Math.round(x(time)) + 0.5;
        const down = from < index;
        const tip = down ? top + BAR_TOP + 2 : top + BAR_TOP + BAR;
        const begin = short || from < 0 ? tip + (down ? -7 : 7) : topOf(layout, from) + ROW / 2;
        if (from !== index) {
          pen.moveTo(at, begin);
          pen.lineTo(at, tip);
        }
        const side = down ? -3 : 3;
        pen.moveTo(at - 3, tip + side);
        pen.lineTo(at, tip);
        pen.lineTo(at + 3, tip + side);
      }
      pen.globalAlpha = short ? 0.5 : 0.8;
      pen.stroke();
      pen.globalAlpha = 1;
    }
  }

  #cells(
    layout: Layout,
    held: Held,
    cells: readonly ManyCell[],
    top: number,
    high: number,
    color: (id: number) => string,
  ): void {
    const pen = this.#pen;
    const scale = scaleOf(layout);
    const size = held.body.cell;
    const per = Math.max(1, 1 / scale / size);
    const most = inRange(cells, layout, held);
    for (const [left, width, sums, who] of columns(most, placer(layout, held), size * scale)) {
      if (sums[1] <= 0) continue;
      const height = Math.max(1.5, Math.min(1, sums[1] / (size * per)) * high);
      pen.fillStyle = who === null ? this.theme.muted : color(who);
      pen.fillRect(left, top + high - height, width, height);
    }
  }

  #many(
    layout: Layout,
    held: Held,
    bars: readonly ManyBar[],
    top: number,
    high: number,
    color: (id: number) => string,
    title?: (id: number) => string,
  ): void {
    const pen = this.#pen;
    const x = placer(layout, held);
    for (const [start, end, who] of inRange(bars, layout, held)) {
      const left = Math.max(x(start), layout.gutter - 2);
      const width = Math.max(1, Math.min(x(end), layout.width + 2) - left);
      const fill = who === null ? this.theme.muted : color(who);
      pen.fillStyle = fill;
      pen.fillRect(left, top, width, high);
      if (!title || who === null) continue;
      this.#edge(left, top, width, high);
      if (width <= TEXT_WIDTH) continue;
      pen.fillStyle = textOn(fill);
      const inside = Math.max(left, layout.gutter) + 4;
      pen.fillText(this.#cut(title(who), left + width - inside - 4), inside, top + high / 2 + 0.5);
    }
  }

  /** Bars that follow each other are told apart by more than their colours. */
  #edge(left: number, top: number, width: number, height: number): void {
    if (width < 4) return;
    const pen = this.#pen;
    if (this.theme.highContrast) {
      pen.strokeStyle = this.theme.border;
      pen.strokeRect(left + 0.5, top + 0.5, width - 1, height - 1);
    } else {
      pen.fillStyle = this.theme.background;
      pen.fillRect(left + width - 1, top, 1, height);
    }
  }

  /** Behind the bars, whose texts stay as they are. */
  #selected({ layout, selection }: Scene): void {
    if (!selection) return;
    const pen = this.#pen;
    const left = xOf(layout, selection.from);
    const width = Math.max(1, xOf(layout, selection.to) - left);
    pen.globalAlpha = 0.35;
    pen.fillStyle = this.theme.selection;
    pen.fillRect(left, RULER, width, layout.height);
    pen.globalAlpha = 1;
  }

  /** The edges of the selection, and the member that the keyboard is at. */
  #cursor({ at, layout, selection }: Scene): void {
    const pen = this.#pen;
    pen.fillStyle = this.theme.focus;
    for (const time of selection ? [selection.from, selection.to] : []) {
      pen.fillRect(Math.round(xOf(layout, time)), RULER, 1, layout.height);
    }
    if (!at) return;
    const left = xOf(layout, at.start);
    const width = Math.max(3, xOf(layout, at.end) - left + 2);
    pen.strokeStyle = this.theme.focus;
    pen.lineWidth = 2;
    pen.strokeRect(left - 1, topOf(layout, at.row) + 1, width, ROW - 3);
    pen.lineWidth = 1;
  }

  #hue(id: number): string {
    const { hues } = this.theme;
    return hues[id % hues.length]!;
  }

  /** With an ellipsis where it does not fit. */
  #cut(text: string, width: number): string {
    const pen = this.#pen;
    if (pen.measureText(text).width <= width) return text;
    let length = Math.floor((text.length * width) / pen.measureText(text).width);
    while (length > 1 && pen.measureText(`${text.slice(0, length)}…`).width > width) length -= 1;
    return length < 2 ? "" : `${text.slice(0, length)}…`;
  }
}

/** Of harts and coroutines that were answered. */
function rowNumbers({ body: { rows, start } }: Held): ReadonlyMap<string, number> {
  const numbers = new Map<string, number>();
  for (const [at, row] of rows.entries()) {
    if (row.kind !== "bitmap") numbers.set(`${row.kind} ${row.id}`, start + at);
  }
  return numbers;
}

/** From a row's time to a place on the picture. */
function placer(layout: Layout, { body }: Held): (time: number) => number {
  const scale = scaleOf(layout);
  const origin = layout.gutter + (Number(body.from) - layout.view.from) * scale;
  return (time) => origin + time * scale;
}

/** The members that may be in sight: sorted by their first number, bars do not overlap. */
function inRange<Member extends readonly [number, ...unknown[]]>(
  members: readonly Member[],
  { view }: Layout,
  { body }: Held,
): readonly Member[] {
  const from = view.from - Number(body.from);
  const to = view.to - Number(body.from);
  const first = Math.max(0, lowerBound(members, from) - 1);
  return members.slice(first, lowerBound(members, to));
}

export function lowerBound(
  members: readonly (readonly [number, ...unknown[]])[],
  time: number,
): number {
  let low = 0;
  let high = members.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (members[middle]![0] >= time) high = middle;
    else low = middle + 1;
  }
  return low;
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
