/**
 * Random and mutated DAP messages: each request gets exactly one response, nothing throws, no bug of
 * ours comes up, and the session still works after it. `FUZZ_SEED=n` repeats a run.
 */
import type { DebugProtocol } from "@vscode/debugprotocol";
import { describe, expect, it } from "vitest";
import { requests } from "../../daemon/src/dap/adapter.ts";
import { Client } from "../dap/support.ts";
import { random, rounds, SEED, TIMEOUT } from "./random.ts";

const MESSAGES = rounds(600);

/** What fields of DAP's arguments are called; their values are anything. */
const FIELDS = [
  "threadId",
  "threadIds",
  "frameId",
  "variablesReference",
  "name",
  "value",
  "expression",
  "context",
  "start",
  "count",
  "filter",
  "filters",
  "filterOptions",
  "source",
  "breakpoints",
  "line",
  "granularity",
  "kind",
  "memoryReference",
  "offset",
  "instructionOffset",
  "instructionCount",
  "data",
  "coroutine",
  "since",
  "kinds",
  "levels",
  "startFrame",
];
/** Requests that make sense, to be mutated; those left out take no arguments. */
const SENSIBLE: Record<string, object> = {
  setBreakpoints: {
    source: { path: "/asyncos/kernel/src/workload/ring.rs" },
    breakpoints: [
      { line: 53, condition: "seen[0] > 3", hitCondition: "% 3", logMessage: "{seen}" },
    ],
  },
  setFunctionBreakpoints: { breakpoints: [{ name: "ring::pass", condition: "hart == 2" }] },
  setInstructionBreakpoints: { breakpoints: [{ instructionReference: "0x80200000", offset: 4 }] },
  setDataBreakpoints: { breakpoints: [{ dataId: '[2264924160,8,"x"]', accessType: "write" }] },
  dataBreakpointInfo: { name: "0x87000000", asAddress: true, bytes: 8 },
  setExceptionBreakpoints: {
    filters: ["panic"],
    filterOptions: [{ filterId: "wake", condition: "prio < 3" }],
  },
  breakpointLocations: { source: { path: "src/main.rs" }, line: 1, endLine: 90 },
  next: { threadId: 1, granularity: "line" },
  stepIn: { threadId: 2, granularity: "instruction" },
  stepOut: { threadId: 1 },
  "asyncos/stepHart": { threadId: 1, granularity: "instruction", kind: "into" },
  "asyncos/runHart": { threadId: 1 },
  "asyncos/freeze": { threadIds: [3] },
  "asyncos/thaw": { threadIds: [3] },
  stackTrace: { threadId: 1, startFrame: 0, levels: 20 },
  scopes: { frameId: 1 },
  variables: { variablesReference: 1, filter: "named", start: 0, count: 10 },
  setVariable: { variablesReference: 1, name: "rounds", value: "50" },
  evaluate: { expression: "seen[1] + rounds", context: "repl" },
  source: { source: { sourceReference: 1 }, sourceReference: 1 },
  exceptionInfo: { threadId: 1 },
  readMemory: { memoryReference: "0x87000000", offset: 0, count: 64 },
  writeMemory: { memoryReference: "0x87f00000", data: "AAAA" },
  disassemble: { memoryReference: "0x80200000", instructionOffset: -8, instructionCount: 30 },
  "asyncos/coroutines": { filter: "state:waiting", start: 0, count: 5 },
  "asyncos/awaitStack": { coroutine: 3 },
  "asyncos/events": { since: 0, count: 5, kinds: ["wake"] },
};

/** They end the session or start it anew, each in its own test. */
const LIFE = new Set(["launch", "restart", "terminate", "disconnect", "configurationDone"]);

describe("dap messages", () => {
  const below = random(SEED);
  const pick = <T>(list: readonly T[]): T => list[below(list.length)]!;

  const scalar = (): unknown =>
    pick<unknown>([
      0,
      1,
      2,
      4,
      -1,
      1.5,
      below(300),
      10_001,
      1_000_003,
      2 ** 31,
      2 ** 53,
      1e308,
      null,
      true,
      "",
      "0x80200000",
      "0x0",
      "0xffffffffffffffff",
      "wake",
      "panic",
      "instruction",
      "locals",
      "seen[0] + token.hops",
      "coroutine == 3 && hart == 1",
      "*(rounds",
      ".pin 3",
      ".help",
      "{}{{",
      "__proto__",
      "../../etc/passwd",
      "\u0000\ud800",
      "x".repeat(below(9000)),
    ]);
  const thing = (depth: number): unknown => {
    const shape = depth > 2 ? 0 : below(10);
    if (shape < 6) return scalar();
    if (shape < 8) return Array.from({ length: below(4) }, () => thing(depth + 1));
    return Object.fromEntries(
      Array.from({ length: below(5) }, () => [pick(FIELDS), thing(depth + 1)]),
    );
  };
  /** A sensible message, some of it replaced by anything. */
  const mutate = (value: unknown): unknown => {
    if (below(6) === 0) return thing(0);
    if (typeof value === "number" && below(3) === 0) return value + below(40) - 3;
    if (typeof value === "string" && below(4) === 0) {
      const at = below(value.length + 1);
      return value.slice(0, at) + String(scalar()).slice(0, 40) + value.slice(at + below(3));
    }
    if (Array.isArray(value)) return value.map(mutate);
    if (typeof value !== "object" || value === null) return value;
    return Object.fromEntries(
      Object.entries(value)
        .filter(() => below(12) !== 0)
        .map(([name, member]) => [below(15) === 0 ? pick(FIELDS) : name, mutate(member)]),
    );
  };

  it(
    `never end the session (FUZZ_SEED=${SEED})`,
    async () => {
      const client = new Client();
      await client.launch({ append: "workload=ring rounds=100000" }, (c) =>
        c.request("setFunctionBreakpoints", { breakpoints: [{ name: "ring::pass" }] }),
      );
      await client.stopped();
      const commands = Object.keys(requests).filter((command) => !LIFE.has(command));
      let answered = 0;
      const settle = async (): Promise<void> => {
        // Whatever runs now is brought to a stand.
        await client.request("asyncos/thaw", { threadIds: [1, 2, 3, 4] });
        await client.request("setExceptionBreakpoints", { filters: [] });
        client.events.length = 0;
        const running = await client.request("asyncos/bitmaps").then(
          () => false,
          () => true,
        );
        if (running) {
          await client.request("pause", { threadId: 1 });
          await client.stopped();
        }
      };
      for (let n = 0; n < MESSAGES; n += 1) {
        const command = below(20) === 0 ? String(scalar()) : pick(commands);
        const args = below(6) === 0 ? thing(0) : mutate(SENSIBLE[command] ?? {});
        await client.request(command, args as object).then(
          () => {
            answered += 1;
          },
          () => {},
        );
        expect(client.logged, `${command} ${JSON.stringify(args)}`).toEqual([]);
        if (n % 10 === 0) await settle();
      }
      expect(answered).toBeGreaterThan(MESSAGES / 4);
      await settle();
      expect((await client.frames(1)).length).toBeGreaterThan(0);
      client.close();
    },
    TIMEOUT,
  );

  it(`that are no requests are ignored (FUZZ_SEED=${SEED})`, async () => {
    const client = new Client();
    for (let n = 0; n < 500; n += 1) {
      const message =
        below(3) === 0 ? { type: pick(["request", "event", 7]), threadId: thing(0) } : thing(0);
      client.adapter.handleMessage(message as DebugProtocol.ProtocolMessage);
    }
    expect(client.debugConsole).toContain("no DAP request was ignored");
    await client.request("initialize", { adapterID: "asyncos" });
    expect(client.logged).toEqual([]);
    client.close();
  });
});
