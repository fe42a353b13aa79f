/** Executors of threads: each coroutine is in one of them, wherever migration takes it. */
import { expect, test } from "vitest";
import { bootKernel } from "./boot.ts";

test.each(["none", "steal", "threshold"])(
  "migrate=%s: all that wait are there, each once",
  (migrate) => {
    const kernel = bootKernel(
      `workload=storm coroutines=100 executor=per-thread migrate=${migrate}`,
    );
    expect(kernel.awareness.profile?.gaps).toEqual([]);
    kernel.runTo("storm::witness");
    const { coroutines, total } = kernel.awareness.coroutines();
    expect(total).toBe(101);
    expect(coroutines.map(({ id }) => id).sort((a, b) => a - b)).toEqual(
      Array.from({ length: 101 }, (_, index) => index + 1),
    );
    expect(coroutines.filter(({ state }) => state === "waiting")).toHaveLength(100);
    const executors = kernel.awareness.executors();
    // The shared one, which is empty, and three threads for each of four harts.
    expect(executors.map(({ id }) => id)).toEqual(
      Array.from({ length: 13 }, (_, index) => index + 1),
    );
    expect(executors[0]).toMatchObject({ name: "EXECUTOR", mode: "global", wakers: [] });
    expect(executors.flatMap(({ wakers }) => wakers)).toHaveLength(101);
    const homes = new Set(coroutines.map(({ executor }) => executor));
    expect(homes.has(1)).toBe(false);
    // Without migration they are dealt out.
    if (migrate === "none") expect(homes.size).toBe(12);
  },
);

/**
 * `priorities`: a worker never yields, so the alarm of its thread is polled in time only where
 * another thread takes it over while the worker is half-run.
 */
test.each([1, 2, 3])(
  "who is forced off keeps its stack, and the others of its thread go on elsewhere: seed %i",
  (seed) => {
    const kernel = bootKernel("workload=priorities executor=per-thread migrate=steal", {
      schedule: "random",
      seed,
      quantum: 300,
    });
    /** Threads of the last polls, and those coroutines whose poll has not ended. */
    const polledOn = new Map<number, number>();
    const open = new Map<number, number>();
    const moved: number[] = [];
    let forcedOff = 0;
    let takenOver = 0;
    const isHalfRun = (thread: number): boolean => {
      const state = kernel.awareness.threads().find(({ id }) => id === thread)?.state;
      return state !== "running" && [...open.values()].includes(thread);
    };
    kernel.awareness.listen(["poll", "pending", "complete"], ({ kind, coroutine, thread }) => {
      const before = polledOn.get(coroutine!);
      if (kind !== "poll") {
        if (open.get(coroutine!) !== thread) moved.push(coroutine!);
        open.delete(coroutine!);
        return false;
      }
      if (open.has(coroutine!)) moved.push(coroutine!);
      if (before !== undefined && before !== thread && isHalfRun(before)) takenOver++;
      open.set(coroutine!, thread!);
      polledOn.set(coroutine!, thread!);
      return false;
    });
    kernel.awareness.listen(["thread.switch"], () => {
      forcedOff += Number([...open.values()].some(isHalfRun));
      return false;
    });
    expect(kernel.runToEnd()).toEqual({ kind: "exit", code: 0 });
    expect(forcedOff).toBeGreaterThan(0);
    expect(takenOver).toBeGreaterThan(0);
    expect(moved).toEqual([]);
  },
);

test("with roles=split the boot hart runs plain threads alone", () => {
  const kernel = bootKernel("workload=mix roles=split");
  const kinds = new Map<number, Set<string>>();
  const threads = () => kernel.awareness.threads();
  kernel.awareness.listen(["poll"], ({ hart }) => {
    kinds.set(hart!, (kinds.get(hart!) ?? new Set()).add("coroutine"));
    return false;
  });
  kernel.runToEnd();
  expect(threads().length).toBeGreaterThan(0);
  expect([...kinds.keys()].sort()).toEqual([1, 2, 3]);
});
