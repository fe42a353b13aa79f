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
}

/** The phase after a message, and whether what the views show may have changed with it. */
export function judge(phase: Phase, message: Passing): { phase: Phase; changed: boolean } {
  if (message.type === "event") {
    if (message.event === "stopped") return { phase: "stopped", changed: true };
    if (message.event === "continued") return { phase: "running", changed: false };
    return { phase, changed: message.event === "invalidated" };
  }
  if (message.type !== "response" || message.success !== true) return { phase, changed: false };
  const command = message.command ?? "";
  // A stop at the entry may be told before this answer.
  if (command === "configurationDone" && phase === "starting") {
    return { phase: "running", changed: false };
  }
  if (GOING.has(command)) return { phase: "running", changed: false };
  return { phase, changed: command === "asyncos/freeze" || command === "asyncos/thaw" };
}
