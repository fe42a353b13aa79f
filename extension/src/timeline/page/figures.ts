/** The panel of figures of a selected range: tables, and the curve of the ready queue. */
import type { StatisticsBody } from "../messages.ts";
import { formatTime } from "../viewport.ts";
import { shortName } from "./layout.ts";

type Cell = string | number;

export function showFigures(panel: HTMLElement, body: StatisticsBody): void {
  const span = Number(body.to) - Number(body.from);
  const all = span * body.harts;
  const percent = (time: number): string => (all > 0 ? `${((100 * time) / all).toFixed(1)} %` : "");
  const time = (value: number): string => formatTime(value, Math.max(1, value / 100));
  panel.replaceChildren(
    heading(`${formatTime(span, Math.max(1, span / 1000))} instructions`),
    text(
      `From ${formatTime(Number(body.from), 1)} to ${formatTime(Number(body.to), 1)}. Coroutines ran for ${(100 * body.busy).toFixed(1)} % of the time of ${body.harts} harts.`,
    ),
    heading("Latency from wake to poll"),
    body.latency.length === 0
      ? text("No poll in this range followed a wake.")
      : table(
          ["Priority", "Polls", "p50", "p99", "Max"],
          body.latency.map(({ count, max, p50, p99, prio }) => [
            prio === undefined ? "all" : prio,
            count.toLocaleString("en"),
            time(p50),
            time(p99),
            time(max),
          ]),
        ),
    heading("Ready coroutines"),
    ...queue(body),
    heading("Share of the harts' time"),
    body.shares.length === 0
      ? text("No coroutine ran in this range.")
      : table(
          ["Coroutine", "Polls", "Share"],
          [
            ...body.shares.map(({ coroutine, name, polls, time: ran }): Cell[] => [
              name === undefined ? `#${coroutine}` : `#${coroutine} ${shortName(name)}`,
              polls.toLocaleString("en"),
              percent(ran),
            ]),
            ...(body.others.polls > 0 || body.others.time > 0
              ? [["Others", body.others.polls.toLocaleString("en"), percent(body.others.time)]]
              : []),
          ],
        ),
  );
}

function queue({ queue: { average, most } }: StatisticsBody): HTMLElement[] {
  const known = average.filter((value) => value !== null);
  if (known.length === 0) return [text("How many were ready in this range is not known.")];
  const top = Math.max(1, ...most.map((value) => value ?? 0));
  const mean = known.reduce((sum, value) => sum + value, 0) / known.length;
  const words = `On the average ${mean.toFixed(1)} were ready, at most ${Math.max(0, ...most.map((value) => value ?? 0))}.`;
  return [text(words), curve(average, most, top, words)];
}

const SVG = "http://www.w3.org/2000/svg";

/** The average as an area, the greatest as a line above it. */
function curve(
  average: readonly (number | null)[],
  most: readonly (number | null)[],
  top: number,
  words: string,
): HTMLElement {
  const svg = document.createElementNS(SVG, "svg");
  svg.setAttribute("viewBox", `0 0 ${average.length} 40`);
  svg.setAttribute("preserveAspectRatio", "none");
  svg.setAttribute("role", "img");
  svg.setAttribute("aria-label", words);
  const y = (value: number | null): number => 40 - (38 * (value ?? 0)) / top;
  const steps = (values: readonly (number | null)[]): string =>
    values.map((value, at) => `L${at} ${y(value)}L${at + 1} ${y(value)}`).join("");
  for (const [name, path] of [
    ["area", `M0 40${steps(average)}L${average.length} 40Z`],
    ["line", `M0 ${y(most[0] ?? 0)}${steps(most)}`],
  ] as const) {
    const shape = document.createElementNS(SVG, "path");
    shape.setAttribute("class", name);
    shape.setAttribute("d", path);
    svg.append(shape);
  }
  const frame = document.createElement("div");
  frame.className = "curve";
  frame.append(svg);
  return frame;
}

function heading(words: string): HTMLElement {
  const element = document.createElement("h3");
  element.textContent = words;
  return element;
}

export function text(words: string): HTMLElement {
  const element = document.createElement("p");
  element.textContent = words;
  return element;
}

function table(columns: readonly string[], rows: readonly (readonly Cell[])[]): HTMLElement {
  const element = document.createElement("table");
  const line = (cells: readonly Cell[], tag: "th" | "td"): HTMLElement => {
    const row = document.createElement("tr");
    for (const [at, content] of cells.entries()) {
      const cell = document.createElement(tag);
      cell.textContent = String(content);
      cell.title = String(content);
      if (tag === "th") cell.scope = "col";
      if (at > 0) cell.className = "number";
      row.append(cell);
    }
    return row;
  };
  element.append(line(columns, "th"), ...rows.map((cells) => line(cells, "td")));
  return element;
}
