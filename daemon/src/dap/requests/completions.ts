/**
 * What may be typed next: commands and expressions in the debug console, names in the conditions of
 * breakpoints, which editors complete by the same request.
 */
import type { DebugProtocol } from "@vscode/debugprotocol";
import { z } from "zod";
import { EVENT_FIELDS } from "../../awareness/api.ts";
import { UserError } from "../../base/errors.ts";
import type { Frame } from "../../debugger/stacks.ts";
import { registerNames } from "../../isa/registers.ts";
import type { Context } from "../context.ts";
import { commands } from "../repl.ts";
import { type Handlers, handler } from "../table.ts";
import { evaluateIn, frameOf, localsOf } from "./values.ts";

const schema = z.object({
  frameId: z.int().optional(),
  text: z.string().max(65536),
  column: z.int(),
  line: z.int().optional(),
});

/** More are not looked through by anybody. */
const MOST = 200;

interface Item {
  readonly label: string;
  readonly type: DebugProtocol.CompletionItemType;
  readonly detail?: string | undefined;
}

export const completions: Handlers = {
  completions: handler("launched", schema, (context, { column, frameId, line, text }) => {
    const lines = text.split("\n");
    const at = column - 1 - context.columnOffset;
    const before = (lines[(line ?? 1) - 1 - context.lineOffset] ?? "").slice(0, Math.max(0, at));
    const { begun, items } = offered(context, before, frameId);
    const start = before.length - begun.length + 1 + context.columnOffset;
    const fits = ({ label }: Item) => label.toLowerCase().includes(begun.toLowerCase());
    return {
      targets: items
        .filter(fits)
        .slice(0, MOST)
        .map((item) => ({ ...item, start, length: begun.length })),
    };
  }),
};

/** `begun`: what the items go on from. */
function offered(
  context: Context,
  before: string,
  frameId: number | undefined,
): { readonly begun: string; readonly items: readonly Item[] } {
  const command = /^\s*(\.\w*)$/.exec(before)?.[1];
  if (command !== undefined) return { begun: command, items: commandItems() };
  if (context.launched.state !== "stopped") return { begun: "", items: [] };
  const register = /\$\w*$/.exec(before)?.[0];
  if (register !== undefined) {
    const items = registerNames.slice(1).map((name) => ({ label: `$${name}`, type: "variable" }));
    return { begun: register, items: items as Item[] };
  }
  const [, whole, member] = /((?:\w|::|\$|\.|\[[^[\]]*\])+)\.(\w*)$/.exec(before) ?? [];
  if (whole !== undefined && member !== undefined) {
    return { begun: member, items: memberItems(context, whole, frameId) };
  }
  const begun = /(?:\w|::)*$/.exec(before)![0];
  return { begun, items: [...nameItems(context, begun, frameId)] };
}

const commandItems = (): readonly Item[] =>
  Object.entries(commands).map(([label, { help }]) => ({ label, type: "keyword", detail: help }));

/** The fields of a value; none of an expression that means nothing here. */
function memberItems(
  context: Context,
  expression: string,
  frameId: number | undefined,
): readonly Item[] {
  return tolerant(() => {
    const value = evaluateIn(context, expression, frameOf(context, frameId));
    return value
      .list({ start: 0, count: Math.min(MOST, value.children?.named ?? 0) })
      .filter(({ name }) => /^\w+$/.test(name))
      .map(({ name, typeName }) => ({ label: name, type: "field", detail: typeName }));
  });
}

function* nameItems(context: Context, begun: string, frameId: number | undefined): Generator<Item> {
  if (!begun.includes("::")) {
    yield* tolerant(() => localItems(context, frameOf(context, frameId)));
    for (const label of EVENT_FIELDS) yield { label, type: "keyword" };
  }
  // All statics of an image are too many to be of use.
  if (begun === "") return;
  for (const { symbols } of context.launched.inspector.modules.modules) {
    for (const label of symbols.staticsBeginning(begun, MOST)) yield { label, type: "variable" };
  }
}

const localItems = (context: Context, frame: Frame): readonly Item[] =>
  localsOf(context, frame)
    .list()
    .map(({ name, type }) => ({ label: name, type: "variable", detail: type }));

/** What is being typed is wrong most of the time. */
function tolerant(items: () => readonly Item[]): readonly Item[] {
  try {
    return items();
  } catch (error) {
    if (error instanceof UserError) return [];
    throw error;
  }
}
