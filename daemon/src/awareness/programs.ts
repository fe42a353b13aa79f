/**
 * The programs that processes run: for each its ELF, what the profile's user part says of it, and a
 * realm for each process, which reads that process's memory.
 */
import type { Module, Modules, ModuleTable } from "../inspect/api.ts";
import { hartMemory, toAddress } from "../inspect/memory.ts";
import { type PhysicalMemory, spaceMemory } from "../inspect/space.ts";
import type { Hart, Machine } from "../machine/api.ts";
import type { SymbolFile } from "../symbols/api.ts";
import type { EventKind } from "./api.ts";
import { type Binding, bindProfile } from "./binding.ts";
import type { Source } from "./events.ts";
import { FutureKinds } from "./kinds.ts";
import type { KernelMemory } from "./memory.ts";
import type { Process, Processes } from "./processes.ts";
import type { Profile } from "./profile.ts";
import { Realm } from "./realm.ts";
import { SLOT } from "./slots.ts";
import { programSources } from "./sources.ts";

interface Program {
  readonly module: Module;
  readonly modules: Modules;
  readonly binding: Binding | undefined;
  readonly kinds: FutureKinds;
}

interface ProgramParts {
  readonly machine: Machine;
  /** What lists of processes' coroutines are read through. */
  readonly memory: PhysicalMemory;
  readonly profile: Profile | undefined;
  readonly processes: Processes;
  readonly kernel: Modules;
  /** Puts an ELF into the session. */
  readonly addModule: ModuleTable["add"];
  /** Told of what a new program reports. */
  readonly addSource: (kind: EventKind, source: Source) => void;
}

export class Programs {
  readonly #parts: ProgramParts;
  /** By the last part of their path. */
  readonly #programs = new Map<string, Program>();
  /** ELFs that are mapped beside every program. */
  readonly #libraries: Module[] = [];
  readonly #gaps: string[] = [];
  readonly #realms = new Map<number, { readonly root: number; readonly realm: Realm }>();

  constructor(parts: ProgramParts) {
    this.#parts = parts;
  }

  gaps(): readonly string[] {
    const inPrograms = [...this.#programs.values()].flatMap(({ binding, module }) =>
      (binding?.gaps ?? []).map((gap) => `${module.name}: user.${gap}`),
    );
    return [...this.#gaps, ...inPrograms];
  }

  /** Every process has it beside its program: to be told before the first program. */
  addLibrary(name: string, symbols: SymbolFile): Module {
    const { addModule, processes, profile } = this.#parts;
    const module = addModule(symbols, { user: (satp) => processes.bySatp(satp) !== undefined });
    this.#libraries.push(module);
    const inKernel = profile?.user?.libraries?.find((library) => library.name === name)?.kernel;
    if (inKernel !== undefined) this.#addToKernel(symbols, inKernel);
    return module;
  }

  /** The same code once more, where the kernel runs it: from `symbol` on. */
  #addToKernel(symbols: SymbolFile, symbol: string): void {
    const { addModule, kernel } = this.#parts;
    const [code] = symbols.segments.filter(({ flags }) => flags.execute);
    for (const { bias, symbols: own } of kernel.modules) {
      const place = own.symbolNamed(symbol);
      if (place && code) {
        addModule(symbols, { bias: place.address + bias - code.virtual });
        return;
      }
    }
    this.#gaps.push(`user.libraries: the kernel has no symbol \`${symbol}\``);
  }

  /** Every process whose path ends in `name` runs it, from now on. */
  add(name: string, symbols: SymbolFile): Module {
    const program = this.#open(symbols);
    this.#programs.set(name, program);
    return program.module;
  }

  /** Undefined where its symbols are not known. */
  of({ path }: Process): Program | undefined {
    return this.#programs.get(path?.split("/").at(-1) ?? "");
  }

  realm(process: Process): Realm | undefined {
    const program = this.of(process);
    if (!program?.binding) return undefined;
    const known = this.#realms.get(process.id);
    if (known?.root === process.root) return known.realm;
    const { memory: physical, processes } = this.#parts;
    const memory = spaceMemory(physical, processes.satpOf(process));
    const realm = new Realm({ ...program, memory, owner: { process: process.id } });
    this.#realms.set(process.id, { root: process.root, realm });
    return realm;
  }

  #open(symbols: SymbolFile): Program {
    const { addModule, addSource, machine, processes, profile } = this.#parts;
    const isHere = (satp: bigint): boolean => {
      const process = processes.bySatp(satp);
      return process !== undefined && this.of(process)?.module === module;
    };
    const module: Module = addModule(symbols, { user: isHere });
    const modules: Modules = { modules: [module, ...this.#libraries] };
    const { user, name } = profile ?? {};
    const binding = user && bindProfile({ name: name!, match: {}, ...user }, modules);
    const program = { module, modules, binding, kinds: new FutureKinds(modules) };
    if (!binding) return program;
    const hooks = runningRealm(program, processes);
    const { coroutines, context } = hooks.realm;
    const parts = { machine, modules, binding, coroutines, context, enter: hooks.enter };
    for (const [kind, source] of programSources(parts)) addSource(kind, source);
    return program;
  }
}

/** The realm of whatever process a hart runs at the moment: for hooks, which read at once. */
function runningRealm(
  program: Program,
  processes: Processes,
): { readonly realm: Realm; readonly enter: (hart: Hart) => void } {
  let at: Hart | undefined;
  const owner = { process: 0 };
  const memory: Pick<KernelMemory, "uint" | "bytes" | "view"> = {
    uint: (address, size) => at?.readNumber(address, size as 1 | 2 | 4 | 8) ?? Number.NaN,
    bytes: (address, length) =>
      Number.isSafeInteger(address) ? at?.read(toAddress(address), length) : undefined,
    view: {
      read: (address, length) => at && hartMemory(at).read(address, length),
      write: () => false,
    },
  };
  const realm = new Realm({ ...program, memory, owner });
  return {
    realm,
    enter(hart) {
      at = hart;
      owner.process = processes.bySatp(hart.satp)?.id ?? Number.NaN;
      realm.context.hart = hart;
      realm.context.slots[SLOT.hart] = hart.id;
    },
  };
}
