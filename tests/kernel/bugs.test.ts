/**
 * The bugs that can be switched on: each shows as `kernel/README.md` says, under the interleavings
 * that are named here, and without it the same interleavings are well.
 */
import { describe, expect, it } from "vitest";
import type { MachineOptions } from "../../daemon/src/machine/api.ts";
import { bootKernel } from "../awareness/boot.ts";

interface Row {
  readonly bug: string;
  readonly workload: string;
  readonly options?: Partial<MachineOptions>;
  /** Among so many interleavings there is one that it needs; 1 where any will do. */
  readonly seeds?: number;
  readonly shows: Symptom;
}

type Run = ReturnType<typeof run>;
/** What betrays the bug, read from outside of the kernel or printed by it. */
type Symptom = (found: Run) => boolean;

const SLICE = 20_000;
/** Longer than a lock is held. */
const AGAIN = 3_000;
const LIMIT = 30_000_000;

/** Runs to the end, and looks at the queues now and then. */
function run(bug: string, workload: string, options: Partial<MachineOptions>) {
  const kernel = bootKernel(`workload=${workload} bug=${bug}`, { harts: 4, ...options });
  const { machine, awareness } = kernel;
  const seen = { staleBit: false, missingBit: false, wrongQueue: false };
  let outcome = machine.run({ instructions: SLICE });
  for (let looks = 0; outcome.kind === "limit" && machine.time < LIMIT; looks++) {
    if (looks % 8 === 0) {
      const before = misplaced(awareness);
      lookAtQueues(awareness, seen);
      outcome = machine.run({ instructions: AGAIN });
      // What stands there while a lock is held is gone soon.
      const still = misplaced(awareness);
      if (before.some((one) => still.includes(one))) seen.wrongQueue = true;
    }
    if (outcome.kind === "limit") outcome = machine.run({ instructions: SLICE });
  }
  // When all harts are at rest every lock is free: what differs then is wrong.
  if (outcome.kind === "idle") lookAtQueues(awareness, seen);
  return { ...seen, outcome, time: machine.time, console: kernel.console };
}

function lookAtQueues(
  awareness: ReturnType<typeof bootKernel>["awareness"],
  seen: { staleBit: boolean; missingBit: boolean },
): void {
  const [executor] = awareness.executors();
  const bits = awareness.bitmaps().find(({ name }) => name === "coroutines")?.bits;
  if (!executor || !bits) return;
  for (const { priority, coroutines } of executor.queues) {
    if (coroutines.length === 0 && bits.includes(priority)) seen.staleBit = true;
    if (coroutines.length > 0 && !bits.includes(priority)) seen.missingBit = true;
  }
}

/** Coroutines in the queue of another priority than theirs. */
function misplaced(awareness: ReturnType<typeof bootKernel>["awareness"]): string[] {
  return (awareness.executors()[0]?.queues ?? []).flatMap(({ priority, coroutines }) =>
    coroutines.flatMap((id) => {
      const own = awareness.coroutine(id)?.priority;
      return own === undefined || own === priority ? [] : [`${id} of ${own} in ${priority}`];
    }),
  );
}

const asleep: Symptom = ({ outcome }) => outcome.kind === "idle";
const endless: Symptom = ({ outcome }) => outcome.kind === "limit";
const prints =
  (text: string): Symptom =>
  ({ console }) =>
    console.includes(text);

const rows: readonly Row[] = [
  { bug: "lost-wakeup", workload: "ring", shows: asleep },
  {
    bug: "stale-bit",
    workload: "ring",
    shows: (found) => endless(found) && found.staleBit,
  },
  {
    bug: "missing-bit",
    workload: "ring",
    shows: (found) => asleep(found) && found.missingBit,
  },
  {
    bug: "double-enqueue",
    workload: "wakes wakes=1000",
    shows: prints("is polled twice"),
  },
  {
    bug: "wrong-queue",
    workload: "sync rounds=20",
    // Between two looks it may come out again.
    seeds: 10,
    shows: ({ wrongQueue }) => wrongQueue,
  },
  { bug: "wake-after-free", workload: "sync", shows: prints("failed: leaks") },
  { bug: "forgot-waker", workload: "sync", shows: asleep },
  { bug: "deadlock", workload: "sync", seeds: 40, shows: asleep },
  {
    bug: "self-wake",
    workload: "sleepers",
    shows: ({ time }) => time > 2_000_000,
  },
  { bug: "starvation", workload: "sync", options: { harts: 1 }, shows: endless },
  { bug: "inversion", workload: "sync", shows: endless },
  { bug: "lock-order", workload: "mix executor=per-thread", seeds: 40, shows: endless },
  {
    bug: "lost-ipi",
    workload: "ring roles=split",
    options: { harts: 2, quantum: 100 },
    seeds: 150,
    shows: asleep,
  },
];

describe.each(rows)("bug=$bug", ({ bug, workload, options, seeds = 1, shows }) => {
  const under = (seed: number) => ({ schedule: "random", quantum: 200, ...options, seed }) as const;
  const all = Array.from({ length: seeds }, (_, index) => index + 1);

  it(`shows in workload=${workload}`, { timeout: 120_000 }, () => {
    const last = { text: "" };
    const struck = all.find((seed) => {
      const found = run(bug, workload, under(seed));
      last.text = `seed ${seed}: ${found.outcome.kind} after ${found.time}\n${found.console}`;
      return shows(found);
    });
    expect(struck, last.text).toBeDefined();
  });

  it("is not there unless it is asked for", () => {
    for (const seed of all.slice(0, 3)) {
      const found = run("none", workload, under(seed));
      expect(found.console).toContain("[kernel] done:");
      expect(found.outcome).toEqual({ kind: "exit", code: 0 });
      expect(shows(found)).toBe(false);
    }
  });
});
