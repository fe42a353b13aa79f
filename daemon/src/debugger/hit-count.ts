/** Hit counts of breakpoints: `5` (the fifth time only), `>= 3`, `< 10`, `% 2` (every second time). */
import { UserError } from "../base/errors.ts";

const tests: Record<string, (hits: number, count: number) => boolean> = {
  "=": (hits, count) => hits === count,
  "==": (hits, count) => hits === count,
  ">": (hits, count) => hits > count,
  ">=": (hits, count) => hits >= count,
  "<": (hits, count) => hits < count,
  "<=": (hits, count) => hits <= count,
  "%": (hits, count) => hits % count === 0,
};

/** Whether to stop at the `hits`-th hit (from 1). Throws UserError for anything else than the forms above. */
export type HitTest = (hits: number) => boolean;

export function parseHitCount(text: string): HitTest {
  const match = /^\s*(=|==|>|>=|<|<=|%)?\s*(\d{1,15})\s*$/.exec(text);
  if (!match) {
    throw new UserError(
      `Hit count "${text}" is not understood: write a number, or one of = > >= < <= % before it.`,
    );
  }
  const test = tests[match[1] ?? "="]!;
  const count = Number(match[2]);
  if (match[1] === "%" && count === 0) throw new UserError(`Hit count "${text}" divides by zero.`);
  return (hits) => test(hits, count);
}
