/**
 * Rows as they were drawn, wider than what is in sight: a move shifts them and draws only the strip
 * that comes into sight. Whatever else changes begins anew.
 */
import type { Held } from "../fetching.ts";
import type { Viewport } from "../viewport.ts";
import { chartWidth, type Layout, RULER, scaleOf } from "./layout.ts";
import type { Sheet } from "./members.ts";
import type { Theme } from "./theme.ts";

/** Dots beside what is in sight, at each side: so far a move goes before what is drawn is shifted. */
const MARGIN = 256;
/** What a member is wider than its time, in CSS pixels. */
const AROUND = 6;

/** What is drawn from these is the same, but for the range in sight. */
interface Content {
  readonly key: string;
  readonly scale: number;
  readonly theme: Theme;
  /** Where rows depend on the range: this answer alone. */
  readonly held: Held | undefined;
}

export class Layer {
  readonly #canvas = document.createElement("canvas");
  readonly #pen = this.#canvas.getContext("2d")!;
  #content: Content | undefined;
  /** Machine time at the left edge. */
  #origin = 0;
  /** The dots from left to right that are drawn. */
  #drawn = { from: 0, to: 0 };

  /** Puts the rows onto the picture; `draw` draws some of them, `kind` tells ways of drawing apart. */
  show(
    onto: CanvasRenderingContext2D,
    scene: { readonly layout: Layout; readonly held: Held; readonly theme: Theme },
    kind: string,
    draw: (sheet: Sheet) => void,
  ): void {
    const { held, layout, theme } = scene;
    const ratio = window.devicePixelRatio || 1;
    const wide = Math.round(chartWidth(layout) * ratio);
    const high = Math.max(1, Math.round((layout.height - RULER) * ratio));
    /** Dots of one instruction. */
    const scale = scaleOf(layout) * ratio;
    const content = { key: contentKey(held, layout, ratio, kind), scale, theme, held: own(held) };
    if (!this.#content || !same(this.#content, content, wide)) {
      // On dots that are the same whatever is in sight: what is drawn anew looks as it did.
      const origin = (Math.round(layout.view.from * scale) - MARGIN) / scale;
      this.#begin(content, wide + 2 * MARGIN, high, origin);
    }
    let left = this.#dotOf(layout.view.from);
    if (left < 0 || left + wide > this.#canvas.width) {
      this.#shift(left - MARGIN);
      left = MARGIN;
    }
    const known = this.#covered(held);
    this.#fill(Math.max(left, known.from), Math.min(left + wide, known.to), (from, to) => {
      this.#draw(scene, ratio, from, to, draw);
    });
    onto.save();
    onto.resetTransform();
    onto.drawImage(
      this.#canvas,
      ...[left, 0, wide, high],
      ...[Math.round(layout.gutter * ratio), Math.round(RULER * ratio), wide, high],
    );
    onto.restore();
  }

  #dotOf(time: number): number {
    return Math.round((time - this.#origin) * this.#content!.scale);
  }

  #begin(content: Content, width: number, height: number, origin: number): void {
    this.#content = content;
    this.#canvas.width = width;
    this.#canvas.height = height;
    this.#origin = origin;
    this.#drawn = { from: 0, to: 0 };
  }

  /** What is at `by` comes to the left edge. */
  #shift(by: number): void {
    const { height, width } = this.#canvas;
    const { from, to } = this.#drawn;
    const pen = this.#pen;
    pen.resetTransform();
    pen.globalCompositeOperation = "copy";
    pen.drawImage(this.#canvas, -by, 0);
    pen.globalCompositeOperation = "source-over";
    const within = (dot: number): number => Math.min(Math.max(dot - by, 0), width);
    this.#drawn = { from: within(from), to: within(to) };
    this.#origin += by / this.#content!.scale;
    if (this.#drawn.from === this.#drawn.to) pen.clearRect(0, 0, width, height);
  }

  /** The dots whose members were answered; what is cut at the ends of an answer is not whole. */
  #covered({ body, query }: Held): { readonly from: number; readonly to: number } {
    const { begin, cell, end } = body;
    const { from = 0, to = Number.POSITIVE_INFINITY } = query;
    return {
      from: from <= Number(begin) ? Number.NEGATIVE_INFINITY : this.#dotOf(from + 2 * cell),
      to: to >= Number(end) ? Number.POSITIVE_INFINITY : this.#dotOf(to - 2 * cell),
    };
  }

  /** Draws what is missing of these dots. */
  #fill(from: number, to: number, draw: (from: number, to: number) => void): void {
    if (from >= to) return;
    const drawn = this.#drawn;
    if (from > drawn.to || to < drawn.from || drawn.from === drawn.to) {
      draw(from, to);
      this.#drawn = { from, to };
      return;
    }
    if (from < drawn.from) draw(from, drawn.from);
    if (to > drawn.to) draw(drawn.to, to);
    this.#drawn = { from: Math.min(from, drawn.from), to: Math.max(to, drawn.to) };
  }

  #draw(
    {
      held,
      layout,
      theme,
    }: { readonly layout: Layout; readonly held: Held; readonly theme: Theme },
    ratio: number,
    from: number,
    to: number,
    draw: (sheet: Sheet) => void,
  ): void {
    const pen = this.#pen;
    const { height, width } = this.#canvas;
    const { scale } = this.#content!;
    const timeAt = (dot: number): number => this.#origin + dot / scale;
    const around = (AROUND * ratio) / scale;
    const span: Viewport = { from: timeAt(from) - around, to: timeAt(to) + around };
    pen.save();
    pen.resetTransform();
    pen.beginPath();
    pen.rect(from, 0, to - from, height);
    pen.clip();
    pen.clearRect(from, 0, to - from, height);
    // Rows stand below the ruler, which is not part of this.
    pen.setTransform(ratio, 0, 0, ratio, 0, -Math.round(RULER * ratio));
    const view = { from: this.#origin, to: timeAt(width) };
    draw({
      pen,
      theme,
      held,
      span,
      layout: { ...layout, gutter: 0, width: width / ratio, view },
    });
    pen.restore();
  }
}

/** Of the rows that depend on what is in sight. */
const own = (held: Held): Held | undefined => (held.wanted.active ? held : undefined);

function contentKey({ body, wanted }: Held, layout: Layout, ratio: number, kind: string): string {
  const { height, scrollTop, width } = layout;
  const { cell, rows, start, total } = body;
  const shown = [wanted.version, wanted.filter, cell, start, rows.length, total];
  return JSON.stringify([kind, ratio, width, height, scrollTop, ...shown]);
}

/** A move changes the scale by rounding only. */
const same = (a: Content, b: Content, width: number): boolean =>
  a.key === b.key &&
  a.theme === b.theme &&
  a.held === b.held &&
  Math.abs(b.scale / a.scale - 1) * width < 0.01;
