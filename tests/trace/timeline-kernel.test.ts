/** The timeline of real runs of the bundled kernel, over DAP, against the kernel's own figures. */
import { expect, test } from "vitest";
import { type Body, Client } from "../dap/support.ts";

async function recorded(launch: object): Promise<Client> {
  const client = new Client();
  await client.launch({ harts: 4, ...launch });
  await client.event("terminated");
  return client;
}

const sum = (numbers: readonly number[]): number => numbers.reduce((a, b) => a + b, 0);

test("polls, bars and wakes are those of the run, however wide the picture", async () => {
  const client = await recorded({ schedule: "random", seed: 5 });
  const { events } = await client.request("asyncos/events", { count: 1_000_000 });
  const count = (kind: string): number =>
    events.filter((event: Body) => event.kind === kind).length;
  const ended: { coroutine: number }[] = events.filter((event: Body) => event.kind === "complete");
  expect(Number(/spawned=(\d+)/.exec(client.console)?.[1])).toBe(count("spawn"));

  for (const width of [1, 40, 1000, 16_000]) {
    const page: Body = await client.request("asyncos/timeline", { width, lanes: { count: 500 } });
    const harts = page.rows.filter((row: Body) => row.kind === "hart");
    const coroutines = page.rows.filter((row: Body) => row.kind === "coroutine");
    expect(harts).toHaveLength(4);
    expect(coroutines).toHaveLength(count("spawn"));
    for (const row of page.rows) {
      const members = row.polls ? row.polls.bars.length + row.polls.cells.length : 0;
      expect(members).toBeLessThanOrEqual(4 * width + 4);
    }
    // Bars of cells, and wide bars that no cell counts, hold every poll once.
    const begun = (row: Body): number => {
      const inCells = new Set(row.polls.cells.map(([time]: number[]) => time));
      const cellOf = (time: number): number =>
        Math.floor((time + Number(page.from)) / page.cell) * page.cell - Number(page.from);
      const alone = row.polls.bars.filter(
        (bar: (number | string)[]) =>
          !inCells.has(cellOf(Number(bar[0]))) && kindOf(bar.at(-1) as number) === "poll",
      );
      return alone.length + sum(row.polls.cells.map((cell: number[]) => cell[1]));
    };
    const kindOf = (cursor: number): string => events[cursor].kind;
    expect(sum(harts.map(begun))).toBe(count("poll"));
    expect(sum(coroutines.map(begun))).toBe(count("poll"));
    const woken = coroutines.map(({ wakes }: Body) => {
      return wakes.alone.length + sum(wakes.cells.map((cell: number[]) => cell[1]));
    });
    expect(sum(woken)).toBe(
      events.filter((e: Body) => e.kind === "wake" && e.coroutine !== undefined).length,
    );
    expect(coroutines.every(({ name }: Body) => name.includes("::"))).toBe(true);
  }
  expect(ended.length).toBe(count("complete"));
  client.close();
});

test("an event leads to its code and to its coroutine's", async () => {
  const client = await recorded({ append: "workload=ring" });
  const { events } = await client.request("asyncos/events", { count: 1_000_000 });
  const cursor = events.findLastIndex((event: Body) => event.kind === "poll");
  const body = await client.request("asyncos/timelineEvent", { event: cursor });
  expect(body.event).toEqual(events[cursor]);
  expect(body.function).toMatch(/poll/);
  expect(body.at.path).toMatch(/executor/);
  expect(body.name).toMatch(/::/);
  expect(body.definition.path).toMatch(/\.rs$/);
  await expect(client.request("asyncos/timelineEvent", { event: 10 ** 9 })).rejects.toThrow(/held/);
  client.close();
});

test("answers while the machine runs, and figures of a part", async () => {
  const client = new Client();
  await client.launch({ harts: 2, append: "workload=wakes wakes=3000000", noDebug: true });
  for (let i = 0; i < 3; i++) {
    const page = await client.request("asyncos/timeline", { width: 300 });
    const figures = await client.request("asyncos/timelineStatistics", {
      from: page.begin,
      to: page.end,
    });
    expect(Number(figures.to)).toBeGreaterThanOrEqual(Number(page.begin));
    expect(figures.harts).toBe(2);
  }
  client.close();
});

test.each([
  [{ width: 0 }, /width/],
  [{ width: 100, from: 5, to: 4 }, /from/],
  [{ width: 100, from: "x" }, /from/],
  [{}, /width/],
] as const)("%j is refused", async (query, message) => {
  const client = new Client();
  await client.launch({ stopOnEntry: true });
  await client.stopped();
  await expect(client.request("asyncos/timeline", query)).rejects.toThrow(message);
  client.close();
});
