/** Arrows from who wakes to who is woken; where they stand close, ticks in the woken one's row. */
import type { Held } from "../fetching.ts";
import type { WakeMark } from "../messages.ts";
import { BAR, BAR_TOP, ROW, topOf } from "./layout.ts";
import { inSpan, placer, rowsInSight, type Sheet } from "./members.ts";

/** More arrows than this in sight are cut short; those of the row under the pointer stay whole. */
const MOST_ARROWS = 120;

function* wakesInSight(sheet: Sheet): Generator<readonly [readonly WakeMark[], number]> {
  for (const [row, index] of rowsInSight(sheet.layout, sheet.held)) {
    if (row.kind === "coroutine") yield [inSpan(row.wakes.alone, sheet), index];
  }
}

/** So many that they would cover what they point at. */
export function manyWakes(sheet: Sheet): boolean {
  let count = 0;
  for (const [wakes] of wakesInSight(sheet)) count += wakes.length;
  return count > MOST_ARROWS;
}

/** Those of a row as `how` says; undefined: not at all. */
export function drawWakes(
  sheet: Sheet,
  how: (index: number) => "short" | "whole" | undefined,
): void {
  const { held, layout, pen, theme } = sheet;
  const x = placer(sheet);
  let lines: ReadonlyMap<string, number> | undefined;
  pen.strokeStyle = theme.foreground;
  for (const [wakes, index] of wakesInSight(sheet)) {
    const way = how(index);
    if (way === undefined || wakes.length === 0) continue;
    lines ??= rowNumbers(held);
    const top = topOf(layout, index);
    pen.beginPath();
    for (const [time, hart, by] of wakes) {
      const from = lines.get(`coroutine ${by}`) ?? lines.get(`hart ${hart}`) ?? -1;
      const at = Math.round(x(time)) + 0.5;
      const down = from < index;
      const tip = down ? top + BAR_TOP + 2 : top + BAR_TOP + BAR;
      const cut = way === "short" || from < 0;
      const begin = cut ? tip + (down ? -7 : 7) : topOf(layout, from) + ROW / 2;
      if (from !== index) {
        pen.moveTo(at, begin);
        pen.lineTo(at, tip);
      }
      const side = down ? -3 : 3;
      pen.moveTo(at - 3, tip + side);
      pen.lineTo(at, tip);
      pen.lineTo(at + 3, tip + side);
    }
    pen.globalAlpha = way === "short" ? 0.5 : 0.8;
    pen.stroke();
    pen.globalAlpha = 1;
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
