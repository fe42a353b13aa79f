/** The timeline of ten million events: what it costs to record, to hold, to open and to move about. */
import { existsSync } from "node:fs";
import { join } from "node:path";
import { build } from "esbuild";
import { chromium } from "playwright-core";
import { wireStatistics, wireTimeline } from "../../daemon/src/dap/timeline-wire.ts";
import { createTrace } from "../../daemon/src/trace/store.ts";
import type { Timeline, TimelineQuery } from "../../daemon/src/trace/timeline/api.ts";
import { createTimeline } from "../../daemon/src/trace/timeline/timeline.ts";
import { timelineBody } from "../../extension/src/timeline/html.ts";
import { openStage } from "../extension/page-stage.ts";
import { Model } from "../trace/timeline-model.ts";
import { median, milliseconds, print, spent } from "./table.ts";

const EVENTS = 10_000_000;
const HARTS = 4;
const PIXELS = 1600;
const ROWS = 60;

/** Bytes that typed arrays and objects take, after whatever can go is gone. */
function held(): number {
  globalThis.gc?.();
  const { arrayBuffers, heapUsed } = process.memoryUsage();
  return arrayBuffers + heapUsed;
}

export async function timeline(root: string): Promise<void> {
  const silent = { listen: () => ({ dispose() {} }) };
  const options = { seed: 1, harts: HARTS, coroutines: 1000, life: 200, pace: 1200 };
  // What the model itself costs is taken off: its own lists grow, so they are emptied as it goes.
  const drive = (
    take: (event: Parameters<ReturnType<typeof createTrace>["append"]>[0]) => void,
  ) => {
    const model = new Model(options, take);
    const start = spent();
    for (let done = 0; done < EVENTS; done += 100_000) {
      model.run(100_000);
      model.forget();
    }
    return { model, spent: spent() - start };
  };
  const alone = drive(() => {});
  const before = held();
  const trace = createTrace(silent, EVENTS + 20_000);
  const bare = drive((event) => trace.append(event));
  const store = held() - before;
  trace.clear();

  const base = held();
  const full = createTrace(silent, EVENTS + 20_000);
  const view = createTimeline(full, [0, 1, 2, 3]);
  const indexed = drive((event) => full.append(event));
  const all = held() - base;
  const now = indexed.model.time;

  const ask = (from: number, to: number) => {
    const start = spent();
    const page = view.query({ from, to, width: PIXELS, lanes: { count: ROWS } }, now);
    return { spent: spent() - start, page };
  };
  const first = ask(0, now);
  const whole = median(Array.from({ length: 9 }, () => ask(0, now).spent));
  const row = (what: string, ours: string) => ({ what, ours });
  const zoomed = [10, 100, 1000, 10_000].map((part) => {
    const span = now / part;
    const samples = Array.from({ length: 15 }, (_, i) => {
      const from = ((now - span) * i) / 15;
      return ask(from, from + span).spent;
    });
    return row(`a ${part.toLocaleString("en")}th of it`, milliseconds(median(samples)));
  });
  const members = first.page.rows.flatMap((lane) =>
    lane.kind === "bitmap"
      ? [lane.changes.cells.length + lane.changes.alone.length]
      : [lane.polls.bars.length + lane.polls.cells.length],
  );
  const start = spent();
  view.statistics({}, now);
  const statistics = spent() - start;
  print(`timeline of ${EVENTS.toLocaleString("en")} events, ${PIXELS} pixels, ${ROWS} rows`, [
    row(
      "an event into the store",
      `${(((bare.spent - alone.spent) * 1e6) / EVENTS).toFixed(0)} ns`,
    ),
    row("and into the index", `${(((indexed.spent - bare.spent) * 1e6) / EVENTS).toFixed(0)} ns`),
    row("held by an event in the store", `${(store / EVENTS).toFixed(1)} B`),
    row("and in the index", `${((all - store) / EVENTS).toFixed(1)} B`),
    row("the first look at all of it", milliseconds(first.spent)),
    row("all of it again", milliseconds(whole)),
    ...zoomed,
    row("members of a row, at most", String(Math.max(...members))),
    row("statistics of all of it", milliseconds(statistics)),
  ]);
  await page(root, view, now);
}

const SIZE = { width: PIXELS, height: 700 };
/** Pictures that are timed while it moves, each so many pixels from the last: several screens in all. */
const FRAMES = 300;
const PIXELS_A_PICTURE = 25;
/** Longer than this between two pictures is less than 30 a second; a screen's own steps are not exact. */
const LATE = 1000 / 30 + 1;

/** The page itself in a headless browser: until it is drawn, and pictures a second while it moves. */
async function page(root: string, view: Timeline, now: number): Promise<void> {
  const executablePath = process.env.CHROMIUM ?? "/usr/bin/chromium";
  if (!existsSync(executablePath)) return;
  const dist = join(root, ".cache/bench/timeline");
  await build({
    absWorkingDir: join(root, "extension"),
    entryPoints: {
      timeline: "src/timeline/page/main.ts",
      "timeline-style": "src/timeline/page/timeline.css",
    },
    outdir: dist,
    bundle: true,
    minify: true,
    format: "iife",
  });
  const args = ["--headless", "--no-sandbox", "--disable-gpu"];
  const browser = await chromium.launch({ executablePath, args });
  const stage = await openStage({
    about: { name: "timeline", title: "Timeline", body: timelineBody() },
    browser,
    dist,
    theme: "dark",
    size: SIZE,
    answer: async (command, query) =>
      command === "asyncos/timeline"
        ? { ...wireTimeline(view, view.query(query as TimelineQuery, now)), threads: {} }
        : wireStatistics(view.statistics(query, now)),
  });
  const start = performance.now();
  await stage.tell({ type: "phase", phase: "stopped", session: "bench" });
  await stage.page.locator("#note:not(:empty)").waitFor();
  const opened = performance.now() - start;
  const rows = [{ what: "the page, from asking to drawn", ours: milliseconds(opened) }];
  // To the other side each time, where there is room.
  for (let part = 1, way = 1; part <= 16_384; part *= 4, way = -way) {
    if (part > 1)
      for (let i = 0; i < 2; i++) await stage.tell({ type: "command", command: "zoomIn" });
    await stage.page.waitForTimeout(1500);
    const asked = stage.asked();
    const times = (await stage.page.evaluate(move(way))) as number[];
    const gaps = times.slice(1).map((time, i) => time - times[i]!);
    const late = gaps.filter((gap) => gap > LATE).length;
    const slowest = Math.max(...gaps).toFixed(0);
    const mean = gaps.reduce((sum, gap) => sum + gap, 0) / gaps.length;
    const what = part === 1 ? "all of it in sight" : `a ${part.toLocaleString("en")}th of it`;
    const ours = `${(1000 / mean).toFixed(0)} /s, ${late} of ${gaps.length} late, slowest ${slowest} ms, ${stage.asked() - asked} answers`;
    rows.push({ what: `pictures while moving, ${what}`, ours });
  }
  await browser.close();
  print(`the page of it, ${SIZE.width} x ${SIZE.height}, headless Chromium`, rows);
}

/** Runs in the page: turns a wheel to the side before each picture, and answers when they came. */
const move = (way: number): string => `new Promise((resolve) => {
  const times = [];
  const canvas = document.querySelector("canvas");
  const next = (time) => {
    times.push(time);
    if (times.length > ${FRAMES}) { resolve(times); return; }
    canvas.dispatchEvent(new WheelEvent("wheel", { deltaX: ${way * PIXELS_A_PICTURE}, bubbles: true, cancelable: true, clientX: 800, clientY: 300 }));
    requestAnimationFrame(next);
  };
  requestAnimationFrame(next);
})`;
