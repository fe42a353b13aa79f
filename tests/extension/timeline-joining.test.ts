/**
 * What a move of the Timeline brings into sight is asked for alone and put beside what is held: together
 * it is what one answer of the daemon says. The recordings are random.
 */
import { describe, expect, test } from "vitest";
import { wireTimeline } from "../../daemon/src/dap/timeline-wire.ts";
import { createTrace } from "../../daemon/src/trace/store.ts";
import { createTimeline } from "../../daemon/src/trace/timeline/timeline.ts";
import {
  extended,
  type Held,
  missingPart,
  nextQuery,
  type Wanted,
} from "../../extension/src/timeline/fetching.ts";
import type {
  BitmapRow,
  TimelineBody,
  TimelineQuery,
} from "../../extension/src/timeline/messages.ts";
import { chance, Model } from "../trace/timeline-model.ts";

const SEED = Number(process.env.FUZZ_SEED ?? Math.floor(Math.random() * 1e6));

type Ask = (query: TimelineQuery) => TimelineBody;

/** A recording, its last moment, and who answers questions about it. */
function recorded(seed: number): { readonly now: number; readonly ask: Ask } {
  const trace = createTrace({ listen: () => ({ dispose() {} }) }, 100_000);
  const timeline = createTimeline(trace, [0, 1, 2]);
  const options = { seed, harts: 3, coroutines: 20, life: 60, pace: 300 };
  const model = new Model(options, (event) => trace.append(event));
  model.run(20_000);
  const ask: Ask = (query) =>
    // As it travels.
    JSON.parse(
      JSON.stringify({ ...wireTimeline(timeline, timeline.query(query, model.time)), threads: {} }),
    );
  return { now: model.time, ask };
}

/** All that rows say of whole cells in a range, in times of the machine. */
function said(body: TimelineBody, from: number, to: number): unknown {
  const origin = Number(body.from);
  return body.rows.map((row) => {
    const whole = row.kind === "bitmap" ? { ...row, before: wordBefore(row, from - origin) } : row;
    return JSON.parse(JSON.stringify(whole), (name, value) => {
      if (name === "bars")
        return value
          .map(([start, end, ...rest]: number[]) => [start! + origin, end! + origin, ...rest])
          .filter(([start, end]: number[]) => end! > from && start! < to);
      if (name !== "cells" && name !== "alone") return value;
      return value
        .map(([time, ...rest]: number[]) => [time! + origin, ...rest])
        .filter(([time]: number[]) => time! >= from && time! < to);
    });
  });
}

function wordBefore({ before, changes }: BitmapRow, time: number): string | null {
  const words = [
    ...changes.alone.map(([at, , word]) => [at, word] as const),
    ...changes.cells.map(([at, , , word]) => [at, word] as const),
  ].sort(([a], [b]) => a - b);
  const last = words.findLast(([at]) => at < time);
  return last ? last[1] : before;
}

describe(`moves (FUZZ_SEED=${SEED})`, () => {
  const { ask, now } = recorded(SEED);
  const bounds = { begin: 0, end: now };
  const pick = chance(SEED + 1);
  const wantedAt = (from: number, span: number): Wanted => ({
    view: { from, to: from + span },
    width: 400,
    firstRow: 0,
    rows: 40,
    filter: "",
    active: false,
    version: 1,
  });
  const first = (wanted: Wanted): Held => {
    const query = nextQuery(wanted, undefined, bounds)!;
    return { body: ask(query), wanted, query };
  };

  test.each([5, 40, 300, 2000])("with a %dth in sight, there and back", (part) => {
    const span = now / part;
    let at = (now - span) / 2;
    let held = first(wantedAt(at, span));
    let joins = 0;
    for (let move = 0; move < 60; move++) {
      at += (span * (pick(160) - (move % 30 < 15 ? 20 : 140))) / 100;
      at = Math.max(0, Math.min(now - span, at));
      const wanted = wantedAt(at, span);
      const query = nextQuery(wanted, held, bounds);
      if (!query) continue;
      const missing = missingPart(query, wanted, held);
      if (!missing) {
        held = first(wanted);
        continue;
      }
      expect(missing.to - missing.from).toBeLessThan(query.to - query.from);
      held = extended(held, missing, ask(missing), wanted)!;
      joins += 1;
      expect(nextQuery(wanted, held, bounds)).toBeUndefined();
      const { from = 0, to = 0 } = held.query;
      const { cell } = held.body;
      expect(to - from).toBeLessThanOrEqual(5 * span + 2 * cell);
      // The whole cells of what is held, in one answer.
      const [begin, end] = [Math.ceil(from / cell) * cell, Math.floor(to / cell) * cell];
      const width = Math.ceil((end - begin) / (1.5 * cell));
      const whole = ask({ from: begin, to: end, width, lanes: query.lanes });
      expect(whole.cell).toBe(cell);
      expect(said(held.body, begin, end)).toEqual(said(whole, begin, end));
    }
    expect(joins).toBeGreaterThan(5);
  });

  test.each<[string, (body: TimelineBody) => TimelineBody]>([
    ["more was recorded", (body) => ({ ...body, end: `${Number(body.end) + 1}` })],
    ["older events were dropped", (body) => ({ ...body, dropped: 1 })],
    ["it is in other cells", (body) => ({ ...body, cell: body.cell * 2 })],
    ["it is about other rows", (body) => ({ ...body, rows: body.rows.toReversed() })],
    ["there are other rows", (body) => ({ ...body, rows: body.rows.slice(1) })],
  ])("an answer is not put beside what is held where %s", (_, change) => {
    const span = now / 20;
    const held = first(wantedAt(now / 2, span));
    const wanted = wantedAt(now / 2 + span, span);
    const part = missingPart(nextQuery(wanted, held, bounds)!, wanted, held)!;
    const answer = ask(part);
    expect(extended(held, part, answer, wanted)).toBeDefined();
    expect(extended(held, part, change(answer), wanted)).toBeUndefined();
  });

  test.each<[string, Partial<Wanted>]>([
    ["other rows", { firstRow: 15 }],
    ["another filter", { filter: "model" }],
    ["only the active", { active: true }],
    ["what has changed", { version: 2 }],
    ["four times as much", { view: { from: now / 2, to: now / 2 + now / 5 } }],
    ["what is far away", { view: { from: now / 10, to: now / 10 + now / 20 } }],
  ])("%s: asked for whole", (_, more) => {
    const span = now / 20;
    const held = first(wantedAt(now / 2, span));
    const wanted = { ...wantedAt(now / 2 + span, span), ...more };
    expect(missingPart(nextQuery(wanted, held, bounds)!, wanted, held)).toBeUndefined();
  });
});
