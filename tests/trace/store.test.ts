/** The event store: pages, bounds, counts, lines; and what an event costs. */
import { expect, test } from "vitest";
import {
  EVENT_KINDS,
  type EventKind,
  type SchedulingEvent,
} from "../../daemon/src/awareness/api.ts";
import { address, machineTime } from "../../daemon/src/base/brand.ts";
import { createTrace } from "../../daemon/src/trace/store.ts";
import { wireEvent } from "../../daemon/src/trace/wire.ts";

const silent = { listen: () => ({ dispose() {} }) };

function event(
  time: number,
  kind: EventKind,
  more: Partial<SchedulingEvent> = {},
): SchedulingEvent {
  return {
    time: machineTime(time),
    hart: 0,
    kind,
    thread: undefined,
    process: undefined,
    coroutine: undefined,
    prio: undefined,
    bit: undefined,
    old: undefined,
    new: undefined,
    pc: undefined,
    ...more,
  };
}

test.each<[SchedulingEvent]>([
  [event(1, "wake", { coroutine: 17, prio: 3, thread: 2, pc: address(0x8020_0000) })],
  [event(2 ** 40, "bitmap", { old: 0n, new: 2n ** 63n, bit: 63, prio: 63, bitmap: "b" })],
  [event(3, "ipi", { hart: undefined, new: 0n })],
  [
    event(4, "thread.switch", {
      old: 2n ** 64n - 1n,
      new: 0n,
      process: 0,
      thread: 0,
      coroutine: 0,
    }),
  ],
])("an event comes back as it was stored: %o", (stored) => {
  const trace = createTrace(silent);
  trace.append(stored);
  expect(trace.query().events).toEqual([stored]);
});

test("pages go on where the last one ended, whatever the kinds", () => {
  const trace = createTrace(silent);
  for (let i = 0; i < 100; i++) trace.append(event(i, i % 10 === 0 ? "wake" : "poll"));
  const first = trace.query({ kinds: ["wake"], count: 4 });
  expect(first.events.map(({ time }) => time)).toEqual([0, 10, 20, 30]);
  const rest = trace.query({ kinds: ["wake"], since: first.next });
  expect(rest.events.map(({ time }) => time)).toEqual([40, 50, 60, 70, 80, 90]);
  expect(rest.next).toBe(100);
  expect(trace.query({ since: rest.next })).toEqual({ next: 100, dropped: 0, events: [] });
  expect(Object.fromEntries(trace.counts)).toEqual({ wake: 10, poll: 90 });
});

test("a full store drops the oldest events, says how many, and keeps counting", () => {
  const trace = createTrace(silent, 20_000);
  for (let i = 0; i < 100_000; i++) trace.append(event(i, "poll"));
  const { dropped, events, next } = trace.query({ since: 0, count: 2 });
  expect(dropped).toBe(trace.first);
  expect(events[0]!.time).toBe(trace.first);
  expect(next).toBe(trace.first + 2);
  expect(trace.next - trace.first).toBeGreaterThanOrEqual(16_384);
  expect(trace.next - trace.first).toBeLessThanOrEqual(32_768);
  expect(trace.counts.get("poll")).toBe(100_000);
});

test("lines are JSON with hex strings, and leave out what is unknown", () => {
  const trace = createTrace(silent);
  trace.append(event(7, "bitmap", { old: 1n, new: 3n, bit: 1, pc: address(0x8020_0010) }));
  trace.append(event(8, "wake"));
  expect([...trace.lines()].map((line) => JSON.parse(line))).toEqual([
    { time: "7", kind: "bitmap", hart: 0, bit: 1, old: "0x1", new: "0x3", pc: "0x80200010" },
    { time: "8", kind: "wake", hart: 0 },
  ]);
  expect([...trace.lines(["wake"])]).toHaveLength(1);
});

test("clearing forgets events and counts, not the cursor", () => {
  const trace = createTrace(silent);
  trace.append(event(1, "wake"));
  trace.clear();
  trace.append(event(2, "wake"));
  expect(trace.query().events.map(({ time }) => time)).toEqual([2]);
  expect(trace.first).toBe(1);
  expect(trace.counts.get("wake")).toBe(1);
});

test("a kind or cursor that is none is the user's mistake", () => {
  const trace = createTrace(silent);
  expect(() => trace.query({ kinds: ["wakes" as EventKind] })).toThrowError(/`wakes`.*waker.clone/);
  expect(() => trace.query({ since: -1 })).toThrowError(/since/);
});

test("appending costs under 300 ns", () => {
  const trace = createTrace(silent, 1 << 18);
  const stored = EVENT_KINDS.map((kind, i) =>
    event(i, kind, {
      coroutine: i,
      prio: 1,
      thread: 2,
      pc: address(0x8020_0000),
      old: 1n,
      new: 2n,
    }),
  );
  const run = () => {
    const start = process.hrtime.bigint();
    for (let i = 0; i < 200_000; i++) trace.append(stored[i % stored.length]!);
    return Number(process.hrtime.bigint() - start) / 200_000;
  };
  run();
  expect(Math.min(run(), run(), run(), run())).toBeLessThan(300);
});

test("the wire form of every kind parses back", () => {
  for (const kind of EVENT_KINDS) {
    expect(JSON.parse(JSON.stringify(wireEvent(event(1, kind)))).kind).toBe(kind);
  }
});
