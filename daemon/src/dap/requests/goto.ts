/** Jump to Cursor: a hart goes on at another line of the function that it stands in. */
import { z } from "zod";
import { address, hex } from "../../base/brand.ts";
import { UserError } from "../../base/errors.ts";
import { codePoint, isOf } from "../../debugger/resolve.ts";
import { threadOwner } from "../../debugger/threads.ts";
import type { Hart } from "../../machine/api.ts";
import type { Context } from "../context.ts";
import { type Handlers, handler, line, source, threadId } from "../table.ts";

export const goto: Handlers = {
  gotoTargets: handler("stopped", z.object({ source, line }), (context, args) => {
    const { focusedHart, sources } = context.launched;
    const here = functionOf(context, focusedHart);
    if (!here) return { targets: [] };
    const { fn, module } = here;
    const { symbols } = module;
    const path = sources.compiledPath(args.source.path ?? "", symbols.sourceFiles());
    if (path === undefined) return { targets: [] };
    const found = symbols.addressesOfLine(path, args.line - context.lineOffset);
    const inside = (found?.addresses ?? []).filter((at) => symbols.functionAt(at) === fn);
    const targets = inside.map((local) => {
      const target = { ...codePoint(module, local, isOf(path, found!.line)), fn };
      const place = hex(target.address);
      return {
        id: context.jumps.add(target),
        label: `line ${found!.line}${inside.length > 1 ? ` at ${place}` : ""}`,
        line: found!.line + context.lineOffset,
        instructionPointerReference: place,
      };
    });
    return { targets };
  }),

  goto: handler("stopped", z.object({ threadId, targetId: z.int() }), (context, args) => {
    const { fn, address: to, hidden } = context.jumps.get(args.targetId);
    const owner = threadOwner(args.threadId);
    if (owner?.kind !== "hart") throw new UserError("Only a hart can go on elsewhere: choose one.");
    const hart = context.launched.hart(owner.id);
    if (functionOf(context, hart)?.fn !== fn) {
      throw new UserError(`Hart ${hart.id} does not stand in ${fn.name} itself.`);
    }
    context.launched.jump(hart, to, hidden);
    // Frames from before the jump are no frames of now.
    context.clearHandles();
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

/** The function whose frame is the hart's innermost, and the ELF that it is of. */
function functionOf({ launched }: Context, hart: Hart) {
  const module = launched.inspector.modules.at(hart, hart.pc);
  const fn = module?.symbols.functionAt(address(hart.pc - module.bias));
  return module && fn && { module, fn };
}
