/**
 * User programs: processes, their coroutines, queues and bitmaps, against what the programs print
 * themselves and against what the kernel says of them.
 */
import { readdirSync, readFileSync } from "node:fs";
import { expect, test } from "vitest";
import type { AwaitFrame } from "../../daemon/src/awareness/api.ts";
import { ownId, processOf } from "../../daemon/src/awareness/ids.ts";
import type { Module } from "../../daemon/src/inspect/api.ts";
import type { Hart, MachineOptions } from "../../daemon/src/machine/api.ts";
import { openSymbols } from "../../daemon/src/symbols/symbols.ts";
import { bootKernel } from "./boot.ts";

const prebuilt = new URL("../../kernel/prebuilt/", import.meta.url);
const folder = new URL("programs/", prebuilt);
const disk = readFileSync(new URL("disk.img", prebuilt));

/** The kernel with the symbols of all programs, as a session has them. */
function bootPrograms(append: string, options: Partial<MachineOptions> = {}) {
  const kernel = bootKernel(append, { disk, ...options });
  const modules = new Map<string, Module>();
  const symbols = (file: string) => openSymbols(readFileSync(new URL(file, folder)), file);
  const library = kernel.awareness.addLibrary("scheduler", symbols("scheduler.elf"));
  for (const file of readdirSync(folder)) {
    const name = file.replace(".elf", "");
    if (name !== "scheduler") modules.set(name, kernel.awareness.addProgram(name, symbols(file)));
  }
  /** Runs until a process enters a function of its program, or of the shared code. */
  const enter = (module: Module, path: string): Hart => {
    const [fn] = module.symbols.functionsNamed(path);
    if (!fn) throw new Error(`no function ${path}`);
    let at: Hart | undefined;
    const hook = kernel.machine.hook(fn.entry, (hart) => {
      if (!module.owns(hart, fn.entry)) return false;
      at = hart;
      return true;
    });
    kernel.machine.run({ instructions: 200_000_000 });
    hook.dispose();
    if (!at) throw new Error(`${path} was not reached\n${kernel.console}`);
    return at;
  };
  return Object.assign(kernel, { enter, library, program: (name: string) => modules.get(name)! });
}

/** A coroutine's own frames, outermost first, without the leaf that it waits for. */
const bodies = (frames: readonly AwaitFrame[]): AwaitFrame[] =>
  frames.filter(({ environment }) => environment !== undefined).reverse();

const dense = (text: string): string => text.replace(/Vec\(len \d+\) /, "").replace(/, /g, ",");

test.each([
  [1, "round-robin", 0],
  [4, "random", 3],
] as const)("locals of suspended user coroutines, %i harts, %s", (harts, schedule, seed) => {
  const append = "workload=run program=nested processes=2";
  const kernel = bootPrograms(append, { harts, schedule, seed });
  kernel.enter(kernel.program("nested"), "nested::witness");
  const { awareness } = kernel;
  const here = awareness.current(kernel.machine.harts.find(({ privilege }) => privilege === "U")!);
  const facts = [...kernel.console.matchAll(/\[facts\] coroutine=(\d+) fn=(\S+) depth=(\d) (.*)/g)];
  expect(facts.length).toBeGreaterThanOrEqual(8);
  // Both processes print the same of theirs; in this one all coroutines wait by now.
  for (const [, id, fn, depth, pairs] of facts) {
    const coroutine = awareness
      .coroutines({ filter: `process:${here.process}` })
      .coroutines.find((one) => ownId(one.id) === Number(id))!;
    expect(coroutine).toMatchObject({ state: "waiting", process: here.process, polls: 1 });
    expect(coroutine.name).toBe("nested::outer");
    expect(coroutine.spawnedAt?.path).toContain("programs/src/bin/nested.rs");
    const frame = bodies(awareness.awaitStack(coroutine.id))[Number(depth)]!;
    expect(fn).toContain(frame.name.replace(/ \(.*/, ""));
    const shown = frame.variables().map(({ name, text }) => `${name}=${dense(text)}`);
    for (const pair of pairs!.replace(/, /g, ",").split(" ")) expect(shown).toContain(pair);
  }
});

test("the coroutine that a hart runs in user mode, and its stack", () => {
  const kernel = bootPrograms("workload=run program=nested");
  const hart = kernel.enter(kernel.program("nested"), "nested::witness");
  const { coroutine, process, thread } = kernel.awareness.current(hart);
  expect([processOf(coroutine!), ownId(coroutine!)]).toEqual([process, 1]);
  expect(kernel.awareness.coroutine(coroutine!)).toMatchObject({ state: "running", thread });
  const frames = kernel.awareness.awaitStack(coroutine!);
  expect(frames[0]).toMatchObject({ name: "nested::witness", note: `running on hart ${hart.id}` });
  expect(frames.map(({ name }) => name)).toContain("nested::main (async)");
});

test("processes, their threads and their bitmaps, by what ran and what is queued", () => {
  const kernel = bootPrograms("workload=run program=ring processes=2", { harts: 2 });
  const { awareness } = kernel;
  const listening = awareness.listen(["pending"], ({ process }) => process === 2);
  expect(kernel.machine.run({ instructions: 100_000_000 }).kind).toBe("stop");
  listening.dispose();
  expect(
    awareness.processes().map(({ id, name, path, state }) => ({ id, name, path, state })),
  ).toEqual([
    { id: 1, name: "ring", path: "/bin/ring", state: "running" },
    { id: 2, name: "ring", path: "/bin/ring", state: "running" },
  ]);
  // The word is there, and nobody has exited.
  expect(awareness.processes().map(({ exitCode }) => exitCode)).toEqual([undefined, undefined]);
  const threads = awareness.threads().filter(({ process }) => process !== undefined);
  expect(threads.map(({ process }) => process).sort()).toEqual([1, 2]);
  let queued = 0;
  for (const executor of awareness.executors().filter(({ process }) => process !== undefined)) {
    const bitmap = awareness
      .bitmaps()
      .find(({ owner, process }) => owner === executor.name && process === executor.process)!;
    const ready = executor.queues.filter(({ count }) => count > 0);
    queued += ready.length;
    expect(bitmap.bits).toEqual(ready.map(({ priority }) => priority));
    for (const { priority, coroutines, count } of ready) {
      expect(coroutines).toHaveLength(count);
      for (const id of coroutines) {
        expect(awareness.coroutine(id)).toMatchObject({ state: "ready", priority });
      }
    }
    expect(executor.callbacks).toBe(0);
  }
  expect(queued).toBeGreaterThan(0);
});

test("the shared code is one copy, which a process executes where it is mapped", () => {
  const kernel = bootPrograms("workload=run program=ring");
  const hart = kernel.enter(kernel.library, "queues::push");
  const frames = [...kernel.inspector.stack(hart)].map(({ name }) => name);
  expect(frames[0]).toContain("queues::push");
  expect(frames.some((name) => name.includes("make_ready"))).toBe(true);
});

test("no gaps, and every event of user coroutines", () => {
  const kernel = bootPrograms("workload=run program=ring");
  expect(kernel.awareness.profile?.gaps).toEqual([]);
  const counts = new Map<string, number>();
  const kinds = ["spawn", "poll", "pending", "complete", "wake"] as const;
  kernel.awareness.listen(kinds, ({ coroutine, kind }) => {
    if (coroutine !== undefined && processOf(coroutine) !== undefined)
      counts.set(kind, (counts.get(kind) ?? 0) + 1);
    return false;
  });
  expect(kernel.runToEnd()).toMatchObject({ kind: "exit" });
  const [, spawned] = /ring: hops=1600 spawned=(\d+)/.exec(kernel.console)!;
  expect(counts.get("spawn")).toBe(Number(spawned));
  expect(counts.get("complete")).toBe(Number(spawned));
  expect(counts.get("poll")).toBe(counts.get("pending")! + Number(spawned));
  expect(counts.get("wake")).toBeGreaterThan(100);
});

test("coroutines are made, woken and changed without a system call", () => {
  const kernel = bootPrograms("workload=run program=ring");
  const calls = new Map<number, number>();
  kernel.awareness.listen(["syscall"], ({ new: number }) => {
    calls.set(Number(number), (calls.get(Number(number)) ?? 0) + 1);
    return false;
  });
  let polls = 0;
  kernel.awareness.listen(["poll"], ({ process }) => {
    polls += process === undefined ? 0 : 1;
    return false;
  });
  kernel.runToEnd();
  const EXIT = 0;
  const PRINT = 1;
  const GROW = 7;
  const SCHEDULER = 8;
  expect([...calls.keys()].sort()).toEqual([EXIT, PRINT, GROW, SCHEDULER]);
  expect(calls.get(SCHEDULER)).toBe(1);
  // Memory for the coroutines, a few pages at a time.
  expect(calls.get(GROW)).toBeLessThan(10);
  expect(polls).toBeGreaterThan(300);
});

test.each(["round-robin", "random", "pct"] as const)(
  "threads of one executor lose no wake: %s",
  (schedule) => {
    for (let seed = 1; seed <= 3; seed++) {
      const kernel = bootKernel("workload=run program=threads", { harts: 4, schedule, seed, disk });
      kernel.runToEnd();
      expect(kernel.console).toContain("threads: messages=2400 threads=4");
      expect(kernel.console).toContain("exit=0");
      expect(kernel.console).toContain("leaked_frames=0 leaked_spaces=0");
    }
  },
);

test("a program that reaches for the kernel is killed alone", () => {
  const kernel = bootKernel("workload=run program=wild processes=3", { disk });
  expect(kernel.runToEnd()).toMatchObject({ kind: "exit" });
  expect(
    kernel.console.match(/killed: load page fault at 0x1\w+, address 0x80200000/g),
  ).toHaveLength(3);
  expect(kernel.console).toContain("done: workload=run processes=3 exit=4294967309");
});

/** Runs on until it holds; the machine stands between two instructions of the guest then. */
function until(kernel: ReturnType<typeof bootPrograms>, holds: () => boolean): void {
  for (let slice = 0; slice < 20_000; slice++) {
    if (holds()) return;
    kernel.machine.run({ instructions: 500 });
  }
  throw new Error(`it never held\n${kernel.console}`);
}

const userCoroutines = ({ awareness }: ReturnType<typeof bootPrograms>) =>
  awareness.coroutines({ filter: "process:1" }).coroutines;

test("who waits for a call leads to the kernel's coroutine that does it, and that to the keyboard", () => {
  const kernel = bootPrograms("workload=run program=echo");
  expect(kernel.machine.run({ instructions: 100_000_000 })).toEqual({ kind: "idle" });
  const [main] = userCoroutines(kernel);
  expect(main).toMatchObject({ name: "echo::main", state: "waiting" });
  expect(main!.waitsFor).toMatchObject({ kind: "call", what: "Read" });
  const call = kernel.awareness.coroutine(main!.waitsFor!.coroutine!)!;
  expect(call).toMatchObject({ process: undefined, state: "waiting" });
  expect(call.waitsFor).toMatchObject({ kind: "device", what: "a line that is typed" });
  const names = bodies(kernel.awareness.awaitStack(call.id)).map(({ name }) => name);
  expect(names.join()).toMatch(/system_call.*read_file.*File::read.*console::read/);
  // A key, and it is another call's turn.
  kernel.machine.input(new TextEncoder().encode("x\r"));
  expect(kernel.machine.run({ instructions: 100_000_000 })).toEqual({ kind: "idle" });
  const { waitsFor } = userCoroutines(kernel)[0]!;
  expect(waitsFor).toMatchObject({ kind: "call", what: "Read" });
  expect(waitsFor!.coroutine).not.toBe(call.id);
  expect(kernel.awareness.coroutine(call.id)).toBeUndefined();
});

test("sleepers of a program wait for calls whose coroutines wait for their deadlines", () => {
  const kernel = bootPrograms("workload=run program=timers");
  const asleep = () => userCoroutines(kernel).filter(({ waitsFor }) => waitsFor?.what === "Sleep");
  until(kernel, () => asleep().length === 8);
  const calls = asleep().map(({ waitsFor }) => kernel.awareness.coroutine(waitsFor!.coroutine!)!);
  expect(new Set(calls.map(({ id }) => id)).size).toBe(8);
  for (const [index, { priority }] of asleep().entries()) {
    expect(calls[index]).toMatchObject({ priority });
  }
  for (const { waitsFor } of calls.filter(({ state }) => state === "waiting")) {
    expect(waitsFor).toMatchObject({ kind: "timer" });
  }
  // Of two futures, one is a call.
  const [main] = userCoroutines(kernel);
  until(kernel, () => kernel.awareness.coroutine(main!.id)?.waitsFor?.kind === "any");
  const { of } = kernel.awareness.coroutine(main!.id)!.waitsFor!;
  expect(of.map(({ kind, what }) => [kind, what])).toEqual([
    ["call", "Read"],
    ["call", "Sleep"],
  ]);
});

test("who reads a pipe waits for something in it, and who writes for room", () => {
  const kernel = bootPrograms("workload=run program=pipes");
  const { awareness } = kernel;
  const waited = new Set<string>();
  until(kernel, () => {
    const { coroutines } = awareness.coroutines({ filter: "state:waiting" });
    for (const { process, waitsFor } of coroutines) {
      if (process === undefined || waitsFor?.kind !== "call") continue;
      const call = awareness.coroutine(waitsFor.coroutine!);
      if (call?.state === "waiting") waited.add(`${waitsFor.what}: ${call.waitsFor?.what}`);
    }
    return waited.has("Read: something in a pipe") && waited.has("Write: room in a pipe");
  });
  expect(awareness.profile?.gaps).toEqual([]);
});

test("unread callbacks are listed with who made the call and what it returned", () => {
  const kernel = bootPrograms("workload=run program=timers", { harts: 2 });
  expect(kernel.awareness.profile?.gaps).toEqual([]);
  const unread = () =>
    kernel.awareness.executors().find(({ process }) => process === 1)?.unread ?? [];
  const seen = new Set<string | number | undefined>();
  for (let found = 0; found < 40; found++) {
    until(kernel, () => unread().length > 0);
    for (const { coroutine, error, result } of unread()) {
      seen.add(error ?? result);
      // It has not been told: it waits, or is still in the poll that made the call; what has given
      // its call up may have ended.
      const asked = kernel.awareness.coroutine(coroutine!);
      if (error === undefined) expect(asked?.state).toMatch(/waiting|running/);
      else expect(error).toBe("Cancelled");
    }
    until(kernel, () => unread().length === 0);
  }
  expect([...seen]).toContain(0);
  expect(kernel.awareness.executors().find(({ process }) => process === 1)?.callbacks).toBe(0);
});

test("a new process is as urgent as it was started, before it polls anything", () => {
  const kernel = bootPrograms("workload=run program=hello", { harts: 1 });
  const DEFAULT = 4;
  const started = () => kernel.awareness.threads().find(({ process }) => process === 1);
  until(kernel, () => started() !== undefined);
  expect(userCoroutines(kernel)).toEqual([]);
  expect(started()).toMatchObject({ state: "ready", priority: DEFAULT });
});
