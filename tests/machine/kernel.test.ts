import { describe, expect, test } from "vitest";
import type { Machine, MachineOptions } from "../../daemon/src/machine/api.ts";
import { createMachine } from "../../daemon/src/machine/machine.ts";
import { kernelImage } from "./support/kernel.ts";

const image = kernelImage();

function boot(options: Partial<MachineOptions> = {}) {
  const machine = createMachine(
    {
      harts: 4,
      memory: 128,
      append: "",
      schedule: "round-robin",
      seed: 1,
      quantum: 1000,
      ...options,
    },
    image,
  );
  let output = "";
  machine.console.on((bytes) => {
    output += Buffer.from(bytes).toString();
  });
  return { machine, output: () => output };
}

const LIMIT = 40_000_000;

/** Runs to the end; answers the line that the kernel ends with. */
function lastFacts(options: Partial<MachineOptions>): string {
  const { machine, output } = boot(options);
  const outcome = machine.run({ instructions: LIMIT });
  expect([outcome, output()]).toEqual([
    { kind: "exit", code: 0 },
    expect.stringContaining("[kernel] done:"),
  ]);
  return /\[kernel\] done: .*/.exec(output())![0];
}

describe("the bundled kernel runs to its end", () => {
  test.each([1, 2, 4, 8])("on %s harts", (harts) => {
    expect(lastFacts({ harts })).toMatch(/ leaked_coroutines=0 leaked_objects=0 leaked_frames=0/);
  });
  test.each([1, 2, 3, 4, 5])(
    "with random turns, seed %s, by facts that do not depend on it",
    (seed) => {
      expect(lastFacts({ schedule: "random", seed, quantum: 200 * seed })).toBe(
        lastFacts({ harts: 1 }),
      );
    },
  );
  test.each(["ring", "priorities", "sleepers", "nested", "storm"])("workload %s", (workload) => {
    expect(lastFacts({ append: `workload=${workload}` })).toContain(`workload=${workload}`);
  });
});

describe("one recording, one run", () => {
  const run = (slice: number) => {
    const { machine } = boot({ schedule: "random", seed: 7 });
    while (machine.run({ instructions: slice }).kind === "limit");
    return [machine.time, machine.stateHash()];
  };
  test("the same seed gives the same end, in slices of any size", () => {
    const whole = run(LIMIT);
    expect(run(LIMIT)).toEqual(whole);
    expect(run(997)).toEqual(whole);
  });
});

describe("a kernel that fails", () => {
  const end = (machine: Machine) => machine.run({ instructions: LIMIT });
  test("panics with code 1", () => {
    const { machine, output } = boot({ append: "workload=panic" });
    expect(end(machine)).toEqual({ kind: "exit", code: 1 });
    expect(output()).toContain("panic");
  });
  test("spins until the limit", () => {
    const { machine } = boot({ append: "workload=spin" });
    expect(machine.run({ instructions: 3_000_000 }).kind).toBe("limit");
  });
});
