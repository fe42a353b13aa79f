/** The panel of figures of a selected range: tables, and the curve of the ready queue. */
import { number, t } from "../../base/words.ts";
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
    heading(t("{0} instructions", formatTime(span, Math.max(1, span / 1000)))),
    text(
      t(
        "From {0} to {1}. Coroutines ran for {2} % of the time of {3} harts.",
        formatTime(Number(body.from), 1),
        formatTime(Number(body.to), 1),
        (100 * body.busy).toFixed(1),
        body.harts,
      ),
    ),
    heading(t("Latency from wake to poll")),
    body.latency.length === 0
      ? text(t("No poll in this range followed a wake."))
      : table(
          [t("Priority"), t("Polls"), "p50", "p99", t("Max")],
          body.latency.map(({ count, max, p50, p99, prio }) => [
            prio === undefined ? t("all") : prio,
            number(count),
            time(p50),
            time(p99),
            time(max),
          ]),
        ),
    heading(t("Ready coroutines")),
    ...queue(body),
    heading(t("Share of the harts' time")),
    body.shares.length === 0
      ? text(t("No coroutine ran in this range."))
      : table(
          [t("Coroutine"), t("Polls"), t("Share")],
          [
            ...body.shares.map(({ coroutine, name, polls, time: ran }): Cell[] => [
              name === undefined ? `#${coroutine}` : `#${coroutine} ${shortName(name)}`,
              number(polls),
              percent(ran),
            ]),
            ...(body.others.polls > 0 || body.others.time > 0
              ? [[t("Others"), number(body.others.polls), percent(body.others.time)]]
              : []),
          ],
        ),
  );
}

function queue({ queue: { average, most } }: StatisticsBody): HTMLElement[] {
  const known = average.filter((value) => value !== null);
  if (known.length === 0) return [text(t("How many were ready in this range is not known."))];
  const top = Math.max(1, ...most.map((value) => value ?? 0));
  const mean = known.reduce((sum, value) => sum + value, 0) / known.length;
  const words = t(
    "On the average {0} were ready, at most {1}.",
    mean.toFixed(1),
    Math.max(0, ...most.map((value) => value ?? 0)),
  );
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
  const element = document.createElement("h2");
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
