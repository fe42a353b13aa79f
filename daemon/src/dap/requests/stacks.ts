/** Threads, their stacks, and the sources that frames stand in. */
import type { DebugProtocol } from "@vscode/debugprotocol";
import { z } from "zod";
import { hex } from "../../base/brand.ts";
import { UserError } from "../../base/errors.ts";
import type { Frame, StackOwner } from "../../debugger/stacks.ts";
import { describeCause } from "../../debugger/stops.ts";
import { threadOwner } from "../../debugger/threads.ts";
import type { SourceLocation } from "../../symbols/api.ts";
import type { Context } from "../context.ts";
import { type Handlers, handler, index, nothing, threadId } from "../table.ts";
import { addressRange, symbolStatus } from "./processes.ts";

const stackTrace = z.object({
  threadId,
  startFrame: index.optional(),
  levels: index.optional(),
});
const source = z.object({
  sourceReference: z.int().optional(),
  source: z.object({ path: z.string().optional(), sourceReference: z.int().optional() }).optional(),
});

function ownerOf(context: Context, thread: number): StackOwner {
  const owner = threadOwner(thread);
  const { machine, awareness } = context.launched;
  const exists =
    owner &&
    (owner.kind === "hart"
      ? owner.id < machine.harts.length
      : owner.kind === "coroutine"
        ? awareness.coroutine(owner.id) !== undefined
        : awareness.threads().some(({ id }) => id === owner.id));
  if (!exists) throw new UserError(`There is no thread ${thread}.`);
  return owner;
}

async function wireFrame(context: Context, frame: Frame): Promise<DebugProtocol.StackFrame> {
  const id = context.frames.add(frame);
  if (frame.kind === "label") {
    const place = await context.place(frame.location);
    return { id, name: frame.text, ...place, presentationHint: "label" };
  }
  const { name, location, note } = frame.frame;
  // Code that the optimiser merged has no line: its function is known, where in it is not.
  const declaration = location && location.line > 0 ? undefined : declarationOf(frame);
  const place = await context.place(declaration ?? location);
  const address = frame.kind === "machine" ? frame.frame.pc : frame.frame.address;
  const notes = [
    ...(declaration ? ["line unknown"] : []),
    ...(note === undefined || note === "suspended" ? [] : [note]),
  ];
  const shown = notes.length === 0 ? name : `${name} [${notes.join("; ")}]`;
  const missing = place.source?.sourceReference !== undefined;
  return {
    id,
    name: shown,
    ...place,
    instructionPointerReference: address === undefined ? undefined : hex(address),
    moduleId: frame.kind === "machine" ? frame.frame.module?.id : undefined,
    presentationHint: place.source === undefined || missing ? "subtle" : "normal",
  };
}

const declarationOf = (frame: Frame): SourceLocation | undefined =>
  frame.kind === "machine" ? frame.frame.logical?.declaration : undefined;

export const stacks: Handlers = {
  threads: handler("any", nothing, (context) => ({
    threads: (context.session?.threads() ?? []).map(({ number, name }) => ({ id: number, name })),
  })),

  stackTrace: handler("stopped", stackTrace, async (context, args) => {
    const frames = context.launched.stacks.of(ownerOf(context, args.threadId));
    const start = args.startFrame ?? 0;
    const page = frames.slice(start, args.levels ? start + args.levels : undefined);
    const stackFrames = await Promise.all(page.map((frame) => wireFrame(context, frame)));
    return { stackFrames, totalFrames: frames.length };
  }),

  exceptionInfo: handler("stopped", z.object({ threadId }), (context, args) => {
    const { stop } = context.launched;
    const reasons = (stop?.reasons ?? []).filter(
      ({ hart, cause }) =>
        (hart ?? stop!.focus) + 1 === args.threadId &&
        (cause.kind === "event" || cause.kind === "wedged"),
    );
    const [first] = reasons;
    if (!first) throw new UserError(`Thread ${args.threadId} did not stop at an event.`);
    return {
      exceptionId: first.cause.kind === "event" ? first.cause.filter : "wedged",
      description: reasons.map(({ cause }) => describeCause(cause)).join("\n"),
      breakMode: "always",
    };
  }),

  source: handler("launched", source, (context, args) => {
    const reference = args.source?.sourceReference ?? args.sourceReference ?? 0;
    const found = context.missingSource(reference);
    if (!found) throw new UserError(`There is no source with reference ${reference}.`);
    // An editor shows it in the source's place, a line each, and ends it with a full stop of its own.
    const lines = [
      `${found.compiled} is not on this host. Looked for:`,
      ...found.tried.map((path) => `  ${path}`),
      'Say where it is by the launch option "sourceMap"',
    ];
    throw new UserError(lines.join("\n"));
  }),

  loadedSources: handler("launched", nothing, async (context) => {
    const files = context.launched.inspector.modules.modules.flatMap(({ symbols }) =>
      symbols.sourceFiles(),
    );
    const unique = [...new Set(files)].sort();
    return { sources: await Promise.all(unique.map((path) => context.source(path))) };
  }),

  modules: handler("launched", nothing, (context) => {
    const { modules } = context.launched.inspector.modules;
    return {
      modules: modules.map((module) => ({
        id: module.id,
        name: module.name,
        symbolStatus: symbolStatus(module),
        addressRange: addressRange(module),
      })),
      totalModules: modules.length,
    };
  }),
};
