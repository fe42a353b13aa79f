/**
 * Suspended coroutines against what the kernel itself prints: `workload=nested` writes each local
 * of each frame to the console before it suspends, then calls `witness`.
 */
import { expect, test } from "vitest";
import type { AwaitFrame } from "../../daemon/src/awareness/api.ts";
import { bootKernel } from "./boot.ts";

interface Fact {
  readonly coroutine: number;
  readonly fn: string;
  readonly depth: number;
  readonly values: ReadonlyMap<string, string>;
}

function parseFacts(console: string): Fact[] {
  return console
    .split("\n")
    .filter((line) => line.startsWith("[facts] coroutine="))
    .map((line) => {
      const pairs = splitWords(line.slice("[facts] ".length)).map((word): [string, string] => {
        const equals = word.indexOf("=");
        return [word.slice(0, equals), word.slice(equals + 1)];
      });
      const all = new Map(pairs);
      const [coroutine, fn, depth] = ["coroutine", "fn", "depth"].map((key) => all.get(key)!);
      for (const key of ["coroutine", "fn", "depth"]) all.delete(key);
      return { coroutine: Number(coroutine), fn: fn!, depth: Number(depth), values: all };
    });
}

/** At spaces outside of quotes. */
function splitWords(text: string): string[] {
  return text.match(/(?:"(?:\\.|[^"\\])*"|'(?:\\.|[^'\\])*'|[^\s"'])+/gu) ?? [];
}

/** Our display in the kernel's notation: no spaces, references shown as what they refer to, no lengths. */
function dense(text: string): string {
  return text.replace(/"(?:\\.|[^"\\])*"|Vec\(len \d+\) |&(?:mut )?| /gu, (part) =>
    part.startsWith('"') ? part : "",
  );
}

/** A coroutine's own frames, outermost first, without the leaf that it waits for. */
const bodies = (frames: readonly AwaitFrame[]): AwaitFrame[] =>
  frames.filter(({ environment }) => environment !== undefined).reverse();

test.each([
  [1, "round-robin", 0],
  [4, "round-robin", 0],
  [4, "random", 7],
  [8, "random", 1],
] as const)("locals of suspended coroutines, %i harts, %s, seed %i", (harts, schedule, seed) => {
  const kernel = bootKernel("workload=nested", { harts, schedule, seed });
  kernel.runTo("nested::witness");
  const facts = parseFacts(kernel.console);
  expect(facts.length).toBeGreaterThan(20);
  for (const { coroutine, fn, depth, values } of facts) {
    const frame = bodies(kernel.awareness.awaitStack(coroutine))[depth];
    expect(frame, `coroutine ${coroutine}, depth ${depth}`).toBeDefined();
    expect(fn).toContain(frame!.name.replace(/ \(.*/, ""));
    expect(frame!.note).toBe("suspended");
    const shown = new Map(frame!.variables().map(({ name, text }) => [name, dense(text)]));
    for (const [name, value] of values) {
      expect(`${name}=${shown.get(name)}`, `${fn} of coroutine ${coroutine}`).toBe(
        `${name}=${value}`,
      );
    }
  }
});

test("where each frame waits, by the source's own lines", () => {
  const kernel = bootKernel("workload=nested");
  kernel.runTo("nested::witness");
  const frames = bodies(kernel.awareness.awaitStack(2));
  const lines = frames.map(({ name, location }) => [name, location?.path.split("/src/")[1]]);
  expect(lines).toEqual([
    ["numbers::outer", "workload/nested/numbers.rs"],
    ["numbers::middle", "workload/nested/numbers.rs"],
    ["numbers::inner", "workload/nested/numbers.rs"],
  ]);
});

test("a coroutine that is polled has its machine stack", () => {
  const kernel = bootKernel("workload=nested");
  const hart = kernel.runTo("nested::witness");
  const frames = kernel.awareness.awaitStack(1);
  expect(frames[0]?.note).toBe(`running on hart ${hart.id}`);
  expect(frames.map(({ name }) => name)).toEqual([
    "nested::witness",
    "nested::run (async)",
    "workload::run (async block)",
  ]);
  expect(frames[0]?.variables().map(({ name, text }) => `${name}=${text}`)).toEqual(["count=8"]);
});

test("just before and just after a poll, the await stack is the one in memory", () => {
  const kernel = bootKernel("workload=nested");
  for (const kind of ["poll", "pending"] as const) {
    let coroutine = 0;
    const listening = kernel.awareness.listen([kind], (event) => {
      coroutine = event.coroutine!;
      return coroutine > 1;
    });
    expect(kernel.machine.run({ instructions: 1e8 }).kind).toBe("stop");
    listening.dispose();
    const frames = kernel.awareness.awaitStack(coroutine);
    expect(frames.length).toBeGreaterThan(0);
    expect(frames.at(-1)?.note).toBe(kind === "poll" ? "not started" : "suspended");
  }
});

test("a coroutine that was forced off its hart has its frames on its thread's stack", () => {
  const { awareness, machine } = bootKernel("workload=priorities", { harts: 2 });
  let found = 0;
  for (let stop = 0; stop < 2_000 && machine.run({ instructions: 501 }).kind !== "exit"; stop++) {
    const current = new Set(machine.harts.map((hart) => awareness.current(hart).coroutine));
    for (const { id, name, thread } of awareness.coroutines({ filter: "state:running" })
      .coroutines) {
      if (current.has(id)) continue;
      const frames = awareness.awaitStack(id);
      if (frames[0]?.note !== `half-run on thread ${thread}`) continue;
      const polled = name.endsWith("(async block)") ? name : `${name} (async)`;
      expect(frames.map((frame) => frame.name)).toContain(polled);
      expect(frames.some((frame) => frame.note === "interrupted here")).toBe(true);
      found++;
    }
  }
  expect(found).toBeGreaterThan(0);
});
