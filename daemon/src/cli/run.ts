/** `asyncos run`: boots a kernel to its end; its console is stdout, its exit code ours. */
import { EVENT_KINDS, type EventCounts } from "../awareness/api.ts";
import { keepDisk, openTarget, type Target } from "../debugger/target.ts";
import { createEnvironment } from "../server/environment.ts";
import type { Layout } from "../server/layout.ts";
import { exitCode, type GuestEnd, runGuest } from "./guest.ts";
import { GuestInput } from "./input.ts";
import { type GuestOptions, targetOptions } from "./options.ts";
import { Output } from "./output.ts";

export interface RunOptions extends GuestOptions {
  readonly json?: boolean;
  readonly stats?: boolean;
}

/** Resolves to the exit code. */
export async function run(
  layout: Layout,
  program: string | undefined,
  options: RunOptions,
): Promise<number> {
  const environment = createEnvironment(layout);
  const target = await openTarget(environment, targetOptions(program, options));
  const { machine } = target;
  const output = new Output(process.stdout, options.json === true);
  machine.console.on((bytes) => output.console(bytes));
  const counts = options.stats ? target.awareness.count(reported(target)) : undefined;
  const input = new GuestInput();
  const began = performance.now();
  const end = await runGuest({
    machine,
    input,
    maxInstructions: options.maxInstructions ?? Number.POSITIVE_INFINITY,
    drained: () => output.drained(),
  }).finally(() => input.close());
  const seconds = (performance.now() - began) / 1000;
  output.end();
  if (counts) output.json(statistics(target, end, seconds, counts));
  await output.drained();
  await keepDisk(environment, target);
  return exitCode(machine, target.name, end);
}

const reported = ({ awareness }: Target) =>
  EVENT_KINDS.filter((kind) => awareness.available.get(kind) === true);

/** The line of `--stats`. Kinds that this kernel cannot report are absent, not zero. */
function statistics(target: Target, end: GuestEnd, seconds: number, counts: EventCounts): object {
  const { machine } = target;
  const instructions: number = machine.time;
  return {
    instructions,
    seconds: round(seconds),
    mips: round(instructions / 1e6 / seconds),
    exit: end.kind === "exit" ? end.code : null,
    outcome: end.kind,
    events: Object.fromEntries(reported(target).map((kind) => [kind, counts.of(kind)])),
    stateHash: machine.stateHash(),
  };
}

const round = (value: number): number => Math.round(value * 1000) / 1000;
