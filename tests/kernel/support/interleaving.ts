/** One run of the bundled kernel under one interleaving, and what was wrong with it. */
import type { BootImage, MachineOptions } from "../../../daemon/src/machine/api.ts";
import { createMachine } from "../../../daemon/src/machine/machine.ts";
import { isExpected } from "../../../kernel/expected.mjs";
import { check, hasTools } from "./volume.ts";

/** A row of `kernel/expected.mjs`. */
export interface Row {
  readonly append: string;
  readonly last: string;
  /** A line of its program. */
  readonly says: string | undefined;
  readonly typed: { readonly after: string; readonly text: string } | undefined;
  readonly seeds: number;
  readonly memory: number;
}

export interface Kernel {
  readonly image: BootImage;
  readonly disk: Uint8Array;
}

export interface Result {
  readonly instructions: number;
  /** What was wrong, and the command that shows it again. */
  readonly problem?: string;
}

/** Far more than any row takes, by MiB: a run that gets there hangs. */
const LIMIT = 8_000_000;

/** Random turns and PCT by turns, of a handful of instructions to a tick's worth. */
function interleaving(seed: number): Pick<MachineOptions, "schedule" | "seed" | "quantum"> {
  const quantum = [1000, 50, 300, 5000, 20_000][seed % 5]!;
  return { schedule: seed % 2 === 0 ? "random" : "pct", seed, quantum };
}

/** Runs the row to its end. */
export function runRow({ image, disk }: Kernel, row: Row, harts: number, seed: number): Result {
  const { append, memory, last, says, typed } = row;
  const options = { harts, memory, append, disk, ...interleaving(seed) };
  const machine = createMachine(options, image);
  const decoder = new TextDecoder();
  let console = "";
  machine.console.on((bytes) => {
    console += decoder.decode(bytes, { stream: true });
  });
  if (typed) machine.input(new TextEncoder().encode(typed.text));
  const outcome = machine.run({ instructions: LIMIT * memory });
  const instructions = machine.time;
  const ended = outcome.kind === "exit" && outcome.code === 0;
  const again = `again: ${typed ? `printf '${escaped(typed.text)}' | ` : ""}${repeat(options)}`;
  if (ended && isExpected(console, row)) {
    const broken = problemOfDisk(machine.changedDisk());
    if (broken === undefined) return { instructions };
    return { instructions, problem: `"${append}" on ${harts} harts: ${broken}\n${again}` };
  }
  const problem = [
    `"${append}" on ${harts} harts: ${JSON.stringify(outcome)} after ${instructions} instructions; expected`,
    `  ${[last, ...(says === undefined ? [] : [says])].join("\n  ")}`,
    "but the console said",
    console.slice(-2000),
    again,
  ];
  return { instructions, problem: problem.join("\n") };
}

/** What e2fsck finds on a disk that the run has changed; nothing where it is not installed. */
function problemOfDisk(changed: Uint8Array | undefined): string | undefined {
  if (changed === undefined || !hasTools) return undefined;
  const { status, text } = check(changed);
  return status === 0 ? undefined : `e2fsck ends with ${status}\n${text}`;
}

/** As `printf` takes it. */
const escaped = (text: string): string =>
  text.replace(/[^ -~]/g, (key) => `\\${key.charCodeAt(0).toString(8).padStart(3, "0")}`);

/** The command that does the same run. */
function repeat({
  harts,
  memory,
  append,
  schedule,
  seed,
  quantum,
}: Omit<MachineOptions, "disk">): string {
  const machine = `--harts ${harts} --memory ${memory} --append "${append}"`;
  return `npx asyncos run ${machine} --schedule ${schedule} --seed ${seed} --quantum ${quantum}`;
}
