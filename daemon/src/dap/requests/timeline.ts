/** The requests of the timeline view: its picture, its figures, and where an event happened. */
import { z } from "zod";
import type { SchedulingEvent } from "../../awareness/api.ts";
import { UserError } from "../../base/errors.ts";
import { definition } from "../../debugger/definitions.ts";
import { inModule } from "../../inspect/modules.ts";
import { wireEvent } from "../../trace/wire.ts";
import type { Context } from "../context.ts";
import { type Handlers, handler, index } from "../table.ts";
import { wireStatistics, wireTimeline } from "../timeline-wire.ts";

const time = z
  .union([z.int().min(0), z.string().regex(/^\d{1,16}$/)])
  .transform(Number)
  .optional();
const lanes = z.object({
  start: index.optional(),
  count: index.optional(),
  filter: z.string().max(200).optional(),
  active: z.boolean().optional(),
});
const query = z.object({
  from: time,
  to: time,
  width: z.number(),
  lanes: lanes.optional(),
});

/** Characters of one piece of an export. */
const EXPORT_CHARACTERS = 1 << 20;

/** The export that a client is fetching: one for each. */
const exports = new WeakMap<Context, { readonly pieces: Generator<string>; next: number }>();

export const timeline: Handlers = {
  "asyncos/timeline": handler("launched", query, (context, args) => {
    const { awareness, machine, timeline: kept } = context.launched.target;
    const page = kept.query(args, machine.time);
    const threads = awareness.threads().map(({ id, name }) => [id, name] as const);
    return {
      ...wireTimeline(kept, page),
      threads: Object.fromEntries(threads),
      recorded: context.launch?.events ?? [],
    };
  }),

  "asyncos/timelineStatistics": handler(
    "launched",
    z.object({ from: time, to: time }),
    (context, args) => {
      const { machine, timeline: kept } = context.launched.target;
      return wireStatistics(kept.statistics(args, machine.time));
    },
  ),

  "asyncos/timelineExport": handler(
    "launched",
    z.object({ piece: index }),
    (context, { piece }) => {
      const { machine, timeline: kept } = context.launched.target;
      if (piece === 0) exports.set(context, { pieces: kept.perfetto(machine.time), next: 0 });
      const running = exports.get(context);
      if (running?.next !== piece) {
        throw new UserError("Pieces are asked for one after the other: begin again with piece 0.");
      }
      let text = "";
      let done: boolean | undefined = false;
      while (!done && text.length < EXPORT_CHARACTERS) {
        const part = running.pieces.next();
        done = part.done;
        text += part.value ?? "";
      }
      running.next += 1;
      if (done) exports.delete(context);
      return { text, more: !done };
    },
  ),

  "asyncos/timelineEvent": handler(
    "launched",
    z.object({ event: z.int().min(0) }),
    (context, args) => describe(context, args.event),
  ),
};

/** An event with the function it happened in, and where the coroutine that it is about is written. */
async function describe(context: Context, cursor: number): Promise<object> {
  const kept = context.launched.target.timeline;
  const event = kept.event(cursor);
  if (!event) throw new UserError("This event is not held any more: the recording is full.");
  const { coroutine } = event;
  const name = coroutine === undefined ? undefined : kept.nameOf(coroutine);
  const at = placeOf(context, event);
  return {
    event: wireEvent(event),
    name,
    function: at?.name,
    at: await context.wirePlace(at?.location),
    definition: await context.wirePlace(
      name === undefined ? undefined : definition(context.launched.inspector.modules, name),
    ),
  };
}

function placeOf({ launched }: Context, { hart, pc }: SchedulingEvent) {
  const on = hart === undefined ? undefined : launched.machine.harts[hart];
  if (!on || pc === undefined) return undefined;
  const { modules } = launched.inspector;
  // What is mapped now may not be what was then; a module that has code there is the best guess only
  // for kernels, whose code is mapped always.
  const module = modules.at(on, pc) ?? modules.modules[0];
  const [frame] = module?.symbols.framesAt(inModule(module, pc)) ?? [];
  return frame && { name: frame.name, location: frame.location };
}
