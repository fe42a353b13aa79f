/**
 * Kernel profiles: data that says what DWARF cannot, validated with errors that name the place.
 * docs/profiles.md explains each part; `profileSchema` is the same for editors.
 */
import { z } from "zod";
import { FormatError, UserError } from "../base/errors.ts";
import { parse } from "../inspect/expression/parse.ts";
import type { SymbolFile } from "../symbols/api.ts";
import { EVENT_KINDS, WAIT_KINDS } from "./api.ts";

const MAX_PROFILE = 1 << 20;

const expression = z
  .string()
  .min(1)
  .max(2000)
  .describe("An expression over the kernel's statics and the names that this place offers.");
const path = z
  .string()
  .min(1)
  .max(500)
  .describe("A path of the program; its last segments are enough where they are unique.");

/** A number by expression, and what its values are called. */
const named = <T extends z.ZodType<string>>(names: T) =>
  z.strictObject({
    of: expression,
    names: z
      .record(z.string().max(100), names)
      .describe("By number, or by variant of a plain enum."),
  });

const coroutineState = z.enum(["ready", "running", "waiting", "done"]);

const match = z.strictObject({
  statics: z.array(path).optional().describe("Statics that the kernel must have."),
  functions: z.array(path).optional().describe("Functions that the kernel must have."),
});

const harts = z.strictObject({
  thread: expression.optional().describe("Id of the thread that `hart` runs."),
  process: expression.optional().describe("Id of the process that `hart` runs."),
  coroutine: expression.optional().describe("Id of the coroutine that `hart` runs."),
});

const context = z.strictObject({
  pc: expression.describe("Where a thread that is not running goes on."),
  registers: z
    .record(z.string().regex(/^(?:ra|sp|gp|tp|fp|[sat][0-9]{1,2}|x[0-9]{1,2})$/), expression)
    .describe("Saved registers by name."),
  saved: expression
    .optional()
    .describe("An array of s0 to s11, for kernels that keep them as one."),
});

const threads = z.strictObject({
  in: expression.describe("The collection of threads."),
  type: path.describe("The type of a thread, named `thread` in the expressions below."),
  id: expression,
  name: expression.optional(),
  kind: z.union([expression, named(z.string().max(100))]).optional(),
  state: z.union([expression, named(z.string().max(100))]).optional(),
  priority: expression.optional(),
  hart: expression.optional().describe("The hart that runs it, while it is a current thread."),
  process: expression.optional(),
  coroutine: expression.optional().describe("Id of the coroutine half-run on its stack."),
  context: context.optional(),
});

const processes = z.strictObject({
  in: expression.describe("The collection of processes."),
  type: path.describe("The type of a process, named `process` in the expressions below."),
  id: expression,
  root: expression.describe("Physical address of its root page table."),
  name: expression.optional(),
  path: expression
    .optional()
    .describe("The file that it runs: its symbols are found by this name."),
  state: z.union([expression, named(z.string().max(100))]).optional(),
  parent: expression.optional().describe("Id of the process that made it."),
  exitCode: expression.optional(),
});

const coroutines = z.strictObject({
  type: path.describe("The type of a coroutine's record, named `task` in the expressions below."),
  id: expression,
  future: expression.describe("Its future: a `Pin<Box<dyn Future>>`, however wrapped."),
  priority: expression.optional(),
  state: named(coroutineState).optional(),
  spawnedAt: expression.optional().describe("A `&core::panic::Location`."),
  polls: expression.optional(),
  wakes: expression.optional(),
  hart: expression.optional().describe("The hart that polls it, or polled it last."),
  thread: expression.optional().describe("Id of the thread that polls it, or polled it last."),
});

/** Of a ring that the kernel writes and the program reads. */
const callbacks = z.strictObject({
  in: expression.describe("The array of callbacks, each named `callback` below."),
  read: expression.describe("How many have been read since the start."),
  written: expression.describe("How many have been written since the start."),
  coroutine: expression.optional().describe("Id of the coroutine that made the call."),
  result: expression.optional().describe("What the call returned."),
  errors: path.optional().describe("The enum whose values are results that are errors."),
});

const executor = z.strictObject({
  name: z.string().min(1).max(100),
  mode: z.string().max(100).optional(),
  each: expression
    .optional()
    .describe("A collection with an executor for each element, named `executor` below."),
  id: expression.optional(),
  tasks: expression.describe("The collection of all coroutines that are not done."),
  queues: expression.optional().describe("Ready queues, the index being the priority."),
  first: expression
    .optional()
    .describe(
      "For queues that are linked through the records: the address of the first one of `queue`; 0 where it is empty.",
    ),
  next: expression
    .optional()
    .describe("With `first`: the address of the record behind `task`; 0 at the end."),
  callbacks: callbacks.optional().describe("Results of system calls that wait to be read by it."),
  wakers: expression.optional().describe("A map from coroutine id to cached waker."),
  current: expression.optional().describe("Id of the coroutine that it polls."),
});

const bitmap = z.strictObject({
  name: z.string().min(1).max(100),
  each: z
    .literal("process")
    .optional()
    .describe("There is one for each process, named `process` in `word`."),
  word: expression.describe("The word itself (1, 2, 4 or 8 bytes)."),
  bits: z.number().int().min(1).max(64),
  owner: z.string().max(100),
  meaning: z.string().max(500).optional().describe("What a set bit says."),
  queues: expression
    .optional()
    .describe("Ready queues by bit; left out: those of the executor that is the owner."),
  lock: expression
    .optional()
    .describe("Not 0 while the word may lag behind its queues. Without it they are not compared."),
  holder: expression.optional().describe("The hart that holds the lock."),
});

const eventFields = {
  when: expression.optional().describe("Only where this holds."),
  task: expression.optional().describe("The coroutine's record: gives coroutine and prio."),
  coroutine: expression.optional(),
  prio: expression.optional(),
  thread: expression.optional().describe("Left out: the thread that the hart runs."),
  old: expression.optional(),
  new: expression.optional(),
};

const event = z.strictObject({
  kind: z.enum(EVENT_KINDS),
  at: path.describe("A function; the fact happens when it is entered. Its parameters are names."),
  ...eventFields,
});

const waker = z.strictObject({
  type: path
    .optional()
    .describe("The `T` of `impl Wake for T`, whose raw waker functions are hooked; `data` is one."),
  functions: z
    .strictObject({
      wake: path.optional(),
      wakeByRef: path.optional(),
      clone: path.optional(),
      drop: path.optional(),
    })
    .optional()
    .describe("Functions of a hand-made RawWakerVTable; `data` is their argument, an address."),
  task: expression.optional().describe("The record of the coroutine that is woken."),
  coroutine: expression.optional(),
  prio: expression.optional(),
  new: expression.optional().describe("Id of the thread that is woken, where it is no coroutine."),
});

/** What a future written by hand says of what it waits for. */
const wait = z.strictObject({
  type: path.describe("The type of a future, without its arguments; it is `future` below."),
  for: z.enum(WAIT_KINDS),
  what: z.string().min(1).max(100).optional().describe("What it is, in words: `a message`."),
  deadline: expression.optional().describe("For timers: the tick of `time` that it waits for."),
  task: expression
    .optional()
    .describe("The record of the coroutine that it waits for, or that holds the lock."),
  coroutine: expression
    .optional()
    .describe("The same by its id; of a call, the kernel's coroutine that does it."),
  call: expression.optional().describe("Which call it is: a plain enum."),
  thread: expression.optional().describe("Id of the thread that holds the lock."),
  of: z
    .array(expression)
    .max(8)
    .optional()
    .describe("The futures that it polls, any of which ends it."),
});

const trapFrame = z.strictObject({
  in: z
    .array(z.string().min(1).max(200))
    .min(1)
    .max(8)
    .describe("Symbols of the trap entry's code; not needed where it has call frame information."),
  type: path.describe(
    "The type of the frame, named `frame` below; it stands at the stack pointer.",
  ),
  pc: expression,
  registers: z.record(z.string().max(5), expression),
  all: expression.optional().describe("An array of x0 to x31."),
  unsaved: z
    .array(z.string().max(5))
    .optional()
    .describe("Registers whose place in `all` is not theirs."),
});

/** What user programs are made of: evaluated in each process, with the symbols of its program. */
const user = z.strictObject({
  harts: z
    .strictObject({
      coroutine: expression
        .optional()
        .describe("Id of the coroutine that `hart` runs, while it runs a thread of the process."),
    })
    .optional(),
  coroutines: coroutines.optional(),
  executors: z.array(executor).max(64).optional(),
  events: z.array(event).max(256).optional(),
  wakers: z.array(waker).max(64).optional(),
  waits: z.array(wait).max(256).optional(),
  libraries: z
    .array(
      z.strictObject({
        name: z.string().min(1).max(100),
        kernel: z
          .string()
          .min(1)
          .max(500)
          .optional()
          .describe(
            "Symbol in the kernel's ELF where the same code stands, if the kernel runs it too.",
          ),
      }),
    )
    .max(16)
    .optional()
    .describe("What every process has beside its program: their ELFs, by name."),
});

const profile = z.strictObject({
  $schema: z.string().optional(),
  name: z.string().min(1).max(100),
  description: z.string().max(1000).optional(),
  match,
  harts: harts.optional(),
  threads: threads.optional(),
  processes: processes.optional(),
  user: user.optional().describe("What user programs are made of, in each process."),
  coroutines: coroutines.optional(),
  executors: z.array(executor).max(64).optional(),
  bitmaps: z.array(bitmap).max(256).optional(),
  events: z.array(event).max(256).optional(),
  wakers: z.array(waker).max(64).optional(),
  waits: z.array(wait).max(256).optional().describe("What futures wait for."),
  panic: path.optional().describe("The function that a panic ends in."),
  trapFrames: z.array(trapFrame).max(16).optional(),
});

export type Profile = z.infer<typeof profile>;

/** Keys whose strings are expressions wherever they occur, for checking their syntax at once. */
const NOT_EXPRESSIONS = new Set([
  ...["$schema", "name", "description", "type", "at", "kind", "owner", "meaning", "mode", "panic"],
  ...["match", "functions", "names", "unsaved", "for", "what", "libraries", "errors"],
]);

/** Throws FormatError with the profile's name and the place in it. */
export function parseProfile(json: string, source: string): Profile {
  if (json.length > MAX_PROFILE) {
    throw new FormatError(source, "profile", `longer than ${MAX_PROFILE} characters`);
  }
  let data: unknown;
  try {
    data = JSON.parse(json);
  } catch (error) {
    throw new FormatError(source, "profile", `not JSON: ${(error as Error).message}`);
  }
  const result = profile.safeParse(data);
  if (!result.success) {
    const issue = result.error.issues[0]!;
    throw new FormatError(source, placeOf(issue.path), problemOf(issue));
  }
  checkExpressions(result.data, [], source);
  return result.data;
}

/** What people understand of the parser's words. */
function problemOf({ code, message }: z.core.$ZodIssue): string {
  const [, expected, received] =
    /^Invalid input: expected (\w+), received (\w+)$/.exec(message) ?? [];
  if (code === "invalid_union") return "it is none of the forms that it may have";
  if (expected === undefined || received === undefined) return message;
  return received === "undefined"
    ? "it is missing"
    : `a value of type ${expected} was expected, not ${received}`;
}

function placeOf(parts: readonly PropertyKey[]): string {
  let place = "";
  for (const part of parts) {
    if (typeof part === "number") place += `[${part}]`;
    else place += place ? `.${String(part)}` : String(part);
  }
  return place || "profile";
}

function checkExpressions(value: unknown, at: readonly PropertyKey[], source: string): void {
  if (typeof value === "string") {
    try {
      parse(value);
    } catch (error) {
      if (!(error instanceof UserError)) throw error;
      throw new FormatError(source, placeOf(at), error.message);
    }
    return;
  }
  if (typeof value !== "object" || value === null) return;
  for (const [key, inner] of Object.entries(value)) {
    const isTrapSymbol = key === "in" && at[0] === "trapFrames";
    // `kind` of a thread is an expression, `kind` of an event a word.
    const isThreadKind = key === "kind" && at[0] === "threads";
    const isName = key === "name" && (at[0] === "threads" || at[0] === "processes");
    const isBitmapEach = key === "each" && at[0] === "bitmaps";
    if ((NOT_EXPRESSIONS.has(key) && !isThreadKind && !isName) || isTrapSymbol || isBitmapEach) {
      continue;
    }
    checkExpressions(inner, [...at, Array.isArray(value) ? Number(key) : key], source);
  }
}

/** The first profile whose `match` the image satisfies. Throws FormatError when a text is no profile. */
export function detectProfile(
  symbols: SymbolFile,
  profiles: ReadonlyMap<string, string>,
): Profile | undefined {
  for (const [source, text] of profiles) {
    const candidate = parseProfile(text, source);
    if (matches(symbols, candidate)) return candidate;
  }
  return undefined;
}

function matches(symbols: SymbolFile, candidate: Profile): boolean {
  const statics = candidate.match.statics ?? [];
  const functions = candidate.match.functions ?? [];
  if (statics.length + functions.length === 0) return false;
  return (
    statics.every((name) => symbols.staticsNamed(name).length > 0) &&
    functions.every((name) => symbols.functionsNamed(name).length > 0)
  );
}

/** JSON Schema of a profile, for completion and checks in editors. */
export function profileSchema(): object {
  return z.toJSONSchema(profile);
}
