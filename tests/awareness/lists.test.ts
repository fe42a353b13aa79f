/** Threads, coroutines, executors, bitmaps and the census of the bundled kernel. */
import { expect, test } from "vitest";
import { bootKernel } from "./boot.ts";

const nested = () => {
  const kernel = bootKernel("workload=nested");
  const hart = kernel.runTo("nested::witness");
  return { ...kernel, hart };
};

test("coroutines: names, states, priorities, where they wait and were spawned", () => {
  const { awareness, hart } = nested();
  const { coroutines, total } = awareness.coroutines();
  expect(total).toBe(9);
  expect(coroutines.map(({ id, name, priority, state }) => [id, name, state, priority])).toEqual([
    [1, "workload::run (async block)", "running", 0],
    [2, "numbers::outer", "waiting", 0],
    [3, "texts::outer", "waiting", 1],
    [4, "fields::outer", "waiting", 2],
    [5, "futures::boxed", "waiting", 3],
    [6, "futures::borrowed", "waiting", 4],
    [7, "futures::generic", "waiting", 5],
    [8, "futures::generic", "waiting", 6],
    [9, "nested::spawn_all (async block)", "waiting", 7],
  ]);
  const [first, second] = coroutines;
  expect(first?.hart).toBe(hart.id);
  expect(first?.awaiting).toBeUndefined();
  expect(second?.awaiting?.path).toMatch(/nested\/numbers\.rs$/);
  expect(second?.spawnedAt?.path).toMatch(/nested\/mod\.rs$/);
  const lines = coroutines.slice(1).map(({ spawnedAt }) => spawnedAt!.line);
  expect(lines).toEqual(lines.map((_, index) => lines[0]! + index));
});

test.each([
  ["", [1, 2, 3, 4, 5, 6, 7, 8, 9]],
  ["state:waiting prio:<3", [2, 3, 4]],
  ["prio:>=6", [8, 9]],
  ["prio:0,7", [1, 2, 9]],
  ["id:3,7,12", [3, 7]],
  ["id:3 id:3,4", [3]],
  ["state:running,ready", [1]],
  ["futures", [5, 6, 7, 8]],
  ["FUTURES generic", [7, 8]],
  ["futures::generic prio:5", [7]],
  ["executor:1 state:waiting prio:=2", [4]],
  ["executor:2", []],
  ["nothing like this", []],
])("filter %s", (filter, ids) => {
  const { awareness } = nested();
  const answer = awareness.coroutines({ filter });
  expect(answer.coroutines.map(({ id }) => id)).toEqual(ids);
  expect(answer.total).toBe(ids.length);
});

test.each([
  ["state:sleeping", /`sleeping`.*waiting/],
  ["prio:high", /`prio:high`.*whole number/],
  ["colour:red", /not `colour`/],
  ["id:", /an id was expected/],
])("filter %s is the user's mistake", (filter, message) => {
  const { awareness } = bootKernel("workload=ring");
  expect(() => {
    awareness.coroutines({ filter });
  }).toThrowError(message);
});

test("pages: total counts all that match, the list only what was asked for", () => {
  const { awareness } = nested();
  const page = awareness.coroutines({ filter: "state:waiting", start: 6, count: 5 });
  expect(page.total).toBe(8);
  expect(page.coroutines.map(({ id }) => id)).toEqual([8, 9]);
});

test("threads, and what each hart runs", () => {
  const { awareness, hart, machine } = nested();
  const threads = awareness.threads();
  const running = threads.filter(({ state }) => state === "running");
  expect(running).toHaveLength(1);
  expect(running[0]).toMatchObject({ hart: hart.id, kind: "coroutine", coroutine: 1, priority: 0 });
  expect(awareness.current(hart)).toMatchObject({ thread: running[0]!.id, coroutine: 1 });
  const main = threads.find(({ name }) => name === "main");
  expect(main).toMatchObject({ kind: "plain", state: "blocked", hart: undefined });
  for (const other of machine.harts) {
    if (other === hart) continue;
    expect(awareness.current(other)).toEqual({
      thread: undefined,
      process: undefined,
      coroutine: undefined,
    });
  }
});

test("before the kernel has set anything up, nothing is listed and nothing fails", () => {
  const { awareness, machine } = bootKernel("");
  expect(awareness.threads()).toEqual([]);
  expect(awareness.coroutines()).toEqual({ total: 0, coroutines: [] });
  expect(awareness.executors()[0]?.queues.flatMap(({ coroutines }) => coroutines)).toEqual([]);
  expect(awareness.census()).toEqual([]);
  expect(awareness.current(machine.harts[0]!).thread).toBeUndefined();
  expect(() => awareness.awaitStack(1)).toThrowError(/no coroutine 1/);
  expect(() => awareness.threadStack(1)).toThrowError(/no thread 1/);
});

test("ready queues hold the ready coroutines, and the bitmap says which are not empty", () => {
  const { awareness, inspector, machine } = bootKernel("workload=priorities", {
    harts: 2,
    schedule: "random",
    seed: 9,
  });
  let compared = 0;
  let queued = 0;
  for (let stop = 0; stop < 400 && machine.run({ instructions: 997 }).kind !== "exit"; stop++) {
    const [frame] = inspector.stack(machine.harts[0]!);
    // While a lock is held the bitmap may lag behind the queues, and the map be half changed.
    const held = (lock: string) =>
      inspector.evaluate(`executor::EXECUTOR.${lock}.holder`, frame!).number !== 0n;
    if (held("ready") || held("tasks")) continue;
    const [executor] = awareness.executors();
    const filled = executor!.queues.filter(({ coroutines }) => coroutines.length > 0);
    const bitmap = awareness.bitmaps().find(({ name }) => name === "coroutines");
    expect(bitmap?.bits).toEqual(filled.map(({ priority }) => priority));
    for (const { coroutines, count, priority } of filled) {
      expect(count).toBe(coroutines.length);
      for (const id of coroutines) {
        expect(awareness.coroutine(id)).toMatchObject({ id, priority, state: "ready" });
        queued++;
      }
    }
    compared++;
  }
  expect(compared).toBeGreaterThan(50);
  expect(queued).toBeGreaterThan(20);
});

test("the waker cache has a waker for each living coroutine", () => {
  const { awareness } = nested();
  const [executor] = awareness.executors();
  expect(executor?.wakers.map(({ coroutine }) => coroutine)).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9]);
  expect(new Set(executor?.wakers.map(({ address }) => address)).size).toBe(9);
  const [front] = awareness.executors(2);
  expect(front).toMatchObject({ wakers: executor!.wakers.slice(0, 2), wakerCount: 9 });
});

test("the census counts each async fn where its source has it, also those awaited by others", () => {
  const { awareness, symbols } = nested();
  const census = new Map(awareness.census().map((row) => [row.name, row]));
  expect(census.get("futures::by_hand")?.counts.waiting).toBe(4);
  expect(census.get("futures::generic")?.counts.waiting).toBe(2);
  expect(census.get("numbers::middle")?.counts.waiting).toBe(2);
  const outer = census.get("numbers::outer")!;
  expect(outer.counts).toEqual({ ready: 0, running: 0, waiting: 1, done: 0 });
  const declared = symbols
    .declarationsIn(outer.location.path)
    .find(({ name }) => name.endsWith("numbers::outer"));
  expect(outer.location).toEqual(declared?.location);
  for (const { awaits, counts } of census.values()) {
    const suspended = awaits.reduce((sum, { count }) => sum + count, 0);
    expect(suspended).toBeLessThanOrEqual(counts.ready + counts.waiting);
    for (const { coroutines, location } of awaits) {
      for (const id of coroutines) {
        const frames = awareness.awaitStack(id).map((frame) => frame.location);
        expect(frames).toContainEqual(location);
      }
    }
  }
  expect(outer.awaits.map(({ count }) => count)).toEqual([1]);
});

test("who joins a coroutine waits for it, and does not count as it", () => {
  const { awareness, machine } = bootKernel("workload=ring", { harts: 1 });
  let joins = 0;
  for (let stop = 0; stop < 60 && machine.run({ instructions: 5_000 }).kind !== "exit"; stop++) {
    const { coroutines } = awareness.coroutines({ filter: "state:waiting" });
    for (const { id } of coroutines) {
      const [leaf] = awareness.awaitStack(id);
      const [, joined] = /^waits for coroutine (\d+)$/.exec(leaf?.note ?? "") ?? [];
      if (joined === undefined) continue;
      expect(leaf?.name).toMatch(/JoinHandle$/);
      expect(awareness.awaitStack(id).map(({ name }) => name)).not.toContain("ring::pass");
      joins++;
    }
    const pass = awareness.census().find(({ name }) => name === "ring::pass");
    const living = awareness.coroutines({ filter: "ring::pass" }).total;
    if (pass) expect(Object.values(pass.counts).reduce((a, b) => a + b)).toBe(living);
  }
  expect(joins).toBeGreaterThan(0);
});

test("a thousand coroutines are listed with names, states and lines in well under 50 ms", () => {
  const kernel = bootKernel("workload=storm coroutines=1000");
  kernel.runTo("storm::witness");
  const list = () => {
    // Processor time: other tests run beside this one.
    const before = process.cpuUsage();
    const answer = kernel.awareness.coroutines({ count: 1000 });
    const { system, user } = process.cpuUsage(before);
    return { answer, ms: (system + user) / 1000 };
  };
  const { answer, ms } = list();
  expect(answer.total).toBeGreaterThanOrEqual(1000);
  expect(answer.coroutines.slice(1).every(({ awaiting, name }) => awaiting && name)).toBe(true);
  // The first list also reads the types that it meets.
  expect(ms).toBeLessThan(1_000);
  expect(Math.min(list().ms, list().ms, list().ms)).toBeLessThan(50);
});
