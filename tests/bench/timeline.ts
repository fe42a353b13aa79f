/** The timeline of ten million events: what it costs to record, to hold, to open and to move about. */
import { createTrace } from "../../daemon/src/trace/store.ts";
import { createTimeline } from "../../daemon/src/trace/timeline/timeline.ts";
import { Model } from "../trace/timeline-model.ts";
import { median, milliseconds, print } from "./table.ts";

const EVENTS = 10_000_000;
const HARTS = 4;
const PIXELS = 1600;
const ROWS = 60;

/** Milliseconds of this process, whoever else runs. */
function spent(): number {
  const { system, user } = process.cpuUsage();
  return (system + user) / 1000;
}

/** Bytes that typed arrays and objects take, after whatever can go is gone. */
function held(): number {
  globalThis.gc?.();
  const { arrayBuffers, heapUsed } = process.memoryUsage();
  return arrayBuffers + heapUsed;
}

export async function timeline(): Promise<void> {
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
}
