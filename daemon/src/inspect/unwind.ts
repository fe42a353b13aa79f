/**
 * Machine stacks: from one frame's registers to its caller's, as the image says it; where
 * it says nothing by the chain of frame pointers, which is said in the frame's note. Every stack ends:
 * at an entry, at an unknown return address, at a loop, or at the cap.
 */
import { type Address, address, hex } from "../base/brand.ts";
import type { Hart } from "../machine/api.ts";
import type { EvaluationContext } from "../symbols/api.ts";
import type {
  AddressSpace,
  MemoryView,
  Module,
  ModuleTable,
  RegisterSet,
  UnwindRule,
} from "./api.ts";
import { inModule } from "./modules.ts";
import { bytesToUnsigned } from "./place.ts";

/** One activation: a function call with its own registers. Inlined calls are told apart later. */
export interface Activation {
  /** Whose stack it is; undefined for saved registers. */
  readonly hart: Hart | undefined;
  readonly pc: Address;
  /** Where to look code up: inside the call instruction for a caller, else the pc itself. */
  readonly lookup: Address;
  readonly registers: RegisterSet;
  readonly memory: MemoryView;
  readonly space: AddressSpace;
  readonly module: Module | undefined;
  /** How it came to stand here, where that is no call. */
  readonly arrival: string | undefined;
  readonly cfa: bigint | undefined;
  /** Of this activation's caller, for entry values; undefined at the end of the stack. */
  readonly caller: RegisterSet | undefined;
  /** How its caller was found, or why it was not, where that is not ordinary. */
  readonly note: string | undefined;
}

export const MAX_FRAMES = 1_000;
const RA = 1;
const SP = 2;
const FP = 8;

export interface UnwindContext {
  readonly hart: Hart | undefined;
  readonly memory: MemoryView;
  /** Of the innermost frame. */
  readonly space: AddressSpace;
  /** Whether interrupted code is user code. */
  readonly isUser: (space: AddressSpace, pc: Address) => boolean;
  readonly modules: ModuleTable;
  readonly rules: readonly UnwindRule[];
}

interface Caller {
  readonly registers: RegisterSet;
  readonly cfa: bigint | undefined;
  /** The caller was interrupted, not calling: its pc is exact. */
  readonly exact: boolean;
  readonly note: string | undefined;
}

/** Lazily: a frame's caller is looked for when the next frame is asked for, or this one's CFA is. */
export function* unwind(start: RegisterSet, context: UnwindContext): Generator<Activation> {
  let activation = new Unwound(start, true, undefined, true, context.space, context);
  const seen = new Set<string>();
  for (let count = 0; count < MAX_FRAMES; count++) {
    yield activation;
    const { step } = activation;
    if (typeof step === "string") return;
    const { exact, registers } = step;
    const key = `${registers.pc}/${registers.get(SP)}/${registers.get(FP)}`;
    if (seen.has(key)) return;
    seen.add(key);
    const arrival = exact ? "interrupted here" : undefined;
    const { space } = activation;
    const within = exact && context.isUser(space, registers.pc) ? userOf(space) : space;
    activation = new Unwound(registers, exact, arrival, false, within, context);
  }
}

const userOf = ({ satp }: AddressSpace): AddressSpace => ({ privilege: "U", satp });

class Unwound implements Activation {
  readonly registers: RegisterSet;
  readonly space: AddressSpace;
  readonly arrival: string | undefined;
  readonly lookup: Address;
  readonly module: Module | undefined;
  readonly #exact: boolean;
  readonly #innermost: boolean;
  readonly #context: UnwindContext;
  #step: Caller | string | undefined;

  constructor(
    registers: RegisterSet,
    exact: boolean,
    arrival: string | undefined,
    innermost: boolean,
    space: AddressSpace,
    context: UnwindContext,
  ) {
    const { pc } = registers;
    this.space = space;
    this.registers = registers;
    this.arrival = arrival;
    this.lookup = exact || pc === 0n ? pc : address(pc - 1n);
    this.module = context.modules.at(space, this.lookup);
    this.#exact = exact;
    this.#innermost = innermost;
    this.#context = context;
  }

  get hart(): Hart | undefined {
    return this.#context.hart;
  }

  get memory(): MemoryView {
    return this.#context.memory;
  }

  get pc(): Address {
    return this.registers.pc;
  }

  /** The caller, or why there is none. */
  get step(): Caller | string {
    const { lookup, module, registers, space } = this;
    this.#step ??= callerOf(
      { registers, lookup, module, space, exact: this.#exact, innermost: this.#innermost },
      this.#context,
    );
    return this.#step;
  }

  get cfa(): bigint | undefined {
    return typeof this.step === "string" ? undefined : this.step.cfa;
  }

  get caller(): RegisterSet | undefined {
    return typeof this.step === "string" ? undefined : this.step.registers;
  }

  get note(): string | undefined {
    if (typeof this.step !== "string") return this.step.note;
    return this.step === "" ? undefined : `unwinding stops here: ${this.step}`;
  }
}

interface Frame {
  readonly registers: RegisterSet;
  readonly lookup: Address;
  readonly module: Module | undefined;
  readonly space: AddressSpace;
  /** Not in the middle of a call: all registers are the frame's own. */
  readonly exact: boolean;
  readonly innermost: boolean;
}

/** The caller, or why there is none: "" at an ordinary end of the stack. */
function callerOf(frame: Frame, context: UnwindContext): Caller | string {
  const { exact, innermost, lookup, module, registers, space } = frame;
  for (const rule of context.rules) {
    const found = rule({
      registers,
      lookup,
      innermost,
      memory: context.memory,
      space,
      hart: context.hart,
    });
    if (found) return { registers: found, cfa: undefined, exact: true, note: undefined };
  }
  if (!module) {
    const problem = `no module holds ${hex(registers.pc)}`;
    return exact ? fromWildJump(registers, space, context, problem) : problem;
  }
  if (isEntry(module, lookup)) return "";
  const evaluation: EvaluationContext = {
    register: (number) => registers.get(number),
    memory: (at, length) => context.memory.read(at, length),
    cfa: undefined,
  };
  const known = module.symbols.callerOf(inModule(module, lookup), evaluation);
  if (known) {
    if (known.pc === 0n) return "";
    const next = {
      pc: known.pc,
      get: (number: number) => (number === 0 ? 0n : known.register(number)),
    };
    const { cfa, interrupted } = known;
    return progress(registers, { registers: next, cfa, exact: interrupted, note: undefined });
  }
  if (module.symbols.unwindAt(inModule(module, lookup))) return "the return address is not known";
  return byFramePointer(registers, space, exact, context);
}

/** The image's entry point starts every stack; nothing called it. */
function isEntry(module: Module, lookup: Address): boolean {
  const { symbols } = module;
  const symbol = symbols.symbolAt(inModule(module, lookup));
  if (!symbol) return false;
  return inModule(module, lookup) - BigInt(symbol.offset) === symbols.entry;
}

/** A stack grows downwards: a caller whose stack pointer is below its callee's is no caller. */
function progress(from: RegisterSet, caller: Caller): Caller | string {
  const before = from.get(SP);
  const after = caller.registers.get(SP);
  if (before !== undefined && after !== undefined && after < before) {
    return `the caller's stack pointer ${hex(after)} lies below ${hex(before)}`;
  }
  if (after === before && caller.registers.pc === from.pc) return "no progress";
  return caller;
}

/** A jump to nowhere: the return address, where it still is one, says who jumped. */
function fromWildJump(
  registers: RegisterSet,
  space: AddressSpace,
  context: UnwindContext,
  problem: string,
): Caller | string {
  const ra = registers.get(RA);
  if (ra === undefined || ra < 2n) return problem;
  if (!context.modules.at(space, address(ra - 1n))) return problem;
  return {
    registers: { pc: address(ra), get: (number) => registers.get(number) },
    cfa: undefined,
    exact: false,
    note: `${problem}: the caller is a guess from ra`,
  };
}

/**
 * RISC-V frame records: fp points past {previous fp, return address}. Code without call frame
 * information is mostly assembly: the innermost frame has made no record of its own.
 */
function byFramePointer(
  registers: RegisterSet,
  space: AddressSpace,
  exact: boolean,
  context: UnwindContext,
): Caller | string {
  const note = "no call frame information: the caller is from ra and frame pointers";
  const fp = registers.get(FP);
  if (exact && fp !== 0n) {
    const ra = registers.get(RA);
    if (ra === 0n) return "";
    if (ra !== undefined && ra !== registers.pc && context.modules.at(space, address(ra - 1n))) {
      const next = { pc: address(ra), get: (number: number) => registers.get(number) };
      return { registers: next, cfa: undefined, exact: false, note };
    }
  }
  if (fp === undefined) return "no call frame information, and the frame pointer is not known";
  if (fp === 0n) return "";
  if (fp % 8n !== 0n) return `no call frame information, and fp ${hex(fp)} is no frame`;
  const record = context.memory.read(address(fp - 16n), 16);
  if (!record) return `unreadable frame record at ${hex(fp - 16n)}`;
  const pc = address(bytesToUnsigned(record.subarray(8)));
  if (pc === 0n) return "";
  const previous = bytesToUnsigned(record.subarray(0, 8));
  const next: RegisterSet = {
    pc,
    // The callee may have overwritten everything that is not in the record.
    get: (number) => (number === FP ? previous : number === SP ? fp : undefined),
  };
  return progress(registers, { registers: next, cfa: fp, exact: false, note });
}
