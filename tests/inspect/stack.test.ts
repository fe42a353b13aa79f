/** Machine stacks of the bundled kernel by invariants: wherever it is stopped, every stack is whole. */
import { expect, test } from "vitest";
import type { StackFrame } from "../../daemon/src/inspect/api.ts";
import { bootKernel } from "../awareness/boot.ts";
import { random } from "../fuzz/random.ts";

/** Where stacks begin: the image's entry, or the first function of a thread. */
const ROOTS = /^(?:_start|thread_entry|thread::thread_main)$/;

function problems(frames: readonly StackFrame[]): string[] {
  const found: string[] = [];
  const say = (problem: string, frame?: StackFrame) =>
    found.push(`${problem}${frame ? ` at #${frame.index} ${frame.name}` : ""}`);
  let below: bigint | undefined;
  for (const [index, frame] of frames.entries()) {
    if (frame.index !== index) say("wrong index", frame);
    if (!frame.module) say("no module", frame);
    if (frame.note?.includes("unwinding stops")) say(frame.note, frame);
    if (frame.cfa !== undefined) {
      if (below !== undefined && frame.cfa < below) say("a CFA below its callee's", frame);
      below = frame.cfa;
    }
  }
  const last = frames.at(-1);
  if (!last || !ROOTS.test(last.name)) say("ends", last);
  return found;
}

test.each([
  ["workload=ring", 1],
  ["workload=priorities", 2],
  ["workload=sleepers", 3],
  ["", 4],
])("every stack of %s is whole wherever the machine stops, seed %i", (append, seed) => {
  const next = random(seed);
  const { awareness, inspector, machine } = bootKernel(append, { schedule: "random", seed });
  machine.run({ instructions: 60_000 });
  let checked = 0;
  for (let stop = 0; stop < 100; stop++) {
    if (machine.run({ instructions: 1 + next(4_000) }).kind === "exit") break;
    for (const hart of machine.harts) {
      if (hart.state === "stopped" || hart.privilege !== "S") continue;
      const frames = [...inspector.stack(hart)];
      if (inAssembly(frames)) continue;
      expect(problems(frames), `stop ${stop} at ${machine.time}, hart ${hart.id}`).toEqual([]);
      checked++;
    }
    if (changesThreads(machine.harts.map((hart) => [...inspector.stack(hart)]))) continue;
    for (const { hart, id, state } of awareness.threads()) {
      if (hart !== undefined || state === "running") continue;
      const frames = [...awareness.threadStack(id)];
      expect(problems(frames), `stop ${stop} at ${machine.time}, thread ${id}`).toEqual([]);
      checked++;
    }
  }
  expect(checked).toBeGreaterThan(100);
});

/** Stopped inside assembly (saving or restoring registers), where nothing says what is where. */
function inAssembly([frame]: readonly StackFrame[]): boolean {
  return frame?.logical === undefined;
}

/** Stopped while a hart changes the pool: a vector that grows holds what is no thread any more. */
function changesThreads(stacks: readonly StackFrame[][]): boolean {
  return stacks.flat().some(({ logical }) => logical?.name.includes("thread::pool::") ?? false);
}

test("at a trap's first instruction the interrupted code is the caller, with its registers", () => {
  const { awareness, inspector, machine } = bootKernel("workload=ring");
  let pc: bigint | undefined;
  let hartId = 0;
  awareness.listen(["interrupt"], (event) => {
    pc = event.pc;
    hartId = event.hart!;
    return true;
  });
  expect(machine.run({ instructions: 1e8 }).kind).toBe("stop");
  const hart = machine.harts[hartId]!;
  const frames = [...inspector.stack(hart)];
  expect(frames[0]?.name).toBe("trap_entry");
  expect(frames[1]?.pc).toBe(pc);
  expect(frames[1]?.note).toBe("interrupted here");
  expect(frames[1]?.registers.get(2)).toBe(hart.x(2));
  expect(problems(frames)).toEqual([]);
});

/** As a profile says it for kernels whose trap entry has no call frame information. */
const byProfile = (profile: Record<string, unknown>) => ({
  ...profile,
  trapFrames: [
    {
      in: ["trap_entry", "trap_saved", "trap_restore"],
      type: "trap::TrapFrame",
      pc: "frame.sepc",
      registers: { sp: "&frame + 288", fp: "frame.fp" },
      all: "frame.x",
      unsaved: ["tp"],
    },
  ],
});

test.each([
  ["call frame information", undefined],
  ["the profile", byProfile],
])("through a trap, by %s, every register is as it was when the trap struck", (_by, change) => {
  const kernel = bootKernel("workload=priorities", { harts: 2 }, change);
  const { awareness, inspector, machine, symbols } = kernel;
  expect(awareness.profile?.gaps).toEqual([]);
  const struck = new Map<number, { pc: bigint; x: bigint[] }>();
  awareness.listen(["interrupt"], (event) => {
    const hart = machine.harts[event.hart!]!;
    const x = Array.from({ length: 32 }, (_, index) => hart.x(index));
    struck.set(hart.id, { pc: event.pc!, x });
    return false;
  });
  const [handler] = symbols.functionsNamed("trap::handle");
  let checked = 0;
  machine.hook(handler!.entry, (hart) => {
    const before = struck.get(hart.id)!;
    const frames = [...inspector.stack(hart)];
    expect(problems(frames)).toEqual([]);
    const interrupted = frames.find(({ note }) => note?.startsWith("interrupted here"))!;
    expect(interrupted.pc).toBe(before.pc);
    for (let index = 0; index < 32; index++) {
      const known = interrupted.registers.get(index);
      // The kernel does not save tp: it stays the hart's own.
      if (index !== 4 || known !== undefined) expect(known, `x${index}`).toBe(before.x[index]);
    }
    checked++;
    return false;
  });
  machine.run({ instructions: 1e9 });
  expect(checked).toBeGreaterThan(3);
});

test("a jump to nowhere still shows who jumped", () => {
  const { awareness, inspector, machine } = bootKernel("workload=wild", { harts: 1 });
  awareness.listen(["trap"], () => true);
  expect(machine.run({ instructions: 1e9 }).kind).toBe("stop");
  const frames = [...inspector.stack(machine.harts[0]!)];
  expect(frames.some(({ name }) => name.startsWith("faults::"))).toBe(true);
});
