/** What lists of a hundred thousand coroutines cost at a stop, in this process: by what was written since the last. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { createAwareness } from "../../daemon/src/awareness/awareness.ts";
import { detectProfile } from "../../daemon/src/awareness/profile.ts";
import { bootImage } from "../../daemon/src/debugger/images.ts";
import { createInspector } from "../../daemon/src/inspect/inspector.ts";
import { createMachine } from "../../daemon/src/machine/machine.ts";
import { openSymbols } from "../../daemon/src/symbols/symbols.ts";
import { median, milliseconds, print, type Row, spent } from "./table.ts";

const COROUTINES = 100_000;
const ROUNDS = 15;
const RUN = 10_000_000;

function booted(root: string, kernel: string) {
  const symbols = openSymbols(readFileSync(kernel), kernel);
  const append = `workload=ring rounds=1000000 coroutines=${COROUTINES}`;
  const options = { harts: 4, memory: 512, seed: 1, quantum: 1000, append } as const;
  const machine = createMachine({ ...options, schedule: "round-robin" }, bootImage(symbols));
  const inspector = createInspector(machine);
  inspector.modules.add(symbols);
  const profile = readFileSync(join(root, "daemon/profiles/asyncos.json"), "utf8");
  const found = detectProfile(symbols, new Map([["asyncos.json", profile]]));
  return { machine, awareness: createAwareness(machine, inspector, found) };
}

export async function lists(root: string, kernel: string): Promise<void> {
  const { awareness, machine } = booted(root, kernel);
  const total = (): number => awareness.coroutines({ count: 1 }).total;
  do machine.run({ instructions: 50_000_000 });
  while (total() < COROUTINES);
  const asked: readonly (readonly [string, () => unknown])[] = [
    ["the first question", total],
    ["a page of 200", () => awareness.coroutines({ count: 200 })],
    ["one by its id", () => awareness.coroutine(COROUTINES / 2)],
    ["200 by their ids", () => awareness.coroutines({ filter: `id:${ids.join(",")}` })],
    ["by priority", () => awareness.coroutines({ filter: "prio:3", count: 200 })],
    ["by name", () => awareness.coroutines({ filter: "pass", count: 200 })],
    ["groups by function", () => awareness.groups("function", undefined)],
    ["groups by executor", () => awareness.groups("executor", undefined)],
    ["await chains", () => awareness.chains(8)],
    ["census", () => awareness.census()],
    ["executors", () => awareness.executors(200)],
    ["bitmaps", () => awareness.checkBitmaps()],
  ];
  const ids = Array.from({ length: 200 }, (_, index) => index * 400 + 1);
  for (const [what, instructions] of [
    ["after an instruction", 1],
    [`after ${RUN.toLocaleString("en")} instructions`, RUN],
  ] as const) {
    const samples = new Map<string, number[]>();
    for (let round = 0; round < ROUNDS; round++) {
      machine.run({ instructions });
      for (const [name, ask] of asked) {
        const start = spent();
        ask();
        samples.set(name, [...(samples.get(name) ?? []), spent() - start]);
      }
    }
    const rows = [...samples].map(
      ([name, each]): Row => ({
        what: name,
        ours: `${milliseconds(median(each))} (max ${milliseconds(Math.max(...each))})`,
      }),
    );
    print(`lists of ${COROUTINES.toLocaleString("en")} coroutines, ${what}: CPU time`, rows);
  }
}
