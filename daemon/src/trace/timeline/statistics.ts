/** Figures of a range: latency from wake to poll, shares of the harts, lengths of the queue. */
import type { Latency, TimelineStatistics } from "./api.ts";
import type { Scheduling } from "./scheduling.ts";
import type { Totals, Track } from "./track.ts";

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
function between(track: Track, from: number, to: number): Totals {
  track.trim();
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
    const [time, begun] = between(polls, from, to);
    all.time += time!;
    all.polls += begun!;
  }
  const shares: { coroutine: number; name: string | undefined; time: number; polls: number }[] = [];
  for (const lane of scheduling.coroutines) {
    if (lane.seen >= to || (lane.done && lane.last < from)) continue;
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
  const first = events.firstAt(latePolls, from, latePolls.first);
  const end = events.firstAt(latePolls, to, first);
  const times = new Float64Array(end - first);
  /** By priority: the row of each poll in `rows`. */
  const rows = new Map<number | undefined, number>();
  const rowOf = new Uint32Array(end - first);
  let count = 0;
  for (let poll = first; poll < end; poll++) {
    const since = lateSince.at(poll);
    // Who waits longest was woken before what is held of the others.
    if (!events.holds(since)) continue;
    const cursor = latePolls.at(poll);
    const chunk = events.chunk(cursor);
    const index = events.index(cursor);
    times[count] = chunk.timeAt(index) - events.time(since);
    const prio = chunk.prioAt(index);
    let row = rows.get(prio);
    if (row === undefined) {
      row = rows.size;
      rows.set(prio, row);
    }
    rowOf[count++] = row;
  }
  const all = times.subarray(0, count);
  const sorted = [...rows].sort(
    ([a], [b]) => (a ?? Number.POSITIVE_INFINITY) - (b ?? Number.POSITIVE_INFINITY),
  );
  const byPrio = sorted.flatMap(([prio, row]) =>
    prio === undefined
      ? []
      : [
          figures(
            prio,
            all.filter((_, i) => rowOf[i] === row),
          ),
        ],
  );
  // Last, because it changes the order.
  return count === 0 ? [] : [figures(undefined, all), ...byPrio];
}

function figures(prio: number | undefined, late: Float64Array): Latency {
  const rank = (part: number): number => select(late, Math.ceil(part * late.length) - 1);
  return { prio, count: late.length, p50: rank(0.5), p99: rank(0.99), max: rank(1) };
}

/** The value that would stand at `rank` if all were sorted; changes their order. */
function select(values: Float64Array, rank: number): number {
  let low = 0;
  let high = values.length - 1;
  while (low < high) {
    const pivot = values[(low + high) >>> 1]!;
    let left = low;
    let right = high;
    while (left <= right) {
      while (values[left]! < pivot) left += 1;
      while (values[right]! > pivot) right -= 1;
      if (left > right) break;
      const value = values[left]!;
      values[left] = values[right]!;
      values[right] = value;
      left += 1;
      right -= 1;
    }
    if (rank <= right) high = right;
    else if (rank >= left) low = left;
    else break;
  }
  return values[rank]!;
}
