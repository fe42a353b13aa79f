/** Expressions in frames of the real kernel: values that its console and its source vouch for. */
import { beforeAll, expect, test } from "vitest";
import type { StackFrame } from "../../daemon/src/inspect/api.ts";
import type { Hart } from "../../daemon/src/machine/api.ts";
import { bootKernel } from "../awareness/boot.ts";

let kernel: ReturnType<typeof bootKernel>;
let hart: Hart;
let frame: StackFrame;
let block: StackFrame;

beforeAll(() => {
  kernel = bootKernel("workload=nested");
  hart = kernel.runTo("nested::witness");
  const frames = [...kernel.inspector.stack(hart)];
  frame = frames[0]!;
  block = frames.find(({ name }) => name === "workload::run (async block)")!;
});

test.each([
  ["count", "8"],
  ["count + 1", "9"],
  ["count * 2 - 1 << 3", "120"],
  ["count == 8 && count != 9", "true"],
  ["-count", "-8"],
  ["!count", "18446744073709551607"],
  ["count as u8 as i8", "8"],
  ["300 as u8", "44"],
  ["-1 as u64", "18446744073709551615"],
  ["$a0", "8"],
  ["$a0 == count && $x10 == $a0", "true"],
  ["executor::EXECUTOR.tasks.len()", "9"],
  ["EXECUTOR.tasks[3].id", "3"],
  ["EXECUTOR.tasks[3].node.priority", "1"],
  ["EXECUTOR.tasks.data.value.len()", "9"],
  ["EXECUTOR.tasks[3].future.is_some()", "true"],
  ["EXECUTOR.ready.queues.len()", "8"],
  ["EXECUTOR.ready.queues[0].first", "0"],
  ["THREAD_POOL.inner.schedulers[0].queues[0].len()", "0"],
  ["THREAD_POOL.inner.schedulers[0].queues[0].is_empty()", "true"],
  ["EXECUTOR.waiting", "8"],
  ["EXECUTOR.waiting > 7", "true"],
  ["*(&EXECUTOR.waiting as *const u64)", "8"],
  ["(&EXECUTOR.tasks[3].id as *const u64)[0]", "3"],
  ["*(0x87000000 as *const u64)", "0"],
  ["*(0x87000000 as *const [u8; 4])", "[0, 0, 0, 0]"],
  ["EXECUTOR.tasks[2].future.byte", "200"],
  ["EXECUTOR.tasks[2].future.double == 0xFEDC_BA98_7654_3210", "true"],
  ["EXECUTOR.tasks[3].future.label", '"tide"'],
  ['EXECUTOR.tasks[3].future.label == "tide"', "true"],
  ['EXECUTOR.tasks[3].future.name > "tide"', "true"],
  ["EXECUTOR.tasks[3].future.name.len()", "12"],
  ["EXECUTOR.tasks[4].future.light", "Amber"],
  ["EXECUTOR.tasks[4].future.light == Amber", "true"],
  ["EXECUTOR.tasks[4].future.light == Light::Green", "false"],
  ["EXECUTOR.tasks[4].future.circle == Circle", "true"],
  ["EXECUTOR.tasks[4].future.circle.0", "12"],
  ["EXECUTOR.tasks[4].future.rectangle.width", "30"],
  ["thread::pool::THREAD_POOL.inner.threads.len()", "13"],
  ["PROCESSORS[HART].current.name", '"coroutines"'],
  ["PROCESSORS[HART].current.name.len()", "10"],
  ["PROCESSORS[HART].current.kind == Coroutine", "true"],
  ["PROCESSORS[HART].current.coroutine.id", "1"],
])("%s is %s", (expression, expected) => {
  const text = expression.replace("HART", String(hart.id));
  expect(kernel.inspector.evaluate(text, frame).text).toBe(expected);
});

test.each([
  ["nothing_here", /`nothing_here` is in scope/],
  ["EXECUTOR.nothing", /column 10: `Executor` has no field `nothing`; there are: ready, tasks/],
  ["EXECUTOR.ready.queues[8]", /index 8 is out of range: there are 8 elements/],
  ["EXECUTOR.tasks[99]", /no such key/],
  ["count.x", /`usize` has no field/],
  ["count[0]", /cannot be indexed/],
  ["*count", /cannot be dereferenced/],
  ["&$a0", /no address/],
  ["$q7", /no register \$q7/],
  ["count / 0", /division by zero/],
  ["1 as Frob", /casts are to integers/],
  ["0 as *const NoSuchType", /no type is named `NoSuchType`/],
  ["*(1 as *const u64)", /unreadable/],
  ["EXECUTOR.tasks[4].future.circle.width", /it is Circle/],
  ["EXECUTOR.tasks[3].future.label == 3", /cannot be compared/],
])("%s is a mistake that says what is wrong", (expression, message) => {
  const evaluated = () => {
    const value = kernel.inspector.evaluate(expression, frame);
    throw new Error(value.unavailable ?? `no mistake: ${value.text}`);
  };
  expect(evaluated).toThrowError(message);
});

test("locals of a coroutine that runs are read in its environment", () => {
  const variables = new Map(kernel.inspector.variables(block).map((value) => [value.name, value]));
  expect(variables.get("args")?.text).toMatch(/^Args \{ workload: Nested/);
  expect(kernel.inspector.evaluate("args.workload == Nested", block).text).toBe("true");
});

test("every child of a value can be evaluated again by its own expression", () => {
  const seen: string[] = [];
  const visit = (expression: string, depth: number): void => {
    const value = kernel.inspector.evaluate(expression, frame);
    for (const child of value.list({ start: 0, count: 5 })) {
      if (child.expression === undefined || child.unavailable !== undefined) continue;
      const again = kernel.inspector.evaluate(child.expression, frame);
      expect(again.text, child.expression).toBe(child.text);
      expect(again.address, child.expression).toBe(child.address);
      seen.push(child.expression);
      if (depth > 0) visit(child.expression, depth - 1);
    }
  };
  visit("EXECUTOR", 5);
  visit("THREAD_POOL", 5);
  expect(seen.length).toBeGreaterThan(100);
  expect(seen).toContain("EXECUTOR.ready.data.queues[0]");
});

test("names given with the expression come before the frame's", () => {
  const { inspector } = kernel;
  const names = (name: string) => (name === "count" ? 41n : undefined);
  expect(inspector.evaluate("count + 1", frame, names).text).toBe("42");
});

test("assigning writes a scalar, and refuses what is none", () => {
  const other = bootKernel("workload=nested");
  const hart = other.runTo("nested::witness");
  const top = () => [...other.inspector.stack(hart)][0]!;
  const at = (text: string) => other.inspector.evaluate(text, top());
  at("EXECUTOR.spawned").assign!("77");
  expect(at("EXECUTOR.spawned").text).toBe("77");
  at("EXECUTOR.tasks[4].future.light").assign!("Green");
  expect(at("EXECUTOR.tasks[4].future.light").text).toBe("Green");
  const [count] = other.inspector.variables(top());
  count!.assign!("0x10");
  expect(hart.x(10)).toBe(16n);
  expect(() => at("EXECUTOR.tasks[2].future.byte").assign!("256")).toThrowError(
    /does not fit in u8/,
  );
  expect(() => at("EXECUTOR.tasks").assign!("1")).toThrowError(/only integers/);
  expect(() => at("EXECUTOR.spawned").assign!("spawned")).toThrowError(/not a value/);
});

test("float registers are doubles, or singles where they are NaN-boxed", () => {
  const other = bootKernel("workload=nested");
  const hart = other.runTo("nested::witness");
  expect(hart.x(10)).toBe(8n);
  // fcvt.d.w fa0, a0; fcvt.s.w fa1, a0
  const code = new Uint8Array(new Uint32Array([0xd205_0553, 0xd005_05d3]).buffer);
  expect(hart.write(hart.pc, code)).toBe(true);
  other.machine.run({ instructions: 2, only: [hart.id] });
  const frames = [...other.inspector.stack(hart)];
  const show = (text: string) => {
    const { text: value, typeName } = other.inspector.evaluate(text, frames[0]!);
    return `${value} ${typeName}`;
  };
  expect(show("$fa0")).toBe("8 f64");
  expect(show("$f11")).toBe("8 f32");
  const caller = frames.find(({ registers }) => registers.get(32 + 10) === undefined)!;
  expect(() => other.inspector.evaluate("$fa0", caller)).toThrowError("not saved in this frame");
});
