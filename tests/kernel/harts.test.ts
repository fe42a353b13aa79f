/** Any hart boots the kernel; harts without work stand still. */
import { describe, expect, it } from "vitest";
import { createMachine } from "../../daemon/src/machine/machine.ts";
import { EXPECTED, kernelLines } from "../../kernel/expected.mjs";
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

describe.each([1, 2, 3, 8])("on %i harts", (harts) => {
  it.each(Array.from({ length: harts }, (_, hart) => hart))("hart %i boots", (bootHart) => {
    const turns = { schedule: "random", seed: bootHart, quantum: 200 } as const;
    const machine = createMachine(
      { harts, memory: 128, append: "roles=split", disk: kernelDisk(), bootHart, ...turns },
      kernelImage(),
    );
    let console = "";
    machine.console.on((bytes) => {
      console += Buffer.from(bytes).toString();
    });
    // Before it starts others, it alone has run.
    machine.run({ instructions: 10 });
    expect(machine.harts[bootHart]!.instructions).toBe(10);
    expect(machine.run({ instructions: 200_000_000 }), console).toEqual({ kind: "exit", code: 0 });
    expect(console).toMatch(new RegExp(`^\\[boot\\] hart ${bootHart},`));
    expect(kernelLines(console).at(-1)).toBe(EXPECTED.find(({ append }) => append === "")?.last);
  });
});
