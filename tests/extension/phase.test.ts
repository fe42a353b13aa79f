/** Which messages set the machine going, stop it, or change what the views show. */
import { expect, test } from "vitest";
import type { Passing, Phase } from "../../extension/src/debug/phase.ts";
import { judge } from "../../extension/src/debug/phase.ts";
import { threadIdOf } from "../../extension/src/debug/thread-id.ts";

const event = (name: string): Passing => ({ type: "event", event: name });
const done = (command: string, success = true): Passing => ({ type: "response", command, success });

test.each<[Phase, Passing, Phase, boolean]>([
  ["starting", event("initialized"), "starting", false],
  ["starting", done("configurationDone"), "running", false],
  ["stopped", done("configurationDone"), "stopped", false],
  ["running", event("stopped"), "stopped", true],
  ["stopped", event("stopped"), "stopped", true],
  ["stopped", event("continued"), "running", false],
  ["stopped", event("invalidated"), "stopped", true],
  ["stopped", event("output"), "stopped", false],
  ["stopped", done("continue"), "running", false],
  ["stopped", done("next"), "running", false],
  ["stopped", done("stepIn", false), "stopped", false],
  ["stopped", done("threads"), "stopped", false],
  ["stopped", done("asyncos/freeze"), "stopped", true],
  ["stopped", done("asyncos/thaw"), "stopped", true],
])("%s, %j", (phase, message, expected, changed) => {
  expect(judge(phase, message)).toEqual({ phase: expected, changed });
});

test.each([
  [{ sessionId: "a", threadId: "thread:a-b:c:12" }, 12],
  [{ threadId: 3 }, 3],
  [{ threadId: "thread:x:" }, undefined],
  [{ threadId: "12" }, undefined],
  [{}, undefined],
  [undefined, undefined],
  ["thread:a:1", undefined],
])("thread of %j", (item, expected) => {
  expect(threadIdOf(item)).toBe(expected);
});
