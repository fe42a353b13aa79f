/**
 * A recording as Chrome trace events (JSON), which Perfetto and chrome://tracing open: harts and
 * coroutines as tracks, wakes as flows, changes of bitmaps as instants. One instruction of machine
 * time is shown as one nanosecond.
 */
import { shownId } from "../../awareness/ids.ts";
import { hex } from "../../base/brand.ts";
import type { EventReader } from "./events.ts";
import { type CoroutineLane, type HartLane, PREEMPTED, READY, RUNNING } from "./lanes.ts";
import type { Marks } from "./marks.ts";
import type { Scheduling } from "./scheduling.ts";
import { begins, classOf, type Doing, type Track, whoOf } from "./track.ts";

const HARTS = 1;
const COROUTINES = 2;
const BITMAPS = 3;
/** Tracks of what harts run stand beside those of their threads. */
const THREADS = 1000;
/** Characters of a piece, about. */
const PIECE = 1 << 16;

const STATES = { [READY]: "ready", [RUNNING]: "polled", [PREEMPTED]: "forced off" } as const;

type Fields = Readonly<Record<string, unknown>>;

/** The document in pieces; `now` is where what goes on is cut. */
export function* perfetto(scheduling: Scheduling, now: number): Generator<string> {
  let piece = '{"displayTimeUnit":"ns","traceEvents":[\n';
  let first = true;
  for (const event of events(scheduling, now)) {
    piece += `${first ? "" : ",\n"}${JSON.stringify(event)}`;
    first = false;
    if (piece.length < PIECE) continue;
    yield piece;
    piece = "";
  }
  yield `${piece}\n]}\n`;
}

function* events(scheduling: Scheduling, now: number): Generator<Fields> {
  const { bitmaps, coroutines, harts } = scheduling;
  yield named("process_name", HARTS, 0, "Harts");
  yield named("process_name", COROUTINES, 0, "Coroutines");
  yield named("process_name", BITMAPS, 0, "Bitmaps");
  for (const [, hart] of [...harts].sort(([a], [b]) => a - b)) yield* ofHart(scheduling, hart, now);
  let track = 0;
  for (const [name, marks] of bitmaps) {
    yield named("thread_name", BITMAPS, track, name === "" ? "bitmap" : name);
    yield* ofBitmap(scheduling, marks, track);
    track += 1;
  }
  for (const lane of [...coroutines]) yield* ofCoroutine(scheduling, lane, now);
}

function* ofHart(scheduling: Scheduling, hart: HartLane, now: number): Generator<Fields> {
  const { events: reader, ids, threads } = scheduling;
  const { id } = hart;
  yield named("thread_name", HARTS, id, `hart ${id}`);
  yield* slices(hart.polls, now, HARTS, id, (what) => ({
    name: titleOf(scheduling, whoOf(what)),
    args: { coroutine: shownId(ids.at(whoOf(what))!), resumed: !begins(what) },
  }));
  yield named("thread_name", HARTS, THREADS + id, `hart ${id} threads`);
  yield* slices(hart.threads, now, HARTS, THREADS + id, (what) => ({
    name: `thread ${threads[whoOf(what)]}`,
  }));
  for (const event of inOrder(reader, hart.marks)) {
    const { kind, new: value, pc } = event;
    yield {
      ph: "i",
      s: "t",
      pid: HARTS,
      tid: id,
      ts: event.time / 1000,
      name: kind,
      args: { value: word(value), pc: word(pc) },
    };
  }
}

function* ofBitmap({ events: reader }: Scheduling, marks: Marks, tid: number): Generator<Fields> {
  for (const event of inOrder(reader, marks)) {
    const [old, now] = [word(event.old), word(event.new)];
    const args = { old, new: now, hart: event.hart };
    yield { ph: "i", s: "t", pid: BITMAPS, tid, ts: event.time / 1000, name: now ?? "?", args };
  }
}

function* ofCoroutine(scheduling: Scheduling, lane: CoroutineLane, now: number): Generator<Fields> {
  const { events: reader } = scheduling;
  const tid = lane.ordinal + 1;
  yield named("thread_name", COROUTINES, tid, titleOf(scheduling, lane.ordinal));
  yield* slices(lane.track, now, COROUTINES, tid, (what) => ({
    name: STATES[classOf(what) as keyof typeof STATES],
    args: { hart: classOf(what) === READY ? undefined : whoOf(what), prio: lane.prio },
  }));
  for (const event of inOrder(reader, lane.wakes)) {
    if (event.hart === undefined) continue;
    const common = { name: "wake", cat: "wake", id: event.cursor, ts: event.time / 1000 };
    yield { ...common, ph: "s", pid: HARTS, tid: event.hart };
    yield { ...common, ph: "f", bp: "e", pid: COROUTINES, tid };
  }
}

function* slices(
  track: Track,
  now: number,
  pid: number,
  tid: number,
  describe: (what: Doing) => Fields,
): Generator<Fields> {
  // What is read now may be dropped before the next piece is asked for.
  track.trim();
  for (let at = track.first; at < track.end; at++) {
    const what = track.doing(at);
    if (classOf(what) !== 0) {
      const start = track.time(at);
      const end = at + 1 < track.end ? track.time(at + 1) : Math.max(now, start);
      yield { ph: "X", pid, tid, ts: start / 1000, dur: (end - start) / 1000, ...describe(what) };
      track.trim();
      at = Math.max(at, track.first - 1);
    }
  }
}

function* inOrder(reader: EventReader, marks: Marks) {
  marks.trim();
  for (let at = marks.first; at < marks.end; at++) {
    const low = marks.cursor(at);
    yield { ...reader.chunk(low).event(reader.index(low)), cursor: reader.whole(low) };
    marks.trim();
    at = Math.max(at, marks.first - 1);
  }
}

const named = (name: string, pid: number, tid: number, value: string): Fields => ({
  ph: "M",
  name,
  pid,
  tid,
  args: { name: value },
});

function titleOf({ ids, names }: Scheduling, ordinal: number): string {
  const name = names[ordinal];
  const id = `#${shownId(ids.at(ordinal))}`;
  return name === undefined ? id : `${id} ${name}`;
}

const word = (value: bigint | undefined): string | undefined =>
  value === undefined ? undefined : hex(value);
