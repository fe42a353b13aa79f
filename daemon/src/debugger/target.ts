/** From what the user asked to debug to everything that a session works on. */
import type { Awareness } from "../awareness/api.ts";
import { createAwareness } from "../awareness/awareness.ts";
import { detectProfile, parseProfile } from "../awareness/profile.ts";
import { type Address, type PhysicalAddress, physical } from "../base/brand.ts";
import { FormatError } from "../base/errors.ts";
import type { Inspector } from "../inspect/api.ts";
import { createInspector } from "../inspect/inspector.ts";
import type { BootImage, Machine, MachineOptions } from "../machine/api.ts";
import { createMachine } from "../machine/machine.ts";
import type { SymbolFile } from "../symbols/api.ts";
import { openSymbols } from "../symbols/symbols.ts";
import type { Trace } from "../trace/api.ts";
import { createTrace } from "../trace/store.ts";
import type { Timeline } from "../trace/timeline/api.ts";
import { createTimeline } from "../trace/timeline/timeline.ts";
import type { Environment } from "./api.ts";

export interface TargetOptions extends MachineOptions {
  /** Path of the kernel's ELF; undefined: the kernel in the box. */
  readonly program: string | undefined;
  /** Further ELFs whose symbols are wanted, e.g. user programs. */
  readonly symbolFiles: readonly string[];
  /** Path of a profile; undefined: the one in the box that matches the kernel. */
  readonly profile: string | undefined;
}

export const MACHINE_DEFAULTS: MachineOptions = {
  harts: 4,
  memory: 128,
  append: "",
  schedule: "round-robin",
  seed: 0,
  quantum: 1000,
};

export interface Target {
  /** Base name of the kernel's ELF. */
  readonly name: string;
  readonly path: string;
  readonly options: TargetOptions;
  readonly symbols: SymbolFile;
  readonly machine: Machine;
  readonly inspector: Inspector;
  readonly awareness: Awareness;
  /** Empty, and not recording yet. */
  readonly trace: Trace;
  /** Of what the trace holds. */
  readonly timeline: Timeline;
  /** What is missing and what that means, as sentences for the user. */
  readonly notes: readonly string[];
}

const nameOf = (path: string): string => path.split(/[\\/]/).at(-1)!;

/**
 * Reads the ELFs and the profile, and makes a machine that stands at reset. Throws UserError for
 * files that cannot be read, FormatError for those that are not what they should be.
 */
export async function openTarget(
  environment: Environment,
  options: TargetOptions,
): Promise<Target> {
  const path = options.program ?? environment.bundled.kernel;
  const symbols = await openElf(environment, path);
  const machine = createMachine(options, bootImage(symbols));
  const inspector = createInspector();
  inspector.modules.add(symbols);
  for (const file of options.symbolFiles) inspector.modules.add(await openElf(environment, file));
  const profile = options.profile
    ? parseProfile(
        new TextDecoder().decode(await environment.readFile(options.profile)),
        nameOf(options.profile),
      )
    : detectProfile(symbols, environment.profiles);
  const awareness = createAwareness(machine, inspector, profile);
  const notes: string[] = inspector.modules.modules.flatMap((module) =>
    module.symbols.gaps.map((gap) => `${module.name}: ${gap}`),
  );
  if (!profile) {
    notes.push(
      `No profile matches ${nameOf(path)}: its threads, executors and bitmaps are not shown (launch option \`profile\`).`,
    );
  }
  const trace = createTrace(awareness);
  const timeline = createTimeline(
    trace,
    machine.harts.map(({ id }) => id),
  );
  return {
    name: nameOf(path),
    path,
    options,
    symbols,
    machine,
    inspector,
    awareness,
    trace,
    timeline,
    notes,
  };
}

async function openElf(environment: Environment, path: string): Promise<SymbolFile> {
  return openSymbols(await environment.readFile(path), nameOf(path));
}

/** What is loaded, and where S-mode begins: the ELF's entry at its physical address. */
export function bootImage(symbols: SymbolFile): BootImage {
  const segments = symbols.segments.map((segment) => ({
    address: toPhysical(segment.physical),
    bytes: segment.bytes,
    size: segment.size,
  }));
  const holds = symbols.segments.find(
    ({ virtual, size }) => symbols.entry >= virtual && symbols.entry < virtual + BigInt(size),
  );
  if (!holds) {
    throw new FormatError(symbols.name, "e_entry", "the entry point is in no loaded segment");
  }
  const entry = symbols.entry - holds.virtual + holds.physical;
  return { segments, entry: toPhysical(entry as Address) };
}

const toPhysical = (value: Address): PhysicalAddress => physical(Number(value));
