/** Jump to Cursor: a hart goes on at another line of the function that it stands in. */
import { z } from "zod";
import { type Address, address, hex } from "../../base/brand.ts";
import { UserError } from "../../base/errors.ts";
import { threadOwner } from "../../debugger/threads.ts";
import type { Hart } from "../../machine/api.ts";
import type { FunctionInfo, LogicalFrame } from "../../symbols/api.ts";
import { stackShape, tellWritten } from "../changed.ts";
import type { Context } from "../context.ts";
import type { JumpTarget } from "../handles.ts";
import { type Handlers, handler, threadId } from "../table.ts";

const line = z.int().min(0).max(0x7fff_ffff);
const source = z.object({ path: z.string().max(4096).optional() });

export const goto: Handlers = {
  gotoTargets: handler("stopped", z.object({ source, line }), (context, args) => {
    const { focusedHart, sources } = context.launched;
    const here = functionOf(context, focusedHart);
    if (!here) return { targets: [] };
    const { fn, module } = here;
    const { bias, symbols } = module;
    const path = sources.compiledPath(args.source.path ?? "", symbols.sourceFiles());
    const wanted = args.line - context.lineOffset;
    const found = path === undefined ? undefined : symbols.addressesOfLine(path, wanted);
    const inside = (found?.addresses ?? []).filter((at) => isIn(fn, at));
    const isMeant = ({ location }: LogicalFrame) => location?.line === found!.line;
    const targets = inside.map((at) => {
      const hidden = Math.max(0, symbols.framesAt(at).findIndex(isMeant));
      const target = { module, fn, address: address(at + bias), hidden };
      const label = `line ${found!.line}${inside.length > 1 ? ` at ${hex(target.address)}` : ""}`;
      return {
        id: context.jumps.add(target),
        label,
        line: found!.line + context.lineOffset,
        instructionPointerReference: hex(target.address),
      };
    });
    return { targets };
  }),

  goto: handler("stopped", z.object({ threadId, targetId: z.int() }), (context, args) => {
    const { fn, module, address: to, hidden } = context.jumps.get(args.targetId);
    const owner = threadOwner(args.threadId);
    if (owner?.kind !== "hart") throw new UserError("Only a hart can go on elsewhere: choose one.");
    const hart = context.launched.hart(owner.id);
    const here = functionOf(context, hart);
    if (here?.module !== module || here.fn.entry !== fn.entry) {
      throw new UserError(`Hart ${hart.id} does not stand in ${fn.name} itself.`);
    }
    const before = stackShape(context);
    context.launched.jump(hart, to, hidden);
    tellWritten(context, before);
    context.afterResponse(() =>
      context.emit("stopped", {
        reason: "goto",
        description: "Paused",
        threadId: args.threadId,
        allThreadsStopped: false,
      }),
    );
    return undefined;
  }),
};

/** The function whose frame is the hart's innermost. */
function functionOf(context: Context, hart: Hart): Pick<JumpTarget, "module" | "fn"> | undefined {
  const module = context.launched.inspector.modules.at(hart, hart.pc);
  const fn = module?.symbols.functionAt(address(hart.pc - module.bias));
  return module && fn && { module, fn };
}

const isIn = ({ ranges }: FunctionInfo, at: Address): boolean =>
  ranges.some(({ low, high }) => low <= at && at < high);
