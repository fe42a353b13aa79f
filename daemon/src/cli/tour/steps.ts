/** The steps of the tour. Each asks the debugger, checks what must hold, and shows the answer. */
import { relative } from "node:path";
import type { DebugProtocol } from "@vscode/debugprotocol";
import type { DapClient } from "../../server/client.ts";
import { columns } from "../columns.ts";
import type { Stage } from "./stage.ts";
import type { AwaitRow, BitmapRow, CoroutineRow, EventRow, ExecutorRow, HartRow } from "./wire.ts";

export interface Tour {
  readonly client: DapClient;
  readonly stage: Stage;
  readonly harts: number;
  /** Paths are shown relative to it. */
  readonly root: string;
}

/** What every hart calls once when it is in the kernel. */
const CHECK_IN = "boot::check_in";
/** Wakes that are looked at before one of the woken coroutines is followed. */
const SAMPLES = 12;
const LINES = 3;
/** Frames of a stack that are asked for, and of those in the kernel's sources that are shown. */
const DEPTH = 20;
const SHOWN = 3;
/** Characters of a local's value; longer ones are left to VS Code. */
const LONGEST_VALUE = 40;

export async function boot(tour: Tour): Promise<void> {
  const { client, stage, harts } = tour;
  await stage.step("Harts come up", `function breakpoint: ${CHECK_IN}`);
  await client.request("initialize", { adapterID: "asyncos", pathFormat: "path" });
  const launched = client.request("launch", { harts });
  launched.catch(() => {});
  await Promise.race([client.event("initialized"), launched]);
  await client.request("setFunctionBreakpoints", { breakpoints: [{ name: CHECK_IN }] });
  await client.request("configurationDone");
  await launched;
  const up = new Set<number>();
  for (let arrival = 0; arrival < harts; arrival++) {
    const hart = await hartAt(tour, await client.stopped());
    up.add(hart.id);
    stage.line(`${hartName(tour, hart.id)} ${await place(tour, hart)}`);
    if (arrival < harts - 1) await client.request("continue", { threadId: hart.threadId });
  }
  check(up.size === harts, `${harts} harts come up, not ${up.size}`);
  stage.line();
  await showHarts(tour, await hartRows(tour));
  await client.request("setFunctionBreakpoints", { breakpoints: [] });
}

export async function wake(tour: Tour): Promise<void> {
  const { stage } = tour;
  const chosen = await deepestOfWoken(tour);
  const condition = `coroutine == ${chosen.id}`;
  await stage.step("A waker call", `exception filter: wake, ${condition}`);
  const stop = await resumeUntil(tour, [{ filterId: "wake", condition }]);
  const event = cause(stop, "wake");
  check(event.coroutine === chosen.id, `the wake is of ${chosen.id}, not ${event.coroutine}`);
  const { paint } = stage;
  stage.line(
    `${hartName(tour, event.hart)} wakes ${coroutineName(tour, chosen)}  ${paint("dim", `at ${event.time}`)}`,
  );
  await showStack(tour, stop.threadId as number);
  stage.line(paint("dim", "which waits here:"));
  const frames = await awaitStack(tour, chosen.id);
  check(frames.length > 0, "a woken coroutine has an await stack");
  for (const frame of frames) {
    const note = frame.note ? paint("dim", ` (${frame.note})`) : "";
    stage.line(`  ${paint("magenta", frame.name)} ${where(tour, frame)}${note}`);
    const locals = await localsOf(tour, frame);
    if (locals) stage.line(`      ${locals}`);
  }
}

/** Resolves to the hart that changed the bitmap, as its thread. */
export async function bitmap(tour: Tour): Promise<number> {
  const { client, stage } = tour;
  const { paint } = stage;
  await stage.step("A priority bitmap changes", "exception filter: bitmap, new != 0");
  const stop = await resumeUntil(tour, [{ filterId: "bitmap", condition: "new != 0" }]);
  const event = cause(stop, "bitmap");
  const [before, after] = [BigInt(event.old ?? 0), BigInt(event.new ?? 0)];
  check(before !== after, "a bitmap event changes the bitmap");
  const { bitmaps } = await client.request<{ bitmaps: BitmapRow[] }>("asyncos/bitmaps");
  const changed = bitmaps.find(({ value }) => BigInt(value) === after);
  check(changed, `a bitmap holds ${event.new}`);
  const by = event.thread === undefined ? "" : ` in thread ${event.thread}`;
  stage.line(`${changed.name} at ${changed.address}, by ${hartName(tour, event.hart)}${by}`);
  for (const [name, word] of [
    ["old", before],
    ["new", after],
  ] as const) {
    stage.line(`${name}  ${bitsOf(tour, word, before ^ after)}  ${priorities(word)}`);
  }
  await showStack(tour, stop.threadId as number);
  stage.line(paint("dim", "Bit p: something of priority p is ready; 0 is the most urgent."));
  return stop.threadId as number;
}

export async function step(tour: Tour, threadId: number): Promise<void> {
  const { client, stage } = tour;
  await stage.step(`One hart steps ${LINES} lines`, "the others stand still: asyncos/stepHart");
  const before = await hartRows(tour);
  const mover = before.find((hart) => hart.threadId === threadId);
  check(mover, "the hart of the stop is there");
  for (let line = 0; line < LINES; line++) {
    await client.request("asyncos/stepHart", { threadId: mover.threadId });
    const hart = await hartAt(tour, await client.stopped());
    check(hart.id === mover.id, `hart ${mover.id} steps, not ${hart.id}`);
    stage.line(`${hartName(tour, hart.id)} ${await place(tour, hart)}`);
  }
  const after = await hartRows(tour);
  stage.line();
  showMoves(tour, before, after);
  for (const [index, hart] of before.entries()) {
    const now = after[index] as HartRow;
    const moved = now.pc !== hart.pc || now.instructions !== hart.instructions;
    check(moved === (hart.id === mover.id), `of all harts ${mover.id} alone moves`);
  }
}

export async function executors(tour: Tour): Promise<void> {
  const { client, stage } = tour;
  const { paint } = stage;
  await stage.step("The executor's queues", "asyncos/executors");
  const body = await client.request<{ executors: ExecutorRow[] }>("asyncos/executors");
  check(body.executors.length > 0, "there is an executor");
  const names = new Map((await coroutines(tour)).map((row) => [row.id, row]));
  for (const executor of body.executors) {
    const { name, mode, wakers } = executor;
    stage.line(`${paint("bold", name)} (${mode}), ${wakers.length} wakers in its cache`);
    for (const { priority, coroutines: ids } of executor.queues) {
      if (ids.length === 0) continue;
      const shown = ids.slice(0, 4).map((id) => coroutineName(tour, names.get(id) ?? { id }));
      if (ids.length > shown.length) shown.push(paint("dim", `${ids.length - shown.length} more`));
      stage.line(`  ready at ${priority}  ${shown.join(", ")}`);
    }
  }
  const states = new Map<string, number>();
  for (const { state } of names.values()) states.set(state, (states.get(state) ?? 0) + 1);
  const counts = [...states].map(([state, count]) => `${count} ${state}`);
  stage.line(`  ${names.size} coroutines: ${counts.join(", ")}`);
}

export async function end(tour: Tour): Promise<void> {
  const { client, stage } = tour;
  await stage.step("To the end", "no breakpoints");
  await filters(tour, []);
  const { threadId } = (await hartRows(tour))[0] as HartRow;
  await client.request("continue", { threadId });
  const exited = await client.event<DebugProtocol.ExitedEvent>("exited");
  await client.event("terminated");
  const done = client
    .output()
    .split("\n")
    .find((line) => line.startsWith("[kernel] done:"));
  check(done, "the kernel says what it did");
  stage.line(done.trim());
  check(exited.body.exitCode === 0, `the guest exits with 0, not ${exited.body.exitCode}`);
  await client.request("disconnect");
}

// ---- asking ----

function check(holds: unknown, claim: string): asserts holds {
  if (!holds) throw new Error(`expected that ${claim}`);
}

type StoppedBody = DebugProtocol.StoppedEvent["body"] & { readonly events?: readonly EventRow[] };

function filters({ client }: Tour, options: readonly object[]): Promise<unknown> {
  return client.request("setExceptionBreakpoints", { filters: [], filterOptions: options });
}

async function resumeUntil(tour: Tour, options: readonly object[]): Promise<StoppedBody> {
  const { threadId } = (await hartRows(tour))[0] as HartRow;
  await filters(tour, options);
  await tour.client.request("continue", { threadId });
  return tour.client.stopped();
}

function cause(stop: StoppedBody, kind: string): EventRow {
  const event = stop.events?.find((candidate) => candidate.kind === kind);
  check(event, `the stop is caused by ${kind}, not ${stop.description ?? stop.reason}`);
  return event;
}

async function hartRows({ client }: Tour): Promise<readonly HartRow[]> {
  return (await client.request<{ harts: HartRow[] }>("asyncos/harts")).harts;
}

async function hartAt(tour: Tour, stop: StoppedBody): Promise<HartRow> {
  const hart = (await hartRows(tour)).find(({ threadId }) => threadId === stop.threadId);
  check(hart, `thread ${stop.threadId} of the stop is a hart`);
  return hart;
}

async function coroutines({ client }: Tour, query: object = {}): Promise<readonly CoroutineRow[]> {
  const body = await client.request<{ coroutines: CoroutineRow[] }>("asyncos/coroutines", query);
  return body.coroutines;
}

async function awaitStack({ client }: Tour, coroutine: number): Promise<readonly AwaitRow[]> {
  return (await client.request<{ frames: AwaitRow[] }>("asyncos/awaitStack", { coroutine })).frames;
}

/** Of some coroutines that are woken, the one with the longest await stack. */
async function deepestOfWoken(tour: Tour): Promise<CoroutineRow> {
  let best: { readonly id: number; readonly depth: number } | undefined;
  for (let sample = 0; sample < SAMPLES; sample++) {
    const { coroutine } = cause(await resumeUntil(tour, [{ filterId: "wake" }]), "wake");
    if (coroutine === undefined) continue;
    const depth = (await awaitStack(tour, coroutine)).length;
    if (!best || depth > best.depth) best = { id: coroutine, depth };
  }
  const row = (await coroutines(tour)).find(({ id }) => id === best?.id);
  check(row, "wakes say which coroutine is woken");
  return row;
}

async function localsOf({ client }: Tour, frame: AwaitRow): Promise<string> {
  if (!frame.variablesReference) return "";
  const { variablesReference } = frame;
  const body = await client.request<DebugProtocol.VariablesResponse["body"]>("variables", {
    variablesReference,
  });
  return body.variables
    .filter(({ value }) => value.length <= LONGEST_VALUE)
    .map(({ name, value }) => `${name} = ${value}`)
    .join(", ");
}

// ---- showing ----

function hartName({ stage }: Tour, hart: number | undefined): string {
  return stage.paint("cyan", `hart ${hart ?? "?"}`);
}

function coroutineName(
  { stage }: Tour,
  row: { readonly id: number; readonly name?: string; readonly priority?: number },
): string {
  const priority = row.priority === undefined ? "" : ` (priority ${row.priority})`;
  return `${stage.paint("yellow", `#${row.id}${row.name ? ` ${row.name}` : ""}`)}${priority}`;
}

function where(
  { root, stage }: Tour,
  at: { readonly path?: string | undefined; readonly line?: number | undefined },
): string {
  if (at.path === undefined) return "";
  const path = inside(root, at.path) ? relative(root, at.path) : at.path;
  return stage.paint("dim", `${path}:${at.line}`);
}

const inside = (root: string, path: string): boolean => !relative(root, path).startsWith("..");

/** Frames of a hart's stack, the innermost first, without those of libraries. */
async function kernelFrames(tour: Tour, threadId: number): Promise<DebugProtocol.StackFrame[]> {
  const body = await tour.client.request<DebugProtocol.StackTraceResponse["body"]>("stackTrace", {
    threadId,
    startFrame: 0,
    levels: DEPTH,
  });
  check(body.stackFrames.length > 0, "a stopped hart has a stack");
  const known = body.stackFrames.filter(({ source }) => {
    return source?.path === undefined || inside(tour.root, source.path);
  });
  return known.length > 0 ? known : body.stackFrames.slice(0, 1);
}

function frameLine(tour: Tour, frame: DebugProtocol.StackFrame): string {
  const at = where(tour, { path: frame.source?.path, line: frame.line });
  return `${tour.stage.paint("green", frame.name)} ${at}`.trimEnd();
}

async function place(tour: Tour, hart: HartRow): Promise<string> {
  const frames = await kernelFrames(tour, hart.threadId);
  // A hart may stand in assembly, which no line describes: its caller says more.
  const frame = frames.find(({ source }) => source?.path) ?? frames[0];
  return frameLine(tour, frame as DebugProtocol.StackFrame);
}

async function showHarts(tour: Tour, harts: readonly HartRow[]): Promise<void> {
  const rows: string[][] = [];
  for (const hart of harts) {
    rows.push([
      hartName(tour, hart.id),
      hart.state,
      hart.privilege,
      `${hart.instructions} instructions`,
      await place(tour, hart),
    ]);
  }
  for (const row of columns(rows)) tour.stage.line(row);
}

function showMoves(tour: Tour, before: readonly HartRow[], after: readonly HartRow[]): void {
  const { paint } = tour.stage;
  const rows = before.map((hart, index) => {
    const now = after[index] as HartRow;
    const still = now.pc === hart.pc && now.instructions === hart.instructions;
    const move = (from: unknown, to: unknown) => (still ? `${to}` : `${from} -> ${to}`);
    return [
      hartName(tour, hart.id),
      `pc ${move(hart.pc, now.pc)}`,
      `instructions ${move(hart.instructions, now.instructions)}`,
      still ? paint("dim", "stands still") : paint("green", "stepped"),
    ];
  });
  for (const row of columns(rows)) tour.stage.line(row);
}

async function showStack(tour: Tour, threadId: number): Promise<void> {
  for (const frame of (await kernelFrames(tour, threadId)).slice(0, SHOWN)) {
    tour.stage.line(`  ${frameLine(tour, frame)}`);
  }
}

/** The low byte (or more, if set) as bits, the highest first; those in `mark` stand out. */
function bitsOf({ stage }: Tour, word: bigint, mark: bigint): string {
  const width = Math.max(8, (word | mark).toString(2).length);
  let text = "";
  for (let bit = width - 1; bit >= 0; bit--) {
    const digit = (word >> BigInt(bit)) & 1n ? "1" : "0";
    text += (mark >> BigInt(bit)) & 1n ? stage.paint("red", digit) : digit;
  }
  return text;
}

function priorities(word: bigint): string {
  const set: number[] = [];
  for (let bit = 0; word >> BigInt(bit); bit++) if ((word >> BigInt(bit)) & 1n) set.push(bit);
  return set.length > 0 ? `ready at ${set.join(", ")}` : "nothing is ready";
}
