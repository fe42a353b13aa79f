/** What coroutines wait for, against what the kernel itself holds: its timer queues, its join handles. */
import { expect, test } from "vitest";
import { address } from "../../daemon/src/base/brand.ts";
import { bootKernel } from "./boot.ts";

type Kernel = ReturnType<typeof bootKernel>;

const evaluate = ({ inspector, machine }: Kernel, expression: string): bigint => {
  const [frame] = inspector.stack(machine.harts[0]!);
  return BigInt(inspector.evaluate(expression, frame!).text.replace(/\D.*$/, ""));
};

const waits = ({ awareness }: Kernel) =>
  awareness.coroutines({ filter: "state:waiting" }).coroutines.map((each) => each.waitsFor);

/** Runs on until it holds; the machine stands between two instructions of the guest then. */
function until(kernel: Kernel, holds: () => boolean): void {
  for (let slice = 0; slice < 4000; slice++) {
    if (holds()) return;
    kernel.machine.run({ instructions: 2_000 });
  }
  throw new Error(`it never held\n${kernel.console}`);
}

test("sleepers wait for the deadlines in the kernel's timer queues, their parent for one of them", () => {
  const kernel = bootKernel("workload=sleepers coroutines=6");
  const sleeping = () =>
    kernel.awareness.coroutines({ filter: "state:waiting sleepers" }).coroutines;
  until(kernel, () => sleeping().length === 6);
  const now = Number(kernel.machine.harts[0]!.csr(0xc01));
  for (const { waitsFor } of sleeping()) {
    expect(waitsFor).toMatchObject({ kind: "timer", of: [] });
    // Sleeps are of 1 to 7 milliseconds, of 10,000 ticks each; who is late by more is not asleep.
    expect(waitsFor!.deadline).toBeGreaterThan(now - 10_000);
    expect(waitsFor!.deadline).toBeLessThan(now + 70_000);
  }
  const armed = [0, 1, 2, 3].map((hart) => evaluate(kernel, `timer::TIMERS[${hart}].armed`));
  const earliest = Math.min(...sleeping().map(({ waitsFor }) => waitsFor!.deadline!));
  expect(armed.some((deadline) => Number(deadline) <= earliest)).toBe(true);
  // The coroutine of the workload awaits the handle of the first that it spawned.
  const parent = kernel.awareness.coroutine(1)!;
  expect(parent.waitsFor).toMatchObject({ kind: "coroutine", coroutine: sleeping()[0]!.id });
});

test("an event, a message, a turn, whichever comes first: as the profile names them", () => {
  const kernel = bootKernel("workload=storm coroutines=30");
  kernel.runTo("workload::storm::witness");
  const told = waits(kernel).map((wait) => JSON.stringify([wait?.kind, wait?.what]));
  expect(new Set(told)).toEqual(
    new Set(['["event","an event"]', '["event","a message"]', '["any",null]']),
  );
  const any = waits(kernel).find((wait) => wait?.kind === "any")!;
  expect(any.of.map(({ kind }) => kind)).toEqual(["event", "timer"]);
  expect(any.of[1]!.deadline).toBeGreaterThan(0);
  expect(kernel.awareness.profile?.gaps).toEqual([]);

  const mix = bootKernel("workload=mix");
  until(mix, () => waits(mix).some((wait) => wait?.what === "a message"));
});

test("a mutex, and who holds it: somebody else, who lives and does not wait for it", () => {
  const kernel = bootKernel("workload=sync");
  const locked = () =>
    kernel.awareness
      .coroutines({ filter: "state:waiting" })
      .coroutines.filter(({ waitsFor }) => waitsFor?.kind === "lock" && waitsFor.coroutine);
  until(kernel, () => locked().length > 0);
  expect(kernel.awareness.profile?.gaps).toEqual([]);
  for (const { id, waitsFor } of locked()) {
    expect(waitsFor).toMatchObject({ kind: "lock", what: "a mutex" });
    expect(waitsFor!.coroutine).not.toBe(id);
    expect(kernel.awareness.coroutine(waitsFor!.coroutine!)?.state).toMatch(
      /running|ready|waiting/,
    );
  }
});

test("what no profile describes is unknown", () => {
  const kernel = bootKernel("workload=sleepers coroutines=2", {}, ({ waits: _, ...rest }) => rest);
  const { awareness } = kernel;
  until(kernel, () => awareness.coroutines({ filter: "state:waiting sleepers" }).total === 2);
  const { coroutines } = awareness.coroutines({ filter: "state:waiting sleepers" });
  expect(coroutines.map(({ waitsFor }) => waitsFor)).toEqual([undefined, undefined]);
});

test("groups count what the filter lets through, and open with their key", () => {
  const { awareness, runTo } = bootKernel("workload=nested");
  runTo("nested::witness");
  const all = awareness.coroutines().coroutines;
  for (const by of ["executor", "state", "priority", "process", "function"] as const) {
    const groups = awareness.groups(by, undefined);
    const opened = groups.map(({ key }) => awareness.coroutines({ group: { by, key } }));
    expect(opened.map(({ total }) => total)).toEqual(groups.map(({ count }) => count));
    const ids = opened.flatMap(({ coroutines }) => coroutines.map(({ id }) => id));
    expect(ids.sort((a, b) => a - b)).toEqual(all.map(({ id }) => id));
  }
  expect(awareness.groups("state", undefined)).toEqual([
    { key: "running", label: "running", count: 1 },
    { key: "waiting", label: "waiting", count: 8 },
  ]);
  expect(awareness.groups("function", "futures")).toEqual([
    { key: "futures::generic", label: "futures::generic", count: 2 },
    { key: "futures::borrowed", label: "futures::borrowed", count: 1 },
    { key: "futures::boxed", label: "futures::boxed", count: 1 },
  ]);
  expect(awareness.groups("executor", undefined)).toEqual([
    { key: "kernel/1", label: "EXECUTOR 1", count: 9 },
  ]);
});

test("ranks put the least first, and those without one last", () => {
  const { awareness, runTo } = bootKernel("workload=nested");
  runTo("nested::witness");
  const rank = (id: number) => (id % 2 ? -id : undefined);
  const page = awareness.coroutines({ rank, start: 1, count: 5 });
  expect(page.total).toBe(9);
  expect(page.coroutines.map(({ id }) => id)).toEqual([7, 5, 3, 1, 2]);
});

test("bitmaps agree with their queues while the lock is free; a held lock concludes nothing", () => {
  const kernel = bootKernel("workload=priorities coroutines=12");
  const { awareness, machine } = kernel;
  until(kernel, () => {
    const [first] = awareness.checkBitmaps();
    return first?.lock?.held === false && first.bits.length > 0;
  });
  const [coroutines] = awareness.checkBitmaps();
  expect(coroutines).toMatchObject({ name: "coroutines", width: 8, lock: { held: false } });
  const ready = coroutines!.checked.flatMap((bit) => bit.coroutines);
  const listed = awareness.coroutines({ filter: "state:ready" }).coroutines.map(({ id }) => id);
  expect(ready.length).toBeGreaterThan(0);
  expect(listed).toEqual(expect.arrayContaining(ready));
  for (const { checked, lock } of awareness.checkBitmaps()) {
    // Without a lock it is not known when a word and its queues belong together.
    if (!lock || lock.held) continue;
    for (const { problem, verdict } of checked) {
      expect([verdict, problem]).toEqual(["agrees", undefined]);
    }
  }
  // A word that somebody else writes differs from its queues.
  const empty = coroutines!.checked.find(({ set }) => !set)!;
  const word = coroutines!.value | (1n << BigInt(empty.bit));
  machine.harts[0]!.write(coroutines!.address, new Uint8Array(new BigUint64Array([word]).buffer));
  expect(awareness.checkBitmaps()[0]!.checked[empty.bit]).toMatchObject({
    set: true,
    verdict: "differs",
    problem: "the bit is set, but its queue is empty",
  });
  const [frame] = kernel.inspector.stack(machine.harts[0]!);
  const holder = kernel.inspector.evaluate("&executor::EXECUTOR.ready.holder", frame!);
  const at = address(BigInt(/0x[0-9a-f]+/.exec(holder.text)![0]));
  machine.harts[0]!.write(at, new Uint8Array(new BigUint64Array([3n]).buffer));
  expect(awareness.checkBitmaps()[0]).toMatchObject({ lock: { held: true, hart: 2 } });
  expect(awareness.checkBitmaps()[0]!.checked[empty.bit]!.verdict).toBe("being updated");
});
