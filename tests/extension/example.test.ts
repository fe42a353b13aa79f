/** What the walkthrough's buttons do, on the kernel in the box: nothing there may be a dead end. */
import { join } from "node:path";
import { expect, it } from "vitest";
import { EXAMPLE, nextWoken } from "../../extension/src/example.ts";
import type { Coroutine } from "../../extension/src/wire.ts";
import { type Body, Client, lineOf, sources } from "../dap/support.ts";

/** Stands where "Break in a Coroutine" leads to. */
async function atBreakpoint() {
  const client = new Client();
  const path = join(sources, EXAMPLE.file);
  const line = lineOf(EXAMPLE.file, EXAMPLE.text);
  const set = (breakpoints: object[]) =>
    client.request("setBreakpoints", { source: { path }, breakpoints });
  await client.launch({ harts: 4 }, () => set([{ line, condition: EXAMPLE.condition }]));
  const stop = await client.stopped();
  const page = async (filter: string): Promise<readonly Coroutine[]> =>
    (await client.request("asyncos/coroutines", { filter, count: 50 })).coroutines;
  return { client, line, page, set, stop };
}

it("the example's breakpoint stops where every variable has a value, and others wait", async () => {
  const { client, line, page, stop } = await atBreakpoint();
  expect(stop.reason).toBe("breakpoint");
  expect(await client.where(stop.threadId)).toMatch(`ring.rs:${line} ring::pass`);
  const [frame] = await client.frames(stop.threadId);
  const locals = await client.locals(frame.id);
  expect(Object.keys(locals).sort()).toEqual(["first", "inbox", "outbox", "rounds", "seen"]);
  expect(Object.values(locals).filter((value) => value.includes("<"))).toEqual([]);
  expect(locals.seen).toMatch(/^\[[1-9]\d*, /);
  const waiting = await page("state:waiting");
  expect(waiting.some(({ name }) => name === "ring::pass")).toBe(true);
  client.close();
});

it("each press stops at the next wake of one coroutine, in who woke it", async () => {
  const { client, page, set } = await atBreakpoint();
  await set([]);
  const woken = [];
  for (let press = 0; press < 15; press++) {
    const { id } = nextWoken(await page("state:waiting"))!;
    await client.request("asyncos/breakOn", { coroutine: id, kinds: ["wake"] });
    const { events, threadId } = await client.go("continue", { threadId: 1 });
    expect(events).toMatchObject([{ kind: "wake", coroutine: id }]);
    woken.push(...events.map(({ coroutine }: Body) => coroutine));
    const [, waker] = await client.frames(threadId);
    expect(waker.name).toMatch(/^(mix::courier|ring::pass)/);
  }
  expect(new Set(woken).size).toBe(1);
  client.close();
});

it("in a kernel of one's own it is whoever was woken most often, and never one that waits for an end", () => {
  const waits = (id: number, more: Partial<Coroutine>): Coroutine =>
    ({ id, name: `task ${id}`, state: "waiting", ...more }) as Coroutine;
  const end = { kind: "coroutine", coroutine: 9 } as const;
  const event = { kind: "event" } as const;
  const busy = waits(3, { waitsFor: event, wakes: 7 });
  const all = [
    waits(1, { waitsFor: end, wakes: 90 }),
    waits(2, { waitsFor: event, wakes: 1 }),
    busy,
    waits(4, { waitsFor: event, wakes: 7 }),
  ];
  expect(nextWoken(all)).toBe(busy);
  expect(nextWoken(all.slice(0, 1))).toBe(all[0]);
  expect(nextWoken([])).toBeUndefined();
});
