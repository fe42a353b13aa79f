/** The expression language without a machine: syntax, arithmetic and conditions over event fields. */
import { expect, test } from "vitest";
import { compileCondition } from "../../daemon/src/inspect/expression/condition.ts";
import { parse } from "../../daemon/src/inspect/expression/parse.ts";
import type { Expression } from "../../daemon/src/inspect/expression/syntax.ts";
import { typeText } from "../../daemon/src/inspect/expression/syntax.ts";

/** The tree in prefix notation, to compare shapes by eye. */
function shape(e: Expression): string {
  switch (e.kind) {
    case "integer":
    case "boolean":
      return String(e.value);
    case "character":
      return `'${String.fromCodePoint(e.value)}'`;
    case "string":
      return JSON.stringify(e.value);
    case "name":
      return e.path;
    case "register":
      return `$${e.name}`;
    case "field":
      return `(. ${shape(e.of)} ${e.name})`;
    case "index":
      return `([] ${shape(e.of)} ${shape(e.index)})`;
    case "method":
      return `(${e.name} ${shape(e.of)})`;
    case "unary":
      return `(${e.operator} ${shape(e.of)})`;
    case "binary":
      return `(${e.operator} ${shape(e.left)} ${shape(e.right)})`;
    case "cast":
      return `(as ${shape(e.of)} ${typeText(e.to)})`;
  }
}

test.each([
  ["1 + 2 * 3", "(+ 1 (* 2 3))"],
  ["1 - 2 - 3", "(- (- 1 2) 3)"],
  ["a || b && c == d", "(|| a (&& b (== c d)))"],
  ["a | b ^ c & d << 1 + 2", "(| a (^ b (& c (<< d (+ 1 2)))))"],
  ["-x as u8 * 2", "(* (as (- x) u8) 2)"],
  ["*p.a[3].0", "(* (. ([] (. p a) 3) 0))"],
  ["(*p).a->b", "(. (. (* p) a) b)"],
  ["&mut x.y", "(& (. x y))"],
  ["&&x", "(& (& x))"],
  ["*($a0 as *const executor::Task).id", "(* (. (as $a0 *const executor::Task) id))"],
  ["x as usize < 3", "(< (as x usize) 3)"],
  ["x as Vec<Option<u8>> == 1", "(== (as x Vec<Option<u8>>) 1)"],
  ["x as &[u8; 4]", "(as x *const [u8; 4])"],
  ["executor::EXECUTOR.queues[3].len() > 0", "(> (len ([] (. executor::EXECUTOR queues) 3)) 0)"],
  ["a::{impl#0}::b", "a::{impl#0}::b"],
  ["f::<Vec<u8>>::X", "f::<Vec<u8>>::X"],
  ["0x_ff + 0b101 + 0o17 + 1_000u64", "(+ (+ (+ 255 5) 15) 1000)"],
  ["b'a' + 'é'", "(+ 97 'é')"],
  [String.raw`s == "a\n\x41\u{1F600}\""`, '(== s "a\\nA😀\\"")'],
  ["协程.数 == 1", "(== (. 协程 数) 1)"],
  ["!done && x.is_some()", "(&& (! done) (is_some x))"],
  ["x.0.1", "(. (. x 0) 1)"],
])("parse %s", (text, expected) => {
  expect(shape(parse(text))).toBe(expected);
});

test.each([
  ["", 1, "ends"],
  ["1 +", 4, "ends"],
  ["a == b == c", 8, "do not chain"],
  ["a b", 3, "unexpected"],
  ["(a", 3, ") was expected"],
  ["a[1", 4, "] was expected"],
  ["a.", 3, "field name"],
  ["a.foo()", 3, "not called"],
  ["f(1)", 2, "unexpected"],
  ["12ab", 3, "number"],
  ["0x", 2, "number"],
  ['"abc', 1, "missing"],
  ["'ab'", 1, "one character"],
  [String.raw`"\q"`, 2, "escape"],
  [String.raw`"\u{110000}"`, 2, "escape"],
  ["x as", 5, "type"],
  ["x as Vec<u8", 12, "> is missing"],
  ["a ? b", 3, '"?"'],
  ["1".repeat(60), 1, "128 bits"],
  ["(".repeat(65), 66, "deeply"],
  ["1".repeat(2001), 1, "longer"],
])("mistake in %s", (text, column, problem) => {
  expect(() => parse(text)).toThrowError(new RegExp(`column ${column}: .*${escaped(problem)}`));
});

const FIELDS = ["hart", "coroutine", "prio", "bit", "old", "new", "pc"];

test.each([
  ["coroutine == 17 && prio < 3 && hart == 1", { coroutine: 17, prio: 2, hart: 1 }, true],
  ["coroutine == 17 && prio < 3 && hart == 1", { coroutine: 17, prio: 3, hart: 1 }, false],
  ["coroutine == 17", {}, false],
  ["coroutine != 17", {}, false],
  ["!(coroutine == 17)", {}, false],
  ["coroutine == 17 || hart == 0", { hart: 0 }, true],
  ["hart == 0 || coroutine == 17", { hart: 0 }, true],
  ["coroutine == 17 && hart == 0 || true", {}, true],
  ["old == 0xffff_ffff_ffff_ffff", { old: 0xffff_ffff_ffff_ffffn }, true],
  ["old < 5", { old: 3n }, true],
  ["old == new", { old: 3n, new: 3 }, true],
  ["new & (1 << 63)", { new: 1n << 63n }, true],
  ["new & (1 << 40) != 0", { new: 1n << 40n }, true],
  ["(new & (1 << 40)) != 0", { new: 1n << 40n }, true],
  ["(old ^ new) == 4", { old: 1n, new: 5n }, true],
  ["prio / 0 == 1", { prio: 1 }, false],
  ["prio % 2 == 1", { prio: 7 }, true],
  ["-prio == -7", { prio: 7 }, true],
  ["!prio == -8", { prio: 7 }, true],
  ["prio as u8 == 44", { prio: 300 }, true],
  ["prio as i8 == -128", { prio: 128 }, true],
  ["prio - 1 >= 0", { prio: 0 }, false],
  ["prio", { prio: 0 }, false],
  ["prio", { prio: 2 }, true],
  ["pc >= 0x80200000", { pc: 0x8020_0000n }, true],
  ["prio * 0 == 0", { prio: -5 }, true],
  ["9007199254740993 == 9007199254740992 + 1", {}, true],
])("%s of %o", (text, fields, expected) => {
  expect(compileCondition(text, FIELDS).test(fields)).toBe(expected);
});

test("a condition says which fields it reads, and that nothing else is known", () => {
  const condition = compileCondition("coroutine == 17 && prio < 3", FIELDS);
  expect(condition.fields).toEqual(["coroutine", "prio"]);
  expect(condition.needsFrame).toBe(false);
  expect(() => compileCondition("hart == 1 && foo == 2", FIELDS)).toThrowError(/column 14: .*hart/);
});

test("parts that are no fields are evaluated in the frame, as large as possible", () => {
  const asked: string[] = [];
  const condition = compileCondition("hart == 1 && task.id + 1 == $a0", FIELDS, (_text, part) => {
    asked.push(shape(part));
    return () => true;
  });
  expect(asked).toEqual(["(== (+ (. task id) 1) $a0)"]);
  expect(condition.needsFrame).toBe(true);
  let frames = 0;
  const frame = () => {
    frames++;
    return {} as never;
  };
  expect(condition.test({ hart: 2 }, frame)).toBe(false);
  expect(frames).toBe(0);
  expect(condition.test({ hart: 1 }, frame)).toBe(true);
  expect(condition.test({ hart: 1 })).toBe(false);
});

test("a false condition costs well under 500 ns", () => {
  const condition = compileCondition("coroutine == 17 && prio < 3 && hart == 1", FIELDS);
  const events = [0, 1, 2, 3].map((hart) => ({ coroutine: 17, prio: 2, hart: hart * 2 }));
  let hits = 0;
  const run = (rounds: number) => {
    const start = process.hrtime.bigint();
    for (let i = 0; i < rounds; i++) if (condition.test(events[i & 3]!)) hits++;
    return Number(process.hrtime.bigint() - start) / rounds;
  };
  run(200_000);
  const best = Math.min(run(200_000), run(200_000), run(200_000));
  expect(hits).toBe(0);
  expect(best).toBeLessThan(500);
});

function escaped(text: string): string {
  return text.replace(/[.*+?^${}()|[\]\\]/g, "\\$&");
}
