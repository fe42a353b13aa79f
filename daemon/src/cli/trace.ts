/** `asyncos trace`: runs a kernel and writes its scheduling events, as JSON lines or for Perfetto. */
import { createWriteStream, renameSync, rmSync, type WriteStream } from "node:fs";
import { EVENT_KINDS, type EventKind } from "../awareness/api.ts";
import { UserError } from "../base/errors.ts";
import { keepDisk, openTarget, type Target } from "../debugger/target.ts";
import { createEnvironment } from "../server/environment.ts";
import type { Layout } from "../server/layout.ts";
import { wireEvent } from "../trace/wire.ts";
import { exitCode, runGuest, say } from "./guest.ts";
import { GuestInput } from "./input.ts";
import { type GuestOptions, targetOptions, UsageError } from "./options.ts";

export interface TraceOptions extends GuestOptions {
  readonly kinds?: readonly string[];
  readonly format: "jsonl" | "perfetto";
  readonly output?: string;
}

/**
 * Resolves to the exit code. Events go to stdout, or to a file that appears whole when the run is
 * over; the guest's console goes to the other one, stderr or stdout.
 */
export async function trace(
  layout: Layout,
  program: string | undefined,
  options: TraceOptions,
): Promise<number> {
  const kinds = (options.kinds ?? EVENT_KINDS).map(checkKind);
  const environment = createEnvironment(layout);
  const target = await openTarget(environment, targetOptions(program, options));
  const { machine, awareness, name } = target;
  const known = kinds.filter((kind) => awareness.available.get(kind) === true);
  if (known.length === 0) {
    throw new UserError(`${name} reports none of these events: ${target.notes.join(" ")}`);
  }
  const sink = options.output === undefined ? process.stdout : openFile(options.output);
  const console = options.output === undefined ? process.stderr : process.stdout;
  const lines: string[] = [];
  if (options.format === "perfetto") {
    // A timeline is drawn when all of it is known.
    target.trace.record(known);
  } else {
    awareness.listen(known, (event) => {
      lines.push(`${JSON.stringify(wireEvent(event))}\n`);
      return false;
    });
  }
  machine.console.on((bytes) => console.write(bytes));
  const input = new GuestInput();
  try {
    const end = await runGuest({
      machine,
      input,
      maxInstructions: options.maxInstructions ?? Number.POSITIVE_INFINITY,
      drained: () => flush(lines, sink),
    }).finally(() => input.close());
    if (options.format === "perfetto") await writeTimeline(target, sink);
    if (options.output !== undefined) await finish(sink as WriteStream, options.output);
    await keepDisk(environment, target);
    return exitCode(machine, name, end);
  } catch (error) {
    if (options.output !== undefined) rmSync(draft(options.output), { force: true });
    throw error;
  }
}

function checkKind(kind: string): EventKind {
  const found = EVENT_KINDS.find((candidate) => candidate === kind);
  if (found) return found;
  throw new UsageError(
    `--kinds: ${kind} is no kind of event; there are: ${EVENT_KINDS.join(", ")}`,
  );
}

/** Until it is whole, a trace has another name. */
const draft = (path: string): string => `${path}.part`;

function openFile(path: string): WriteStream {
  const stream = createWriteStream(draft(path));
  // Kept by the stream; the write that is waited for next fails with it.
  stream.on("error", () => {});
  return stream;
}

function flush(lines: string[], sink: NodeJS.WritableStream): Promise<void> {
  if (lines.length === 0) return Promise.resolve();
  const text = lines.join("");
  lines.length = 0;
  return write(text, sink);
}

async function writeTimeline(
  { machine, timeline, trace: { first } }: Target,
  sink: NodeJS.WritableStream,
): Promise<void> {
  for (const piece of timeline.perfetto(machine.time)) await write(piece, sink);
  if (first > 0) say(`the first ${first} events are not in it: only the last are held`);
}

function write(text: string, sink: NodeJS.WritableStream): Promise<void> {
  return new Promise((resolve, reject) => {
    sink.write(text, (error) => (error ? reject(writeProblem(error)) : resolve()));
  });
}

async function finish(stream: WriteStream, path: string): Promise<void> {
  await new Promise<void>((resolve, reject) => {
    stream.once("error", (error) => reject(writeProblem(error)));
    stream.end(resolve);
  });
  renameSync(draft(path), path);
}

const writeProblem = (error: Error): UserError =>
  new UserError(`the trace cannot be written: ${error.message}`);
