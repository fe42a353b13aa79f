/** From `initialize` to `disconnect`: what the adapter can do, what is debugged, and its end. */
import { z } from "zod";
import { UserError } from "../../base/errors.ts";
import { FILTERS } from "../../debugger/filters.ts";
import { capabilities } from "../capabilities.ts";
import type { Context } from "../context.ts";
import { parseLaunch } from "../launch.ts";
import { endSession, leaveSession, openSession } from "../open.ts";
import { stoppedEvents } from "../stopped.ts";
import { type Handlers, handler, nothing } from "../table.ts";

const initialize = z.object({
  pathFormat: z.string().optional(),
  linesStartAt1: z.boolean().optional(),
  columnsStartAt1: z.boolean().optional(),
});

const attach = z.object({ machine: z.string().max(256).optional() }).optional();

const disconnect = z
  .object({ terminateDebuggee: z.boolean().optional(), suspendDebuggee: z.boolean().optional() })
  .optional();

/** How the client counts; also of one that has introduced itself to another session. */
export function greet(context: Context, args: z.output<typeof initialize>): void {
  context.lineOffset = args.linesStartAt1 === false ? -1 : 0;
  context.columnOffset = args.columnsStartAt1 === false ? -1 : 0;
}

export const life: Handlers = {
  initialize: handler("any", initialize, (context, args) => {
    if ((args.pathFormat ?? "path") !== "path") {
      throw new UserError(`Path format "${args.pathFormat}" is not supported: use "path".`);
    }
    greet(context, args);
    return {
      ...capabilities,
      exceptionBreakpointFilters: FILTERS.map((filter) => ({
        filter: filter.name,
        label: filter.label,
        description: filter.description,
        default: filter.default,
        supportsCondition: true,
        conditionDescription: "e.g. coroutine == 17 && prio < 3 && hart == 1",
      })),
    };
  }),

  launch: handler("any", nothing, async (context, args) => {
    if (context.session) throw new UserError("A program is being debugged already.");
    const options = parseLaunch(args ?? {});
    await openSession(context, options);
    context.afterResponse(() => context.emit("initialized"));
    return undefined;
  }),

  attach: handler("any", attach, async (context, args) => {
    if (context.session) throw new UserError("A program is being debugged already.");
    await context.machines.reserve(args?.machine);
    return undefined;
  }),

  configurationDone: handler("launched", nothing, (context) => {
    context.afterResponse(() => begin(context));
    return undefined;
  }),

  restart: handler(
    "launched",
    z.object({ arguments: z.unknown().optional() }).optional(),
    async (context, args) => {
      const options = args?.arguments ? parseLaunch(args.arguments) : context.launch!;
      await endSession(context);
      await openSession(context, options);
      context.afterResponse(() => begin(context));
      return undefined;
    },
  ),

  terminate: handler("any", nothing, async (context) => {
    await endSession(context);
    context.afterResponse(() => context.emit("terminated"));
    return undefined;
  }),

  disconnect: handler("any", disconnect, async (context, args) => {
    const stays =
      args?.terminateDebuggee === false || (context.attached && !args?.terminateDebuggee);
    if (stays && context.session?.state !== "ended") {
      leaveSession(context, args?.suspendDebuggee === true);
    } else await endSession(context);
    return undefined;
  }),
};

/** All is set up: stop at the entry, or run. */
function begin(context: Context): void {
  const { session, launch } = context;
  if (session?.state !== "stopped") return;
  if (session.stop) {
    // It stood already when the client attached.
    for (const body of stoppedEvents(session.stop)) context.emit("stopped", body);
    return;
  }
  if (launch!.stopOnEntry) session.enter();
  else session.continue();
}
