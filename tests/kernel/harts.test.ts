/**
 * Any hart boots the kernel; harts without work stand still, those with too much take turns, and what
 * they print does not mix.
 */
import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { physical } from "../../daemon/src/base/brand.ts";
import { csrNumber } from "../../daemon/src/isa/csrs.ts";
import { createMachine } from "../../daemon/src/machine/machine.ts";
import { openSymbols } from "../../daemon/src/symbols/symbols.ts";
import { EXPECTED, kernelLines } from "../../kernel/expected.mjs";
import { bootKernel } from "../awareness/boot.ts";
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

it.each([1, 2, 3])("lines of harts that print at once stay whole, seed %i", (seed) => {
  const kernel = bootKernel("workload=lines", { schedule: "random", seed, quantum: 50 });
  const printing = new Set<number | undefined>();
  kernel.awareness.listen(["poll"], ({ hart }) => {
    printing.add(hart);
    return false;
  });
  expect(kernel.runToEnd()).toEqual({ kind: "exit", code: 0 });
  const lines = kernel.console.split("\n").filter((line) => !/^\[(boot|kernel)\]/.test(line));
  expect(lines.pop()).toBe("");
  // Each is longer than what one call to the firmware takes.
  for (const line of lines) expect(line).toMatch(/^\[line\] ([a-h])\1{599}$/);
  expect(lines).toHaveLength(80);
  expect(printing.size).toBe(4);
});

/** Numbers of system calls (`kernel/scheduler/src/syscall.rs`). */
const YIELD = 4;

it.each([1, 2, 3])(
  "a process gives its hart away by itself for what is better, seed %i",
  (seed) => {
    const kernel = bootKernel("workload=run program=rivals", {
      ...{ harts: 2, schedule: "random", seed, quantum: 200 },
    });
    const file = new URL("../../kernel/prebuilt/programs/rivals.elf", import.meta.url);
    kernel.awareness.addProgram("rivals", openSymbols(readFileSync(file), "rivals.elf"));
    // The third process has one thread, which polls for a moment at a time.
    const MEEK = 3;
    const gives = new Set<number | undefined>();
    let yields = 0;
    let given = 0;
    kernel.awareness.listen(["syscall", "thread.switch"], ({ kind, hart, process, new: what }) => {
      if (kind === "syscall" && process === MEEK && Number(what) === YIELD) {
        yields++;
        gives.add(hart);
      } else if (kind === "thread.switch" && gives.delete(hart)) {
        given++;
      }
      return false;
    });
    expect(kernel.runToEnd(), kernel.console).toEqual({ kind: "exit", code: 0 });
    expect(kernel.console).toContain("rivals: urgent=5 sleeps=50");
    expect(yields).toBeGreaterThan(0);
    // Now and then another hart was quicker.
    expect(given).toBeGreaterThan(yields / 2);
  },
);

/** What a hart's timer leaves in the CSR `scause`. */
const TIMER = 0x8000_0000_0000_0005n;
/** Of what threads of programs count for. */
const LOWEST = 7;

it("on a tick no thread of a program counts for more than there is in its process", () => {
  const scause = csrNumber("scause")!;
  const wrong: string[] = [];
  const looks = [1, 2, 3, 4, 5].map((seed) => {
    const kernel = bootKernel("workload=run program=rivals", {
      ...{ harts: 4, schedule: "random", seed, quantum: 300 },
    });
    const { awareness, machine, symbols } = kernel;
    const [page] = symbols.typeNamed("ProcessPage");
    const polled = page?.kind === "struct" && page.members.find(({ name }) => name === "polled");
    if (!polled) throw new Error("a process page has no `polled`");
    let looked = 0;
    // The tick has looked at the thread by now, and decides next whether another goes on.
    machine.hook(symbols.functionsNamed("system::merge")[0]!.entry, (hart) => {
      const thread = awareness.threads().find((each) => each.hart === hart.id);
      const bitmap = awareness.bitmaps().find(({ process }) => process === thread?.process);
      if (hart.csr(scause) !== TIMER || thread?.process === undefined || !bitmap) return false;
      looked++;
      const at = physical(Number(bitmap.address) + polled.offset);
      // One more than the priority of what each thread polls; a thread in need of a lock is in a hurry.
      const counts = [...machine.readPhysical(at, polled.type.size)!].filter((count) => count > 0);
      const best = Math.min(...counts.map((count) => count - 1), ...bitmap.bits, LOWEST);
      if (!(thread.priority! >= best)) wrong.push(`seed ${seed}: ${thread.priority} for ${best}`);
      return false;
    });
    expect(kernel.runToEnd(), kernel.console).toEqual({ kind: "exit", code: 0 });
    return looked;
  });
  expect(wrong).toEqual([]);
  expect(Math.min(...looks)).toBeGreaterThan(10);
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
