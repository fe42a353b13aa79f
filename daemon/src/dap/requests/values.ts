/** Scopes, variables and expressions. */
import { z } from "zod";
import { ownId } from "../../awareness/ids.ts";
import { UserError } from "../../base/errors.ts";
import type { Frame } from "../../debugger/stacks.ts";
import type { Names, Value } from "../../inspect/api.ts";
import { stackShape, tellWritten } from "../changed.ts";
import type { Context } from "../context.ts";
import { csrEntries, entries, entryOf, floatEntries, listOf, registerEntries } from "../entries.ts";
import type { Container, Entry } from "../handles.ts";
import { runCommand } from "../repl.ts";
import { type Handlers, handler, index } from "../table.ts";

const handle = z.int();
const variables = z.object({
  variablesReference: handle,
  filter: z.enum(["indexed", "named"]).optional(),
  start: index.optional(),
  count: index.optional(),
});
const setVariable = z.object({
  variablesReference: handle,
  name: z.string(),
  value: z.string().max(4096),
});
const setExpression = z.object({
  expression: z.string().max(65536),
  value: z.string().max(4096),
  frameId: handle.optional(),
});
const evaluate = z.object({
  expression: z.string().max(65536),
  frameId: handle.optional(),
  context: z.string().optional(),
});

/** Children that a client gets at once when it does not say how many it wants. */
const MOST_CHILDREN = 10_000;

/** The frame that a client means; without one the innermost of the hart in focus. */
export function frameOf(context: Context, frameId: number | undefined): Frame {
  if (frameId !== undefined) return context.frames.get(frameId);
  const session = context.launched;
  const [frame] = session.stacks.of({ kind: "hart", id: session.focusedHart.id });
  if (!frame) throw new UserError(`Hart ${session.focusedHart.id} has not been started.`);
  return frame;
}

/** Evaluates in a frame, with the names of scheduling (`hart`, `coroutine`, ...) where it has none of its own. */
export function evaluateIn(context: Context, expression: string, frame: Frame): Value {
  const { inspector } = context.launched;
  if (frame.kind === "label") throw new UserError("This is a label, not a frame.");
  if (frame.kind === "machine") {
    return inspector.evaluate(expression, frame.frame, scheduling(context, frame.hart?.id));
  }
  const values = frame.frame.variables();
  const names: Names = (name) => values.find((value) => value.name === name);
  const base = frameOf(context, undefined);
  if (base.kind !== "machine") throw new UserError("There is no hart to read memory by.");
  return inspector.evaluate(expression, base.frame, names);
}

function scheduling(context: Context, hartId: number | undefined): Names {
  if (hartId === undefined) return () => undefined;
  const { awareness, machine } = context.launched;
  const hart = machine.harts[hartId]!;
  return (name) => {
    if (name === "hart") return BigInt(hartId);
    if (name !== "thread" && name !== "process" && name !== "coroutine") return undefined;
    const value = awareness.current(hart)[name];
    return value === undefined ? undefined : BigInt(name === "coroutine" ? ownId(value) : value);
  };
}

/** The values of a frame: of a suspended coroutine, those alive across its await. */
export function localsOf(context: Context, frame: Frame): Container {
  const { inspector } = context.launched;
  switch (frame.kind) {
    case "machine":
      return listOf(() => entries(inspector.variables(frame.frame), frame), frame);
    case "await":
      return listOf(() => entries(frame.frame.variables(), frame), frame);
    case "label":
      return listOf(() => [], frame);
  }
}

/** Throws UserError where it cannot be changed, or not to this. */
function write(context: Context, entry: Entry, text: string): void {
  if (!entry.set) throw new UserError(`${entry.name} cannot be changed.`);
  const before = stackShape(context);
  entry.set(text);
  context.launched.changed();
  // A register's memory reference is where it points to: nothing was written there.
  const memoryReference = context.reference(entry);
  const { size: count } = entry;
  const isInMemory = memoryReference !== undefined && count !== undefined;
  tellWritten(context, before, isInMemory ? { memoryReference, offset: 0, count } : undefined);
}

export const values: Handlers = {
  scopes: handler("stopped", z.object({ frameId: handle }), (context, args) => {
    const frame = context.frames.get(args.frameId);
    if (frame.kind === "label") return { scopes: [] };
    const scope = (name: string, hint: string | undefined, container: Container) => ({
      name,
      presentationHint: hint,
      variablesReference: context.variables.add(container),
      expensive: hint !== "locals",
    });
    const scopes = [scope("Locals", "locals", localsOf(context, frame))];
    if (frame.kind === "machine") {
      const { hart } = frame;
      scopes.push(
        scope(
          "Registers",
          "registers",
          listOf(() => registerEntries(frame.frame).map((entry) => ({ ...entry, frame })), frame),
        ),
        scope(
          "Float registers",
          "registers",
          listOf(() => floatEntries(context.launched.inspector, frame.frame), frame),
        ),
      );
      if (hart) {
        scopes.push(
          scope(
            "CSRs",
            "registers",
            listOf(() => csrEntries(hart, frame), frame),
          ),
        );
      }
    }
    return { scopes };
  }),

  variables: handler("stopped", variables, (context, args) => {
    const container = context.variables.get(args.variablesReference);
    const { named = 0, indexed = 0 } = container;
    const first = args.filter === "indexed" ? named : 0;
    const most = args.filter === "indexed" ? indexed : args.filter === "named" ? named : undefined;
    const start = args.start ?? 0;
    const wanted = args.count || MOST_CHILDREN;
    const count = Math.min(wanted, MOST_CHILDREN, Math.max(0, (most ?? wanted + start) - start));
    const list = count === 0 ? [] : container.list({ start: first + start, count });
    return { variables: list.map((entry) => context.variable(entry)) };
  }),

  setVariable: handler("stopped", setVariable, (context, args) => {
    const container = context.variables.get(args.variablesReference);
    const find = () => container.list().find(({ name }) => name === args.name);
    const entry = find();
    if (!entry) throw new UserError(`There is no ${args.name} here.`);
    write(context, entry, args.value);
    const { name: _, evaluateName: __, ...rest } = context.variable(find() ?? entry);
    return rest;
  }),

  setExpression: handler("stopped", setExpression, (context, args) => {
    const frame = frameOf(context, args.frameId);
    const find = () => entryOf(evaluateIn(context, args.expression, frame), frame);
    write(context, { ...find(), name: args.expression }, args.value);
    const { name: _, evaluateName: __, ...rest } = context.variable(find());
    return rest;
  }),

  evaluate: handler("launched", evaluate, (context, args) => {
    if (args.context === "repl" && args.expression.trimStart().startsWith(".")) {
      return { result: runCommand(context, args.expression.trim()), variablesReference: 0 };
    }
    context.launched.requireStop();
    const frame = frameOf(context, args.frameId);
    const value = evaluateIn(context, args.expression, frame);
    if (value.unavailable !== undefined && args.context === "hover") {
      throw new UserError(value.unavailable);
    }
    const entry = context.variable(entryOf(value, frame));
    return {
      result: value.text,
      type: entry.type,
      variablesReference: entry.variablesReference,
      namedVariables: entry.namedVariables,
      indexedVariables: entry.indexedVariables,
      memoryReference: entry.memoryReference,
    };
  }),
};
