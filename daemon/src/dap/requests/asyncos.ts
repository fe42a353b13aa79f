/** The custom requests: harts, threads, coroutines, executors, bitmaps, events, the machine. */
import { z } from "zod";
import { EVENT_KINDS, GROUPINGS } from "../../awareness/api.ts";
import { shownId } from "../../awareness/ids.ts";
import { hex } from "../../base/brand.ts";
import { threadNumber } from "../../debugger/threads.ts";
import type { Hart } from "../../machine/api.ts";
import { wireEvent } from "../../trace/wire.ts";
import type { Context } from "../context.ts";
import { referenceOf } from "../references.ts";
import { coroutineId, type Handlers, handler, index, nothing } from "../table.ts";
import { wireBitmap, wireCoroutine, wireExecutor } from "../wire.ts";
import { localsOf } from "./values.ts";

const filter = z.string().max(4096).optional();
const query = z
  .object({
    filter,
    start: index.optional(),
    count: index.optional(),
    group: z.object({ by: z.enum(GROUPINGS), key: z.string().max(4096) }).optional(),
    sort: z.enum(["readyAge"]).optional(),
  })
  .optional();
const members = z.object({ members: index.optional() }).optional();
const groups = z.object({ by: z.enum(GROUPINGS), filter });
const events = z
  .object({
    since: z.union([z.int().min(0), z.string().regex(/^\d{1,16}$/)]).optional(),
    count: index.optional(),
    kinds: z.array(z.enum(EVENT_KINDS)).optional(),
  })
  .optional();

/** Rows of coroutines, and events, that one answer holds when the client does not say. */
const PAGE = 1000;

export const asyncos: Handlers = {
  "asyncos/harts": handler("launched", nothing, async (context) => ({
    harts: await Promise.all(context.launched.machine.harts.map((hart) => wireHart(context, hart))),
  })),

  "asyncos/threads": handler("stopped", nothing, (context) => {
    const numbers = new Set(context.launched.threads().map(({ number }) => number));
    return {
      threads: context.launched.awareness.threads().map((thread) => {
        // One that runs has the stack of its hart.
        const { hart, id, state } = thread;
        const running = state === "running" && hart !== undefined;
        const number = threadNumber(running ? { kind: "hart", id: hart } : { kind: "thread", id });
        const threadId = number !== undefined && numbers.has(number) ? number : undefined;
        return { ...thread, threadId };
      }),
    };
  }),

  "asyncos/coroutines": handler("stopped", query, async (context, args) => {
    const { awareness } = context.launched;
    const shown = new Set(context.launched.shownCoroutines());
    const { sort, ...rest } = args ?? {};
    const { timeline } = context.launched.target;
    const rank = sort && ((id: number) => timeline.readySince(id));
    const { total, coroutines } = awareness.coroutines({ count: PAGE, ...rest, rank });
    return {
      total,
      coroutines: await Promise.all(coroutines.map((info) => wireCoroutine(context, info, shown))),
    };
  }),

  "asyncos/coroutineGroups": handler("stopped", groups, (context, args) => {
    const found = context.launched.awareness.groups(args.by, args.filter);
    return { total: found.reduce((sum, { count }) => sum + count, 0), groups: found };
  }),

  "asyncos/awaitStack": handler(
    "stopped",
    z.object({ coroutine: coroutineId }),
    async (context, args) => {
      const frames = context.launched.stacks.of({ kind: "coroutine", id: args.coroutine });
      return {
        frames: await Promise.all(
          frames.map(async (frame) => {
            const container = frame.kind === "label" ? undefined : localsOf(context, frame);
            const any = container && container.list({ start: 0, count: 1 }).length > 0;
            const variablesReference = any ? context.variables.add(container) : 0;
            if (frame.kind === "label") {
              const place = await context.wirePlace(frame.location);
              return { name: frame.text, ...place, label: true, variablesReference };
            }
            const { name, location, note } = frame.frame;
            const address = frame.kind === "machine" ? frame.frame.pc : frame.frame.address;
            return {
              name,
              ...(await context.wirePlace(location)),
              address: address === undefined ? undefined : referenceOf(context, address, frame),
              note,
              variablesReference,
            };
          }),
        ),
      };
    },
  ),

  "asyncos/executors": handler("stopped", members, (context, args) => {
    const { awareness } = context.launched;
    const bitmaps = awareness.bitmaps();
    const executors = awareness.executors(args?.members);
    return { executors: executors.map((info) => wireExecutor(info, bitmaps)) };
  }),

  "asyncos/bitmaps": handler("stopped", nothing, (context) => ({
    bitmaps: context.launched.awareness.checkBitmaps().map((bitmap) => wireBitmap(context, bitmap)),
  })),

  "asyncos/events": handler("launched", events, (context, args) => {
    const { trace } = context.launched.target;
    const since = args?.since === undefined ? undefined : Number(args.since);
    const page = trace.query({ since, count: args?.count ?? PAGE, kinds: args?.kinds });
    const { next, dropped } = page;
    return { next, dropped, events: page.events.map(wireEvent) };
  }),

  "asyncos/machine": handler("launched", nothing, (context) => {
    const { machine } = context.launched.target;
    const { harts, schedule, seed } = machine.options;
    return {
      name: context.machineName,
      time: String(machine.time),
      harts,
      schedule,
      seed,
      stateHash: machine.stateHash(),
    };
  }),
};

async function wireHart(context: Context, hart: Hart): Promise<object> {
  const { awareness } = context.launched;
  const started = hart.state !== "stopped";
  const frame = started ? context.launched.innermost(hart) : undefined;
  const current = started ? awareness.current(hart) : undefined;
  return {
    id: hart.id,
    threadId: threadNumber({ kind: "hart", id: hart.id }),
    state: hart.state,
    privilege: hart.privilege,
    pc: hex(hart.pc),
    thread: current?.thread,
    process: current?.process,
    coroutine: current?.coroutine === undefined ? undefined : shownId(current.coroutine),
    frozen: hart.frozen,
    instructions: hart.instructions,
    name: frame?.name,
    ...(await context.wirePlace(frame?.location)),
  };
}
