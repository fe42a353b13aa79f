/** The tour shows what the debugger answers: the same session, asked here, says the same. */
import { expect, it } from "vitest";
import { DapClient } from "../../daemon/src/server/client.ts";
import { startDaemon } from "../server/support.ts";
import { asyncos } from "./support.ts";

const STEPS = [
  "Harts come up",
  "A waker call",
  "A priority bitmap changes",
  "One hart steps 3 lines",
  "The executor's queues",
  "To the end",
];

it("walks through, and its facts are the debugger's", async () => {
  const { stdout, stderr, code } = await asyncos(["tour"]);
  expect([stderr, code]).toEqual(["", 0]);
  const titles = [...stdout.matchAll(/^\d {2}(.*?) {2}/gm)].map((match) => match[1]);
  expect(titles).toEqual(STEPS);
  // biome-ignore lint/suspicious/noControlCharactersInRegex: colours are what must not be there.
  expect(stdout).not.toMatch(/\x1b/);

  const [, condition = ""] = /exception filter: wake, (coroutine == \d+)/.exec(stdout) ?? [];
  const wake = /hart (\d) wakes #(\d+) (\S+) \(priority (\d)\) {2}at (\d+)/.exec(stdout);
  expect(wake, "the line of the wake").not.toBeNull();
  const [, hart, coroutine, name, prio, time] = wake!;
  expect(condition).toBe(`coroutine == ${coroutine}`);

  // The guest is deterministic, so the same stop is where the same wake is the next one.
  const daemon = await startDaemon();
  const client = await DapClient.connect(daemon.url, daemon.token);
  await client.request("initialize", { adapterID: "asyncos", pathFormat: "path" });
  const launched = client.request("launch", { harts: 4 });
  await client.event("initialized");
  const filterOptions = [{ filterId: "wake", condition }];
  await client.request("setExceptionBreakpoints", { filters: [], filterOptions });
  await client.request("configurationDone");
  await launched;
  let event: Record<string, unknown> = {};
  do {
    const stop = (await client.stopped()) as { events?: Record<string, unknown>[] };
    event = stop.events?.[0] ?? {};
    if (Number(event.time) < Number(time)) await client.request("continue", { threadId: 1 });
  } while (Number(event.time) < Number(time));
  expect(event).toMatchObject({
    time,
    kind: "wake",
    hart: Number(hart),
    coroutine: Number(coroutine),
    prio: Number(prio),
  });
  const { coroutines } = await client.request("asyncos/coroutines");
  const row = coroutines.find(({ id }: { id: number }) => id === Number(coroutine));
  expect(row.name).toBe(name);
  const { frames } = await client.request("asyncos/awaitStack", { coroutine: Number(coroutine) });
  for (const frame of frames) expect(stdout).toContain(`    ${frame.name} `);
  client.close();
  daemon.process.stdin?.end();
  await daemon.ended;
});

it("one hart alone moves when it steps", async () => {
  const { stdout } = await asyncos(["tour"]);
  const table = stdout.split("\n").filter((line) => /^ {2}hart \d +pc /.test(line));
  expect(table).toHaveLength(4);
  const stepped = table.filter((line) => line.endsWith("stepped"));
  expect(stepped).toHaveLength(1);
  expect(stepped[0]).toMatch(/pc 0x[0-9a-f]+ -> 0x[0-9a-f]+ +instructions \d+ -> \d+ /);
  for (const line of table.filter((row) => !row.endsWith("stepped"))) {
    expect(line).toMatch(/pc 0x[0-9a-f]+ +instructions \d+ +stands still$/);
  }
});

it("a bitmap is shown with the bit that changed", async () => {
  const { stdout } = await asyncos(["tour"]);
  const bits = (name: string) => {
    const [, digits = ""] = new RegExp(`^ {2}${name} {2}([01]+) `, "m").exec(stdout) ?? [];
    return Number.parseInt(digits, 2);
  };
  const changed = bits("old") ^ bits("new");
  expect(changed).not.toBe(0);
  expect(changed & (changed - 1), "one bit").toBe(0);
});
