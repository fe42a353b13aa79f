/** Figures of a range: latency from wake to poll, shares of the harts, lengths of the queue. */
import type { Latency, TimelineStatistics } from "./api.ts";
import { search } from "./marks.ts";
import type { Scheduling } from "./scheduling.ts";
import type { Track } from "./track.ts";

/** Coroutines that are listed, and parts of the queue's curve. */
const LISTED = 100;
const PARTS = 120;

export function statistics(scheduling: Scheduling, from: number, to: number): TimelineStatistics {
  const { all, shares, harts } = sharesOf(scheduling, from, to);
  shares.sort((a, b) => b.time - a.time || b.polls - a.polls || a.coroutine - b.coroutine);
  const listed = shares.slice(0, LISTED);
  const sum = (of: (share: { time: number; polls: number }) => number): number =>
    listed.reduce((total, share) => total + of(share), 0);
  return {
    from,
    to,
    latency: latencies(scheduling, from, to),
    harts,
    busy: to > from && harts > 0 ? all.time / ((to - from) * harts) : 0,
    shares: listed,
    others: {
      time: all.time - sum(({ time }) => time),
      polls: all.polls - sum(({ polls }) => polls),
    },
    queue: to > from ? scheduling.queue.parts(from, to, PARTS) : [],
  };
}

/** Instructions of each class, and polls begun, in [from, to). */
function between(track: Track, from: number, to: number): readonly number[] {
  const low = track.before(from);
  const high = track.before(to, Math.max(low, track.first));
  const [before, after] = [track.zeros(), track.zeros()];
  track.totals(low, from, before);
  track.totals(high, to, after);
  return after.map((sum, i) => sum - before[i]!);
}

const RUNNING = 1;

function sharesOf(scheduling: Scheduling, from: number, to: number) {
  const all = { time: 0, polls: 0 };
  for (const { polls } of scheduling.harts.values()) {
    polls.trim();
    const [time, begun] = between(polls, from, to);
    all.time += time!;
    all.polls += begun!;
  }
  const shares: { coroutine: number; name: string | undefined; time: number; polls: number }[] = [];
  for (const lane of scheduling.coroutines) {
    if (lane.seen >= to || (lane.done && lane.last < from)) continue;
    lane.track.trim();
    const sums = between(lane.track, from, to);
    const [time, polls] = [sums[RUNNING]!, sums.at(-1)!];
    if (time === 0 && polls === 0) continue;
    shares.push({ coroutine: lane.id, name: scheduling.names[lane.ordinal], time, polls });
  }
  return { all, shares, harts: scheduling.harts.size };
}

function latencies(scheduling: Scheduling, from: number, to: number): Latency[] {
  scheduling.trimLatencies();
  const { events, latePolls, lateSince } = scheduling;
  const time = (index: number): number => events.time(latePolls.at(index));
  const byPrio = new Map<number | undefined, number[]>();
  let at = search(latePolls.first, latePolls.end, (index) => time(index) >= from);
  for (; at < latePolls.end; at++) {
    const cursor = latePolls.at(at);
    const chunk = events.chunk(cursor);
    const index = events.index(cursor);
    const polled = chunk.timeAt(index);
    if (polled >= to) break;
    const prio = chunk.prioAt(index);
    const list = byPrio.get(prio);
    const late = polled - events.time(lateSince.at(at));
    if (list) list.push(late);
    else byPrio.set(prio, [late]);
  }
  const known = [...byPrio].sort(([a], [b]) => (a ?? Infinity) - (b ?? Infinity));
  const rows = known.flatMap(([prio, late]) => (prio === undefined ? [] : [figures(prio, late)]));
  const everything = known.length === 1 ? known[0]![1] : known.flatMap(([, late]) => late);
  return everything.length === 0 ? [] : [figures(undefined, everything), ...rows];
}

function figures(prio: number | undefined, late: readonly number[]): Latency {
  const sorted = Float64Array.from(late).sort();
  const rank = (part: number): number => sorted[Math.ceil(part * sorted.length) - 1]!;
  return { prio, count: sorted.length, p50: rank(0.5), p99: rank(0.99), max: rank(1) };
}
