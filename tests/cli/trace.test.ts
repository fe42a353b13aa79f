/** `asyncos trace`: events as JSON lines, the same as `run --stats` counts, whole or not at all. */
import { existsSync, readFileSync } from "node:fs";
import { afterAll, expect, it } from "vitest";
import { asyncos, scratch } from "./support.ts";

const files = scratch();
afterAll(() => files.remove());

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
  const path = files.file("events.jsonl", "old");
  const { code, stdout } = await asyncos(["trace", "--kinds", "spawn", "--output", path]);
  expect(code).toBe(0);
  expect(stdout).toMatch(/^\[kernel\] done: /m);
  expect(existsSync(`${path}.part`)).toBe(false);
  const spawned = /spawned=(\d+)/.exec(stdout)?.[1];
  expect(parse(readFileSync(path, "utf8"))).toHaveLength(Number(spawned));
});

it.each([
  [["--kinds", "wake,woke"], 2, /woke is no kind of event/],
  [["--output", "/no/such/folder/events"], 1, /cannot be written: .*\/no\/such\/folder/],
] as const)("%j is refused", async (args, code, stderr) => {
  const result = await asyncos(["trace", ...args]);
  expect(result.code).toBe(code);
  expect(result.stderr).toMatch(stderr);
});
