/** Stack frames as people read them: every activation with the calls inlined into it, innermost first. */
import { hex } from "../base/brand.ts";
import type { Hart } from "../machine/api.ts";
import type { RegisterSet, StackFrame, UnwindRule } from "./api.ts";
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
  const { arrival, module, pc, lookup, registers, memory, cfa, note } = activation;
  const common = { pc, registers, memory, cfa, module };
  const logical = module?.symbols.framesAt(inModule(module, lookup)) ?? [];
  if (logical.length === 0) {
    const symbol = module?.symbols.symbolAt(inModule(module, lookup));
    const name = symbol ? userName(symbol.name).name : hex(pc);
    const location = module?.symbols.locationAt(inModule(module, lookup));
    return [{ ...common, index, logical: undefined, name, location, note: joined(arrival, note) }];
  }
  return logical.map((frame, depth) => {
    const { name, suffix } = userName(frame.name);
    return {
      ...common,
      index: index + depth,
      logical: frame,
      name: name + suffix,
      location: frame.location,
      note: joined(
        depth === 0 ? arrival : undefined,
        depth === logical.length - 1 ? note : undefined,
      ),
    };
  });
}

const joined = (a: string | undefined, b: string | undefined): string | undefined =>
  a && b ? `${a}; ${b}` : (a ?? b);

/** The registers that a hart holds now; writing goes to the hart. */
export function hartRegisters(hart: Hart): RegisterSet {
  return {
    pc: hart.pc,
    get: (number) => (number >= 0 && number < 32 ? hart.x(number) : undefined),
    set(number, value) {
      if (number < 1 || number >= 32) return false;
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
  if (!innermost || registers.pc !== hart.pc || hart.privilege === "U") return undefined;
  const [vector, saved] = hart.privilege === "M" ? [MTVEC, MEPC] : [STVEC, SEPC];
  const base = hart.csr(vector);
  const pc = hart.csr(saved);
  if (base === undefined || pc === undefined || (base & ~3n) !== registers.pc || pc === 0n) {
    return undefined;
  }
  return { ...registers, pc: pc as RegisterSet["pc"], get: (number) => registers.get(number) };
};
