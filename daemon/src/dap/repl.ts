/** Commands of the debug console: lines that begin with a dot. Everything else is an expression. */
import { parseId, shownId } from "../awareness/ids.ts";
import { UserError } from "../base/errors.ts";
import { threadNumber } from "../debugger/threads.ts";
import { tellChanged } from "./changed.ts";
import type { Context } from "./context.ts";

export interface Command {
  readonly usage: string;
  readonly help: string;
  run(context: Context, argument: string): string;
}

const coroutine = (context: Context, argument: string): number => {
  context.launched.requireStop();
  const id = parseId(argument);
  if (id === undefined || !context.launched.awareness.coroutine(id)) {
    throw new UserError(`There is no coroutine "${argument}".`);
  }
  return id;
};

const numberOf = (id: number): number | undefined => threadNumber({ kind: "coroutine", id });

export const commands: Readonly<Record<string, Command>> = {
  ".help": {
    usage: ".help",
    help: "this list",
    run: () =>
      Object.values(commands)
        .map(({ usage, help }) => `${usage.padEnd(14)} ${help}`)
        .join("\n"),
  },
  ".input": {
    usage: ".input TEXT",
    help: "send a line to the guest's console",
    run: (context, argument) => {
      context.launched.input(new TextEncoder().encode(`${argument}\n`));
      return "";
    },
  },
  ".pin": {
    usage: ".pin ID",
    help: "show a coroutine among the threads",
    run: (context, argument) => {
      const id = coroutine(context, argument);
      context.launched.pinned.add(id);
      tellChanged(context, { listed: numberOf(id) });
      return `coroutine ${shownId(id)} is thread ${numberOf(id)}`;
    },
  },
  ".unpin": {
    usage: ".unpin ID",
    help: "no longer show it there",
    run: (context, argument) => {
      const id = parseId(argument) ?? Number.NaN;
      const pinned = context.launched.pinned.delete(id);
      if (!pinned) throw new UserError(`Coroutine "${argument}" is not pinned.`);
      tellChanged(context, { unlisted: numberOf(id) });
      return "";
    },
  },
};

export function runCommand(context: Context, line: string): string {
  const [name = "", ...rest] = line.split(/\s+/);
  const command = Object.hasOwn(commands, name) ? commands[name] : undefined;
  if (!command) throw new UserError(`There is no command ${name}: .help lists them.`);
  return command.run(context, rest.length > 0 ? line.slice(name.length).trim() : "");
}
