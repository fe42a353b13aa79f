/** Runs a guest from the command line until it ends, with this process's stdin as its keyboard. */
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
  /** The guest waits for input that may still come. */
  waiting(): void;
}

export async function runGuest(run: GuestRun): Promise<GuestEnd> {
  const { machine, input } = run;
  let left = run.maxInstructions;
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
        run.waiting();
        await input.more();
        break;
      case "limit":
      case "stop":
        await new Promise((resolve) => setImmediate(resolve));
        break;
    }
  }
}
