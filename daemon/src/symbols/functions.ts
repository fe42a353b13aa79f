/** Functions, and the logical frames at an address: what was inlined there, innermost first. */
import type { FunctionInfo, LogicalFrame, SourceLocation, Variable } from "./api.ts";
import { At, Tag } from "./constants.ts";
import type { Die } from "./die.ts";
import type { Dwarf } from "./dwarf.ts";
import type { Frames } from "./frame.ts";
import type { Lines } from "./lines.ts";
import { expressionAt, locationOf } from "./locations.ts";
import { Op } from "./operations.ts";
import { linkageName, type Paths } from "./paths.ts";
import { far, type InfoOffset, type NearAddress, type NearRange, near } from "./positions.ts";
import { contains, RangeMap, rangesOf } from "./ranges.ts";
import { lazily, type Types, unknown } from "./types.ts";
import type { Unit } from "./unit.ts";
import { UnitMap } from "./unit-map.ts";

/** Inlining and blocks nested deeper than this are not a compiler's. */
const MAX_DEPTH = 512;
const STACK_POINTER = 2;
const FRAME_POINTER = 8;

/** One frame in the making: its function's entry, and the blocks around the pc, outermost first. */
interface Scope {
  readonly die: Die;
  readonly blocks: Die[];
}

export class Functions {
  readonly #dwarf: Dwarf;
  readonly #lines: Lines;
  readonly #paths: Paths;
  readonly #types: Types;
  readonly #unwinding: Frames;
  readonly #units: UnitMap;
  readonly #maps = new Map<Unit, RangeMap>();
  readonly #infos = new Map<InfoOffset, FunctionInfo>();

  constructor(dwarf: Dwarf, lines: Lines, paths: Paths, types: Types, unwinding: Frames) {
    this.#dwarf = dwarf;
    this.#lines = lines;
    this.#paths = paths;
    this.#types = types;
    this.#unwinding = unwinding;
    this.#units = new UnitMap(dwarf);
  }

  unitAt(pc: NearAddress): Unit | undefined {
    return this.#units.at(pc);
  }

  /** The entry of the function with code at pc. */
  dieAt(pc: NearAddress): Die | undefined {
    const unit = this.unitAt(pc);
    if (unit === undefined) return undefined;
    const offset = this.#map(unit).get(pc);
    return offset === undefined ? undefined : unit.die(offset as InfoOffset);
  }

  infoAt(pc: NearAddress): FunctionInfo | undefined {
    const die = this.dieAt(pc);
    return die && this.info(die);
  }

  /** What is told of a function with code. */
  info(die: Die): FunctionInfo | undefined {
    const known = this.#infos.get(die.offset);
    if (known !== undefined) return known;
    const ranges = rangesOf(die);
    if (ranges.length === 0) return undefined;
    const entry = die.address(At.entryPc) ?? die.address(At.lowPc) ?? ranges[0]!.low;
    const info: FunctionInfo = {
      name: this.#paths.of(die),
      linkageName: linkageName(die),
      ranges: ranges.map(farRange),
      entry: far(contains(ranges, entry) ? entry : ranges[0]!.low),
      declaration: this.declarationOf(die),
    };
    this.#infos.set(die.offset, info);
    return info;
  }

  /** Where an entry, or the one that it completes, is declared. */
  declarationOf(die: Die): SourceLocation | undefined {
    for (const each of die.origins()) {
      const line = each.number(At.declLine);
      const file = each.number(At.declFile);
      if (line === undefined || line === 0 || file === undefined) continue;
      const path = this.#lines.path(each.unit, file);
      if (path !== undefined) return { path, line, column: each.number(At.declColumn) ?? 0 };
    }
    return undefined;
  }

  framesAt(pc: NearAddress): LogicalFrame[] {
    const die = this.dieAt(pc);
    const physical = die && this.info(die);
    if (die === undefined || physical === undefined) return [];
    const scopes = this.#scopes(die, pc);
    const frameBase = () => this.#frameBase(die, physical, pc);
    let location = this.#lines.locationAt(die.unit, pc);
    const frames: LogicalFrame[] = [];
    for (const scope of scopes.reverse()) {
      frames.push(this.#frame(scope, physical, location, pc, frameBase));
      location = this.#callOf(scope.die);
    }
    return frames;
  }

  /**
   * Compilers tell one base for the whole function, also for its first and last instructions, where
   * the register is still, or again, the caller's and arguments are not in their slots yet.
   */
  #frameBase(die: Die, fn: FunctionInfo, pc: NearAddress): Uint8Array | undefined {
    const base = expressionAt(die, At.frameBase, pc);
    if (base === undefined) return undefined;
    const { entry, high, unit } = this.#beginning(fn);
    const setUp = unit ? this.#lines.frameSetUp(unit, entry, high) : entry;
    if (entry <= pc && pc < setUp) return undefined;
    const register = base.length === 1 ? base[0]! - Op.reg0 : undefined;
    return register !== undefined && this.#isCallers(register, pc) ? undefined : base;
  }

  /** Whether a register that frames are found by is not the function's own yet, or not any more. */
  #isCallers(register: number, pc: NearAddress): boolean {
    const epilogue = this.#unwinding.epilogueAt(pc);
    if (epilogue !== undefined) {
      const { growth, saved } = epilogue;
      return register === STACK_POINTER ? growth === 0 : !saved.has(register);
    }
    const cfa = register === FRAME_POINTER ? this.#unwinding.rowAt(pc)?.cfa : undefined;
    return cfa !== undefined && "register" in cfa && cfa.register === STACK_POINTER;
  }

  /** First address behind the prologue. */
  afterPrologue(fn: FunctionInfo): NearAddress {
    const { entry, high, unit } = this.#beginning(fn);
    return unit ? this.#lines.afterPrologue(unit, entry, high) : entry;
  }

  /** The code that a function begins with, without a unit where there is none. */
  #beginning({ entry, ranges }: FunctionInfo) {
    const first = ranges.find(({ low, high }) => low <= entry && entry < high);
    const unit = first && this.unitAt(near(entry));
    return { unit, entry: near(entry), high: near(first?.high ?? entry) };
  }

  #frame(
    scope: Scope,
    physical: FunctionInfo,
    location: SourceLocation | undefined,
    pc: NearAddress,
    frameBase: () => Uint8Array | undefined,
  ): LogicalFrame {
    const { die } = scope;
    const variables = () => this.#variables(scope, pc, frameBase());
    if (die.tag !== Tag.inlinedSubroutine) {
      const { name, linkageName: linkage, declaration, ranges } = physical;
      return {
        name,
        location,
        inlined: false,
        function: physical,
        linkageName: linkage,
        declaration,
        ranges,
        variables,
      };
    }
    const name = lazily(() => this.#paths.of(die));
    const linkage = lazily(() => linkageName(die));
    const declaration = lazily(() => this.declarationOf(die));
    const ranges = lazily(() => rangesOf(die).map(farRange));
    return {
      get name() {
        return name();
      },
      location,
      inlined: true,
      function: physical,
      get linkageName() {
        return linkage();
      },
      get declaration() {
        return declaration();
      },
      get ranges() {
        return ranges();
      },
      variables,
    };
  }

  /** Functions and inlined functions around pc, outermost first. */
  #scopes(root: Die, pc: NearAddress): Scope[] {
    const scopes: Scope[] = [{ die: root, blocks: [] }];
    let at: Die | undefined = root;
    for (let depth = 0; at !== undefined && depth < MAX_DEPTH; depth++) {
      at = scopeChild(at, pc);
      if (at?.tag === Tag.inlinedSubroutine) scopes.push({ die: at, blocks: [] });
      else if (at !== undefined) scopes.at(-1)!.blocks.push(at);
    }
    return scopes;
  }

  /** Where the function around an inlined one calls it. */
  #callOf(inlined: Die): SourceLocation | undefined {
    const line = inlined.number(At.callLine);
    const file = inlined.number(At.callFile);
    if (line === undefined || line === 0 || file === undefined) return undefined;
    const path = this.#lines.path(inlined.unit, file);
    return path === undefined
      ? undefined
      : { path, line, column: inlined.number(At.callColumn) ?? 0 };
  }

  #variables(scope: Scope, pc: NearAddress, frameBase: Uint8Array | undefined): Variable[] {
    const locals: Variable[] = [];
    const parameters: Variable[] = [];
    for (const block of [...scope.blocks].reverse()) {
      for (const die of variableDies(block)) locals.push(this.variable(die, pc, frameBase));
    }
    const seen = new Set<InfoOffset>();
    const own = [...variableDies(scope.die)];
    for (const die of own) for (const origin of die.origins()) seen.add(origin.offset);
    // What a copy of the function does not mention at all is still declared in its origin.
    const lost = scope.die
      .origins()
      .slice(1)
      .flatMap((origin) => [...variableDies(origin)])
      .filter((die) => !seen.has(die.offset) && !die.flag(At.declaration));
    const hasOwnParameters = own.some((die) => die.tag === Tag.formalParameter);
    for (const die of [...own, ...lost.filter((each) => !isUnnamed(each) || !hasOwnParameters)]) {
      const list = die.tag === Tag.formalParameter ? parameters : locals;
      list.push(this.variable(die, pc, frameBase));
    }
    return [...locals, ...parameters];
  }

  variable(
    die: Die,
    pc: NearAddress | undefined,
    frameBase: Uint8Array | undefined,
    kind?: "static",
  ): Variable {
    const type = this.#types.typeOf(die) ?? unknown("void", 0);
    const declaration = () => this.declarationOf(die);
    return {
      name: die.inherited((each) => each.string(At.name)) ?? "",
      type,
      kind: kind ?? (die.tag === Tag.formalParameter ? "parameter" : "local"),
      location: locationOf(die, pc, frameBase, type.size),
      get declaration() {
        return declaration();
      },
    };
  }

  #map(unit: Unit): RangeMap {
    let map = this.#maps.get(unit);
    if (map === undefined) {
      const { functions } = this.#dwarf.tolerate(() => unit.index, NOTHING);
      const entries = functions.flatMap((offset) =>
        this.#dwarf
          .tolerate(() => rangesOf(unit.die(offset)), [])
          .map(({ low, high }) => ({ low, high, value: offset })),
      );
      map = new RangeMap(entries);
      this.#maps.set(unit, map);
    }
    return map;
  }
}

const NOTHING: { readonly functions: readonly InfoOffset[] } = { functions: [] };

const farRange = ({ low, high }: NearRange) => ({ low: far(low), high: far(high) });

const isUnnamed = (die: Die) => die.inherited((each) => each.string(At.name)) === undefined;

/**
 * The inlined function or block directly within a scope that holds pc. A block that says no range (GCC writes
 * some that read as empty lists) counts when something in it holds pc.
 */
function scopeChild(parent: Die, pc: NearAddress, depth = 0): Die | undefined {
  for (const child of parent.unit.children(parent)) {
    const isBlock = child.tag === Tag.lexicalBlock;
    if (!isBlock && child.tag !== Tag.inlinedSubroutine) continue;
    const ranges = rangesOf(child);
    if (contains(ranges, pc)) return child;
    const isOpen = isBlock && ranges.length === 0 && depth < MAX_DEPTH;
    if (isOpen && scopeChild(child, pc, depth + 1) !== undefined) return child;
  }
  return undefined;
}

function* variableDies(scope: Die): Generator<Die> {
  for (const child of scope.unit.children(scope)) {
    if (child.tag === Tag.formalParameter || child.tag === Tag.variable) yield child;
  }
}
