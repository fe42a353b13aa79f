/** Profiles: mistakes are named with their place, gaps leave the rest working, the right one is found. */
import { readFileSync, writeFileSync } from "node:fs";
import { expect, test } from "vitest";
import { detectProfile, parseProfile, profileSchema } from "../../daemon/src/awareness/profile.ts";
import { FormatError } from "../../daemon/src/base/errors.ts";
import { bootKernel, bundledProfile, kernelSymbols } from "./boot.ts";

const minimal = { name: "k", match: { statics: ["executor::EXECUTOR"] } };

function check(profile: unknown, place: string, problem: RegExp): void {
  const text = typeof profile === "string" ? profile : JSON.stringify(profile);
  let error: unknown;
  try {
    parseProfile(text, "my.json");
  } catch (thrown) {
    error = thrown;
  }
  expect(error).toBeInstanceOf(FormatError);
  const { message, place: at, source } = error as FormatError;
  expect(source).toBe("my.json");
  expect(at).toBe(place);
  expect(message).toMatch(problem);
}

test.each<[string, unknown, string, RegExp]>([
  ["no JSON", "{", "profile", /not JSON/],
  ["no object", "[]", "profile", /object/],
  ["no name", { match: {} }, "name", /it is missing/],
  ["an empty name", { ...minimal, name: "" }, "name", /./],
  ["no match", { name: "k" }, "match", /it is missing/],
  [
    "a number for an expression",
    { ...minimal, panic: 7 },
    "panic",
    /type string was expected, not number/,
  ],
  ["an unknown key", { ...minimal, thread: {} }, "profile", /thread/],
  [
    "an executor without tasks",
    { ...minimal, executors: [{ name: "e" }] },
    "executors[0].tasks",
    /it is missing/,
  ],
  [
    "an expression that is none",
    { ...minimal, executors: [{ name: "e", tasks: "E.tasks[" }] },
    "executors[0].tasks",
    /column 9: a value was expected/,
  ],
  [
    "a second executor's queue",
    {
      ...minimal,
      executors: [
        { name: "e", tasks: "E" },
        { name: "f", tasks: "F", queues: "a b" },
      ],
    },
    "executors[1].queues",
    /column 3: unexpected "b"/,
  ],
  [
    "an event of no kind",
    { ...minimal, events: [{ kind: "wakeup", at: "f" }] },
    "events[0].kind",
    /"waker.clone"/,
  ],
  [
    "a coroutine state that is none",
    {
      ...minimal,
      coroutines: {
        type: "T",
        id: "task.id",
        future: "task.f",
        state: { of: "task.s", names: { 0: "asleep" } },
      },
    },
    "coroutines.state.names.0",
    /"waiting"/,
  ],
  [
    "a thread's kind as an expression",
    { ...minimal, threads: { in: "T", type: "Thread", id: "thread.id", kind: "thread." } },
    "threads.kind",
    /field name/,
  ],
  [
    "a bitmap of too many bits",
    { ...minimal, bitmaps: [{ name: "b", word: "B", bits: 65, owner: "o" }] },
    "bitmaps[0].bits",
    /64/,
  ],
  [
    "a register that is none",
    {
      ...minimal,
      threads: {
        in: "T",
        type: "t",
        id: "thread.id",
        context: { pc: "thread.pc", registers: { r7: "1" } },
      },
    },
    "threads.context.registers.r7",
    /./,
  ],
])("%s", (_what, profile, place, problem) => check(profile, place, problem));

test("the bundled profile is one, and matches the bundled kernel", () => {
  const profiles = new Map([
    ["other.json", JSON.stringify({ name: "other", match: { statics: ["no::SUCH_STATIC"] } })],
    ["empty.json", JSON.stringify({ name: "empty", match: {} })],
    ["asyncos.json", bundledProfile()],
  ]);
  expect(detectProfile(kernelSymbols, profiles)?.name).toBe("asyncos");
  expect(detectProfile(kernelSymbols, new Map([...profiles].slice(0, 2)))).toBeUndefined();
});

test("what the image does not have is a gap with its place; all else works", () => {
  const kernel = bootKernel("workload=nested", {}, (profile) => ({
    ...profile,
    // What programs report is not known before they run.
    user: undefined,
    coroutines: { ...(profile.coroutines as object), priority: "task.urgency" },
    bitmaps: [
      { name: "none", word: "executor::NO_BITMAP", bits: 8, owner: "e" },
      { name: "wide", word: "executor::EXECUTOR", bits: 8, owner: "e" },
      ...(profile.bitmaps as object[]),
    ],
    events: [{ kind: "spawn", at: "executor::no_such_function", task: "task" }],
  }));
  kernel.runTo("nested::witness");
  const { awareness } = kernel;
  const gaps = awareness.profile!.gaps.join("\n");
  expect(gaps).toMatch(/coroutines\.priority: .*column 6: .*no field `urgency`/);
  expect(gaps).toMatch(/bitmaps\[0\]\.word: .*`executor::NO_BITMAP`/);
  expect(gaps).toMatch(/bitmaps\[1\]\.word: it is no word/);
  expect(gaps).toMatch(/events\[0\]\.at: .*`executor::no_such_function`/);
  expect(awareness.available.get("poll")).toMatch(/no program point/);
  expect(awareness.available.get("wake")).toBe(true);
  expect(awareness.bitmaps()).toHaveLength(5);
  const [, second] = awareness.coroutines().coroutines;
  expect(second).toMatchObject({ name: "numbers::outer", priority: undefined, state: "waiting" });
});

test("without a profile the machine's own events and the wakes are there, and nothing is guessed", () => {
  const kernel = bootKernel("workload=nested", {}, () => ({
    name: "other",
    match: { statics: ["no::SUCH_STATIC"] },
  }));
  const { awareness } = kernel;
  expect(awareness.profile).toBeUndefined();
  expect(awareness.available.get("bitmap")).toMatch(/no profile/);
  const kinds = new Set<string>();
  awareness.listen(
    ["wake", "interrupt", "ipi", "bitmap", "poll"],
    ({ coroutine, kind, thread }) => {
      kinds.add(kind);
      expect([coroutine, thread]).toEqual([undefined, undefined]);
      return false;
    },
  );
  kernel.runToEnd();
  expect([...kinds].sort()).toEqual(["interrupt", "ipi", "wake"]);
  expect(awareness.coroutines()).toEqual({ total: 0, coroutines: [] });
});

test("the schema for editors is the one that profiles are checked with", () => {
  const path = new URL("../../daemon/profiles/schema/profile.json", import.meta.url);
  const schema = JSON.parse(JSON.stringify(profileSchema()));
  // WRITE_SCHEMA=1 writes it anew.
  if (process.env.WRITE_SCHEMA) writeFileSync(path, JSON.stringify(schema, undefined, 2));
  expect(JSON.parse(readFileSync(path, "utf8"))).toEqual(schema);
});
