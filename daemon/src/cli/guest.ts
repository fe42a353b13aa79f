/** Runs a guest from the command line until it ends, with this process's stdin as its keyboard. */
import { unreachable } from "../base/errors.ts";
import type { Machine, RunOutcome } from "../machine/api.ts";
import type { GuestInput } from "./input.ts";

/** Some 30 ms of running: how long Ctrl-C and typed characters may wait. */
const SLICE = 4_000_000;

export type GuestEnd =
  | Extract<RunOutcome, { readonly kind: "exit" | "wedged" }>
  /** `--max-instructions` was reached. */
  | { readonly kind: "limit" }
  /** It waits for input, and none will come. */
  | { readonly kind: "idle" }
  | { readonly kind: "interrupted" };

export interface GuestRun {
  readonly machine: Machine;
  readonly input: GuestInput;
  readonly maxInstructions: number;
  /** Resolves once what the guest printed may go on flowing. */
  drained(): Promise<void>;
}

/** Codes of ends that are not the guest's own; 124 as timeout(1) has it, 130 as a shell. */
const EXIT = { limit: 124, idle: 125, wedged: 126, interrupted: 130 } as const;

export async function runGuest(run: GuestRun): Promise<GuestEnd> {
  const { machine, input } = run;
  let left = run.maxInstructions;
  let told = false;
  for (;;) {
    if (input.interrupted) return { kind: "interrupted" };
    if (left <= 0) return { kind: "limit" };
    for (const bytes of input.take()) machine.input(bytes);
    const began = machine.time;
    const slice = Math.min(SLICE, left);
    const outcome = machine.run({ instructions: slice });
    // A guest that does nothing but trap retires nothing: a slice is counted whole.
    left -= outcome.kind === "limit" ? slice : machine.time - began;
    await run.drained();
    switch (outcome.kind) {
      case "exit":
      case "wedged":
        return outcome;
      case "idle":
        if (input.ended) return { kind: "idle" };
        if (!told) say("the guest waits for input; Ctrl-C ends it");
        told = true;
        await input.more();
        break;
      case "limit":
      case "stop":
        await new Promise((resolve) => setImmediate(resolve));
        break;
    }
  }
}

/** The exit code of this process; what is not the guest's own doing is said on stderr. */
export function exitCode(machine: Machine, name: string, end: GuestEnd): number {
  switch (end.kind) {
    case "exit":
      return end.code & 0xff;
    case "limit":
      say(`${name} was stopped after ${machine.time} instructions (--max-instructions)`);
      break;
    case "idle":
      say(`${name} waits for ever: every hart waits, no timer is armed and there is no input`);
      break;
    case "wedged":
      say(`${name} is stuck on hart ${end.hart}: ${end.reason}`);
      break;
    case "interrupted":
      say(`${name} was interrupted after ${machine.time} instructions`);
      break;
    default:
      return unreachable(end);
  }
  return EXIT[end.kind];
}

export const say = (text: string): void => void process.stderr.write(`asyncos: ${text}\n`);
