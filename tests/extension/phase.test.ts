/** Which messages set the machine going, stop it, or change what the views show. */
import { expect, test } from "vitest";
import type { Change, Passing, Phase } from "../../extension/src/debug/phase.ts";
import { judge } from "../../extension/src/debug/phase.ts";
import { threadIdOf } from "../../extension/src/debug/thread-id.ts";

const event = (name: string): Passing => ({ type: "event", event: name });
const done = (command: string, success = true): Passing => ({ type: "response", command, success });

test.each<[Phase, Passing, Phase, Change]>([
  ["starting", event("initialized"), "starting", "none"],
  ["starting", done("configurationDone"), "running", "none"],
  ["stopped", done("configurationDone"), "stopped", "none"],
  ["running", event("stopped"), "stopped", "stop"],
  ["stopped", event("stopped"), "stopped", "stop"],
  ["stopped", { ...event("stopped"), body: { reason: "focus" } }, "stopped", "none"],
  [
    "stopped",
    { ...event("stopped"), body: { reason: "exception", again: true } },
    "stopped",
    "none",
  ],
  ["stopped", event("continued"), "running", "none"],
  ["stopped", event("invalidated"), "stopped", "renewed"],
  ["stopped", event("asyncos/changed"), "stopped", "renewed"],
  ["stopped", event("output"), "stopped", "none"],
  ["stopped", done("continue"), "running", "none"],
  ["stopped", done("next"), "running", "none"],
  ["stopped", done("stepIn", false), "stopped", "none"],
  ["stopped", done("threads"), "stopped", "none"],
  ["starting", done("launch"), "starting", "none"],
  ["starting", done("launch", false), "starting", "over"],
  ["starting", done("attach", false), "starting", "over"],
])("%s, %j", (phase, message, expected, change) => {
  expect(judge(phase, message)).toEqual({ phase: expected, change });
});

test.each([
  [{ sessionId: "a", threadId: "thread:a-b:c:12" }, 12],
  [{ threadId: 3 }, 3],
  [7, 7],
  [{ threadId: "thread:x:" }, undefined],
  [{ threadId: "12" }, undefined],
  [{}, undefined],
  [undefined, undefined],
  ["thread:a:1", undefined],
])("thread of %j", (item, expected) => {
  expect(threadIdOf(item)).toBe(expected);
});
