/** `asyncos trace`: events as JSON lines, the same as `run --stats` counts, whole or not at all. */
import { existsSync, readFileSync } from "node:fs";
import { expect, it } from "vitest";
import { asyncos, fileWith } from "./support.ts";

interface Event {
  readonly time: string;
  readonly hart?: number;
  readonly kind: string;
}
const parse = (text: string): Event[] =>
  text
    .trimEnd()
    .split("\n")
    .map((line) => JSON.parse(line));

it("lists in order what run counts", async () => {
  const guest = ["--schedule", "random", "--seed", "3"];
  const traced = await asyncos(["trace", "--kinds", "wake,bitmap", ...guest]);
  expect(traced.code).toBe(0);
  expect(traced.stderr).toMatch(/^\[kernel\] done: /m);
  const events = parse(traced.stdout);
  const counts = { wake: 0, bitmap: 0 };
  for (const { kind } of events) counts[kind as keyof typeof counts]++;
  const counted = await asyncos(["run", "--stats", ...guest]);
  const stats = JSON.parse(counted.stdout.trimEnd().split("\n").at(-1)!);
  expect(counts).toEqual({ wake: stats.events.wake, bitmap: stats.events.bitmap });
  const times = events.map(({ time }) => Number(time));
  expect(times).toEqual([...times].sort((a, b) => a - b));
  expect(times.at(-1)).toBeLessThanOrEqual(stats.instructions);
});

it("writes a file whole", async () => {
  const path = fileWith("events.jsonl", "old");
  const { code, stdout } = await asyncos(["trace", "--kinds", "spawn", "--output", path]);
  expect(code).toBe(0);
  expect(stdout).toMatch(/^\[kernel\] done: /m);
  expect(existsSync(`${path}.part`)).toBe(false);
  const spawned = /spawned=(\d+)/.exec(stdout)?.[1];
  expect(parse(readFileSync(path, "utf8"))).toHaveLength(Number(spawned));
});

it("writes a timeline that Perfetto opens: every poll, wake and coroutine is in it", async () => {
  const path = fileWith("timeline.json", "old");
  const guest = ["--schedule", "random", "--seed", "3"];
  const run = await asyncos(["trace", "--format", "perfetto", "--output", path, ...guest]);
  expect(run.code).toBe(0);
  const { traceEvents } = JSON.parse(readFileSync(path, "utf8")) as {
    traceEvents: {
      ph: string;
      pid: number;
      tid: number;
      ts: number;
      dur: number;
      name: string;
      args?: Record<string, unknown>;
    }[];
  };
  const listed = await asyncos(["trace", ...guest]);
  const events = parse(listed.stdout);
  const count = (kind: string): number => events.filter((event) => event.kind === kind).length;
  const slices = traceEvents.filter(({ ph, pid, tid }) => ph === "X" && pid === 1 && tid < 1000);
  expect(slices.filter(({ args }) => args?.resumed === false)).toHaveLength(count("poll"));
  const named = traceEvents.filter(({ name, pid }) => name === "thread_name" && pid === 2);
  expect(named).toHaveLength(count("spawn"));
  expect(named.every(({ args }) => /^#\d+ \w+::/.test(String(args?.name)))).toBe(true);
  const starts = traceEvents.filter(({ ph }) => ph === "s");
  expect(starts).toHaveLength(traceEvents.filter(({ ph }) => ph === "f").length);
  expect(starts.length).toBeGreaterThan(100);
  // Slices of one track do not overlap.
  const ends = new Map<string, number>();
  for (const { dur, ph, pid, tid, ts } of traceEvents) {
    if (ph !== "X") continue;
    expect(ts).toBeGreaterThanOrEqual((ends.get(`${pid} ${tid}`) ?? 0) - 1e-9);
    ends.set(`${pid} ${tid}`, ts + dur);
  }
});

it.each([
  [["--format", "xml"], 2, /--format.*jsonl, perfetto/],
  [["--kinds", "wake,woke"], 2, /woke is no kind of event/],
  [["--output", "/no/such/folder/events"], 1, /cannot be written: .*\/no\/such\/folder/],
] as const)("%j is refused", async (args, code, stderr) => {
  const result = await asyncos(["trace", ...args]);
  expect(result.code).toBe(code);
  expect(result.stderr).toMatch(stderr);
});
