/** Hit counts and log messages: what the texts mean, and what is told of malformed ones. */
import { describe, expect, it } from "vitest";
import { parseHitCount } from "../../daemon/src/debugger/hit-count.ts";
import { parseLogMessage } from "../../daemon/src/debugger/log-message.ts";

describe("hit counts", () => {
  /** Which of the first nine hits stop. */
  const check = (text: string, stops: readonly number[]) =>
    it(`${JSON.stringify(text)} stops at ${stops.join(" ") || "none"}`, () => {
      const test = parseHitCount(text);
      expect([1, 2, 3, 4, 5, 6, 7, 8, 9].filter(test)).toEqual(stops);
    });
  check("5", [5]);
  check(" == 2 ", [2]);
  check("=2", [2]);
  check(">= 8", [8, 9]);
  check("> 8", [9]);
  check("<3", [1, 2]);
  check("<= 3", [1, 2, 3]);
  check("% 4", [4, 8]);
  check("12", []);

  for (const text of ["", "five", "5.5", "-1", ">=", "% 0", "!= 3", "1 2", "0x10"]) {
    it(`refuses ${JSON.stringify(text)}`, () => {
      expect(() => parseHitCount(text)).toThrow(`Hit count "${text}"`);
    });
  }
});

describe("log messages", () => {
  const check = (message: string, expected: string) =>
    it(`${JSON.stringify(message)} is ${expected}`, () => {
      const parts = parseLogMessage(message);
      expect(parts.map(({ kind, text }) => (kind === "text" ? text : `<${text}>`)).join("|")).toBe(
        expected,
      );
    });
  check("plain", "plain");
  check("", "");
  check("token {token.number} hops {token.hops}", "token |<token.number>| hops |<token.hops>");
  check("{a}{b}", "<a>|<b>");
  check("\\{not\\} \\\\ {a}", "{not} \\ |<a>");
  check("{Point { x: 1 }.x} end", "<Point { x: 1 }.x>| end");
  check('{name == "}"}', '<name == "}">');
  check("a } b", "a } b");

  const refuse = (message: string, problem: string) =>
    it(`refuses ${JSON.stringify(message)}`, () => {
      expect(() => parseLogMessage(message)).toThrow(problem);
    });
  refuse("open {a", "the { at column 6 is not closed");
  refuse("{ }", "empty {} at column 1");
  refuse('{"}', "not closed");
});
