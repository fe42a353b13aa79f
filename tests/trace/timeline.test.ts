/** The timeline against what a model kernel knows of itself, bar by bar and cell by cell. */
import { describe, expect, test } from "vitest";
import { createTrace } from "../../daemon/src/trace/store.ts";
import type { Cell, Points, Stretches } from "../../daemon/src/trace/timeline/api.ts";
import { Dominance } from "../../daemon/src/trace/timeline/dominance.ts";
import { createTimeline } from "../../daemon/src/trace/timeline/timeline.ts";
import { chance, Model, type ModelOptions, type TrueBar, type TrueMark } from "./timeline-model.ts";

const silent = { listen: () => ({ dispose() {} }) };
const HARTS = [0, 1, 2];

function record(options: ModelOptions, events: number, capacity = 1 << 22) {
  const trace = createTrace(silent, capacity);
  const timeline = createTimeline(trace, HARTS);
  const model = new Model(options, (event) => trace.append(event));
  model.run(events);
  return { trace, timeline, model, now: model.time + 7 };
}

const overlap = (bar: TrueBar, start: number, end: number, now: number): number =>
  Math.max(0, Math.min(bar.end, now, end) - Math.max(bar.start, start));

/** What a range must show of a lane, from all of its bars. `horizon`: bars before it are gone. */
function expectedStretches(all: readonly TrueBar[], page: Page, horizon: number, many: boolean) {
  const { cell: size, end: now, from, to } = page;
  const bars = all
    .filter((bar) => bar.start >= horizon)
    .map((bar) => ({ ...bar, end: Math.min(bar.end, now), open: bar.end > now }))
    .filter((bar) => bar.end > bar.start);
  const wide = bars.filter(
    (bar) => bar.end - bar.start >= size && bar.end > from && bar.start < to,
  );
  const numbers = new Set<number>();
  for (const bar of bars) {
    if (bar.end - bar.start >= size || bar.end <= from || bar.start >= to) continue;
    const last = Math.floor((bar.end - 1) / size);
    for (let cell = Math.floor(Math.max(bar.start, from) / size); cell <= last; cell++) {
      if (cell * size < to) numbers.add(cell);
    }
  }
  const cells = [...numbers]
    .sort((a, b) => a - b)
    .map((cell) =>
      expectedCell(
        all.filter((bar) => bar.start >= horizon),
        cell,
        size,
        now,
        many,
      ),
    );
  return { wide, cells };
}

function expectedCell(
  bars: readonly TrueBar[],
  cell: number,
  size: number,
  now: number,
  many: boolean,
): Cell {
  const [start, end] = [cell * size, Math.min((cell + 1) * size, now)];
  const sum = (state: TrueBar["state"]): number =>
    bars.reduce(
      (total, bar) => total + (bar.state === state ? overlap(bar, start, end, now) : 0),
      0,
    );
  const times = new Map<number, number>();
  for (const bar of bars) {
    const time = overlap(bar, start, end, now);
    if (time > 0) times.set(bar.who, (times.get(bar.who) ?? 0) + time);
  }
  const [most, second] = [...times].sort(([, x], [, y]) => y - x);
  // Of two that ran equally long either may be told.
  const who = most?.[1] === second?.[1] ? expect.any(Number) : most?.[0];
  return {
    at: cell,
    polls: bars.filter((bar) => bar.begins && bar.start >= start && bar.start < end).length,
    running: sum("running"),
    ready: sum("ready"),
    preempted: sum("preempted"),
    ...(many && { most: most && { who, time: most[1] } }),
  };
}

type Page = ReturnType<ReturnType<typeof createTimeline>["query"]>;

function checkStretches(
  actual: Stretches,
  all: readonly TrueBar[],
  page: Page,
  horizon: number,
  many: boolean,
) {
  const { wide, cells } = expectedStretches(all, page, horizon, many);
  expect(
    actual.bars.map(({ start, end, who, state, open }) => ({
      start,
      end,
      open,
      who,
      ...(!many && { state }),
    })),
  ).toEqual(
    wide.map(({ start, end, who, state, open }) => ({
      start,
      end,
      open,
      who: many || state !== "ready" ? who : expect.anything(),
      ...(!many && { state }),
    })),
  );
  const shown = many && horizon > 0 ? actual.cells.filter(({ most }) => most) : actual.cells;
  const wanted =
    many && horizon > 0 ? cells.filter(({ at }) => shown.some((cell) => cell.at === at)) : cells;
  expect(shown).toEqual(wanted);
  if (many && horizon > 0)
    expect(actual.cells.map(({ at }) => at)).toEqual(cells.map(({ at }) => at));
}

function checkPoints(
  actual: Points,
  all: readonly TrueMark[],
  { cell: size, from, to }: Page,
  first: number,
) {
  const inside = all.filter(({ index, time }) => index >= first && time >= from && time < to);
  const held = all.filter(({ index }) => index >= first);
  const groups = new Map<number, TrueMark[]>();
  for (const mark of inside) {
    const cell = Math.floor(mark.time / size);
    // A cell is shown whole from the first mark of the range on.
    if (groups.has(cell)) continue;
    groups.set(
      cell,
      held.filter(({ time }) => time >= from && Math.floor(time / size) === cell),
    );
  }
  const several = [...groups].filter(([, marks]) => marks.length > 1);
  expect(actual.alone).toEqual(
    [...groups].filter(([, marks]) => marks.length === 1).map(([, [mark]]) => mark!.index),
  );
  expect(actual.cells).toEqual(
    several.map(([at, marks]) => ({
      at,
      count: marks.length,
      first: marks[0]!.index,
      last: marks.at(-1)!.index,
    })),
  );
}

function checkPage(
  { model, timeline, trace, now }: ReturnType<typeof record>,
  from: number,
  to: number,
  width: number,
) {
  const page = timeline.query({ from, to, width, lanes: { count: 1000 } }, now);
  const horizon = trace.first > 0 ? page.begin : 0;
  expect(page.cell).toBe(2 ** Math.max(0, Math.floor(Math.log2((to - from) / width))));
  for (const row of page.rows) {
    if (row.kind === "hart") {
      checkStretches(row.polls, model.polls.get(row.id)!, page, horizon, true);
      checkStretches(row.threads, model.threadBars.get(row.id)!, page, horizon, true);
      checkPoints(row.marks, model.traps.get(row.id)!, page, trace.first);
    } else if (row.kind === "coroutine") {
      checkStretches(row.polls, model.tracks.get(row.id)!, page, horizon, false);
      checkPoints(row.wakes, model.wakes.get(row.id)!, page, trace.first);
      expect(row.name).toBe(`kind${row.id % 3}::run`);
    } else {
      checkPoints(row.changes, model.bitmap, page, trace.first);
    }
  }
  return page;
}

const SEEDS = [1, 2, 3, 4, 5, 6, 7, 8];

describe("bars and cells are those of the model", () => {
  test.each(SEEDS)("seed %i", (seed) => {
    const random = chance(seed * 7919);
    const pause = seed % 2 === 0 ? 100_000 : 0;
    const run = record({ seed, pace: 2 + random(60), pause }, 600 + random(1500));
    checkPage(run, 0, run.now, 1 + random(300));
    for (let i = 0; i < 25; i++) {
      const from = random(run.now);
      checkPage(run, from, from + 1 + random(run.now - from), 1 + random(400));
    }
  });
});

describe("what is asked again as it grows is answered as it is then", () => {
  test.each(SEEDS)("seed %i", (seed) => {
    const random = chance(seed * 15_485_863);
    const capacity = seed % 4 === 0 ? 32_768 : 1 << 22;
    const events = seed % 4 === 0 ? 30_000 : 100;
    const run = record({ seed, pace: 2 + random(60), pause: random(2) * 20_000 }, events, capacity);
    const [from, pixels] = [random(2) * random(run.now), 20 + random(200)];
    for (let i = 0; i < (seed % 4 === 0 ? 5 : 30); i++) {
      run.model.run(1 + random(seed % 4 === 0 ? 400 : 80));
      const now = run.model.time;
      const begin = run.trace.first > 0 ? run.timeline.query({ width: 1 }, now).begin : 0;
      // The power of two that is a cell's width stays the same for some rounds.
      checkPage({ ...run, now }, Math.max(from, begin), now, pixels);
      if (random(5) === 0) checkPage({ ...run, now }, Math.max(from, begin), now, 5 * pixels);
    }
  });
});

test("a first bar of a billion instructions makes thousands of cells, not millions", () => {
  const dominance = new Dominance();
  const [first, then] = [1, 2];
  dominance.add(0, 2 ** 30, first);
  dominance.add(2 ** 30, 2 ** 30 + 2 ** 20, then);
  const widths = Array.from({ length: 40 }, (_, width) => width);
  const narrowest = widths.find((width) => dominance.covers(width))!;
  expect(2 ** 30 / 2 ** narrowest).toBeLessThanOrEqual(4096);
  expect(dominance.of(20, 1023)).toEqual({ who: first, time: 2 ** 20 });
  expect(dominance.of(20, 1024)).toEqual({ who: then, time: 2 ** 20 });
  expect(dominance.of(20, 1025)).toBeUndefined();
});

describe("a full store", () => {
  test.each([1, 2, 3, 4])("shows what is left as it was, seed %i", (seed) => {
    const random = chance(seed * 104_729);
    const run = record({ seed, pace: 30, pause: 5000 }, 34_000 + random(60_000), 32_768);
    expect(run.trace.first).toBeGreaterThan(0);
    const whole = checkPage(run, 0, run.now, 100);
    expect(whole.dropped).toBe(run.trace.first);
    const held = run.now - whole.begin;
    for (let i = 0; i < 4; i++) {
      const from = whole.begin + random(held);
      checkPage(run, from, from + 1 + random(Math.min(50_000, run.now - from)), 100);
    }
    run.model.run(3000);
    checkPage({ ...run, now: run.model.time }, whole.begin, run.model.time, 150);
  });
});

describe("of a full store", () => {
  test.each([1, 2, 3, 4])("figures count those polls whose wake is held, seed %i", (seed) => {
    const random = chance(seed * 6_700_417);
    const run = record({ seed, pace: 50, pause: 20_000 }, 34_000 + random(60_000), 32_768);
    const { model, now, timeline } = run;
    const { begin } = timeline.query({ width: 1 }, now);
    const known = model.late.filter(({ late, time }) => time - late >= begin && time < now);
    const sorted = known.map(({ late }) => late).sort((a, b) => a - b);
    const rank = (part: number) => sorted[Math.ceil(part * sorted.length) - 1];
    const ranks = { p50: rank(0.5), p99: rank(0.99), max: rank(1) };
    const [all] = timeline.statistics({}, now).latency;
    expect(all).toEqual({ prio: undefined, count: sorted.length, ...ranks });
    const { traceEvents } = JSON.parse([...timeline.perfetto(now)].join(""));
    const times = traceEvents.flatMap(({ ts }: { ts?: number }) => (ts === undefined ? [] : [ts]));
    expect(times.length).toBeGreaterThan(10_000);
    expect(Math.min(...times)).toBeGreaterThanOrEqual(begin / 1000);
  });
});

describe("statistics", () => {
  test.each(SEEDS)("count what the model counts, seed %i", (seed) => {
    const random = chance(seed * 31);
    const run = record({ seed, pace: 50, pause: 20_000 }, 3000);
    for (let i = 0; i < 5; i++) {
      const from = i === 0 ? 0 : random(run.now);
      const to = i === 0 ? run.now : from + 1 + random(run.now - from);
      const { model, now, timeline } = run;
      const figures = timeline.statistics({ from, to }, now);
      const late = model.late.filter(({ time }) => time >= from && time < to);
      const ranks = (prio?: number) => {
        const list = late.filter((poll) => prio === undefined || poll.prio === prio);
        const sorted = list.map((poll) => poll.late).sort((a, b) => a - b);
        const rank = (part: number) => sorted[Math.ceil(part * sorted.length) - 1];
        return { prio, count: sorted.length, p50: rank(0.5), p99: rank(0.99), max: rank(1) };
      };
      const rows = [ranks(), ...[0, 1, 2].map(ranks)].filter(({ count }) => count > 0);
      expect(figures.latency).toEqual(rows);

      const ran = (bars: readonly TrueBar[]): number =>
        bars.reduce(
          (sum, bar) => sum + (bar.state === "running" ? overlap(bar, from, to, now) : 0),
          0,
        );
      const all = [...model.polls.values()].flat();
      expect(figures.busy * 3 * (to - from)).toBeCloseTo(ran(all), 3);
      const times = new Map(figures.shares.map(({ coroutine, time }) => [coroutine, time]));
      for (const [id, time] of times) expect(time).toBe(ran(model.tracks.get(id)!));
      const rest = [...model.tracks].filter(([id]) => !times.has(id)).map(([, bars]) => ran(bars));
      expect(figures.others.time).toBe(rest.reduce((sum, time) => sum + time, 0));
      expect(Math.max(0, ...rest)).toBeLessThanOrEqual(figures.shares.at(-1)?.time ?? 0);

      const lengthAt = (time: number) => model.queue.findLast((change) => change.time <= time);
      for (const [part, { average, most }] of figures.queue.entries()) {
        const width = (to - from) / figures.queue.length;
        const [start, end] = [from + part * width, from + (part + 1) * width];
        const first = model.queue[0]!;
        if (end < first.time) {
          expect(average).toBeUndefined();
          continue;
        }
        const begin = Math.max(start, first.time);
        const inside = model.queue.filter(({ time }) => time > begin && time < end);
        let [area, since, length] = [0, begin, lengthAt(begin)!.length];
        let peak = length;
        for (const change of [...inside, { time: end, length: 0 }]) {
          area += (change.time - since) * length;
          [since, length] = [change.time, change.length];
          if (change.time < end) peak = Math.max(peak, change.length);
        }
        if (end > begin + 1) expect(average).toBeCloseTo(area / (end - begin), 5);
        expect(most).toBeGreaterThanOrEqual(peak);
      }
    }
  });
});
