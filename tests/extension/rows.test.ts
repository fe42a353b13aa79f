/** What the rows of the views say, as text: label | description, indented by depth. */
import { expect, test } from "vitest";
import { MEMBERS_LISTED, Snapshot } from "../../extension/src/debug/snapshot.ts";
import { bitmapRow } from "../../extension/src/views/bitmaps.ts";
import { coroutineRoots } from "../../extension/src/views/coroutines.ts";
import { executorRoots } from "../../extension/src/views/executors.ts";
import { hartRow } from "../../extension/src/views/harts.ts";
import type { Row } from "../../extension/src/views/row.ts";
import { shortName } from "../../extension/src/views/row.ts";
import { threadRoots, threadRow } from "../../extension/src/views/threads.ts";
import { waitText } from "../../extension/src/views/waits.ts";

const line = (row: Row) => `${row.label} | ${row.description ?? ""}`;

async function text(rows: readonly Row[], depth = 0): Promise<string[]> {
  const lines: string[] = [];
  for (const row of rows) {
    lines.push("  ".repeat(depth) + line(row));
    if (row.children) lines.push(...(await text(await row.children(), depth + 1)));
  }
  return lines;
}

/** Answers by command and counts what was asked. */
function daemon(answers: Record<string, (body: never) => unknown>) {
  const asked: string[] = [];
  const snapshot = new Snapshot(async (command, body) => {
    asked.push(command);
    const answer = answers[command];
    if (answer === undefined) throw new Error(`${command} is not known`);
    return answer(body as never);
  });
  return { snapshot, asked };
}

const hart = {
  id: 1,
  state: "running",
  privilege: "S",
  pc: "0x80200010",
  frozen: false,
  instructions: 1234567,
};

test.each([
  ["only pc is known", hart, "Hart 1 | 0x80200010 · 1.23M instr", "hart"],
  [
    "all is known",
    { ...hart, threadId: 2, name: "poll", path: "/k/exec.rs", line: 9, coroutine: 17 },
    "Hart 1 | poll · coroutine 17 · exec.rs:9 · 1.23M instr",
    "hart addressable thawed",
  ],
  [
    "a program's thread",
    { ...hart, name: "main", process: 3, thread: 5 },
    "Hart 1 | main · process 3 · thread 5 · 1.23M instr",
    "hart",
  ],
  ["not started", { ...hart, state: "stopped", pc: "0x0" }, "Hart 1 | stopped", "hart"],
  [
    "frozen",
    { ...hart, threadId: 2, frozen: true, state: "waiting" },
    "Hart 1 | waiting, frozen · 0x80200010 · 1.23M instr",
    "hart addressable frozen",
  ],
])("hart: %s", (_name, given, expected, context) => {
  const row = hartRow(given, daemon({}).snapshot);
  expect([line(row), row.context]).toEqual([expected, context]);
});

test.each([
  ["poll", "poll"],
  ["executor::poll", "executor::poll"],
  ["kernel::workload::ring::pass::{async_fn#0}", "ring::pass"],
  ["kernel::main::{closure#0}", "kernel::main"],
  ["<kernel::Sleep as core::Future>::poll", "<kernel::Sleep as core::Future>::poll"],
  ["{closure#0}", "{closure#0}"],
])("short name of %s", (name, expected) => {
  expect(shortName(name)).toBe(expected);
});

test("hart: the hover has the rest", () => {
  expect(hartRow({ ...hart, process: 3 }, daemon({}).snapshot).tooltip).toEqual([
    "Hart 1: running",
    "pc 0x80200010",
    "Privilege S, 1,234,567 instructions retired",
    "process 3",
  ]);
});

test("hart: below it is whom it runs for, its privilege, and the memory at pc", async () => {
  const { snapshot } = daemon({
    "asyncos/coroutines": () => ({ total: 1, coroutines: [{ ...waiting, id: "3:17" }] }),
    "asyncos/awaitStack": () => ({ frames: [] }),
    "asyncos/threads": () => ({ threads: [thread, { ...thread, id: 5, name: "user" }] }),
    "asyncos/processes": () => ({ processes: [{ id: 3, name: "hello", state: "alive" }] }),
  });
  const row = hartRow({ ...hart, coroutine: "3:17", thread: 5, process: 3 }, snapshot);
  const rows = await row.children!();
  expect(rows.map(line)).toEqual([
    "3:17 ring::runner | waiting · prio 2 · ring.rs:41",
    "Thread 5 user | blocked · prio 1 · hart 2",
    "Process 3 hello | alive",
    "Privilege | S · supervisor: the kernel",
    "pc | 0x80200010",
    "Instructions retired | 1,234,567",
  ]);
  expect(rows[4]!.target).toEqual({ kind: "address", address: "0x80200010" });
  const user = hartRow({ ...hart, privilege: "U", pc: "0x1000", process: 3 }, snapshot);
  const pc = (await user.children!()).find(({ label }) => label === "pc");
  expect(pc?.target).toEqual({ kind: "address", address: "0x1000@3" });
  expect(hartRow({ ...hart, state: "stopped" }, snapshot).children).toBeUndefined();
});

const waiting = {
  id: 17,
  name: "ring::runner",
  state: "waiting",
  priority: 2,
  awaiting: { path: "C:\\k\\ring.rs", line: 41 },
  spawnedAt: { path: "/k/main.rs", line: 7 },
};

test("coroutines: await stack with values, spawn place, and the count of the rest", async () => {
  const { snapshot } = daemon({
    "asyncos/coroutines": () => ({
      total: 1002,
      coroutines: [waiting, { id: 3, name: "idle", state: "running", hart: 0 }],
    }),
    "asyncos/awaitStack": ({ coroutine }: { coroutine: number }) => ({
      frames:
        coroutine === 17
          ? [
              { name: "Sleep::poll", note: "suspended", variablesReference: 5 },
              { name: "ring::runner", path: "/k/ring.rs", line: 41 },
              { name: "spawned at", path: "/k/main.rs", line: 7, label: true },
            ]
          : [],
    }),
    variables: ({ variablesReference }: { variablesReference: number }) => ({
      variables:
        variablesReference === 5
          ? [{ name: "until", value: "Time {...}", variablesReference: 6 }]
          : [{ name: "0", value: "12", type: "u64", variablesReference: 0 }],
    }),
  });
  const { total, rows } = await coroutineRoots(snapshot, { filter: "", limit: () => 2 });
  expect(total).toBe(1002);
  expect(await text(rows)).toEqual([
    "17 ring::runner | waiting · prio 2 · ring.rs:41",
    "  Sleep::poll | suspended",
    "    until | Time {...}",
    "      0 | 12",
    "  ring::runner | ring.rs:41",
    "  spawned at | main.rs:7",
    "3 idle | running · hart 0",
    "1,000 not shown | show more",
  ]);
  expect(rows.map((row) => row.context)).toEqual([
    "coroutine awaiting spawned unpinned",
    "coroutine unpinned",
    undefined,
  ]);
});

test("executors: current, queues with bits, waker cache; empty queues only where a bit is set", async () => {
  const coroutines = [waiting, { ...waiting, id: 4, state: "ready" }];
  const { snapshot, asked } = daemon({
    "asyncos/executors": () => ({
      executors: [
        {
          id: 0,
          name: "global",
          mode: "shared",
          queues: [
            { priority: 0, coroutines: [], count: 0, bit: false },
            { priority: 1, coroutines: [], count: 0, bit: true },
            { priority: 2, coroutines: [4, 17], count: 2, bit: true },
            { priority: 3, coroutines: [4], count: 1 },
          ],
          wakers: [{ coroutine: 99, address: "0x1000" }],
          wakerCount: 1,
          current: 17,
        },
      ],
    }),
    "asyncos/coroutines": ({ filter }: { filter: string }) => {
      const ids = filter.replace("id:", "").split(",").map(Number);
      return { total: 2, coroutines: coroutines.filter((each) => ids.includes(each.id)) };
    },
    "asyncos/awaitStack": () => ({ frames: [] }),
  });
  const lines = await text(await executorRoots(snapshot));
  expect(lines).toEqual([
    "global | shared · 3 ready",
    "  polls 17 ring::runner | waiting · prio 2 · ring.rs:41",
    "  Priority 1 | bit set · 0 ready",
    "  Priority 2 | bit set · 2 ready",
    "    4 ring::runner | ring.rs:41",
    "    17 ring::runner | waiting · prio 2 · ring.rs:41",
    "  Priority 3 | 1 ready",
    "    4 ring::runner | ring.rs:41",
    "  Waker cache | 1 waker",
    "    99 | 0x1000",
  ]);
  // Each distinct question is asked once, however many rows need it.
  expect(asked.filter((command) => command === "asyncos/executors")).toHaveLength(1);
});

test("executors: long queues are cut and counted, ids are unique", async () => {
  const ids = Array.from({ length: MEMBERS_LISTED + 50 }, (_, id) => id);
  const { snapshot } = daemon({
    "asyncos/executors": ({ members }: { members: number }) => {
      const queue = { priority: 0, coroutines: ids.slice(0, members), count: ids.length };
      return {
        executors: [{ id: 1, name: "e", mode: "m", queues: [queue], wakers: [], wakerCount: 0 }],
      };
    },
    "asyncos/coroutines": ({ count }: { count: number }) => ({
      total: count,
      coroutines: ids.slice(0, count).map((id) => ({ id, name: "f", state: "ready" })),
    }),
  });
  const [executor] = await executorRoots(snapshot);
  const [queue] = await executor!.children!();
  const members = await queue!.children!();
  expect(members).toHaveLength(MEMBERS_LISTED + 1);
  expect(members.at(-1)!.label).toBe("50 not shown");
  expect(new Set(members.map((row) => row.id)).size).toBe(members.length);
});

test("a failed question is told to whoever asks, not repeated", async () => {
  const { snapshot, asked } = daemon({});
  await expect(snapshot.harts()).rejects.toThrow("asyncos/harts is not known");
  await expect(snapshot.harts()).rejects.toThrow();
  expect(asked).toHaveLength(1);
});

const bit = { coroutines: [], threads: [], verdict: "agrees" } as const;
const bitmap = {
  name: "ready",
  address: "0x87000000",
  value: "0x9",
  bits: [0, 3],
  owner: "EXECUTOR",
  meaning: "Bit p: queue p is not empty.",
  checked: [
    { ...bit, bit: 0, set: true, members: 22, coroutines: [17, "3:4"] },
    { ...bit, bit: 1, set: false, members: 0, breaks: true },
    { ...bit, bit: 2, set: false, threads: [7], members: 1, verdict: "differs" },
    { ...bit, bit: 3, set: true, verdict: "not checked" },
  ],
} as const;

test("bitmap: a row of bits, who stands behind each, and what differs in the colour of errors", async () => {
  const { snapshot } = daemon({
    "asyncos/coroutines": () => ({ total: 1, coroutines: [{ ...waiting, id: 17 }] }),
    "asyncos/threads": () => ({ threads: [{ ...thread, id: 7 }, thread] }),
  });
  const problem = "the bit is clear, but its queue holds 1";
  const checked = bitmap.checked.map((each) => (each.bit === 2 ? { ...each, problem } : each));
  const row = bitmapRow({ ...bitmap, checked }, snapshot);
  expect(await text([row])).toEqual([
    "ready | ●○○● · 1 bit unlike its queue",
    "  Bit 0 | set · 22 coroutines: 17, 3:4, ...",
    "  Bit 1 | clear · queue empty",
    `  Bit 2 | clear · 1 thread: 7 · ${problem}`,
    "  Bit 3 | set",
  ]);
  expect(row.spoken).toBe("0x9 · bits 0, 3 set · 1 bit unlike its queue");
  const bits = await row.children!();
  expect(bits.map(({ wrong }) => wrong)).toEqual([undefined, undefined, true, undefined]);
  expect(bits.map(({ context }) => context)).toEqual(["bit", "bit breaks", "bit", "bit"]);
  expect(await bits[0]!.more!()).toEqual(["17 ring::runner", "20 not shown"]);
  expect(await bits[2]!.more!()).toEqual(["Thread 7 executor"]);
});

test("bitmap: while its lock is held nothing is wrong", async () => {
  const { snapshot } = daemon({});
  const updating = { ...bit, bit: 0, set: true, members: 0, verdict: "being updated" } as const;
  const row = bitmapRow(
    { ...bitmap, process: 3, checked: [updating], lock: { held: true, hart: 2 } },
    snapshot,
  );
  expect(await text([row])).toEqual([
    "ready of process 3 | ● · being updated by hart 2",
    "  Bit 0 | set · queue empty · being updated",
  ]);
  expect(row.wrong).toBeUndefined();
});

test("coroutines: groups open with their key, each with its own page", async () => {
  const asked: unknown[] = [];
  const { snapshot } = daemon({
    "asyncos/coroutineGroups": (query) => {
      asked.push(query);
      return { total: 3, groups: [{ key: "0", label: "priority 0", count: 3 }] };
    },
    "asyncos/coroutines": (query) => {
      asked.push(query);
      return { total: 3, coroutines: [{ ...waiting, breakOn: ["wake"], pinned: true }] };
    },
    "asyncos/awaitStack": () => ({ frames: [] }),
  });
  const { rows, total } = await coroutineRoots(snapshot, {
    filter: "ring",
    groupBy: "priority",
    byReadyAge: true,
    limit: (group) => (group === "0" ? 1 : 99),
  });
  expect(total).toBe(3);
  expect(await text(rows)).toEqual([
    "priority 0 | 3 coroutines",
    "  17 ring::runner | ● wake · pinned · waiting · prio 2 · ring.rs:41",
    "  2 not shown | show more",
  ]);
  expect(asked).toEqual([
    { by: "priority", filter: "ring" },
    { filter: "ring", group: { by: "priority", key: "0" }, sort: "readyAge", start: 0, count: 1 },
  ]);
  const [coroutine, more] = await rows[0]!.children!();
  expect(coroutine!.context).toBe("coroutine awaiting spawned pinned breaks");
  expect(more!.action).toEqual({ command: "asyncos.showMoreCoroutines", argument: "0" });
});

test.each([
  [{ kind: "coroutine", coroutine: "3:17" }, "coroutine 3:17"],
  [{ kind: "timer", deadline: "99", left: 3210 }, "a timer in 3.2 ms"],
  [{ kind: "timer", deadline: "99", left: 12 }, "a timer in 12 µs"],
  [{ kind: "timer", deadline: "99", left: -1 }, "a timer that is due"],
  [{ kind: "timer", deadline: "99" }, "a timer at 99"],
  [{ kind: "lock", coroutine: 4 }, "a lock held by coroutine 4"],
  [{ kind: "lock", what: "the log", thread: 2 }, "the log held by thread 2"],
  [{ kind: "device", what: "the disk" }, "the disk"],
  [{ kind: "event" }, "an event"],
  [{ kind: "turn" }, "its next turn"],
  [
    { kind: "call", what: "Read", coroutine: 17 },
    "system call Read, done by coroutine 17 of the kernel",
  ],
  [
    {
      kind: "any",
      of: [
        { kind: "event", what: "a message" },
        { kind: "timer", left: 7.2e9 },
      ],
    },
    "a message or a timer in 2 h",
  ],
] as const)("what it waits for: %j", (wait, expected) => {
  expect(waitText(wait)).toBe(expected);
});

test("executors: who came into a queue and left it since the last stop", async () => {
  const executor = (coroutines: number[], count = coroutines.length) => ({
    executors: [
      {
        ...{ id: 1, name: "e", mode: "m", wakers: [], wakerCount: 0 },
        queues: [{ priority: 0, coroutines, count }],
      },
    ],
  });
  let answer = executor([1, 2]);
  const ask = async (command: string, body?: object) => {
    if (command === "asyncos/executors") return answer;
    const ids = /id:(.*)/
      .exec((body as { filter: string }).filter)![1]!
      .split(",")
      .map(Number);
    return { total: 1, coroutines: ids.map((id) => ({ id, name: "f", state: "ready" })) };
  };
  const first = new Snapshot(ask);
  const lines = async (snapshot: Snapshot) => {
    const [root] = await executorRoots(snapshot);
    const [queue] = await root!.children!();
    return [queue!, ...(await queue!.children!())].map(line);
  };
  expect(await lines(first)).toEqual(["Priority 0 | 2 ready", "1 f | ", "2 f | "]);
  answer = executor([2, 3, 4]);
  const second = first.followed();
  const changed = ["Priority 0 | 3 ready · +2 −1", "2 f | ", "3 f | new", "4 f | new"];
  expect(await lines(second)).toEqual(changed);
  // What the user changed at a stop is no other stop.
  expect(await lines(second.renewed())).toEqual(changed);
  // Of a queue that is not listed to its end nothing is claimed.
  answer = executor([2, 3, 4, 5], 900);
  expect((await lines(second.followed()))[0]).toBe("Priority 0 | 900 ready");
});

test("executors: what else came and went: wakers, callbacks, whom it polls, queues that are empty now", async () => {
  const queues = [{ priority: 0, coroutines: [1], count: 1 }];
  const base = { id: 1, name: "e", mode: "m", process: 3, queues };
  const [wakers, first] = [[{ coroutine: 1, address: "0x10" }], { coroutine: 1, result: 8 }];
  let executor: object = { ...base, wakers, wakerCount: 1, unread: [first], current: 1 };
  const ask = async (command: string, body?: object) => {
    if (command === "asyncos/executors") return { executors: [executor] };
    if (command === "asyncos/awaitStack") return { frames: [] };
    const [, ids] = /id:(.*)/.exec((body as { filter: string }).filter)!;
    const found = ids!.split(",").map((id) => ({ id: Number(id), name: "f", state: "waiting" }));
    return { total: 1, coroutines: found };
  };
  const before = new Snapshot(ask);
  await executorRoots(before);
  executor = {
    ...base,
    queues: [{ ...queues[0], coroutines: [], count: 0 }],
    wakers: [...wakers, { coroutine: 2, address: "0x20" }],
    wakerCount: 2,
    unread: [{ coroutine: 2, error: "NotFound" }],
    current: 2,
  };
  expect(await text(await executorRoots(before.followed()))).toEqual([
    "e of process 3 | m · 0 ready",
    "  polls 2 f | new · waiting",
    "  Priority 0 | 0 ready · −1",
    "  Waker cache | 2 wakers · +1",
    "    1 f | 0x10",
    "    2 f | new · 0x20",
    "  Unread callbacks | 1 callback · +1 −1",
    "    coroutine 2 | new · NotFound",
  ]);
});

const thread = {
  id: 4,
  name: "executor",
  kind: "kernel",
  state: "blocked",
  priority: 1,
  hart: 2,
};

test("thread", () => {
  expect(line(threadRow(thread))).toBe("Thread 4 executor | blocked · prio 1 · hart 2");
  expect(threadRow({ ...thread, threadId: 10_004 }).context).toBe("thread focusable");
});

test("threads by state, processes with their threads and programs, modules with their ranges", async () => {
  const ranges = [{ start: "0x10000", end: "0x12000", flags: "r-x" }];
  const { snapshot } = daemon({
    "asyncos/threads": () => ({
      threads: [thread, { ...thread, id: 5, name: "user", state: "running", process: 3 }],
    }),
    "asyncos/processes": () => ({
      processes: [
        { id: 3, name: "hello", state: "alive", root: "0x80401000", path: "/bin/hello", module: 2 },
        { id: 4, name: "gone", state: "zombie", parent: 3, exitCode: 1 },
      ],
    }),
    "asyncos/modules": () => ({
      modules: [
        {
          id: 1,
          name: "kernel",
          user: false,
          symbolStatus: "Symbols loaded.",
          ranges,
          processes: [],
        },
        { id: 2, name: "hello", user: true, symbolStatus: "No lines.", ranges, processes: [3] },
      ],
    }),
    "asyncos/addressSpace": () => ({
      total: 3,
      ranges: [
        { ...ranges[0], physical: "0x80500000", user: true },
        { start: "0x80200000", end: "0x80300000", flags: "rwx", user: false },
      ],
    }),
    "asyncos/coroutines": ({ filter }: { filter: string }) => ({
      total: filter === "process:3" ? 2 : 0,
      coroutines: [],
    }),
  });
  const rows = await threadRoots(snapshot);
  expect(await text(rows)).toEqual([
    "Thread pool | 1 running · 1 blocked",
    "  Running | 1 thread",
    "    Thread 5 user | running · prio 1 · hart 2",
    "  Blocked | 1 thread",
    "    Thread 4 executor | blocked · prio 1 · hart 2",
    "Processes | 2 processes",
    "  Process 3 hello | alive · root 0x80401000",
    "    Thread 5 user | running · prio 1 · hart 2",
    "    2 coroutines | show",
    "    hello | process 3 · No lines.",
    "      0x10000 - 0x12000 | r-x",
    "    Address space | root 0x80401000",
    "      0x10000 - 0x12000 | r-x · user · at physical 0x80500000",
    "      0x80200000 - 0x80300000 | rwx · kernel",
    "      1 not shown | ",
    "  Process 4 gone | zombie · exit code 1",
    "Modules | 2 loaded",
    "  kernel | Symbols loaded.",
    "    0x10000 - 0x12000 | r-x",
    "  hello | process 3 · No lines.",
    "    0x10000 - 0x12000 | r-x",
  ]);
  const ids: string[] = [];
  const collect = async (row: Row): Promise<void> => {
    ids.push(row.id);
    for (const child of (await row.children?.()) ?? []) await collect(child);
  };
  for (const row of rows) await collect(row);
  expect(new Set(ids).size).toBe(ids.length);
});
