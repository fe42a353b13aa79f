/** A profile for somebody else's kernel: in C, without optimisation, threads in an array. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";
import { createAwareness } from "../../daemon/src/awareness/awareness.ts";
import { detectProfile } from "../../daemon/src/awareness/profile.ts";
import { physical } from "../../daemon/src/base/brand.ts";
import { createInspector } from "../../daemon/src/inspect/inspector.ts";
import { createMachine } from "../../daemon/src/machine/machine.ts";
import { openSymbols } from "../../daemon/src/symbols/symbols.ts";
import { compileC, GCC } from "../gcc.ts";
import { scratch } from "../scratch.ts";

const PROFILE = {
  name: "c",
  match: { functions: ["kernel_main"], statics: ["tasks"] },
  harts: { thread: "current.id" },
  threads: {
    in: "tasks",
    type: "task",
    id: "thread.id",
    priority: "thread.prio",
    state: "thread.state",
    name: "thread.name",
  },
  bitmaps: [{ name: "prio", word: "bitmap", bits: 8, owner: "kernel" }],
  events: [
    { kind: "poll", at: "begin", thread: "task->id", prio: "task->prio", new: "round" },
    { kind: "pending", at: "end", thread: "task->id", prio: "task->prio", when: "round == 1" },
  ],
};

const LINKED = "-Wl,-e_start -Wl,--no-relax";

function boot(options: string) {
  const elf = join(scratch(), "kernel.elf");
  const source = fileURLToPath(new URL("fixtures/kernel.c", import.meta.url));
  compileC([source], `${LINKED} ${options}`, elf);
  const symbols = openSymbols(readFileSync(elf), "kernel.elf");
  const segments = symbols.segments.map((segment) => ({
    address: physical(Number(segment.physical)),
    bytes: segment.bytes,
    size: segment.size,
  }));
  const machine = createMachine(
    { harts: 1, memory: 128, append: "", schedule: "round-robin", seed: 0, quantum: 1000 },
    { segments, entry: physical(Number(symbols.entry)) },
  );
  const inspector = createInspector(machine);
  inspector.modules.add(symbols);
  const profile = detectProfile(symbols, new Map([["c.json", JSON.stringify(PROFILE)]]));
  return { machine, inspector, symbols, awareness: createAwareness(machine, inspector, profile) };
}

describe.skipIf(!GCC)("a C kernel", () => {
  test.each([["-gdwarf-4 -O0"], ["-gdwarf-5 -O0"], ["-gdwarf-5 -O1"]])(
    "%s: events with their fields, at each function's entry",
    (options) => {
      const { awareness, machine } = boot(options);
      expect(awareness.profile?.gaps).toEqual([]);
      const seen: string[] = [];
      awareness.listen(["poll", "pending"], ({ kind, new: now, prio, thread }) => {
        seen.push(`${kind} ${thread} ${prio} ${now ?? ""}`.trim());
        return false;
      });
      const words: string[] = [];
      awareness.listen(["bitmap"], ({ bit, new: now, old }) => {
        words.push(`${bit}: ${old} ${now}`);
        return false;
      });
      expect(machine.run({ instructions: 1e6 })).toEqual({ kind: "exit", code: 0 });
      const round = (n: number) =>
        [10, 20, 30].flatMap((id, index) => {
          const prio = [2, 0, 5][index];
          return [`poll ${id} ${prio} ${n}`, ...(n === 1 ? [`pending ${id} ${prio}`] : [])];
        });
      expect(seen).toEqual([...round(0), ...round(1)]);
      const once = ["2: 0 4", "2: 4 0", "0: 0 1", "0: 1 0", "5: 0 32", "5: 32 0"];
      expect(words).toEqual([...once, ...once]);
    },
  );

  test("threads of an array, their states, and a stack without optimisation", () => {
    const { awareness, inspector, machine, symbols } = boot("-gdwarf-5 -O0");
    const [end] = symbols.functionsNamed("end");
    let passed = 0;
    machine.hook(symbols.afterPrologue(end!), () => ++passed === 2);
    machine.run({ instructions: 1e6 });
    expect(awareness.threads()).toMatchObject([
      { id: 10, state: "waiting", priority: 2, hart: undefined },
      { id: 20, state: "running", priority: 0, hart: 0 },
      { id: 30, state: "ready", priority: 5, hart: undefined },
    ]);
    const frames = [...inspector.stack(machine.harts[0]!)];
    expect(frames.map(({ name }) => name)).toEqual(["end", "work", "kernel_main", "_start"]);
    const values = (index: number) =>
      inspector.variables(frames[index]!).map(({ name, text }) => `${name}=${text}`);
    expect(values(0)[0]).toMatch(/^round=0$/);
    expect(inspector.evaluate("task->id * 2 + task->prio", frames[0]!).text).toBe("40");
    expect(inspector.evaluate("task->state == RUNNING && task == current", frames[1]!).text).toBe(
      "true",
    );
    expect(inspector.evaluate("tasks[2].name", frames[2]!).text).toMatch(/"thirty"$/);
    expect(values(2)).toEqual(["round=0"]);
  });
});
