/**
 * The launch configuration: every option, what it may be, and what a wrong one is told. Options that
 * editors add for themselves are let through.
 */
import { z } from "zod";
import { EVENT_KINDS, type EventKind } from "../awareness/api.ts";
import { UserError } from "../base/errors.ts";
import { MACHINE_DEFAULTS, type TargetOptions } from "../debugger/target.ts";
import { SCHEDULE_POLICIES } from "../machine/api.ts";

interface Option {
  readonly schema: z.ZodType;
  /** Ends the sentence `Launch option "x" must be ...`. */
  readonly expected: string;
}

const path = (what: string): Option => ({
  schema: z.string().min(1),
  expected: `the path of ${what}`,
});
const integer = (min: number, max: number, what: string): Option => ({
  schema: z.int().min(min).max(max),
  expected: `${what} from ${min} to ${max.toLocaleString("en")}`,
});
const flag: Option = { schema: z.boolean(), expected: "true or false" };

const options: Readonly<Record<string, Option>> = {
  program: path("an ELF file"),
  harts: integer(1, 8, "a whole number of harts"),
  memory: integer(8, 2048, "a whole number of MiB"),
  append: { schema: z.string().max(4096), expected: "a string of at most 4,096 characters" },
  disk: path("a disk image"),
  diskWrite: flag,
  diskLatency: integer(1, 1_000_000_000, "a whole number of instructions"),
  bootHart: integer(0, 7, "a hart"),
  firmware: path('M-mode firmware, or "builtin"'),
  initrd: path("a first file system (initramfs)"),
  console: { schema: z.enum(["uart", "virtio"]), expected: '"uart" or "virtio"' },
  profile: path("a profile"),
  symbolFiles: { schema: z.array(z.string().min(1)), expected: "a list of paths of ELF files" },
  schedule: {
    schema: z.enum(SCHEDULE_POLICIES),
    expected: '"round-robin", "random" or "pct"',
  },
  seed: integer(0, 0xffff_ffff, "a whole number"),
  quantum: integer(1, 10_000_000, "a whole number of instructions"),
  pctDepth: integer(1, 32, "a whole number of orderings"),
  pctLength: integer(1, 2 ** 31, "a whole number of instructions"),
  stopOnEntry: flag,
  maxInstructions: integer(1, Number.MAX_SAFE_INTEGER, "a whole number of instructions"),
  sourceMap: {
    schema: z.record(z.string(), z.string()),
    expected: "an object of strings: what compiled paths begin with, and what stands there here",
  },
  events: {
    schema: z.array(z.enum(EVENT_KINDS)),
    expected: `a list of event kinds (${EVENT_KINDS.join(", ")})`,
  },
  noDebug: flag,
  machine: {
    schema: z.string().regex(/^[\w.:#-]{1,64}$/),
    expected: "a name of 1 to 64 letters, digits and . _ : # -",
  },
};

/**
 * What is recorded when the user does not say: all that tells how coroutines and threads are
 * scheduled. The others are many, and recording them can triple the time of a run.
 */
const UNRECORDED: readonly EventKind[] = ["waker.clone", "waker.drop", "trap", "interrupt", "ipi"];
const RECORDED = EVENT_KINDS.filter((kind) => !UNRECORDED.includes(kind));

/** Options of the design that this version does not have. */
const absent: Readonly<Record<string, string>> = {
  recording: "recordings are not there yet",
};

/** What VS Code and the extension keep in a configuration; not ours to judge. */
const foreign = new Set([
  "type",
  "name",
  "request",
  "presentation",
  "preLaunchTask",
  "postDebugTask",
  "internalConsoleOptions",
  "debugServer",
  "serverReadyAction",
  "suppressMultipleSessionWarning",
  "windows",
  "osx",
  "linux",
  "trace",
  "restart",
]);

export interface LaunchOptions {
  readonly target: TargetOptions;
  readonly stopOnEntry: boolean;
  readonly maxInstructions: number | undefined;
  readonly sourceMap: Readonly<Record<string, string>>;
  /** Events that are kept for `asyncos/events` and the timeline. */
  readonly events: readonly EventKind[];
  /** Run without stopping at anything. */
  readonly noDebug: boolean;
  /** Under which other clients can attach to the machine; undefined: one is chosen. */
  readonly machine: string | undefined;
}

/** Throws UserError for the first option that is wrong, by its name. */
export function parseLaunch(value: unknown): LaunchOptions {
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    throw new UserError("The launch configuration must be an object.");
  }
  const given: Record<string, unknown> = {};
  for (const [name, entry] of Object.entries(value)) {
    if (entry === undefined || entry === null || foreign.has(name) || name.startsWith("__")) {
      continue;
    }
    checkOption(name, entry);
    given[name] = entry;
  }
  // Each entry has passed its own schema.
  const checked = given as Partial<TargetOptions & Omit<LaunchOptions, "target">>;
  return {
    target: {
      program: checked.program,
      symbolFiles: checked.symbolFiles ?? [],
      profile: checked.profile,
      disk: checked.disk,
      diskWrite: checked.diskWrite,
      diskLatency: checked.diskLatency,
      bootHart: checked.bootHart,
      firmware: checked.firmware,
      initrd: checked.initrd,
      console: checked.console,
      harts: checked.harts ?? MACHINE_DEFAULTS.harts,
      memory: checked.memory ?? MACHINE_DEFAULTS.memory,
      append: checked.append ?? MACHINE_DEFAULTS.append,
      schedule: checked.schedule ?? MACHINE_DEFAULTS.schedule,
      seed: checked.seed ?? MACHINE_DEFAULTS.seed,
      quantum: checked.quantum ?? MACHINE_DEFAULTS.quantum,
      pctDepth: checked.pctDepth,
      pctLength: checked.pctLength,
    },
    stopOnEntry: checked.stopOnEntry ?? false,
    maxInstructions: checked.maxInstructions,
    sourceMap: checked.sourceMap ?? {},
    events: checked.events ?? RECORDED,
    noDebug: checked.noDebug ?? false,
    machine: checked.machine,
  };
}

function checkOption(name: string, value: unknown): void {
  if (Object.hasOwn(absent, name)) {
    throw new UserError(`Launch option "${name}" is not supported: ${absent[name]}.`);
  }
  const option = Object.hasOwn(options, name) ? options[name] : undefined;
  if (!option) {
    const close = closest(name, Object.keys(options));
    const hint = close ? ` Did you mean "${close}"?` : "";
    throw new UserError(`There is no launch option "${name.slice(0, 80)}".${hint}`);
  }
  if (!option.schema.safeParse(value).success) {
    throw new UserError(`Launch option "${name}" must be ${option.expected}, not ${show(value)}.`);
  }
}

function show(value: unknown): string {
  const text = JSON.stringify(value);
  return text.length > 80 ? `${text.slice(0, 80)}...` : text;
}

/** The only name that differs by case, one letter, or an exchange of two. */
function closest(name: string, names: readonly string[]): string | undefined {
  const wanted = name.toLowerCase();
  return names.find((candidate) => {
    const other = candidate.toLowerCase();
    if (other === wanted) return true;
    if (Math.abs(other.length - wanted.length) > 1) return false;
    let at = 0;
    while (at < other.length && other[at] === wanted[at]) at += 1;
    const [a, b] = [wanted.slice(at), other.slice(at)];
    return (
      a.slice(1) === b || a === b.slice(1) || a.slice(1) === b.slice(1) || a.slice(2) === b.slice(2)
    );
  });
}
