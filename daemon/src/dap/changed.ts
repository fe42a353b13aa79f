/**
 * Tells what a request has changed of a stop. Not by `invalidated`: to VS Code that is the stop once
 * more, so it shows the place again and gives its editor the focus, whatever the user was doing.
 */
import { hex } from "../base/brand.ts";
import type { Context } from "./context.ts";

export interface Changed {
  /** Threads that are named otherwise now. */
  readonly renamed?: readonly number[];
  /** A thread that the list of threads has from now on, or no longer. */
  readonly listed?: number | undefined;
  readonly unlisted?: number | undefined;
}

export function tellChanged(context: Context, changed: Changed = {}): void {
  const { listed, renamed = [], unlisted } = changed;
  context.afterResponse(() => {
    for (const threadId of renamed) context.emit("thread", { reason: "started", threadId });
    // A thread that is new to a client counts as running until it hears of a stop.
    if (listed !== undefined) context.emit("stopped", lookedAt(listed, true));
    if (unlisted !== undefined) context.emit("thread", { reason: "exited", threadId: unlisted });
    context.emit("asyncos/changed", {});
  });
}

/**
 * What the user has written shows in Variables, Watch and all views. The Call Stack stays as it is, with
 * the focus where the user is, unless the stacks themselves are others now.
 */
export function tellWritten(context: Context, stacksBefore: string, memory?: Written): void {
  const areas = [stacksBefore === stackShape(context) ? "variables" : "all"];
  context.afterResponse(() => {
    if (memory) context.emit("memory", { ...memory });
    context.emit("invalidated", { areas });
  });
}

/** As the `memory` event has it. */
export interface Written {
  readonly memoryReference: string;
  readonly offset: number;
  readonly count: number;
}

/** Where all harts' frames are: what the Call Stack shows of them. */
export function stackShape(context: Context): string {
  const { machine, stacks } = context.launched;
  return machine.harts
    .flatMap(({ id }) => stacks.of({ kind: "hart", id }))
    .map((frame) => (frame.kind === "machine" ? hex(frame.frame.pc) : frame.kind))
    .join(" ");
}

/** A stop that is none: the others stand already, for reasons that stay theirs. */
export const lookedAt = (threadId: number, preserveFocusHint: boolean) => ({
  reason: "focus",
  description: "Paused",
  threadId,
  allThreadsStopped: false,
  preserveFocusHint,
});
