/** Opens an ELF image and answers what it says of itself: the `SymbolFile` of api.ts over its readers. */
import type { Address } from "../base/brand.ts";
import type {
  AddressRange,
  CallerFrame,
  EvaluationContext,
  FunctionInfo,
  LineRow,
  Location,
  LogicalFrame,
  Place,
  SourceLocation,
  StructType,
  SymbolFile,
  Type,
  UnwindRow,
  Variable,
  Vtable,
} from "./api.ts";
import { At } from "./constants.ts";
import { type Declaration, Declarations, isCoroutine } from "./declarations.ts";
import { readable } from "./demangle.ts";
import type { Die } from "./die.ts";
import { Dwarf } from "./dwarf.ts";
import { Elf } from "./elf.ts";
import { constantPlace, evaluatePlace } from "./expression.ts";
import { Frames } from "./frame.ts";
import { Functions } from "./functions.ts";
import { entryOf, LineEntries } from "./line-entries.ts";
import { Lines } from "./lines.ts";
import { NameIndex } from "./name-index.ts";
import { lastName, logicalName, pathMatcher } from "./names.ts";
import { Paths } from "./paths.ts";
import { far, type InfoOffset, type NearRange, near } from "./positions.ts";
import { rangesOf } from "./ranges.ts";
import { isDefinition, staticAddress } from "./statics.ts";
import { SymbolTable } from "./symbol-table.ts";
import { lazily, Types } from "./types.ts";
import { Vtables } from "./vtables.ts";

/**
 * Reads an ELF image; `name` is how errors call it.
 * @throws FormatError when it is not a linked, 64-bit, little-endian RISC-V image. What is malformed in its
 * debugging sections costs only the answers that need it, and is listed in `gaps`.
 */
export function openSymbols(bytes: Uint8Array, name: string): SymbolFile {
  return new ElfSymbols(new Elf(bytes, name));
}

class ElfSymbols implements SymbolFile {
  readonly name: string;
  readonly entry: Address;
  readonly segments: SymbolFile["segments"];
  readonly #elf: Elf;
  readonly #dwarf: Dwarf;
  readonly #names: NameIndex;
  readonly #lines: Lines;
  readonly #lineEntries: LineEntries;
  readonly #paths: Paths;
  readonly #types: Types;
  readonly #functions: Functions;
  readonly #vtables: Vtables;
  readonly #frames: Frames;
  readonly #symbols: SymbolTable;
  readonly #coroutines = lazily(() => this.#findCoroutines());
  readonly #declarations = lazily(
    () => new Declarations(this.#dwarf, this.#paths, this.#functions, this.#coroutines()),
  );

  constructor(elf: Elf) {
    this.name = elf.source;
    this.entry = elf.entry;
    this.segments = elf.segments;
    this.#elf = elf;
    this.#dwarf = new Dwarf(elf);
    this.#paths = new Paths(this.#dwarf);
    this.#names = new NameIndex(this.#dwarf);
    this.#lines = new Lines(this.#dwarf);
    this.#lineEntries = new LineEntries(this.#dwarf, this.#lines);
    this.#types = new Types(
      this.#paths,
      (die) => this.#functions.declarationOf(die),
      (path) => this.#definitionOf(path),
    );
    this.#frames = new Frames(this.#dwarf);
    this.#functions = new Functions(
      this.#dwarf,
      this.#lines,
      this.#paths,
      this.#types,
      this.#frames,
    );
    this.#vtables = new Vtables(this.#dwarf, this.#types);
    this.#symbols = new SymbolTable(elf);
  }

  get gaps(): readonly string[] {
    return [...missingSections(this.#elf), ...this.#elf.unreadable, ...this.#dwarf.gaps];
  }

  functionAt(pc: Address): FunctionInfo | undefined {
    return this.#functions.infoAt(near(pc)) ?? this.#symbols.functionAt(near(pc));
  }

  framesAt(pc: Address): readonly LogicalFrame[] {
    return this.#functions.framesAt(near(pc));
  }

  locationAt(pc: Address): SourceLocation | undefined {
    const unit = this.#functions.unitAt(near(pc));
    return unit && this.#lines.locationAt(unit, near(pc));
  }

  addressesOfLine(path: string, line: number) {
    const recorded = this.#lines.recordedPath(path);
    const found = recorded === undefined ? undefined : this.#lineEntries.from(recorded, line);
    return found && { line: found.line, addresses: found.addresses.map(far) };
  }

  lineRangeAt(pc: Address) {
    const at = near(pc);
    const unit = this.#functions.unitAt(at);
    if (unit === undefined) return undefined;
    const die = this.#functions.dieAt(at);
    const found = this.#lines.lineRangeAt(unit, at, die ? rangesOf(die) : []);
    return found && { location: found.location, ranges: found.ranges.map(farRange) };
  }

  rowsIn({ low, high }: AddressRange): readonly LineRow[] {
    const unit = this.#functions.unitAt(near(low));
    return unit ? this.#lines.rowsIn(unit, near(low), near(high)) : [];
  }

  breakpointLines(path: string, from: number, to: number): readonly number[] {
    const recorded = this.#lines.recordedPath(path);
    const entries = recorded === undefined ? [] : this.#lineEntries.of(recorded);
    return entries.map(({ line }) => line).filter((line) => line >= from && line <= to);
  }

  afterPrologue(fn: FunctionInfo): Address {
    return far(this.#functions.afterPrologue(fn));
  }

  functionsNamed(pattern: string): readonly FunctionInfo[] {
    const matches = functionMatcher(pattern);
    const found: FunctionInfo[] = [];
    for (const die of this.#names.matching("functions", matches.last)) {
      const read = () =>
        matches.path(this.#paths.of(die)) ? this.#functions.info(die) : undefined;
      const info = this.#dwarf.tolerate(read, undefined);
      if (info !== undefined) found.push(info);
    }
    for (const info of this.#symbols.functionsCalled(lastName(pattern))) {
      const isNew = this.#functions.dieAt(near(info.entry)) === undefined;
      if (isNew && matches.path(info.name)) found.push(info);
    }
    return found;
  }

  inlinedEntries(pattern: string): readonly Address[] {
    const matches = functionMatcher(pattern);
    const entries = new Set<Address>();
    for (const die of this.#names.matching("inlined", matches.last)) {
      this.#dwarf.tolerate(() => {
        if (!matches.path(this.#paths.of(die))) return;
        const entry = entryOf(die);
        if (entry !== undefined) entries.add(far(entry));
      }, undefined);
    }
    return [...entries];
  }

  sourceFiles(): readonly string[] {
    return this.#lines.paths();
  }

  declarationsIn(path: string): readonly Declaration[] {
    return this.#declarations().in(this.#lines.recordedPath(path) ?? path);
  }

  symbolAt(pc: Address) {
    const found = this.#symbols.at(near(pc));
    if (found === undefined) return undefined;
    const linkageName = found.symbol.name;
    return { name: readable(linkageName), linkageName, offset: found.offset };
  }

  symbolNamed(linkageName: string) {
    const symbol = this.#symbols.named(linkageName);
    return symbol && { address: far(symbol.address), size: symbol.size };
  }

  staticsNamed(pattern: string) {
    const matches = pathMatcher(pattern);
    const found: (Variable & { qualifiedName: string; address: Address | undefined })[] = [];
    for (const die of this.#names.named("statics", lastName(pattern))) {
      this.#dwarf.tolerate(() => {
        const qualifiedName = this.#paths.of(die);
        if (!isDefinition(die) || !matches(qualifiedName)) return;
        const at = staticAddress(die);
        const variable = this.#functions.variable(die, undefined, undefined, "static");
        found.push({ ...variable, qualifiedName, address: at === undefined ? undefined : far(at) });
      }, undefined);
    }
    // Link-time optimisation leaves the first mention of a variable behind, without its place.
    const placed = new Set(found.flatMap((each) => (each.address ? [each.qualifiedName] : [])));
    return found.filter((each) => each.address || !placed.has(each.qualifiedName));
  }

  staticsBeginning(text: string, most: number): readonly string[] {
    const path = text.split("::");
    const begin = path.pop()!;
    const paths = new Set<string>();
    for (const die of this.#names.matching("statics", (last) => last.startsWith(begin))) {
      if (paths.size >= most) break;
      this.#dwarf.tolerate(() => {
        if (!isDefinition(die) || staticAddress(die) === undefined) return;
        const parts = this.#paths.of(die).split("::");
        const above = parts.slice(-1 - path.length, -1).join("::");
        if (path.length === 0 || above === path.join("::")) {
          paths.add(parts.slice(-Math.max(2, path.length + 1)).join("::"));
        }
      }, undefined);
    }
    return [...paths];
  }

  typeNamed(pattern: string): readonly Type[] {
    const matches = pathMatcher(pattern);
    const found = new Set<Type>();
    for (const die of this.#names.named("types", lastName(pattern))) {
      this.#dwarf.tolerate(() => {
        const isIt = !die.flag(At.declaration) && matches(this.#paths.of(die));
        if (isIt) found.add(this.#types.from(die));
      }, undefined);
    }
    return [...found];
  }

  coroutineTypes(): readonly StructType[] {
    return this.#coroutines();
  }

  vtables(): readonly Vtable[] {
    return this.#vtables.all();
  }

  vtableAt(address: Address): Vtable | undefined {
    return this.#vtables.at(near(address));
  }

  unwindAt(pc: Address): UnwindRow | undefined {
    return this.#frames.rowAt(near(pc));
  }

  callerOf(pc: Address, context: EvaluationContext): CallerFrame | undefined {
    return this.#frames.callerOf(near(pc), context);
  }

  evaluate(location: Location, context: EvaluationContext): Place {
    switch (location.kind) {
      case "none":
        return { kind: "unavailable", reason: "optimised out" };
      case "constant":
        return constantPlace(location.value, location.size);
      case "expression": {
        const { bytes, frameBase } = location;
        const unit =
          location.unit === undefined ? undefined : this.#dwarf.unitOf(location.unit as InfoOffset);
        return evaluatePlace({ bytes, frameBase, unit }, context);
      }
    }
  }

  #findCoroutines(): StructType[] {
    const found = new Set<StructType>();
    for (const die of this.#names.matching("types", isCoroutine)) {
      const type = this.#dwarf.tolerate(() => this.#types.from(die), undefined);
      if (type?.kind === "struct") found.add(type);
    }
    return [...found];
  }

  /** The entry that defines a type which another unit declares. */
  #definitionOf(path: string): Die | undefined {
    const isIt = (die: Die) => !die.flag(At.declaration) && this.#paths.of(die) === path;
    return this.#names
      .named("types", lastName(path))
      .find((die) => this.#dwarf.tolerate(() => isIt(die), false));
  }
}

interface FunctionMatcher {
  /** By the last name alone: cheap, and false for nearly all. */
  readonly last: (name: string) => boolean;
  readonly path: (path: string) => boolean;
}

/** Matches a function's path, and for the body of an async fn also the path of that. */
function functionMatcher(pattern: string): FunctionMatcher {
  const matches = pathMatcher(pattern);
  const last = lastName(pattern);
  const isBody = (name: string) => name.startsWith("{async_fn#");
  return {
    last: (name) => name === last || isBody(name),
    path: (path) =>
      matches(path) || (path.includes("{async_fn#") && matches(logicalName(path).name)),
  };
}

const farRange = ({ low, high }: NearRange): AddressRange => ({ low: far(low), high: far(high) });

function missingSections(elf: Elf): string[] {
  const gaps: string[] = [];
  const has = (name: string) => (elf.section(name)?.bytes.length ?? 0) > 0;
  if (!has(".symtab")) gaps.push("No symbol table (.symtab): addresses have no names.");
  if (!has(".debug_info")) {
    gaps.push(
      "No .debug_info: no types, variables or inlined frames. Build with debug information.",
    );
  }
  if (!has(".debug_line")) gaps.push("No .debug_line: addresses have no source lines.");
  if (!has(".debug_frame") && !has(".eh_frame")) {
    gaps.push("No .debug_frame or .eh_frame: frames cannot be unwound by rules.");
  }
  return gaps;
}
