/** What is picked in a view: stops at one coroutine or one bit, pinned coroutines, the focus. */
import { expect, it } from "vitest";
import { type Body, Client } from "./support.ts";

const APPEND = "workload=ring coroutines=5 rounds=6";

async function started(append = APPEND): Promise<Client> {
  const client = new Client();
  await client.launch({ append }, (c) =>
    c.request("setExceptionBreakpoints", {
      filterOptions: [{ filterId: "spawn", condition: "coroutine == 5" }],
    }),
  );
  await client.stopped();
  await client.request("setExceptionBreakpoints", { filters: [] });
  return client;
}

it("breaks on the wakes, polls and the completion of one coroutine, until they are taken off", async () => {
  const client = await started();
  await client.request("asyncos/breakOn", { coroutine: 3, kinds: ["wake", "poll"] });
  const { coroutines } = await client.request("asyncos/coroutines", { filter: "id:2,3" });
  expect(coroutines.map(({ breakOn }: Body) => breakOn)).toEqual([undefined, ["wake", "poll"]]);
  for (let stop = 0; stop < 4; stop++) {
    const { events, text } = await client.go("continue", { threadId: 1 });
    expect(events.map(({ coroutine }: Body) => coroutine)).toEqual([3]);
    expect(["wake", "poll"]).toContain(events[0].kind);
    expect(text).toMatch(/^(Wake|Poll) of coroutine 3 .* picked for this coroutine$/);
  }
  await client.request("asyncos/breakOn", { coroutine: 3, kinds: ["complete"] });
  const { events } = await client.go("continue", { threadId: 1 });
  expect(events[0]).toMatchObject({ kind: "complete", coroutine: 3 });
  await client.request("asyncos/breakOn", { coroutine: 3, kinds: [] });
  expect(await client.request("asyncos/picked")).toEqual({ coroutines: [], bits: [] });
  await client.request("continue", { threadId: 1 });
  await client.event("exited");
  client.close();
});

it("breaks on one bit of a bitmap, with the word before and after", async () => {
  const client = await started("workload=mix");
  const bit = async () =>
    (await client.request("asyncos/bitmaps")).bitmaps[0].checked.find((one: Body) => one.bit === 3);
  await client.request("asyncos/breakOnBit", { bitmap: "coroutines", bit: 3, on: true });
  expect((await bit()).breaks).toBe(true);
  let before = (await bit()).set;
  for (let stop = 0; stop < 3; stop++) {
    const { events, reason, text } = await client.go("continue", { threadId: 1 });
    const [{ old, new: now }] = events;
    expect(reason).toBe("data breakpoint");
    expect((BigInt(old) ^ BigInt(now)) & 8n).toBe(8n);
    expect((await bit()).set).toBe(!before);
    expect(text).toMatch(before ? /^Bit 3 of bitmap coroutines cleared/ : /coroutines set: 0b/);
    before = !before;
  }
  await client.request("asyncos/breakOnBit", { bitmap: "coroutines", bit: 3, on: false });
  expect((await bit()).breaks).toBeUndefined();
  await client.request("continue", { threadId: 1 });
  await client.event("exited");
  client.close();
});

it("pins a coroutine among the threads, and shows another hart", async () => {
  const client = await started();
  const { threadId } = await client.request("asyncos/pin", { coroutine: 2, pinned: true });
  // Nobody's focus moves.
  const told = { threadId, reason: "focus", preserveFocusHint: true, allThreadsStopped: false };
  expect(await client.stopped()).toMatchObject(told);
  await client.event("asyncos/changed");
  const listed = async () =>
    (await client.request("threads")).threads.map(({ id }: Body) => id) as number[];
  expect(await listed()).toContain(threadId);
  expect(
    (await client.request("asyncos/coroutines", { filter: "id:2" })).coroutines[0],
  ).toMatchObject({ pinned: true, threadId });
  await client.request("asyncos/focus", { threadId });
  expect(await client.stopped()).toMatchObject({ ...told, preserveFocusHint: false });
  await client.request("asyncos/pin", { coroutine: 2, pinned: false });
  expect((await client.event("thread")).body).toEqual({ reason: "exited", threadId });
  expect(await listed()).not.toContain(threadId);

  await client.request("asyncos/focus", { threadId: 4 });
  expect(await client.stopped()).toMatchObject({ threadId: 4, reason: "focus" });
  // Expressions and memory follow the focus.
  expect((await client.request("evaluate", { expression: "hart" })).result).toBe("3");
  client.close();
});

it("lists by ready age: the first to be polled has waited longest", async () => {
  const client = await started("workload=storm coroutines=60");
  await client.request("asyncos/breakOn", { coroutine: 3, kinds: ["poll"] });
  await client.go("continue", { threadId: 1 });
  const { coroutines } = await client.request("asyncos/coroutines", { sort: "readyAge" });
  const ages = coroutines.map(({ readyFor }: Body) => readyFor).filter((age: unknown) => age);
  expect(ages.length).toBeGreaterThan(1);
  expect(ages).toEqual([...ages].sort((a, b) => b - a));
  client.close();
});

it.each([
  ["asyncos/breakOn", { coroutine: 99, kinds: ["wake"] }, /no coroutine 99/],
  ["asyncos/breakOn", { coroutine: 2, kinds: ["sleep"] }, /"kinds.0"/],
  ["asyncos/breakOnBit", { bitmap: "none", bit: 0, on: true }, /no bitmap "none"/],
  ["asyncos/breakOnBit", { bitmap: "coroutines", bit: 9, on: true }, /8 bits/],
  ["asyncos/pin", { coroutine: 99, pinned: true }, /no coroutine 99/],
  ["asyncos/focus", { threadId: 77 }, /no thread 77/],
  ["asyncos/coroutines", { group: { by: "colour", key: "" } }, /"group.by"/],
])("%s %j is refused by a sentence", async (command, args, message) => {
  const client = await started();
  await expect(client.request(command, args)).rejects.toThrow(message);
  client.close();
});
