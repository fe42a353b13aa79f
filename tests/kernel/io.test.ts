/**
 * What waits for the disk keeps nobody from going on: the times of `io-mix` in the machine's own
 * time, with a disk that is slow against all that is computed.
 */
import { beforeAll, expect, it } from "vitest";
import { createMachine } from "../../daemon/src/machine/machine.ts";
import { kernelDisk, kernelImage } from "../machine/support/kernel.ts";

const LATENCY = 200_000;
const HARTS = 2;

let console = "";

beforeAll(() => {
  const options = {
    harts: HARTS,
    memory: 128,
    schedule: "random",
    seed: 1,
    quantum: 1000,
  } as const;
  const machine = createMachine(
    { ...options, append: "workload=io-mix", disk: kernelDisk(), diskLatency: LATENCY },
    kernelImage(),
  );
  machine.console.on((bytes) => {
    console += Buffer.from(bytes).toString();
  });
  expect(machine.run({ instructions: 1_000_000_000 }), console).toEqual({ kind: "exit", code: 0 });
}, 60_000);

/** Microseconds one after the other, and at once. */
function times(what: string): { alone: number; together: number } {
  const line = new RegExp(
    `^\\[io-mix\\] ${what}(\\d+) us one after the other, (\\d+) us at once`,
    "m",
  );
  const [, alone, together] = console.match(line)!;
  return { alone: Number(alone), together: Number(together) };
}

it("coroutines compute while others wait for the disk", () => {
  const { alone, together } = times("");
  expect(together).toBeLessThan(alone / 2);
});

it("readers of one file do not wait for each other", () => {
  const { alone, together } = times("one file: ");
  // Four pieces of four blocks: each reader has four requests, one after the other.
  expect(together).toBeLessThan(alone / 2);
});
