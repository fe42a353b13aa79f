/** Options that several commands share, and how their values are read. */
import { type Command, InvalidArgumentError, Option } from "commander";
import { UserError } from "../base/errors.ts";
import { BUILTIN_FIRMWARE, MACHINE_DEFAULTS, type TargetOptions } from "../debugger/target.ts";
import { SCHEDULE_POLICIES, type SchedulePolicy } from "../machine/api.ts";
import { checkOptions } from "../machine/boot.ts";
import { LATENCY } from "../machine/devices/virtio/transport.ts";
import { PCT_DEPTH, PCT_LENGTH } from "../machine/schedule-pct.ts";

/** The command line itself is wrong: exit code 2, as commander's own errors. */
export class UsageError extends UserError {}

/** What decides how a guest runs, as commander hands it over. */
export interface GuestOptions {
  readonly harts: number;
  readonly memory: number;
  readonly append: string;
  readonly schedule: SchedulePolicy;
  readonly seed: number;
  readonly quantum: number;
  readonly pctDepth: number;
  readonly pctLength: number;
  readonly disk?: string;
  readonly diskWrite?: boolean;
  readonly diskLatency: number;
  readonly bootHart: number;
  readonly firmware: string;
  readonly initrd?: string;
  readonly console: "uart" | "virtio";
  readonly profile?: string;
  readonly maxInstructions?: number;
}

export function addGuestOptions(command: Command): Command {
  const defaults = MACHINE_DEFAULTS;
  return command
    .option("--harts <n>", "harts, 1 to 8", integer(), defaults.harts)
    .option("--memory <MiB>", "guest memory", integer(), defaults.memory)
    .option("--append <args>", "kernel arguments", defaults.append)
    .option("--disk <file>", "image behind the virtio disk; the guest's writes go to a copy")
    .option("--disk-write", "the copy replaces the image's file when the run ends")
    .option("--disk-latency <n>", "instructions until the disk serves requests", integer(), LATENCY)
    .option("--boot-hart <n>", "the hart that enters the kernel", integer(), 0)
    .option(
      "--firmware <file>",
      "M-mode firmware: builtin, or an ELF or raw file",
      BUILTIN_FIRMWARE,
    )
    .option("--initrd <file>", "first file system (initramfs), which the kernel finds in memory")
    .addOption(
      new Option("--console <device>", "where what is typed goes")
        .choices(["uart", "virtio"])
        .default("uart"),
    )
    .addOption(
      new Option("--schedule <policy>", "how the harts interleave")
        .choices(SCHEDULE_POLICIES)
        .default(defaults.schedule),
    )
    .option("--seed <n>", "chance of the schedules random and pct", integer(), defaults.seed)
    .option("--quantum <n>", "instructions of a hart's turn", integer(), defaults.quantum)
    .option(
      "--pct-depth <n>",
      "pct: orderings that the bug sought needs",
      integer(1, 32),
      PCT_DEPTH,
    )
    .option("--pct-length <n>", "pct: instructions of a round", integer(1, 2 ** 31), PCT_LENGTH)
    .option("--max-instructions <n>", "stop after so many", integer(1))
    .option("--profile <file>", "kernel profile (default: the one in the box that matches)");
}

/** Throws UsageError for values that no machine can have. */
export function targetOptions(program: string | undefined, options: GuestOptions): TargetOptions {
  const { harts, memory, append, schedule, seed, quantum, pctDepth, pctLength } = options;
  const { profile, disk, diskWrite, diskLatency, bootHart, firmware, initrd, console } = options;
  const interleaving = { schedule, seed, quantum, pctDepth, pctLength };
  const machine = { harts, memory, append, ...interleaving, diskLatency, bootHart, console };
  try {
    checkOptions(machine);
  } catch (error) {
    throw error instanceof UserError ? new UsageError(`--${error.message}`) : error;
  }
  return { program, profile, symbolFiles: [], disk, diskWrite, firmware, initrd, ...machine };
}

/** A parser for decimal or 0x integers of a range. */
export function integer(min = 0, max = Number.MAX_SAFE_INTEGER): (text: string) => number {
  return (text) => {
    const value = /^(\d+|0x[0-9a-f]+)$/i.test(text) ? Number(text) : Number.NaN;
    if (!Number.isSafeInteger(value) || value < min || value > max) {
      throw new InvalidArgumentError(`It must be an integer from ${min} to ${max}.`);
    }
    return value;
  };
}
