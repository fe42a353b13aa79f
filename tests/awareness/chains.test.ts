/**
 * Await chains merged: every coroutine is in exactly one, the one that its own await stack says, and
 * the counts are what the workload spawned.
 */
import { expect, test } from "vitest";
import type { AwaitChain, AwaitFrame } from "../../daemon/src/awareness/api.ts";
import { bootKernel } from "./boot.ts";

type Kernel = ReturnType<typeof bootKernel>;

const place = (location: AwaitFrame["location"]): string =>
  location ? `${location.path}:${location.line}` : "?";
const text = (frames: readonly { name: string; location: AwaitFrame["location"] }[]): string =>
  frames.map(({ location, name }) => `${name} ${place(location)}`).join(" < ");
const count = ({ counts }: AwaitChain): number => counts.ready + counts.waiting + counts.unknown;

function agree({ awareness }: Kernel): number {
  const { chains, polled } = awareness.chains(100_000);
  const listed = awareness.coroutines({ count: 100_000 }).coroutines;
  const alive = listed.filter(({ state }) => state !== "done");
  const suspended = alive.filter(({ state }) => state !== "running");
  expect(polled).toBe(alive.length - suspended.length);
  expect(chains.reduce((sum, chain) => sum + count(chain), 0)).toBe(suspended.length);
  const chainOf = new Map(
    chains.flatMap((chain) => chain.coroutines.map((id) => [id, chain] as const)),
  );
  // A map that is just being changed can hold one twice.
  expect(chainOf.size).toBe(new Set(suspended.map(({ id }) => id)).size);
  for (const { id } of suspended) {
    expect(text(chainOf.get(id)!.frames), `coroutine ${id}`).toBe(
      text(awareness.awaitStack(id).filter(({ note }) => !note?.startsWith("running on"))),
    );
  }
  return chains.length;
}

test.each([
  ["nested", 4, 1],
  ["ring", 2, 2],
  ["sleepers", 4, 3],
  ["mix", 8, 4],
  ["storm coroutines=300", 4, 5],
] as const)("every coroutine of %s is in the chain of its await stack", (workload, harts, seed) => {
  const kernel = bootKernel(`workload=${workload}`, { harts, schedule: "random", seed });
  let most = 0;
  for (let stop = 0; stop < 60; stop++) {
    most = Math.max(most, agree(kernel));
    if (kernel.machine.run({ instructions: 40_009 }).kind === "exit") break;
  }
  expect(most).toBeGreaterThan(1);
});

test("a storm waits in three ways, a third of it in each", () => {
  const kernel = bootKernel("workload=storm coroutines=3000");
  kernel.runTo("storm::witness");
  const { chains } = kernel.awareness.chains(5);
  const outer = new Map(chains.map((chain) => [chain.frames.at(-1)?.name, chain]));
  for (const name of ["wait_for_event", "wait_with_timeout", "wait_for_message"]) {
    const chain = outer.get(`storm::${name}`)!;
    expect(chain.counts).toEqual({ ready: 0, waiting: 1000, unknown: 0 });
    expect(chain.coroutines).toHaveLength(5);
  }
  const names = (name: string) => outer.get(name)!.frames.map((frame) => frame.name);
  expect(names("storm::wait_for_event")).toEqual(["event::Wait", "storm::wait_for_event"]);
  expect(names("storm::wait_with_timeout")).toEqual([
    "timeout::Timeout",
    "storm::wait_with_timeout",
  ]);
});
