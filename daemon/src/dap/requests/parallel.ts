/** The stacks of everything at once, merged where they are equal. */
import { z } from "zod";
import { shownId } from "../../awareness/ids.ts";
import {
  parallelStacks,
  type SharedFrame,
  STACK_KINDS,
  type StackBox,
} from "../../debugger/parallel-stacks.ts";
import { threadNumber } from "../../debugger/threads.ts";
import type { Context } from "../context.ts";
import { type Handlers, handler } from "../table.ts";

const query = z
  .object({
    kinds: z.array(z.enum(STACK_KINDS)).optional(),
    filter: z.string().max(4096).optional(),
    samples: z.int().min(0).max(1000).optional(),
    limit: z.int().min(1).max(5000).optional(),
  })
  .optional();

const SAMPLES = 8;
const STACKS = 500;

export const parallel: Handlers = {
  "asyncos/parallelStacks": handler("stopped", query, async (context, args) => {
    const { samples = SAMPLES, limit = STACKS, ...rest } = args ?? {};
    const { boxes, ...counts } = parallelStacks(context.launched, { ...rest, samples, limit });
    const listed = new Set(context.launched.threads().map(({ number }) => number));
    const wired = await Promise.all(boxes.map((box) => wireBox(context, box, listed, samples)));
    return { ...counts, boxes: wired };
  }),
};

async function wireBox(
  context: Context,
  { coroutines, frames, harts, id, parent, threads, through }: StackBox,
  listed: ReadonlySet<number>,
  samples: number,
): Promise<object> {
  const numberOf = (kind: "hart" | "thread", member: number): number | undefined => {
    const number = threadNumber({ kind, id: member });
    return number !== undefined && listed.has(number) ? number : undefined;
  };
  return {
    id,
    parent,
    frames: await Promise.all(frames.map((frame) => wireFrame(context, frame))),
    through,
    harts: harts.map(({ id: hart, coroutine }) => ({
      id: hart,
      coroutine: coroutine === undefined ? undefined : shownId(coroutine),
      threadId: numberOf("hart", hart),
    })),
    threads: threads.map((thread) => ({ ...thread, threadId: numberOf("thread", thread.id) })),
    coroutines: coroutines && {
      ...coroutines,
      ids: coroutines.ids.slice(0, samples).map(shownId),
    },
  };
}

const wireFrame = async (context: Context, { location, name, note }: SharedFrame) => ({
  name,
  ...(await context.wirePlace(location)),
  note,
});
