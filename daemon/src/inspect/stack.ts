/** Stack frames as people read them: every activation with the calls inlined into it, innermost first. */
import { type Address, hex } from "../base/brand.ts";
import type { Hart } from "../machine/api.ts";
import type { LogicalFrame, SourceLocation } from "../symbols/api.ts";
import type {
  AddressSpace,
  MemoryView,
  Module,
  RegisterSet,
  StackFrame,
  UnwindRule,
} from "./api.ts";
import { inModule } from "./modules.ts";
import { userName } from "./names.ts";
import { type Activation, MAX_FRAMES, type UnwindContext, unwind } from "./unwind.ts";

const activations = new WeakMap<StackFrame, Activation>();

/** The activation that a frame of this layer belongs to. */
export const activationOf = (frame: StackFrame): Activation | undefined => activations.get(frame);

export function* framesOf(start: RegisterSet, context: UnwindContext): Generator<StackFrame> {
  let index = 0;
  for (const activation of unwind(start, context)) {
    for (const frame of logicalFrames(activation, index)) {
      activations.set(frame, activation);
      yield frame;
      if (++index >= MAX_FRAMES) return;
    }
  }
}

function logicalFrames(activation: Activation, index: number): StackFrame[] {
  const { lookup, module } = activation;
  const logical = module?.symbols.framesAt(inModule(module, lookup)) ?? [];
  if (logical.length === 0) return [new Frame(activation, index, undefined, 0, 1)];
  return logical.map(
    (frame, depth) => new Frame(activation, index + depth, frame, depth, logical.length),
  );
}

/** The caller, and what follows from it, is worked out only when asked for. */
class Frame implements StackFrame {
  readonly index: number;
  readonly logical: LogicalFrame | undefined;
  readonly #activation: Activation;
  /** Among the calls inlined into one activation: 0 is the innermost. */
  readonly #depth: number;
  readonly #count: number;

  constructor(
    activation: Activation,
    index: number,
    logical: LogicalFrame | undefined,
    depth: number,
    count: number,
  ) {
    this.index = index;
    this.logical = logical;
    this.#activation = activation;
    this.#depth = depth;
    this.#count = count;
  }

  get pc(): Address {
    return this.#activation.pc;
  }

  get hart(): Hart | undefined {
    return this.#activation.hart;
  }

  get registers(): RegisterSet {
    return this.#activation.registers;
  }

  get memory(): MemoryView {
    return this.#activation.memory;
  }

  get space(): AddressSpace {
    return this.#activation.space;
  }

  get module(): Module | undefined {
    return this.#activation.module;
  }

  get cfa(): bigint | undefined {
    return this.#activation.cfa;
  }

  get name(): string {
    if (this.logical) {
      const { name, suffix } = userName(this.logical.name);
      return name + suffix;
    }
    const { lookup, module, pc } = this.#activation;
    const symbol = module?.symbols.symbolAt(inModule(module, lookup));
    return symbol ? userName(symbol.name).name : hex(pc);
  }

  get location(): SourceLocation | undefined {
    if (this.logical) return this.logical.location;
    const { lookup, module } = this.#activation;
    return module?.symbols.locationAt(inModule(module, lookup));
  }

  get note(): string | undefined {
    const arrival = this.#depth === 0 ? this.#activation.arrival : undefined;
    const note = this.#depth === this.#count - 1 ? this.#activation.note : undefined;
    return arrival && note ? `${arrival}; ${note}` : (arrival ?? note);
  }
}

/** DWARF numbers 32 to 63 are f0 to f31 (RISC-V psABI, "DWARF Register Numbers"). */
export const FIRST_FLOAT = 32;
const FLOATS = 32;

/** The registers that a hart holds now; writing goes to the hart, for float registers nowhere yet. */
export function hartRegisters(hart: Hart): RegisterSet {
  return {
    pc: hart.pc,
    get(number) {
      if (number >= 0 && number < FIRST_FLOAT) return hart.x(number);
      return number < FIRST_FLOAT + FLOATS ? hart.f(number - FIRST_FLOAT) : undefined;
    },
    set(number, value) {
      if (number < 1 || number >= FIRST_FLOAT) return false;
      hart.setX(number, value);
      return true;
    },
  };
}

const STVEC = 0x105;
const SEPC = 0x141;
const MTVEC = 0x305;
const MEPC = 0x341;

/** At the first instruction of a trap handler nothing is saved yet: the interrupted code's registers are all here. */
export const atTrapHandler: UnwindRule = ({ registers, innermost, hart }) => {
  if (!innermost || !hart || hart.privilege === "U") return undefined;
  const [vector, saved] = hart.privilege === "M" ? [MTVEC, MEPC] : [STVEC, SEPC];
  const base = hart.csr(vector);
  const pc = hart.csr(saved);
  if (base === undefined || pc === undefined || (base & ~3n) !== registers.pc || pc === 0n) {
    return undefined;
  }
  return { ...registers, pc: pc as RegisterSet["pc"], get: (number) => registers.get(number) };
};
