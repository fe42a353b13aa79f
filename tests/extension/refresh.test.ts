import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { Refresh } from "../../extension/src/debug/refresh.ts";

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

function start() {
  const run = vi.fn();
  const refresh = new Refresh(run);
  /** Runs after so many milliseconds more. */
  const runsAfter = (milliseconds: number) => {
    vi.advanceTimersByTime(milliseconds);
    return run.mock.calls.length;
  };
  return { refresh, runsAfter };
}

test("what comes together is one refresh", () => {
  const { refresh, runsAfter } = start();
  refresh.soon();
  expect(runsAfter(6)).toBe(0);
  refresh.soon();
  expect(runsAfter(6)).toBe(1);
  expect(runsAfter(1000)).toBe(1);
});

test("a stop is read once VS Code has its stack, however long that takes within reason", () => {
  const { refresh, runsAfter } = start();
  refresh.afterStack();
  expect(runsAfter(150)).toBe(0);
  refresh.stackCame();
  expect(runsAfter(10)).toBe(1);
});

test("a stop whose stack is not asked for is read all the same", () => {
  const { refresh, runsAfter } = start();
  refresh.afterStack();
  expect(runsAfter(200)).toBe(1);
});

test("what was to be read before a stop is read after it", () => {
  const { refresh, runsAfter } = start();
  refresh.soon();
  refresh.afterStack();
  expect(runsAfter(100)).toBe(0);
  refresh.soon();
  expect(runsAfter(50)).toBe(0);
  refresh.stackCame();
  expect(runsAfter(10)).toBe(1);
});

test("a stack that VS Code fetches later refreshes nothing", () => {
  const { refresh, runsAfter } = start();
  refresh.afterStack();
  refresh.stackCame();
  expect(runsAfter(10)).toBe(1);
  refresh.stackCame();
  expect(runsAfter(1000)).toBe(1);
});
