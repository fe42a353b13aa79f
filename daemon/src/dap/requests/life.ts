/** From `initialize` to `disconnect`: what the adapter can do, what is debugged, and its end. */
import { z } from "zod";
import { UserError } from "../../base/errors.ts";
import { FILTERS } from "../../debugger/filters.ts";
import { capabilities } from "../capabilities.ts";
import type { Context } from "../context.ts";
import { parseLaunch } from "../launch.ts";
import { closeSession, openSession } from "../open.ts";
import { type Handlers, handler, nothing } from "../table.ts";

const initialize = z.object({
  pathFormat: z.string().optional(),
  linesStartAt1: z.boolean().optional(),
  columnsStartAt1: z.boolean().optional(),
});

export const life: Handlers = {
  initialize: handler("any", initialize, (context, args) => {
    if ((args.pathFormat ?? "path") !== "path") {
      throw new UserError(`Path format "${args.pathFormat}" is not supported: use "path".`);
    }
    context.lineOffset = args.linesStartAt1 === false ? -1 : 0;
    context.columnOffset = args.columnsStartAt1 === false ? -1 : 0;
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

  attach: handler("any", nothing, () => {
    throw new UserError("Attaching to a running machine is not there yet: use `launch`.");
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
      closeSession(context);
      await openSession(context, options);
      context.afterResponse(() => begin(context));
      return undefined;
    },
  ),

  terminate: handler("any", nothing, (context) => {
    closeSession(context);
    context.afterResponse(() => context.emit("terminated"));
    return undefined;
  }),

  disconnect: handler("any", nothing, (context) => {
    closeSession(context);
    return undefined;
  }),
};

/** All is set up: stop at the entry, or run. */
function begin(context: Context): void {
  const { session, launch } = context;
  if (session?.state !== "stopped") return;
  if (launch!.stopOnEntry) session.enter();
  else session.continue();
}
