/**
 * The chart: what is in sight, what the pointer and the keys do to it, and when it is drawn. It draws
 * at most once for each frame and asks one question at a time, both only while it is in sight.
 */
import { extended, type Held, missingPart, nextQuery, type Wanted } from "../fetching.ts";
import type { TimelineBody, TimelineQuery } from "../messages.ts";
import { type Bounds, everything, pan, type Viewport, zoom } from "../viewport.ts";
import { type Hit, hitAt, neighbour } from "./hits.ts";
import { chartWidth, gutterOf, type Layout, ROW, RULER, rowAt, timeAt } from "./layout.ts";
import { Picture } from "./picture.ts";
import { readTheme } from "./theme.ts";

export interface Selection {
  readonly from: number;
  readonly to: number;
}

export interface ChartHost {
  ask(query: TimelineQuery): Promise<TimelineBody>;
  /** Drawn anew: what is beside the picture may follow. */
  drawn(chart: Chart): void;
  pointed(hit: Hit | undefined, x: number, y: number): void;
  /** The keyboard's cursor came to a member. */
  reached(hit: Hit): void;
  open(event: number): void;
  selected(selection: Selection | undefined): void;
  failed(message: string): void;
}

/** Wheel units that halve or double the range. */
const WHEEL = 300;
const STEP = 0.15;
/** While the machine runs, what is new is asked for so often. */
const FOLLOW_MILLISECONDS = 500;
/** A press that moves less is a click. */
const CLICK = 4;

type Drag = {
  readonly kind: "pan" | "select";
  x: number;
  y: number;
  moved: number;
  readonly time: number;
};

export class Chart {
  readonly #scroller: HTMLElement;
  readonly #spacer: HTMLElement;
  readonly #picture: Picture;
  readonly #canvas: HTMLCanvasElement;
  readonly #host: ChartHost;
  held: Held | undefined;
  selection: Selection | undefined;
  filter = "";
  active = false;
  #view: Viewport = { from: 0, to: 1000 };
  #bounds: Bounds = { begin: 0, end: 1000 };
  /** Everything is in sight, and stays so while more happens. */
  #fitted = true;
  #version = 0;
  #live = false;
  #asking = false;
  #scheduled = false;
  #hover: number | undefined;
  #focus: number | undefined;
  #at: Hit | undefined;
  #drag: Drag | undefined;
  #timer: number | undefined;

  constructor(
    scroller: HTMLElement,
    canvas: HTMLCanvasElement,
    spacer: HTMLElement,
    host: ChartHost,
  ) {
    this.#scroller = scroller;
    this.#spacer = spacer;
    this.#canvas = canvas;
    this.#host = host;
    this.#picture = new Picture(canvas, readTheme());
    new ResizeObserver(() => this.refresh()).observe(scroller);
    new MutationObserver(() => {
      this.#picture.theme = readTheme();
      this.refresh();
    }).observe(document.body, { attributes: true, attributeFilter: ["class", "style"] });
    scroller.addEventListener("scroll", () => this.refresh());
    canvas.addEventListener("wheel", (event) => this.#wheel(event), { passive: false });
    canvas.addEventListener("pointerdown", (event) => this.#press(event));
    canvas.addEventListener("pointermove", (event) => this.#move(event));
    canvas.addEventListener("pointerup", (event) => this.#release(event));
    canvas.addEventListener("pointerleave", () => this.#leave());
    canvas.addEventListener("dblclick", () => this.fit());
    scroller.addEventListener("keydown", (event) => this.#key(event));
    scroller.addEventListener("blur", () => this.#setFocus(undefined));
  }

  get view(): Viewport {
    return this.#view;
  }

  get fitted(): boolean {
    return this.#fitted;
  }

  get layout(): Layout {
    const { clientHeight, clientWidth, scrollTop } = this.#scroller;
    return {
      width: clientWidth,
      height: clientHeight,
      gutter: gutterOf(clientWidth),
      scrollTop,
      view: this.#view,
    };
  }

  /** A session whose timeline can be asked; undefined: none can, what is drawn stays. */
  set session(live: "running" | "stopped" | undefined) {
    this.#live = live !== undefined;
    window.clearInterval(this.#timer);
    this.#timer = undefined;
    if (live === "running") {
      this.#timer = window.setInterval(() => this.changed(), FOLLOW_MILLISECONDS);
    }
    if (this.#live) this.changed();
  }

  /** What was answered may not be all any more. */
  changed(): void {
    this.#version += 1;
    this.refresh();
  }

  /** Another session: nothing of the last one holds. */
  clear(): void {
    this.held = undefined;
    this.#fitted = true;
    this.#at = undefined;
    this.select(undefined);
    this.refresh();
  }

  /** An answer that was kept, or a range that was in sight before the page was away. */
  restore(view: Viewport | undefined, body: TimelineBody | undefined): void {
    if (view) {
      this.#view = view;
      this.#fitted = false;
    }
    if (body)
      this.#take({
        body,
        wanted: this.#wanted(),
        query: {
          from: Number(body.from),
          to: Number(body.to),
          width: 1,
          lanes: { start: 0, count: 0 },
        },
      });
    this.refresh();
  }

  fit(): void {
    this.#fitted = true;
    this.#view = everything(this.#bounds);
    this.refresh();
  }

  zoom(factor: number, part = 0.5): void {
    this.#show(zoom(this.#view, factor, part, this.#bounds));
  }

  pan(part: number): void {
    this.#show(pan(this.#view, part, this.#bounds));
  }

  select(selection: Selection | undefined): void {
    this.selection = selection;
    this.#host.selected(selection);
    this.refresh();
  }

  search(filter: string, active: boolean): void {
    this.filter = filter;
    this.active = active;
    this.#scroller.scrollTop = 0;
    this.refresh();
  }

  /** Soon, and once for each frame. */
  refresh(): void {
    if (this.#scheduled) return;
    this.#scheduled = true;
    requestAnimationFrame(() => {
      this.#scheduled = false;
      this.#draw();
    });
  }

  #draw(): void {
    const { layout } = this;
    if (layout.width === 0 || layout.height === 0) return;
    const rows = this.held?.body.total ?? 0;
    this.#canvas.style.width = `${layout.width}px`;
    this.#canvas.style.height = `${layout.height}px`;
    // The canvas itself takes room in front of the spacer.
    const rest = Math.max(0, RULER + rows * ROW - layout.height);
    this.#spacer.style.height = `${rest}px`;
    this.#picture.paint({
      layout,
      held: this.held,
      hover: this.#hover,
      focus: this.#focus,
      selection: this.selection,
      at: this.#at,
    });
    this.#host.drawn(this);
    void this.#ask();
  }

  #wanted(): Wanted {
    const { layout } = this;
    return {
      view: this.#view,
      width: chartWidth(layout),
      firstRow: Math.floor(layout.scrollTop / ROW),
      rows: Math.ceil(layout.height / ROW) + 1,
      filter: this.filter,
      active: this.active,
      version: this.#version,
    };
  }

  async #ask(): Promise<void> {
    if (!this.#live || this.#asking) return;
    const wanted = this.#wanted();
    const query = nextQuery(wanted, this.held, this.#bounds);
    if (!query) return;
    this.#asking = true;
    try {
      if (!(await this.#extend(query, wanted)))
        this.#take({ body: await this.#host.ask(query), wanted, query });
    } catch (error) {
      // Not asked again before something changes.
      if (this.held) this.held = { ...this.held, wanted };
      this.#host.failed((error as Error).message);
    } finally {
      this.#asking = false;
      if (this.held) this.refresh();
    }
  }

  /** Asks for what is missing beside what is held; whether that was all. */
  async #extend(
    query: NonNullable<ReturnType<typeof nextQuery>>,
    wanted: Wanted,
  ): Promise<boolean> {
    const { held } = this;
    // While it runs, what is held ends at another time than what comes.
    const part = held && this.#timer === undefined && missingPart(query, wanted, held);
    if (!part) return false;
    const body = await this.#host.ask(part);
    const whole = this.held === held ? extended(held, part, body, wanted) : undefined;
    if (whole) this.#take(whole);
    return whole !== undefined;
  }

  #take(held: Held): void {
    const { body } = held;
    const first = this.held === undefined;
    this.held = held;
    const bounds = { begin: Number(body.begin), end: Number(body.end) };
    const more = bounds.end !== this.#bounds.end || bounds.begin !== this.#bounds.begin;
    this.#bounds = bounds;
    if (this.#fitted && (first || more)) this.#view = everything(bounds);
  }

  #show(view: Viewport): void {
    this.#view = view;
    this.#fitted = false;
    this.refresh();
  }

  // Pointer

  #wheel(event: WheelEvent): void {
    const { layout } = this;
    const unit = event.deltaMode === WheelEvent.DOM_DELTA_LINE ? 30 : 1;
    const [across, down] = [event.deltaX * unit, event.deltaY * unit];
    const x = event.offsetX;
    // Over the names the rows scroll, as in any list.
    if (x < layout.gutter && !event.ctrlKey) return;
    event.preventDefault();
    if (event.shiftKey || Math.abs(across) > Math.abs(down)) {
      this.pan((across || down) / chartWidth(layout));
    } else if (event.altKey) {
      this.#scroller.scrollTop += down;
    } else {
      this.zoom(
        2 ** (down / (event.ctrlKey ? WHEEL / 4 : WHEEL)),
        (x - layout.gutter) / chartWidth(layout),
      );
    }
  }

  #press(event: PointerEvent): void {
    if (event.button !== 0) return;
    const { layout } = this;
    const { offsetX: x, offsetY: y } = event;
    if (x < layout.gutter) return;
    this.#canvas.setPointerCapture(event.pointerId);
    const kind = event.shiftKey || y < RULER ? "select" : "pan";
    this.#drag = { kind, x, y, moved: 0, time: timeAt(layout, x) };
    this.#host.pointed(undefined, 0, 0);
  }

  #move(event: PointerEvent): void {
    const { layout } = this;
    const { offsetX: x, offsetY: y } = event;
    const drag = this.#drag;
    if (!drag) {
      this.#point(layout, event);
      return;
    }
    drag.moved += Math.abs(x - drag.x) + Math.abs(y - drag.y);
    if (drag.moved < CLICK) return;
    if (drag.kind === "select") {
      const time = timeAt(layout, x);
      this.selection = { from: Math.min(time, drag.time), to: Math.max(time, drag.time) };
      this.refresh();
    } else {
      this.#scroller.classList.add("dragging");
      this.pan((drag.x - x) / chartWidth(layout));
      this.#scroller.scrollTop += drag.y - y;
    }
    drag.x = x;
    drag.y = y;
  }

  #point(layout: Layout, { clientX, clientY, offsetX, offsetY }: PointerEvent): void {
    const hit = this.held && hitAt(layout, this.held, offsetX, offsetY);
    const row = rowAt(layout, offsetY);
    const hover = row !== undefined && row < (this.held?.body.total ?? 0) ? row : undefined;
    if (hover !== this.#hover) this.refresh();
    this.#hover = hover;
    this.#scroller.classList.toggle("linked", hit?.event !== undefined);
    this.#host.pointed(hit, clientX, clientY);
  }

  #release(event: PointerEvent): void {
    const drag = this.#drag;
    this.#drag = undefined;
    this.#scroller.classList.remove("dragging");
    if (!drag) return;
    if (drag.kind === "select") {
      this.select(drag.moved < CLICK ? undefined : this.selection && whole(this.selection));
    } else if (drag.moved < CLICK && this.held) {
      const hit = hitAt(this.layout, this.held, event.offsetX, event.offsetY);
      if (hit?.event !== undefined) this.#host.open(hit.event);
    }
  }

  #leave(): void {
    this.#hover = undefined;
    this.#host.pointed(undefined, 0, 0);
    this.refresh();
  }

  // Keyboard

  #key(event: KeyboardEvent): void {
    if (event.ctrlKey || event.metaKey) return;
    const shift = event.shiftKey;
    const keys: Readonly<Record<string, () => void>> = {
      ArrowLeft: () => (shift ? this.#step(-1) : this.pan(-STEP)),
      ArrowRight: () => (shift ? this.#step(1) : this.pan(STEP)),
      ArrowUp: () => this.#moveFocus(-1),
      ArrowDown: () => this.#moveFocus(1),
      PageUp: () => this.#moveFocus(-10),
      PageDown: () => this.#moveFocus(10),
      "+": () => this.zoom(0.7),
      "=": () => this.zoom(0.7),
      "-": () => this.zoom(1 / 0.7),
      "0": () => this.fit(),
      Home: () => this.#edge(this.#bounds.begin, 0),
      End: () => this.#edge(this.#bounds.end, 1),
      s: () => this.select(whole(this.#view)),
      Escape: () => this.select(undefined),
      Enter: () => {
        if (this.#at?.event !== undefined) this.#host.open(this.#at.event);
      },
    };
    const act = keys[event.key];
    if (!act) return;
    event.preventDefault();
    act();
  }

  /** The range goes to where a time is at one end of it. */
  #edge(time: number, part: 0 | 1): void {
    const span = this.#view.to - this.#view.from;
    this.#show({ from: time - span * part, to: time + span * (1 - part) });
  }

  #setFocus(row: number | undefined): void {
    this.#focus = row;
    if (row === undefined) this.#at = undefined;
    this.refresh();
  }

  #moveFocus(by: number): void {
    const total = this.held?.body.total ?? 0;
    if (total === 0) return;
    const row = Math.min(total - 1, Math.max(0, this.#focus === undefined ? 0 : this.#focus + by));
    const { height, scrollTop } = this.layout;
    const room = height - RULER;
    if (row * ROW < scrollTop) this.#scroller.scrollTop = row * ROW;
    if ((row + 1) * ROW > scrollTop + room) this.#scroller.scrollTop = (row + 1) * ROW - room;
    this.#at = undefined;
    this.#setFocus(row);
    this.#step(1);
  }

  /** To the next or the previous member of the focused row. */
  #step(way: 1 | -1): void {
    if (!this.held || this.#focus === undefined) return;
    const { from, to } = this.#view;
    const start = this.#at?.start ?? from;
    const hit = neighbour(this.held, this.#focus, start, way);
    if (!hit) return;
    this.#at = hit;
    if (hit.start < from || hit.start > to)
      this.#show(pan(this.#view, (hit.start - (from + to) / 2) / (to - from), this.#bounds));
    this.#host.reached(hit);
    this.refresh();
  }
}

const whole = ({ from, to }: Selection): Selection => ({
  from: Math.max(0, Math.floor(from)),
  to: Math.ceil(to),
});
