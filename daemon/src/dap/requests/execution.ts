/** Running, pausing and stepping; also of single harts. */
import { z } from "zod";
import { shownId } from "../../awareness/ids.ts";
import { UserError } from "../../base/errors.ts";
import type { StepKind } from "../../debugger/levels.ts";
import { threadOwner } from "../../debugger/threads.ts";
import { tellChanged } from "../changed.ts";
import type { Context } from "../context.ts";
import { granularity, type Handler, type Handlers, handler, threadId } from "../table.ts";

/** Not sent by VS Code, but by clients that let one thread run alone. */
const singleThread = z.boolean().optional();
const stepArguments = z.object({ threadId, granularity, singleThread });
const threadIds = z.object({ threadIds: z.array(threadId).max(64) });

const unit = (value: z.output<typeof granularity>): "line" | "instruction" =>
  value === "instruction" ? "instruction" : "line";

/** The hart that a thread number means: itself, or the one that runs that thread or coroutine now. */
function hartOf(context: Context, thread: number): number {
  const session = context.launched;
  const owner = threadOwner(thread);
  if (owner?.kind === "hart") return session.hart(owner.id).id;
  const running =
    owner?.kind === "coroutine"
      ? session.awareness.coroutine(owner.id)?.hart
      : session.awareness.threads().find((row) => row.id === owner?.id)?.hart;
  if (running !== undefined) return running;
  throw new UserError(
    owner?.kind === "coroutine"
      ? `Coroutine ${shownId(owner.id)} is not running: continue until it is polled, or choose a hart.`
      : `No hart runs thread ${thread} now: choose a hart.`,
  );
}

const step = (kind: StepKind): Handler =>
  handler("stopped", stepArguments, (context, args) => {
    const hart = hartOf(context, args.threadId);
    context.launched.step(hart, kind, unit(args.granularity), args.singleThread);
    return undefined;
  });

const freeze = (frozen: boolean): Handler =>
  handler("launched", threadIds, (context, args) => {
    const harts = args.threadIds.map((id) => hartOf(context, id));
    for (const id of harts) context.launched.freeze(id, frozen);
    tellChanged(context, { renamed: args.threadIds });
    return undefined;
  });

/** The client did not ask to run by a request of DAP's own: it is told. */
function tellRunning(context: Context, thread: number): void {
  context.afterResponse(() =>
    context.emit("continued", { threadId: thread, allThreadsContinued: true }),
  );
}

export const execution: Handlers = {
  continue: handler(
    "stopped",
    z.object({ threadId: threadId.optional(), singleThread }).optional(),
    (context, args) => {
      const alone = args?.singleThread === true && args.threadId !== undefined;
      if (alone) context.launched.runHart(hartOf(context, args.threadId!));
      else context.launched.continue();
      return { allThreadsContinued: !alone };
    },
  ),
  pause: handler(
    "launched",
    z.object({ threadId: threadId.optional() }).optional(),
    (context, args) => {
      const owner = args?.threadId === undefined ? undefined : threadOwner(args.threadId);
      context.launched.pause(owner?.kind === "hart" ? owner.id : undefined);
      return undefined;
    },
  ),
  next: step("over"),
  stepIn: step("into"),
  stepOut: step("out"),

  "asyncos/stepHart": handler(
    "stopped",
    stepArguments.extend({ kind: z.enum(["over", "into", "out"]).optional() }),
    (context, args) => {
      const hart = hartOf(context, args.threadId);
      context.launched.step(hart, args.kind ?? "over", unit(args.granularity), true);
      tellRunning(context, args.threadId);
      return {};
    },
  ),
  "asyncos/runHart": handler("stopped", z.object({ threadId }), (context, args) => {
    context.launched.runHart(hartOf(context, args.threadId));
    tellRunning(context, args.threadId);
    return {};
  }),
  "asyncos/freeze": freeze(true),
  "asyncos/thaw": freeze(false),
};
