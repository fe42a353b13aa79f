/**
 * What an ELF with DWARF tells, without any machine: functions, lines, inlining, types, variables,
 * location expressions, unwinding rules, vtables. Addresses are the ELF's own virtual addresses.
 */
import type { Address } from "../base/brand.ts";

/** A position in a source file as the compiler recorded it; `line` and `column` from 1, column 0: unknown. */
export interface SourceLocation {
  readonly path: string;
  readonly line: number;
  readonly column: number;
}

export interface AddressRange {
  readonly low: Address;
  /** Exclusive. */
  readonly high: Address;
}

/**
 * A function with code of its own (a concrete out-of-line instance); where DWARF says nothing (assembly,
 * libraries without debug information) the ELF's function symbol, with no declaration.
 */
export interface FunctionInfo {
  /**
   * Path as the language writes it, with generic arguments where DWARF has them:
   * `asyncos::executor::Executor::spawn<asyncos::workload::ring::runner::{async_fn_env#0}>`. A method of a
   * trait's implementation reads as one of its self type (`asyncos::task::Task::wake`), or as
   * `<&T as Trait>::method` where that is no path. The body of an async fn is `PATH::{async_fn#0}`, of an async
   * block `PATH::{async_block#N}`, of a closure `PATH::{closure#N}`; see names.ts to shorten and compare.
   */
  readonly name: string;
  /** Mangled, where there is one. */
  readonly linkageName: string | undefined;
  readonly ranges: readonly AddressRange[];
  readonly entry: Address;
  readonly declaration: SourceLocation | undefined;
}

/** One logical frame at a pc: the physical function's or one inlined into it. Innermost first. */
export interface LogicalFrame {
  readonly name: string;
  /** Where execution stands in this frame: the line table's row, or the call line of the frame inlined into it. */
  readonly location: SourceLocation | undefined;
  readonly inlined: boolean;
  /** The physical function that holds the pc, also for the frames inlined into it. */
  readonly function: FunctionInfo;
  /** Mangled name of this frame's own function. */
  readonly linkageName: string | undefined;
  /** Where this frame's own function is declared. */
  readonly declaration: SourceLocation | undefined;
  /** The code of this frame, what is inlined into it included: of this one inlined copy, or the whole function. */
  readonly ranges: readonly AddressRange[];
  /**
   * Variables in scope at the pc, innermost block first; parameters last. The body of an async fn or block has a
   * parameter with an empty name: `Pin<&mut {async_fn_env#N}>`, through which the locals that have location
   * `none` are reached.
   */
  readonly variables: () => readonly Variable[];
}

export interface Variable {
  readonly name: string;
  readonly type: Type;
  readonly kind: "parameter" | "local" | "static";
  readonly location: Location;
  readonly declaration: SourceLocation | undefined;
}

/** How to compute where a value is, at the pc it was asked for; `SymbolFile.evaluate` does. */
export type Location =
  | {
      readonly kind: "expression";
      readonly bytes: Uint8Array;
      /** The function's frame base at that pc, for DW_OP_fbreg. */
      readonly frameBase: Uint8Array | undefined;
      /** Offset of the unit in .debug_info whose address and type tables the expression means. */
      readonly unit: number | undefined;
    }
  /** Little-endian two's complement in `size` bytes. */
  | { readonly kind: "constant"; readonly value: bigint; readonly size: number }
  /** Optimised out: no location at this pc but `elsewhere` in the function, or none at all. */
  | { readonly kind: "none"; readonly elsewhere: boolean };

/** A row of the line table: `address` up to `high`, exclusive. */
export interface LineRow {
  readonly address: Address;
  readonly high: Address;
  readonly location: SourceLocation;
  /** Whether the compiler recommends it as a place to stop (is_stmt). */
  readonly statement: boolean;
}

/** What evaluating needs from a stopped frame. Undefined answers make the result `unavailable`, never a guess. */
export interface EvaluationContext {
  register(dwarfNumber: number): bigint | undefined;
  memory(address: Address, length: number): Uint8Array | undefined;
  /** Canonical frame address of this frame. */
  readonly cfa: bigint | undefined;
  /** Registers of the caller, for DW_OP_entry_value. */
  entryRegister?(dwarfNumber: number): bigint | undefined;
}

/** Where a value lives once evaluated; `pieces` for values split over several places. */
export type Place =
  | { readonly kind: "memory"; readonly address: Address }
  | { readonly kind: "register"; readonly register: number }
  | { readonly kind: "value"; readonly bytes: Uint8Array }
  | {
      readonly kind: "pieces";
      readonly pieces: readonly { readonly size: number; readonly place: Place }[];
    }
  | { readonly kind: "unavailable"; readonly reason: string };

export type Encoding = "signed" | "unsigned" | "bool" | "float" | "char" | "address";

/** A type. Identity is object identity within one `SymbolFile`; `name` is the full path with generics. */
export type Type =
  | {
      readonly kind: "base";
      readonly name: string;
      readonly size: number;
      readonly encoding: Encoding;
    }
  | {
      readonly kind: "pointer";
      readonly name: string;
      readonly size: number;
      readonly target: () => Type | undefined;
    }
  | StructType
  | {
      readonly kind: "union";
      readonly name: string;
      readonly size: number;
      readonly members: readonly Member[];
    }
  | {
      readonly kind: "enum";
      readonly name: string;
      readonly size: number;
      readonly underlying: Encoding;
      readonly enumerators: readonly { readonly name: string; readonly value: bigint }[];
    }
  | {
      readonly kind: "array";
      readonly name: string;
      readonly size: number;
      readonly element: () => Type;
      readonly count: number | undefined;
    }
  | { readonly kind: "subroutine"; readonly name: string; readonly size: 0 }
  | { readonly kind: "unknown"; readonly name: string; readonly size: number };

export interface StructType {
  readonly kind: "struct";
  readonly name: string;
  readonly size: number;
  /** Members outside the variant part. Lazily built; stable. */
  readonly members: readonly Member[];
  /** Rust enums and coroutines. */
  readonly variants: VariantPart | undefined;
  /** Generic arguments by name. */
  readonly parameters: readonly { readonly name: string; readonly type: Type }[];
  /** Set for `{async_fn_env#N}`, `{async_block_env#N}` (and closures): what the name says it is. */
  readonly environment: "async fn" | "async block" | "closure" | undefined;
}

export interface Member {
  readonly name: string;
  readonly offset: number;
  readonly type: Type;
  readonly declaration: SourceLocation | undefined;
  readonly artificial: boolean;
  /** For bit fields (C). */
  readonly bits: { readonly offset: number; readonly size: number } | undefined;
}

export interface VariantPart {
  /** The discriminant, undefined for single-variant enums. */
  readonly discriminant: Member | undefined;
  readonly variants: readonly Variant[];
}
export interface Variant {
  /**
   * Discriminant values that select it, signed or not as the discriminant's type is; empty for the default
   * (niche) variant.
   */
  readonly values: readonly bigint[];
  /** Without path: `Some`, `Suspend0`. */
  readonly name: string;
  readonly type: Type;
  readonly offset: number;
  /** For a coroutine's Suspend variants: the line of the `.await`. */
  readonly declaration: SourceLocation | undefined;
}

export interface Vtable {
  readonly address: Address;
  readonly concrete: Type;
  /** Path of the trait, with generics. */
  readonly trait: string;
  /** Bytes of the vtable itself. */
  readonly size: number;
  /** Entries from the fourth word on, as linked into the image: for `Future`, `methods[0]` is `poll`. */
  readonly methods: readonly Address[];
}

/** The caller of a frame, as far as its registers can be known. */
export interface CallerFrame {
  /** Canonical frame address of the frame that is left: the caller's stack pointer at its call. */
  readonly cfa: bigint;
  /** Return address: the pc in the caller, just past its call; where it stands itself when it was interrupted. */
  readonly pc: Address;
  /** The caller made no call: a trap or a signal came in between, and `pc` is the next instruction of its own. */
  readonly interrupted: boolean;
  /** Registers as the caller had them at its call; undefined for those that the callee may have overwritten. */
  register(dwarfNumber: number): bigint | undefined;
}

/** CFA and register rules at one pc, from .debug_frame / .eh_frame, DWARF numbering (1 = ra, 2 = sp, 8 = fp). */
export interface UnwindRow {
  readonly cfa:
    | { readonly register: number; readonly offset: number }
    | { readonly expression: Uint8Array };
  /** A CSR for a trap's entry: numbers from 4096 on, 4096 + the CSR's. */
  readonly returnRegister: number;
  /** The frame is that of a trap or signal handler's entry, which nobody called. */
  readonly interrupted: boolean;
  readonly rules: ReadonlyMap<
    number,
    | { readonly kind: "offset"; readonly offset: number }
    | { readonly kind: "same" }
    | { readonly kind: "undefined" }
    | { readonly kind: "register"; readonly register: number }
    | { readonly kind: "valueOffset"; readonly offset: number }
    | { readonly kind: "expression" | "valueExpression"; readonly bytes: Uint8Array }
  >;
}

/** One ELF image and all that it says. Everything is read lazily: opening is cheap, cost grows with what is asked. */
export interface SymbolFile {
  readonly name: string;
  readonly entry: Address;
  readonly segments: readonly {
    readonly virtual: Address;
    readonly physical: Address;
    readonly bytes: Uint8Array;
    readonly size: number;
    readonly flags: { readonly read: boolean; readonly write: boolean; readonly execute: boolean };
  }[];
  /** What is missing, as sentences (e.g. no .debug_info: only symbols, no lines). */
  readonly gaps: readonly string[];

  functionAt(pc: Address): FunctionInfo | undefined;
  /** Logical frames at a pc, innermost inlined first; empty when no DWARF covers it. */
  framesAt(pc: Address): readonly LogicalFrame[];
  /** The line table's row at pc; undefined also for code that the compiler gives to no line. */
  locationAt(pc: Address): SourceLocation | undefined;
  /**
   * Start addresses of every run of line-table rows of this line (each inlined copy, each entry): where a
   * breakpoint goes. A line that only calls what was inlined begins where the inlined code does. Moves down to the next line that has code; answers which. `path` is one of
   * `sourceFiles()`, or the end of exactly one of them (`src/main.rs`).
   */
  addressesOfLine(
    path: string,
    line: number,
  ): { readonly line: number; readonly addresses: readonly Address[] } | undefined;
  /** The line-table rows of the line at pc within its function: [low, high), ascending; one holds pc. For stepping. */
  lineRangeAt(
    pc: Address,
  ): { readonly location: SourceLocation; readonly ranges: readonly AddressRange[] } | undefined;
  /** Line-table rows in a range of one function, ascending; code that the compiler gives to no line is left out. */
  rowsIn(range: AddressRange): readonly LineRow[];
  /** Lines from `from` to `to`, both included, that have code. `path` as for `addressesOfLine`. */
  breakpointLines(path: string, from: number, to: number): readonly number[];
  /** First address past the prologue. */
  afterPrologue(fn: FunctionInfo): Address;
  /**
   * Functions whose path equals the pattern, or ends with `::` + pattern; generics may be left out. The path of
   * an async fn also finds its body.
   */
  functionsNamed(pattern: string): readonly FunctionInfo[];
  /** Addresses where a function of this path was inlined (for breakpoints on inlined functions). */
  inlinedEntries(pattern: string): readonly Address[];
  sourceFiles(): readonly string[];
  /**
   * Functions and async fns declared in a source file, for the language server. The location of an async fn
   * whose signature takes several lines may be that of its opening brace.
   */
  declarationsIn(path: string): readonly {
    readonly name: string;
    readonly location: SourceLocation;
    readonly async: boolean;
    /** Coroutine types of an async fn or block: one for each instance of a generic one. */
    readonly environments: readonly StructType[];
  }[];

  /** ELF symbol that covers the address, demangled, with the offset into it. */
  symbolAt(
    pc: Address,
  ): { readonly name: string; readonly linkageName: string; readonly offset: number } | undefined;
  symbolNamed(
    linkageName: string,
  ): { readonly address: Address; readonly size: number } | undefined;
  /** Statics by path suffix. */
  staticsNamed(pattern: string): readonly (Variable & {
    readonly qualifiedName: string;
    readonly address: Address | undefined;
  })[];
  /** Paths of statics with a place, `executor::EXECUTOR`, whose name goes on from what was typed: `EXE`, `executor::E`. */
  staticsBeginning(text: string, most: number): readonly string[];
  typeNamed(pattern: string): readonly Type[];
  /** All coroutine environment types. */
  coroutineTypes(): readonly StructType[];
  /** Vtables that DWARF describes, by address; those of collected code are left out. */
  vtables(): readonly Vtable[];
  vtableAt(address: Address): Vtable | undefined;
  unwindAt(pc: Address): UnwindRow | undefined;
  /**
   * One step outwards: in an epilogue by its instructions, else by the call frame information at pc; undefined where
   * there is none or a value is missing.
   */
  callerOf(pc: Address, context: EvaluationContext): CallerFrame | undefined;
  evaluate(location: Location, context: EvaluationContext): Place;
}
