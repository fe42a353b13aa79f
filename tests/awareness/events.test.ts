/** Scheduling events against memory, against the kernel's own counts, and against each other. */
import { expect, test } from "vitest";
import {
  EVENT_FIELDS,
  EVENT_KINDS,
  type EventKind,
  type SchedulingEvent,
} from "../../daemon/src/awareness/api.ts";
import { type PhysicalAddress, physical } from "../../daemon/src/base/brand.ts";
import { bootKernel } from "./boot.ts";

type Kernel = ReturnType<typeof bootKernel>;

function record(kernel: Kernel, kinds: readonly EventKind[] = EVENT_KINDS): SchedulingEvent[] {
  const events: SchedulingEvent[] = [];
  kernel.awareness.listen([...kinds], (event) => {
    events.push(event);
    return false;
  });
  return events;
}

test("no change of a bitmap is missed: recounted from memory after every instruction", () => {
  const options = { harts: 2, schedule: "random", seed: 3, quantum: 50 } as const;
  const watched = bootKernel("workload=ring coroutines=3 rounds=2", options);
  const events = record(watched, ["bitmap"]);
  watched.runToEnd();

  const stepped = bootKernel("workload=ring coroutines=3 rounds=2", options);
  const words = stepped.awareness
    .bitmaps()
    .map(({ address, name }) => ({ name, at: physical(Number(address)), last: 0 }));
  expect(words.map(({ name }) => name)).toEqual([
    ...["coroutines", "threads", "coroutine threads", "system", "waiting"],
  ]);
  const changes: string[] = [];
  const look = (word: { name: string; at: PhysicalAddress; last: number }) => {
    const value = stepped.machine.readPhysicalNumber(word.at, 8);
    if (value !== word.last) changes.push(`${word.name} ${word.last} ${value}`);
    word.last = value;
  };
  while (stepped.machine.run({ instructions: 1 }).kind === "limit") words.forEach(look);
  expect(changes.length).toBeGreaterThan(20);
  expect(events.map(({ bitmap, old, new: now }) => `${bitmap} ${old} ${now}`)).toEqual(changes);
});

test("bits and words agree, and each change says who made it", () => {
  const kernel = bootKernel("workload=priorities");
  const events = record(kernel, ["bitmap"]);
  kernel.runToEnd();
  expect(events.length).toBeGreaterThan(50);
  const last = new Map<string, bigint>();
  for (const { bit, bitmap, hart, new: now, old, pc, prio } of events) {
    expect(old).not.toBe(now);
    expect((old! ^ now!) & ((1n << BigInt(bit! + 1)) - 1n)).toBe(1n << BigInt(bit!));
    expect(prio).toBe(bit);
    expect(hart).toBeTypeOf("number");
    expect(kernel.symbols.functionAt(pc!)).toBeDefined();
    expect(old).toBe(last.get(bitmap!) ?? 0n);
    last.set(bitmap!, now!);
  }
});

test("the kernel's own counters agree with the events counted", () => {
  const kernel = bootKernel("workload=nested", { harts: 3, schedule: "random", seed: 5 });
  const events = record(kernel);
  kernel.runTo("nested::witness");
  const count = (kind: string, id: number) =>
    events.filter((event) => event.kind === kind && event.coroutine === id).length;
  const { coroutines, total } = kernel.awareness.coroutines();
  expect(total).toBe(9);
  for (const { id, polls, wakes } of coroutines) {
    expect({ id, polls: count("poll", id), wakes: count("wake", id) }).toEqual({
      id,
      polls,
      wakes,
    });
    expect(count("spawn", id)).toBe(1);
    const spawn = events.find((event) => event.kind === "spawn" && event.coroutine === id);
    expect(spawn?.name).toBe(coroutines.find((one) => one.id === id)?.name);
  }
  kernel.runToEnd();
  const [, spawned, completed] = /spawned=(\d+) completed=(\d+)/.exec(kernel.console)!;
  expect(events.filter(({ kind }) => kind === "spawn")).toHaveLength(Number(spawned));
  expect(events.filter(({ kind }) => kind === "complete")).toHaveLength(Number(completed));
});

test("counts are those of the events, heard by others or not, until they end", () => {
  const options = { harts: 3, schedule: "random", seed: 7 } as const;
  const kinds: EventKind[] = ["wake", "poll", "bitmap", "interrupt"];
  const heard = bootKernel("workload=ring", options);
  const events = record(heard, ["wake", "poll", "bitmap", "interrupt", "trap"]);
  const counts = [heard, bootKernel("workload=ring", options)].map((kernel) => {
    const counted = kernel.awareness.count(kinds);
    kernel.runTo("executor::run::complete");
    const until = kernel.awareness.count(["poll", "poll"]);
    until.dispose();
    kernel.runToEnd();
    expect(until.of("poll")).toBe(0);
    expect(counted.of("spawn")).toBe(0);
    return kinds.map((kind) => counted.of(kind));
  });
  const expected = kinds.map((kind) => events.filter((event) => event.kind === kind).length);
  expect(Math.min(...expected)).toBeGreaterThan(10);
  expect(counts).toEqual([expected, expected]);
});

test("every poll ends: pending or complete, and only by who began it", () => {
  const kernel = bootKernel("workload=priorities", { harts: 4, schedule: "random", seed: 11 });
  const events = record(kernel, ["migrate", "poll", "pending", "complete"]);
  kernel.runToEnd();
  const polled = new Map<number, number>();
  const lastHart = new Map<number, number>();
  let migrations = 0;
  for (const { coroutine, hart, kind, new: now, old } of events) {
    expect(coroutine).toBeTypeOf("number");
    const open = polled.get(coroutine!);
    if (kind === "migrate") {
      migrations++;
      expect([Number(old), Number(now)]).toEqual([lastHart.get(coroutine!), hart]);
    } else if (kind === "poll") {
      expect(open).toBeUndefined();
      polled.set(coroutine!, hart!);
      lastHart.set(coroutine!, hart!);
    } else {
      expect(open).toBeDefined();
      polled.delete(coroutine!);
    }
  }
  expect(migrations).toBeGreaterThan(0);
  expect(polled.size).toBe(0);
});

test.each([
  ["wake", "coroutine > 2 && hart == 1"],
  ["wake", "prio < 3 || coroutine == 2"],
  ["bitmap", 'bitmap == "threads" && new > old'],
  ["poll", "executor::EXECUTOR.spawned > 3 && task.node.priority <= 2"],
] as const)("listening to %s where %s is the record filtered by it", (kind, text) => {
  const run = (where: boolean) => {
    const kernel = bootKernel("workload=ring", { schedule: "random", seed: 2 });
    const condition = kernel.inspector.condition(text, EVENT_FIELDS);
    const events: SchedulingEvent[] = [];
    const keep = (event: SchedulingEvent): boolean => {
      const hart = kernel.machine.harts[event.hart!]!;
      const frame = () => [...kernel.inspector.stack(hart)][0];
      if (where || condition.test(event as never, frame)) events.push(event);
      return false;
    };
    kernel.awareness.listen([kind], keep, where ? condition : undefined);
    kernel.runToEnd();
    return events;
  };
  const expected = run(false);
  expect(expected.length).toBeGreaterThan(0);
  expect(run(true)).toEqual(expected);
});

test("listening changes nothing in the machine, and stops where asked", () => {
  const plain = bootKernel("workload=ring", { schedule: "random", seed: 4 });
  plain.runToEnd();
  const heard = bootKernel("workload=ring", { schedule: "random", seed: 4 });
  let stops = 0;
  heard.awareness.listen(["wake"], () => ++stops <= 5);
  const listening = heard.awareness.listen([...EVENT_KINDS], () => false);
  for (let i = 0; i < 5; i++) expect(heard.machine.run({ instructions: 1e9 }).kind).toBe("stop");
  listening.dispose();
  expect(heard.runToEnd()).toEqual({ kind: "exit", code: 0 });
  expect(stops).toBeGreaterThan(5);
  expect(heard.machine.stateHash()).toBe(plain.machine.stateHash());
  expect(heard.console).toBe(plain.console);
});

test("every kind of event is available for the bundled kernel, with no gaps", () => {
  const { awareness } = bootKernel("workload=ring");
  expect(awareness.profile).toEqual({ name: "asyncos", gaps: [] });
  expect([...awareness.available].filter(([, state]) => state !== true)).toEqual([]);
});

test("a panic is an event at the place", () => {
  const kernel = bootKernel("workload=panic");
  kernel.awareness.listen(["panic"], () => true);
  expect(kernel.machine.run({ instructions: 1e9 }).kind).toBe("stop");
});
