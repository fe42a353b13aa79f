// The WebAssembly encoder, by what V8 makes of its modules.
import { expect, test } from "vitest";
import { type Code, ModuleBuilder, type ValueType } from "../../daemon/src/machine/engine/wasm.ts";

type Values = (number | bigint)[];

/** Runs a function of the given type with a one-page memory and `host(a)` = a + 1 to import. */
function run(
  parameters: ValueType[],
  result: ValueType,
  build: (code: Code, host: number) => void,
  ...values: Values
): unknown {
  const module = new ModuleBuilder();
  module.importMemory("test", "memory");
  const unary = module.signature(["i32"], ["i32"]);
  const host = module.importFunction("test", "host", unary);
  const doubled = module.declare(unary);
  module.define(doubled, unary, (code) => code.get(0).get(0).op("i32.add"));
  module.table([doubled, host]);
  const type = module.signature(parameters, [result]);
  const main = module.declare(type);
  module.define(main, type, (code) => build(code, host));
  module.export("main", main);
  const memory = new WebAssembly.Memory({ initial: 1, maximum: 1 });
  const instance = new WebAssembly.Instance(new WebAssembly.Module(module.encode()), {
    test: { memory, host: (value: number) => value + 1 },
  });
  return (instance.exports.main as (...values: Values) => unknown)(...values);
}

test.each([0, 1, 63, 64, -1, -64, -65, 127, 128, 0x7fff_ffff, -0x8000_0000])("i32 %i", (value) => {
  expect(run([], "i32", (code) => code.i32(value))).toBe(value);
});

test.each([0n, 63n, 64n, -64n, -65n, 2n ** 63n - 1n, -(2n ** 63n), 0x1234_5678_9abcn])(
  "i64 %i",
  (value) => {
    expect(run([], "i64", (code) => code.i64(value))).toBe(value);
  },
);

test.each([0, -0, 1.5, -Number.MAX_VALUE, Number.POSITIVE_INFINITY])("f32 and f64 %d", (value) => {
  expect(run([], "f64", (code) => code.f64(value))).toBe(value);
  expect(run([], "f32", (code) => code.f32(value))).toBe(Math.fround(value));
});

test("loops, branches outwards and locals", () => {
  const sum = (code: Code): void => {
    const total = code.local("i64");
    const done = code.block();
    const again = code.loop();
    code.get(0).op("i32.eqz").brIf(done);
    code.get(total).get(0).op("i64.extend_i32_u", "i64.add").set(total);
    code.get(0).i32(1).op("i32.sub").set(0).br(again);
    code.end().end().get(total);
  };
  expect(run(["i32"], "i64", sum, 1000)).toBe(500500n);
});

test.each([
  [0, 10],
  [1, 11],
  [2, 99],
  [-1, 99],
])("br_table of %i", (selector, expected) => {
  const select = (code: Code): void => {
    const other = code.block();
    const one = code.block();
    const zero = code.block();
    code.get(0).brTable([zero, one], other);
    code.end().i32(10).op("return").end().i32(11).op("return").end().i32(99);
  };
  expect(run(["i32"], "i32", select, selector)).toBe(expected);
});

test("if with a result, memory, calls of imports and through the table", () => {
  const build = (code: Code, host: number): void => {
    code.i32(1000).get(0).call(host).access("i32.store16", 200);
    code.get(0).if("i32");
    code.i32(1000).access("i32.load16_u", 200);
    code.else().i32(-1).end();
    code.i32(0).callIndirect({ index: 0, parameters: ["i32"] });
  };
  expect(run(["i32"], "i32", build, 20)).toBe(42);
  expect(run(["i32"], "i32", build, 0)).toBe(-2);
});

test("misuse is refused", () => {
  const module = new ModuleBuilder();
  const type = module.signature([], []);
  const index = module.declare(type);
  expect(() => module.encode()).toThrow("every declared function is defined");
  module.define(index, type, (code) => void code.block());
  expect(() => module.encode()).toThrow("every block is closed");
  expect(() => module.define(index, type, () => {})).toThrow("defined once");
  expect(() => module.importFunction("a", "b", type)).toThrow("imports come before");
});
