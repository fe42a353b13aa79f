/** Where a step by line ends, in functions with others inlined into them. */
import { describe, expect, it } from "vitest";
import { endOfStep, type Level, type StepKind } from "../../daemon/src/debugger/levels.ts";

/** `f:10 g:50` is g inlined into f at line 10; a letter after `#` tells copies of g apart; `~8` an async head. */
function chain(text: string): Level[] {
  return text.split(" ").map((part) => {
    const match = /^(\w+(?:#\w)?):(\d+)(?:~(\d+))?$/.exec(part)!;
    const copy = BigInt([...match[1]!].reduce((hash, char) => hash * 31 + char.charCodeAt(0), 7));
    return {
      copy,
      path: `${match[1]!.split("#")[0]}.rs`,
      line: Number(match[2]),
      asyncLine: match[3] === undefined ? undefined : Number(match[3]),
    };
  });
}

/** `at` is the place reached: the levels that are shown there, or `-` where the step goes on. */
const check = (kind: StepKind, from: string, at: string, expected: string) =>
  it(`${kind} from ${from} at ${at}: ${expected}`, () => {
    const shown = endOfStep(kind, chain(from), chain(at), ({ path }) => path !== "std.rs");
    expect(shown === undefined ? "-" : at.split(" ").slice(0, shown).join(" ")).toBe(expected);
  });

describe("one function", () => {
  check("over", "f:10", "f:10", "-");
  check("over", "f:10", "f:11", "f:11");
  check("into", "f:10", "f:11", "f:11");
  check("out", "f:10", "f:11", "-");
  check("over", "f:10", "f:0", "-");
  check("over", "f:10", "h:11", "-");
});

describe("inlined callees", () => {
  check("over", "f:10", "f:10 g:50", "-");
  check("into", "f:10", "f:10 g:50", "f:10 g:50");
  check("into", "f:10", "f:10 g:50 h:70", "f:10 g:50");
  check("over", "f:10", "f:11 g:50", "f:11");
  check("into", "f:10", "f:11 g:50", "f:11");
  check("out", "f:10", "f:10 g:50", "-");
});

describe("out of inlined callees", () => {
  check("over", "f:10 g:50", "f:10 g:51", "f:10 g:51");
  check("over", "f:10 g:50", "f:10 g:50", "-");
  check("over", "f:10 g:50", "f:10", "-");
  check("over", "f:10 g:50", "f:11", "f:11");
  check("out", "f:10 g:50", "f:10 g:51", "-");
  check("out", "f:10 g:50", "f:10", "f:10");
  check("out", "f:10 g:50", "f:11", "f:11");
  check("over", "f:10 g:50 h:70", "f:11", "f:11");
});

describe("siblings and other copies", () => {
  check("over", "f:10 g#a:50", "f:10 g#b:50", "-");
  check("over", "f:10 g#a:50", "f:12 g#b:50", "f:12");
  check("over", "f:10 g:50", "f:10 h:70", "-");
  check("into", "f:10 g:50", "f:10 h:70", "f:10 h:70");
});

describe("async bodies", () => {
  check("over", "a:20~8", "a:8~8", "-");
  check("over", "a:20~8", "a:21~8", "a:21~8");
  check("over", "a:8~8", "a:9~8", "a:9~8");
  check("over", "a:20~8 b:33~30", "a:8~8", "-");
  check("over", "a:20~8 b:33~30", "a:20~8", "-");
  check("out", "a:20~8 b:33~30", "a:20~8", "-");
  check("out", "a:20~8 b:33~30", "a:21~8", "a:21~8");
});

describe("code without sources", () => {
  check("into", "f:10", "f:10 std:50", "-");
  check("into", "f:10", "f:10 std:50 g:70", "f:10 std:50 g:70");
  check("over", "f:10", "f:11 std:50", "f:11");
});
