/**
 * Typed values and stacks out of a stopped machine. Nothing here runs the guest or changes it
 * (except `assign`, on the user's word). What cannot be known is said, never guessed.
 */
import type { Address } from "../base/brand.ts";
import type { Disposable } from "../base/disposable.ts";
import type { Hart, Privilege } from "../machine/api.ts";
import type { LogicalFrame, Place, SourceLocation, SymbolFile, Type } from "../symbols/api.ts";

/** What an address means depends on it: a page table, and the mode that code runs in. A hart is one. */
export interface AddressSpace {
  readonly privilege: Privilege;
  /** As the register; 0 without translation. */
  readonly satp: bigint;
}

/** An ELF, loaded at a bias in some address spaces. */
export interface Module {
  readonly id: number;
  readonly name: string;
  readonly symbols: SymbolFile;
  /** Added to the ELF's addresses. */
  readonly bias: bigint;
  /** A program or a library of programs: U-mode code of the address spaces that run it. */
  readonly user: boolean;
  /** Whether it is there under a page table; of what is not `user`: always. */
  includes(satp: bigint): boolean;
  /** Whether its code is what stands at an address. */
  owns(space: AddressSpace, pc: Address): boolean;
}

/** Some of the ELFs: those of the kernel, or of one program. */
export type Modules = Pick<ModuleTable, "modules">;

/** All ELFs of a session. Later additions win where two own the same address. */
export interface ModuleTable {
  readonly modules: readonly Module[];
  /**
   * With `user` it is a program, in the address spaces for which that answers true. Else it is the
   * kernel's: S-mode in the ELF's executable segments, and M-mode too when the ELF is linked where it
   * is loaded.
   */
  add(
    symbols: SymbolFile,
    options?: { readonly bias?: bigint; readonly user?: (satp: bigint) => boolean },
  ): Module;
  at(space: AddressSpace, pc: Address): Module | undefined;
  /** Those that are there under a page table: of several that know an answer the user's comes first. */
  under(satp: bigint): readonly Module[];
}

/** Registers of a frame, by DWARF number; undefined where the unwinder does not know them. */
export interface RegisterSet {
  readonly pc: Address;
  get(dwarfNumber: number): bigint | undefined;
  /** Writes the register where the guest keeps it (a hart, a stack slot); false where that is unknown. */
  set?(dwarfNumber: number, value: bigint): boolean;
}

/**
 * Knows how to get from a kind of frame to the one beneath it (a trap's entry to the interrupted
 * code); undefined: not such a frame. `lookup` is an address inside the frame's current instruction.
 */
export type UnwindRule = (frame: {
  readonly registers: RegisterSet;
  readonly lookup: Address;
  readonly innermost: boolean;
  readonly memory: MemoryView;
  readonly space: AddressSpace;
  /** Whose stack it is; undefined for saved registers. */
  readonly hart: Hart | undefined;
}) => RegisterSet | undefined;

/**
 * Knows where the environment stands of the async body that a frame is, for code that keeps its
 * address nowhere that DWARF tells. `index` is the body's frame: `frame`, or one that it is inlined
 * into. Undefined: not known.
 */
export type BodyRule = (frame: StackFrame, index: number, type: Type) => Address | undefined;

/** Where memory is read from: a hart's view now, or a given address space. */
export interface MemoryView {
  read(address: Address, length: number): Uint8Array | undefined;
  write(address: Address, bytes: Uint8Array): boolean;
}

/** A logical frame of a machine stack. Inlined frames share `registers` with the physical one. */
export interface StackFrame {
  /** 0 is the innermost logical frame. */
  readonly index: number;
  readonly pc: Address;
  /** Whose stack it is; undefined for saved registers. */
  readonly hart: Hart | undefined;
  readonly registers: RegisterSet;
  readonly memory: MemoryView;
  readonly space: AddressSpace;
  readonly cfa: bigint | undefined;
  readonly module: Module | undefined;
  /** Undefined where no DWARF covers the pc: `name` is then the ELF symbol, or the bare address. */
  readonly logical: LogicalFrame | undefined;
  /** As shown: shortened as Rust users write it, e.g. `ring::runner (async)`. */
  readonly name: string;
  readonly location: SourceLocation | undefined;
  /** A note where the stack is not ordinary: `trap from S`, `unwinding stopped: no CFI`. */
  readonly note: string | undefined;
}

/** A value ready for display; children are made when asked for, and paged. */
export interface Value {
  readonly name: string;
  readonly typeName: string;
  /** One line, e.g. `Some(7)`, `"tide"`, `Vec(len 3)`, `<optimised out>`. */
  readonly text: string;
  readonly type: Type | undefined;
  /** Where it stands in memory, for memory references and data breakpoints. */
  readonly address: Address | undefined;
  readonly size: number;
  /** An expression that gives this value again, where there is one. */
  readonly expression: string | undefined;
  readonly children: { readonly named: number; readonly indexed: number } | undefined;
  /** The known integer, for conditions; undefined for anything that is not a known scalar. */
  readonly number: bigint | undefined;
  /** Why there is no value, when there is none. */
  readonly unavailable: string | undefined;
  list(range?: { readonly start: number; readonly count: number }): readonly Value[];
  /** Writes a scalar; throws UserError when the text or the place does not allow it. */
  assign?(text: string): void;
}

/** Names that an expression may use beside the frame's own variables and statics. */
export type Names = (name: string) => Value | bigint | undefined;

/** An expression parsed once, for any number of frames. */
export interface CompiledExpression {
  readonly text: string;
  evaluate(frame: StackFrame, names?: Names): Value;
}

/** Named numbers that a condition is tested against, e.g. a scheduling event. */
export type FieldValues = { readonly [name: string]: unknown };

/**
 * A condition compiled once (`compileCondition` of `condition.ts`). Names that are fields are read
 * as properties of the tested object and cost nothing else; any other name is looked up in the
 * stopped frame. What is unknown (an undefined field, an unreadable value) makes no condition true.
 */
export interface Condition {
  readonly text: string;
  /** The fields that it reads. */
  readonly fields: readonly string[];
  /** Whether any part needs a frame; without one that part is unknown. */
  readonly needsFrame: boolean;
  /** The last mistake that made a part unknown (a name that is not in scope): to be shown once. */
  readonly problem: string | undefined;
  test(fields: FieldValues, frame?: () => StackFrame | undefined): boolean;
}

export interface Inspector {
  readonly modules: ModuleTable;
  /** Tried before call frame information, in the order added. */
  addUnwindRule(rule: UnwindRule): Disposable;
  /** Tried where DWARF does not tell, in the order added. */
  addBodyRule(rule: BodyRule): Disposable;
  /** The machine stack of a hart, lazily: only as many frames as are asked for are unwound. */
  stack(hart: Hart): Iterable<StackFrame>;
  /** The stack of saved registers (a thread that is not running) in its address space. */
  stackFrom(registers: RegisterSet, memory: MemoryView, space: AddressSpace): Iterable<StackFrame>;
  /** Parameters and locals in scope of a frame. */
  variables(frame: StackFrame): readonly Value[];
  /** Statics by path suffix, as a frame or a bare view of memory shows them. */
  statics(pattern: string, hart: Hart): readonly Value[];
  valueAt(name: string, type: Type, place: Place, frameOrView: StackFrame | MemoryView): Value;
  /** Parses; throws UserError with the place of a syntax error. */
  compile(expression: string): CompiledExpression;
  /** `compile` and evaluate in a frame; throws UserError when a name or operation makes no sense there. */
  evaluate(expression: string, frame: StackFrame, names?: Names): Value;
  /** A condition over event fields and the stopped frame; throws UserError as `compile`. */
  condition(expression: string, fields: readonly string[]): Condition;
}
