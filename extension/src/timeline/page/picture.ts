/** Draws what is in sight onto a canvas: rows, their names, the ruler, and what the user does. */
import { t } from "../../base/words.ts";
import type { Held } from "../fetching.ts";
import { formatTime, ticks } from "../viewport.ts";
import { Layer } from "./layer.ts";
import { chartWidth, type Layout, ROW, RULER, rowTitle, topOf, xOf } from "./layout.ts";
import { cutText, drawMembers, drawTexts, rowsInSight } from "./members.ts";
import type { Theme } from "./theme.ts";
import { drawWakes, manyWakes } from "./wakes.ts";

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

export class Picture {
  readonly #canvas: HTMLCanvasElement;
  readonly #pen: CanvasRenderingContext2D;
  readonly #layer = new Layer();
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
    if (scene.held) this.#rows(scene, scene.held);
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
    for (const [row, index] of rowsInSight(layout, held)) {
      const top = topOf(layout, index);
      pen.fillStyle = foreground;
      pen.fillText(cutText(pen, rowTitle(row), layout.gutter - 14), 8, top + ROW / 2);
    }
    pen.fillStyle = border;
    pen.fillRect(layout.gutter - 1, 0, 1, layout.height);
    if (focus === undefined || !held || focus >= held.body.total) return;
    pen.strokeStyle = focusColor;
    pen.fillStyle = hover;
    pen.strokeRect(0.5, topOf(layout, focus) + 0.5, layout.width - 1, ROW - 1);
  }

  #rows(scene: Scene, held: Held): void {
    const pen = this.#pen;
    const { layout } = scene;
    pen.fillStyle = this.theme.line;
    for (const [, index] of rowsInSight(layout, held)) {
      pen.fillRect(layout.gutter, topOf(layout, index) + ROW - 1, chartWidth(layout), 1);
    }
    const sheet = { pen, theme: this.theme, layout, held, span: layout.view };
    const many = manyWakes(sheet);
    this.#layer.show(pen, { layout, held, theme: this.theme }, many ? "many" : "few", (strip) => {
      drawMembers(strip);
      if (many) drawWakes(strip, () => "short");
    });
    drawTexts(sheet);
    const pointed = (index: number): boolean => index === scene.hover || index === scene.focus;
    drawWakes(sheet, (index) => (!many || pointed(index) ? "whole" : undefined));
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
}
