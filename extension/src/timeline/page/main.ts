/** The Timeline's page: ties the chart, the bar above it, the figures and the words together. */
import { counted, t } from "../../base/words.ts";
import type { PagePhase } from "../../webview/messages.ts";
import { Link, type Told } from "../../webview/page/link.ts";
import type {
  FromTimeline,
  PageCommand,
  StatisticsBody,
  TimelineBody,
  ToTimeline,
} from "../messages.ts";
import { formatTime, type Viewport } from "../viewport.ts";
import { Chart } from "./chart.ts";
import { showFigures, text } from "./figures.ts";
import { type Hit, summary } from "./hits.ts";
import { rowTitle } from "./layout.ts";

interface Kept {
  readonly session?: string;
  readonly view?: Viewport;
  readonly filter?: string;
  readonly active?: boolean;
}

/** The words for screen readers follow the picture when it has come to rest. */
const REST_MILLISECONDS = 400;

const element = <Type extends HTMLElement>(id: string): Type => document.getElementById(id) as Type;
const scroller = element("scroller");
const filter = element<HTMLInputElement>("filter");
const active = element<HTMLInputElement>("active");
const tip = element("tip");
const note = element("note");
const live = element("live");
const figures = element("figures");
const empty = element("empty");
const start = element("start");
const spoken = element("spoken");

let phase: PagePhase = "none";
let session = "";
let rest: number | undefined;

const link = new Link<ToTimeline, FromTimeline>((message) => told(message));
const chart = new Chart(scroller, element<HTMLCanvasElement>("canvas"), element("spacer"), {
  ask: (query) => link.ask<TimelineBody>("asyncos/timeline", query),
  drawn: () => {
    describe();
    window.clearTimeout(rest);
    rest = window.setTimeout(atRest, REST_MILLISECONDS);
  },
  pointed: showTip,
  reached: (hit) => {
    live.textContent = hit.lines.join(". ");
  },
  open: (event) => link.say({ type: "open", event }),
  selected: (selection) => void showSelection(selection),
  failed: (message) => {
    note.textContent = message;
  },
});

filter.addEventListener("input", () => search());
active.addEventListener("change", () => search());
filter.addEventListener("keydown", ({ key }) => {
  if (key === "Enter" || key === "ArrowDown") scroller.focus();
});
figures.addEventListener("keydown", ({ key }) => {
  if (key !== "Escape") return;
  chart.select(undefined);
  scroller.focus();
});
start.addEventListener("click", () => link.say({ type: "start" }));
link.say({ type: "ready" });

function told(message: Told<ToTimeline>): void {
  switch (message.type) {
    case "phase":
      enter(message.phase, message.session);
      break;
    case "changed":
      chart.changed();
      break;
    case "kept":
      chart.restore(undefined, message.body);
      break;
    case "command":
      command(message.command);
      break;
  }
}

function command(name: PageCommand): void {
  if (name === "zoomIn") chart.zoom(0.5);
  else if (name === "zoomOut") chart.zoom(2);
  else if (name === "fit") chart.fit();
  else if (name === "find") filter.focus();
  else
    chart.select(
      chart.selection
        ? undefined
        : { from: Math.max(0, Math.floor(chart.view.from)), to: Math.ceil(chart.view.to) },
    );
}

function enter(next: PagePhase, id: string): void {
  if (id !== session && id !== "") {
    session = id;
    chart.clear();
    const kept = (link.kept ?? {}) as Kept;
    if (kept.session === id) {
      filter.value = kept.filter ?? "";
      active.checked = kept.active ?? false;
      chart.search(filter.value, active.checked);
      chart.restore(kept.view, undefined);
    }
  }
  phase = next;
  chart.session = phase === "running" || phase === "stopped" ? phase : undefined;
  describe();
}

function search(): void {
  chart.search(filter.value.trim(), active.checked);
}

/** The bar, and what stands in for a picture where there is none. */
function describe(): void {
  const body = chart.held?.body;
  const nothing = !body || body.begin === body.end;
  // Before the first answer nobody knows.
  empty.hidden = !nothing || (!body && (phase === "running" || phase === "stopped"));
  scroller.classList.toggle("bare", nothing);
  if (nothing) {
    const words = element("why");
    words.textContent = emptyText(phase);
    start.hidden = phase !== "none";
  }
  if (!body) return;
  const coroutines = body.total - body.rows.filter(({ kind }) => kind !== "coroutine").length;
  const parts = [
    t(
      "{0} instructions in sight",
      formatTime(
        chart.view.to - chart.view.from,
        Math.max(1, (chart.view.to - chart.view.from) / 1000),
      ),
    ),
    ...(chart.filter !== "" && chart.held?.wanted.filter === chart.filter && body.start === 0
      ? [counted(coroutines, "{0} found", "{0} found")]
      : []),
    ...(body.dropped > 0
      ? [counted(body.dropped, "{0} older event dropped", "{0} older events dropped")]
      : []),
    ...(phase === "ended" ? [t("the session has ended")] : []),
  ];
  // What is written anew is laid out anew, before the next picture knows its size.
  const said = parts.join(" · ");
  if (note.textContent !== said) note.textContent = said;
}

function emptyText(phase: PagePhase): string {
  switch (phase) {
    case "none":
      return t(
        "The timeline shows what harts and coroutines do over machine time: polls as bars, wakes as arrows, changes of bitmaps. Start a session (F5) to see one.",
      );
    case "starting":
      return t("The session starts. What it does is drawn here as it happens.");
    case "running":
      return t("Nothing has happened yet that is drawn here.");
    case "stopped":
      return t(
        "Nothing has happened yet that is drawn here. Continue, and polls, wakes and thread switches appear.",
      );
    case "ended":
      return t("The session ended before anything happened that is drawn here.");
  }
}

function atRest(): void {
  link.keep({
    session,
    ...(!chart.fitted && { view: chart.view }),
    filter: filter.value,
    active: active.checked,
  } satisfies Kept);
  const { held, layout } = chart;
  if (!held) return;
  const head = document.createElement("caption");
  head.textContent = t(
    "Machine time {0} to {1}",
    formatTime(layout.view.from, 1),
    formatTime(layout.view.to, 1),
  );
  const rows = held.body.rows.map((row) => {
    const line = document.createElement("tr");
    const name = document.createElement("th");
    name.scope = "row";
    name.textContent = rowTitle(row);
    const cell = document.createElement("td");
    cell.textContent = summary(layout, held, row).join(", ");
    line.append(name, cell);
    return line;
  });
  spoken.replaceChildren(head, ...rows);
}

function showTip(hit: Hit | undefined, x: number, y: number): void {
  tip.hidden = hit === undefined;
  if (!hit) return;
  const more = hit.event === undefined ? [] : [t("Click: show the source")];
  tip.replaceChildren(
    ...[...hit.lines, ...more].map((line) => {
      const part = document.createElement("div");
      part.textContent = line;
      return part;
    }),
  );
  const { height, width } = tip.getBoundingClientRect();
  tip.style.left = `${Math.max(2, Math.min(x + 12, window.innerWidth - width - 4))}px`;
  const below = y + 16;
  tip.style.top = `${below + height > window.innerHeight ? Math.max(2, y - height - 8) : below}px`;
}

let asked = 0;

async function showSelection(selection: { from: number; to: number } | undefined): Promise<void> {
  asked += 1;
  const mine = asked;
  if (!selection) {
    figures.hidden = true;
    return;
  }
  figures.hidden = false;
  if (phase === "ended") {
    figures.replaceChildren(
      text(t("The session has ended: figures cannot be asked for any more.")),
    );
    return;
  }
  try {
    const body = await link.ask<StatisticsBody>("asyncos/timelineStatistics", selection);
    if (mine === asked) showFigures(figures, body);
  } catch (error) {
    if (mine === asked) figures.replaceChildren(text((error as Error).message));
  }
}
