/** From what the user asked to debug to everything that a session works on. */
import type { Awareness } from "../awareness/api.ts";
import { createAwareness } from "../awareness/awareness.ts";
import { detectProfile, type Profile, parseProfile } from "../awareness/profile.ts";
import type { Inspector } from "../inspect/api.ts";
import { createInspector } from "../inspect/inspector.ts";
import type { Machine, MachineOptions } from "../machine/api.ts";
import { createMachine } from "../machine/machine.ts";
import type { SymbolFile } from "../symbols/api.ts";
import { openSymbols } from "../symbols/symbols.ts";
import type { Trace } from "../trace/api.ts";
import { createTrace } from "../trace/store.ts";
import type { Timeline } from "../trace/timeline/api.ts";
import { createTimeline } from "../trace/timeline/timeline.ts";
import type { Environment } from "./api.ts";
import { bootImage, elfOf, firmwareImage, isElf, linuxImage, refusePacked } from "./images.ts";

/** Options of the machine that are files here. */
type FileOption = "disk" | "firmware" | "initrd";

export interface TargetOptions extends Omit<MachineOptions, FileOption> {
  /** Path of the kernel's ELF; undefined: the kernel in the box. */
  readonly program: string | undefined;
  /** Further ELFs whose symbols are wanted, e.g. user programs. */
  readonly symbolFiles: readonly string[];
  /** Path of a profile; undefined: the one in the box that matches the kernel. */
  readonly profile: string | undefined;
  /** Path of a disk image: the guest's writes go to a copy. Left out: `disk.img` beside the program, if it is there. */
  readonly disk?: string | undefined;
  /** The copy replaces the image's file when the run ends (`keepDisk`). */
  readonly diskWrite?: boolean | undefined;
  /** Path of M-mode firmware (an ELF, or raw); "builtin" or undefined: the one in the machine. */
  readonly firmware?: string | undefined;
  /** Path of a first file system (an initramfs), which the kernel finds in RAM. */
  readonly initrd?: string | undefined;
}

export const BUILTIN_FIRMWARE = "builtin";

export const MACHINE_DEFAULTS: Omit<MachineOptions, FileOption> = {
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

/** Beside a kernel: the disk that it has where its user names none. */
const DISK_BESIDE = "disk.img";

async function withDisk(
  environment: Environment,
  program: string,
  options: TargetOptions,
): Promise<TargetOptions> {
  if (options.disk !== undefined) return options;
  const beside = program.slice(0, program.length - nameOf(program).length) + DISK_BESIDE;
  return (await environment.exists(beside)) ? { ...options, disk: beside } : options;
}

/**
 * Reads the ELFs and the profile, and makes a machine that stands at reset. Throws UserError for
 * files that cannot be read, FormatError for those that are not what they should be.
 */
export async function openTarget(environment: Environment, given: TargetOptions): Promise<Target> {
  const path = given.program ?? environment.bundled.kernel;
  const options = await withDisk(environment, path, given);
  const symbols = await openKernel(environment, path);
  const machine = createMachine(await machineOptions(environment, options), bootImage(symbols));
  const inspector = createInspector(machine);
  inspector.modules.add(symbols);
  const profile = options.profile
    ? parseProfile(
        new TextDecoder().decode(await environment.readFile(options.profile)),
        nameOf(options.profile),
      )
    : detectProfile(symbols, environment.profiles);
  // Where nothing is known of processes, further ELFs are parts of the kernel.
  if (!profile?.user) {
    for (const file of options.symbolFiles) inspector.modules.add(await openElf(environment, file));
  }
  const awareness = createAwareness(machine, inspector, profile);
  const programs = await openPrograms(environment, path, options, profile);
  for (const [name, symbols] of programs.libraries) awareness.addLibrary(name, symbols);
  for (const [name, symbols] of programs.programs) awareness.addProgram(name, symbols);
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

/** At the end of a run: what the guest wrote goes to the disk's file, where that is wanted. */
export async function keepDisk(environment: Environment, target: Target): Promise<void> {
  const { disk, diskWrite } = target.options;
  const bytes = diskWrite ? target.machine.changedDisk() : undefined;
  if (bytes !== undefined) await environment.replaceFile(disk!, bytes);
}

/** What processes run, by its name. */
interface UserImages {
  readonly programs: ReadonlyMap<string, SymbolFile>;
  readonly libraries: ReadonlyMap<string, SymbolFile>;
}

/**
 * The ELFs of the folder `programs` beside the kernel's, and those that the user names, which come
 * first where a name is in both.
 */
async function openPrograms(
  environment: Environment,
  kernel: string,
  { symbolFiles }: TargetOptions,
  profile: Profile | undefined,
): Promise<UserImages> {
  if (!profile?.user) return { programs: new Map(), libraries: new Map() };
  const folder = `${kernel.slice(0, kernel.length - nameOf(kernel).length)}programs/`;
  const beside = (await environment.list(folder)).filter((file) => file.endsWith(ELF_ENDING));
  const images = new Map<string, SymbolFile>();
  for (const path of [...beside.sort().map((file) => folder + file), ...symbolFiles]) {
    images.set(programName(path), await openElf(environment, path));
  }
  const libraries = new Map<string, SymbolFile>();
  for (const { name } of profile.user.libraries ?? []) {
    const library = images.get(name);
    if (library) libraries.set(name, library);
    images.delete(name);
  }
  return { programs: images, libraries };
}

const ELF_ENDING = ".elf";

/** As paths in the guest end: without the ending that our folder gives it. */
const programName = (path: string): string =>
  nameOf(path).endsWith(ELF_ENDING) ? nameOf(path).slice(0, -ELF_ENDING.length) : nameOf(path);

/** A Linux boot image is wrapped into an ELF without symbols. */
async function openKernel(environment: Environment, path: string): Promise<SymbolFile> {
  const bytes = await environment.readFile(path);
  refusePacked(bytes, nameOf(path));
  const linux = isElf(bytes) ? undefined : linuxImage(bytes);
  return openSymbols(linux ? elfOf(linux) : bytes, nameOf(path));
}

async function openElf(environment: Environment, path: string): Promise<SymbolFile> {
  return openSymbols(await environment.readFile(path), nameOf(path));
}

/** The machine's options, with the files that they name. */
async function machineOptions(
  environment: Environment,
  options: TargetOptions,
): Promise<MachineOptions> {
  const { disk, firmware, initrd } = options;
  return {
    ...options,
    disk: disk === undefined ? undefined : await environment.readFile(disk),
    firmware:
      firmware === undefined || firmware === BUILTIN_FIRMWARE
        ? undefined
        : firmwareImage(await environment.readFile(firmware), nameOf(firmware)),
    initrd: initrd === undefined ? undefined : await environment.readFile(initrd),
  };
}
