/** What a session does, read off the DAP messages that the daemon sends. */

export type Phase = "starting" | "running" | "stopped";

/** Requests whose success sets the machine going. */
const GOING = new Set(["continue", "next", "stepIn", "stepOut", "stepBack", "reverseContinue"]);

/** The parts of a DAP message that matter here. */
export interface Passing {
  readonly type?: string;
  readonly event?: string;
  readonly command?: string;
  readonly success?: boolean;
  readonly body?: unknown;
}

/**
 * `stop`: another stop. `renewed`: the same one, with something in it changed. `over`: it has never
 * begun, of which VS Code tells nothing more.
 */
export type Change = "none" | "renewed" | "stop" | "over";

/** Requests that a session begins with. */
const BEGINNING = new Set(["launch", "attach"]);

/** The phase after a message, and whether what the views show may have changed with it. */
export function judge(phase: Phase, message: Passing): { phase: Phase; change: Change } {
  if (message.type === "event") {
    if (message.event === "stopped") {
      // Another thread of the same stop is looked at, or a stop is told again: see stack-order.ts.
      const { reason, again } = (message.body ?? {}) as { reason?: unknown; again?: unknown };
      const known = reason === "focus" || again === true;
      return { phase: "stopped", change: known ? "none" : "stop" };
    }
    if (message.event === "continued") return { phase: "running", change: "none" };
    const renewed = message.event === "invalidated" || message.event === "asyncos/changed";
    return { phase, change: renewed ? "renewed" : "none" };
  }
  if (message.type !== "response") return { phase, change: "none" };
  const command = message.command ?? "";
  if (message.success !== true) return { phase, change: BEGINNING.has(command) ? "over" : "none" };
  // A stop at the entry may be told before this answer.
  if (command === "configurationDone" && phase === "starting") {
    return { phase: "running", change: "none" };
  }
  if (GOING.has(command)) return { phase: "running", change: "none" };
  return { phase, change: "none" };
}
