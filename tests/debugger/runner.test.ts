/** Runs in slices: their length follows the clock, and a pause ends them whatever the guest does. */
import { expect, it } from "vitest";
import { type RunEnd, Runner } from "../../daemon/src/debugger/runner.ts";
import type { Machine, RunOutcome } from "../../daemon/src/machine/api.ts";

/** A machine of given speed, whose runs end as `outcome` says; the host's queue and clock by hand. */
function setup(outcome: (slice: number) => RunOutcome["kind"], instructionsPerMs = 100_000) {
  const queue: (() => void)[] = [];
  const slices: number[] = [];
  const told: string[] = [];
  let clock = 0;
  let time = 0;
  let wanted = false;
  const machine = {
    get time() {
      return time;
    },
    run({ instructions }: { instructions: number }): RunOutcome {
      slices.push(instructions);
      time += instructions;
      clock += instructions / instructionsPerMs;
      return { kind: outcome(slices.length), hart: 0, reason: "", code: 3 } as RunOutcome;
    },
  } as unknown as Machine;
  const runner = new Runner(
    machine,
    { defer: (callback: () => void) => void queue.push(callback), now: () => clock } as never,
    {
      slice: () => {},
      wanted: () => wanted,
      ended: (end: RunEnd) => void told.push(end.kind),
      resting: () => void told.push("resting"),
      failed: () => void told.push("failed"),
    },
  );
  const turns = (count: number): void => {
    for (let n = 0; n < count; n += 1) queue.shift()?.();
  };
  return { runner, slices, told, turns, queue, want: () => (wanted = true) };
}

it("takes slices of about 10 ms at any speed, and never too long ones", () => {
  for (const speed of [500, 10_000, 100_000, 10_000_000]) {
    const { runner, slices, turns } = setup(() => "limit", speed);
    runner.start({});
    turns(40);
    const length = slices.at(-1)!;
    expect(length).toBeLessThanOrEqual(4_000_000);
    expect(length / speed).toBeLessThanOrEqual(20);
    if (length < 4_000_000) expect(length / speed).toBeGreaterThanOrEqual(4);
  }
});

it("pauses between two slices", () => {
  const { runner, told, turns, slices } = setup(() => "limit");
  runner.start({});
  turns(3);
  runner.pause();
  turns(5);
  expect(told).toEqual(["pause"]);
  expect(slices).toHaveLength(3);
  expect(runner.running).toBe(false);
});

it("rests when nothing can happen, until input or a pause", () => {
  const { runner, told, turns, slices, queue } = setup((slice) => (slice < 3 ? "idle" : "exit"));
  runner.start({});
  turns(9);
  expect(slices).toHaveLength(1);
  expect(queue).toHaveLength(0);
  runner.wake();
  turns(9);
  expect(slices).toHaveLength(2);
  runner.pause();
  turns(9);
  expect(told).toEqual(["resting", "resting", "pause"]);
  runner.start({});
  turns(9);
  expect(told.at(-1)).toBe("exit");
});

it("goes on after a stop that only ended the slice, and ends at one that is wanted", () => {
  const { runner, told, turns, slices, want } = setup(() => "stop");
  runner.start({});
  turns(4);
  expect(slices).toHaveLength(4);
  want();
  turns(4);
  expect(slices).toHaveLength(5);
  expect(told).toEqual(["stop"]);
});

it("ends at exactly the instruction limit", () => {
  const { runner, told, turns, slices } = setup(() => "limit");
  runner.start({ limit: 1_234_567 });
  turns(20);
  expect(slices.reduce((sum, slice) => sum + slice)).toBe(1_234_567);
  expect(told).toEqual(["limit"]);
});

it("says nothing any more once it is dropped", () => {
  const { runner, told, turns } = setup(() => "limit");
  runner.start({});
  turns(1);
  runner.drop();
  turns(9);
  expect(told).toEqual([]);
});
