/** Stops at scheduling events: exactly where the condition holds, none missed, each with its values. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { hex, type PhysicalAddress, physical } from "../../daemon/src/base/brand.ts";
import { bootImage } from "../../daemon/src/debugger/images.ts";
import { MACHINE_DEFAULTS } from "../../daemon/src/debugger/target.ts";
import { createMachine } from "../../daemon/src/machine/machine.ts";
import { openSymbols } from "../../daemon/src/symbols/symbols.ts";
import { kernelDisk } from "../machine/support/kernel.ts";
import { type Body, Client, kernel, sources } from "./support.ts";

const APPEND = "workload=ring coroutines=5 rounds=6";

/** The same machine as a session's, without anything that knows of threads or coroutines. */
function bareMachine() {
  const symbols = openSymbols(readFileSync(kernel), "kernel");
  const machine = createMachine(
    { ...MACHINE_DEFAULTS, append: APPEND, disk: kernelDisk() },
    bootImage(symbols),
  );
  return { symbols, machine };
}

/** Every wake as the raw waker functions see it: [time, hart, id of the task that a0 points to]. */
function countWakes(): [number, number, number][] {
  const { symbols, machine } = bareMachine();
  const [task] = symbols.typeNamed("executor::task::Task");
  const id = task?.kind === "struct" && task.members.find(({ name }) => name === "id");
  if (!id) throw new Error("the kernel's Task has no id");
  const found: [number, number, number][] = [];
  for (const name of ["raw_waker::wake", "raw_waker::wake_by_ref"]) {
    for (const fn of symbols.functionsNamed(name)) {
      if (!fn.name.includes("task::Task")) continue;
      machine.hook(fn.entry, (hart) => {
        const value = hart.readUint((hart.x(10) + BigInt(id.offset)) as never, 8);
        found.push([machine.time, hart.id, Number(value)]);
        return false;
      });
    }
  }
  while (machine.run({ instructions: 1e6 }).kind === "limit");
  return found;
}

/** Continues to the end; the events of every stop. */
async function collect(client: Client): Promise<Body[]> {
  const events: Body[] = [];
  for (;;) {
    const event = await client.event("stopped", "exited");
    if (event.event === "exited") return events;
    events.push(...(event.body.events ?? []));
    await client.request("continue", { threadId: 1 });
  }
}

describe("wakes", () => {
  const wakes = countWakes();
  const check = (condition: string, holds: (hart: number, coroutine: number) => boolean) =>
    it(`stops exactly where ${condition}`, async () => {
      const expected = wakes.filter(([, hart, coroutine]) => holds(hart, coroutine));
      expect(expected.length).toBeGreaterThan(0);
      expect(expected.length).toBeLessThan(wakes.length);
      const client = new Client();
      await client.launch({ append: APPEND }, () =>
        client.request("setExceptionBreakpoints", {
          filterOptions: [{ filterId: "wake", condition }],
        }),
      );
      const events = await collect(client);
      expect(events.map(({ time, hart, coroutine }) => [Number(time), hart, coroutine])).toEqual(
        expected,
      );
      client.close();
    });
  const [, hart, coroutine] = wakes[wakes.length >> 1]!;
  check(`coroutine == ${coroutine} && hart == ${hart}`, (h, c) => h === hart && c === coroutine);
  check("coroutine < 4 && hart != 1", (h, c) => c < 4 && h !== 1);
});

describe("bitmap updates", () => {
  it("tells every change with old and new value", async () => {
    const client = new Client();
    await client.launch({ append: APPEND }, () =>
      client.request("setExceptionBreakpoints", { filters: ["bitmap"] }),
    );
    const told: [string, string][] = [];
    let last = 0;
    while (told.length < 20) {
      const { events, threadId } = await client.stopped();
      expect(events).toHaveLength(1);
      expect(events[0].hart + 1).toBe(threadId);
      last = Number(events[0].time);
      told.push([events[0].old, events[0].new]);
      if (told.length < 20) await client.request("continue", { threadId: 1 });
    }
    const { bitmaps } = await client.request("asyncos/bitmaps");
    client.close();

    // The words themselves, looked at after every single instruction of another run.
    const { machine } = bareMachine();
    const words: { at: PhysicalAddress; value: number }[] = bitmaps.map(({ address }: Body) => ({
      at: physical(Number(address)),
      value: 0,
    }));
    const seen: [string, string][] = [];
    while (machine.time <= last) {
      machine.run({ instructions: 1 });
      for (const word of words) {
        const now = machine.readPhysicalNumber(word.at, 8);
        if (now !== word.value) seen.push([hex(word.value), hex(now)]);
        word.value = now;
      }
    }
    expect(told).toEqual(seen);
  });
});

it("shows code of unknown line at its function's declaration, and says so", async () => {
  const client = new Client();
  await client.launch({ append: "workload=ring" }, () =>
    client.request("setExceptionBreakpoints", {
      filterOptions: [{ filterId: "wake", condition: "coroutine > 2" }],
    }),
  );
  const source = readFileSync(join(sources, "src/workload/ring.rs"), "utf8").split("\n");
  const unknown: Body[] = [];
  for (let stop = 0; stop < 12; stop++) {
    const { threadId } = await client.stopped();
    for (const frame of await client.frames(threadId)) {
      if (!frame.name.startsWith("ring::pass")) continue;
      expect(frame).toMatchObject({ source: { name: "ring.rs" }, presentationHint: "normal" });
      expect(frame.line).toBeGreaterThan(0);
      if (frame.name.endsWith("[line unknown]")) unknown.push(frame);
    }
    await client.request("continue", { threadId });
  }
  expect(unknown.length).toBeGreaterThan(0);
  // The body of the async fn is declared where its brace opens.
  for (const { line } of unknown) expect(source[line - 1]).toMatch(/^(async fn pass\(|\) \{)$/);
  client.close();
});
