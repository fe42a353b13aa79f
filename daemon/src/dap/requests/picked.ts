/** What a user picks in a view: stops at one coroutine or one bit, coroutines among the threads, the focus. */
import { z } from "zod";
import { shownId } from "../../awareness/ids.ts";
import { UserError } from "../../base/errors.ts";
import { type Bit, COROUTINE_STOPS, noCoroutine } from "../../debugger/picked-stops.ts";
import { threadNumber, threadOwner } from "../../debugger/threads.ts";
import { tellChanged } from "../changed.ts";
import type { Context } from "../context.ts";
import { focusedEvent } from "../stopped.ts";
import { coroutineId, type Handlers, handler, nothing, threadId } from "../table.ts";

const breakOn = z.object({ coroutine: coroutineId, kinds: z.array(z.enum(COROUTINE_STOPS)) });
const breakOnBit = z.object({
  bitmap: z.string().max(100),
  process: z.int().min(0).optional(),
  bit: z.int().min(0).max(63),
  on: z.boolean(),
});
const pin = z.object({ coroutine: coroutineId, pinned: z.boolean() });

function requireBit(context: Context, { bit, bitmap, process }: Bit): void {
  const found = context.launched.awareness
    .bitmaps()
    .find((one) => one.name === bitmap && one.process === process);
  if (!found)
    throw new UserError(
      `There is no bitmap "${bitmap}"${process === undefined ? "" : ` of process ${process}`}.`,
    );
  if (bit >= found.width) throw new UserError(`${bitmap} has ${found.width} bits, from 0.`);
}

export const picked: Handlers = {
  "asyncos/breakOn": handler("stopped", breakOn, (context, { coroutine, kinds }) => {
    const { awareness } = context.launched;
    if (kinds.length > 0 && !awareness.coroutine(coroutine)) {
      throw new UserError(noCoroutine(coroutine));
    }
    context.picked.setCoroutine(coroutine, kinds);
    tellChanged(context);
    return { kinds: context.picked.of(coroutine) };
  }),

  "asyncos/breakOnBit": handler("stopped", breakOnBit, (context, { on, ...rest }) => {
    const bit = { ...rest, process: rest.process };
    if (on) requireBit(context, bit);
    context.picked.setBit(bit, on);
    tellChanged(context);
    return { on: context.picked.has(bit) };
  }),

  "asyncos/picked": handler("any", nothing, (context) => ({
    coroutines: context.picked.coroutines.map(({ coroutine, kinds }) => ({
      coroutine: shownId(coroutine),
      kinds,
    })),
    bits: context.picked.bits,
  })),

  "asyncos/clearPicked": handler("any", nothing, (context) => {
    context.picked.clear();
    tellChanged(context);
    return {};
  }),

  "asyncos/select": handler(
    "stopped",
    z.object({ coroutine: coroutineId.nullable() }),
    (context, args) => {
      context.launched.select(args.coroutine ?? undefined);
      return {};
    },
  ),

  "asyncos/pin": handler("stopped", pin, (context, { coroutine, pinned }) => {
    const { awareness, pinned: all } = context.launched;
    if (pinned && !awareness.coroutine(coroutine)) throw new UserError(noCoroutine(coroutine));
    if (pinned) all.add(coroutine);
    else all.delete(coroutine);
    const number = threadNumber({ kind: "coroutine", id: coroutine });
    tellChanged(context, pinned ? { listed: number } : { unlisted: number });
    return { threadId: pinned ? number : undefined };
  }),

  "asyncos/focus": handler("stopped", z.object({ threadId }), (context, args) => {
    const session = context.launched;
    const owner = threadOwner(args.threadId);
    const listed = session.threads().some(({ number }) => number === args.threadId);
    if (!owner || !listed || !session.stop)
      throw new UserError(`There is no thread ${args.threadId}.`);
    if (owner.kind === "hart") session.focus(owner.id);
    const { stop } = session;
    context.afterResponse(() => context.emit("stopped", focusedEvent(stop, args.threadId)));
    return {};
  }),
};
