/** Harts without work stand still. */
import { expect, it } from "vitest";
import { createMachine } from "../../daemon/src/machine/machine.ts";
import { kernelDisk, kernelImage } from "../machine/support/kernel.ts";

it("idle harts wait in wfi, and retire nothing while one computes", () => {
  const append = "workload=compute";
  const turns = { schedule: "round-robin", seed: 1, quantum: 1000 } as const;
  const options = { harts: 4, memory: 128, append, disk: kernelDisk(), ...turns };
  const machine = createMachine(options, kernelImage());
  // Every hart has started, and the one coroutine computes.
  machine.run({ instructions: 6_000_000 });
  const before = machine.harts.map(({ instructions }) => instructions);
  machine.run({ instructions: 3_000_000 });
  const states = machine.harts.map(({ state, instructions }, hart) =>
    instructions > before[hart]! ? "retires" : state,
  );
  expect(states.sort()).toEqual(["retires", "waiting", "waiting", "waiting"]);
});
