/**
 * The places in a function where a step by line may end: the start of every statement, with its chain
 * of levels and how its frame is recognised. Worked out once for each function.
 */
import { type Address, address } from "../base/brand.ts";
import type { Module } from "../inspect/api.ts";
import type { Hart } from "../machine/api.ts";
import type { FunctionInfo, LogicalFrame, UnwindRow } from "../symbols/api.ts";
import { blockStarts } from "./blocks.ts";
import type { Level } from "./levels.ts";

export interface Statement {
  /** In memory, not in the ELF. */
  readonly address: Address;
  /** Exclusive end of its code, with what follows it that belongs to no line. */
  readonly high: Address;
  /** Outermost first. */
  readonly levels: readonly Level[];
  readonly cfa: UnwindRow["cfa"] | undefined;
  /** The stretch of straight-line code in which it begins, and the one in which it ends. */
  readonly block: number;
  readonly lastBlock: number;
}

/** `PATH::{async_fn#0}`, `PATH::{async_block#1}`: bodies that a poll enters at their head each time. */
const ASYNC_BODY = /\{async_(?:fn|block|closure)(?:_env)?#\d+\}(?:<.*>)?$/;

export function levelOf(frame: LogicalFrame): Level {
  const { location, ranges, name, declaration } = frame;
  return {
    copy: ranges[0]?.low ?? frame.function.entry,
    path: location?.path ?? "",
    line: location?.line ?? 0,
    asyncLine: ASYNC_BODY.test(name) ? (declaration?.line ?? 0) : undefined,
  };
}

/** The chain of levels at an address in memory, outermost first; empty where no DWARF covers it. */
export const levelsAt = (module: Module, pc: Address): readonly Level[] =>
  module.symbols
    .framesAt(address(pc - module.bias))
    .map(levelOf)
    .reverse();

/** Canonical frame address at a statement by its rule, as a signed double; undefined where the rule is no sum. */
export function cfaAt(hart: Hart, rule: UnwindRow["cfa"] | undefined): number | undefined {
  if (!rule || !("register" in rule)) return undefined;
  return hart.xNumber(rule.register) + rule.offset;
}

export class Statements {
  readonly #known = new Map<Module, Map<Address, readonly Statement[]>>();

  of(module: Module, fn: FunctionInfo): readonly Statement[] {
    let known = this.#known.get(module);
    if (!known) {
      known = new Map();
      this.#known.set(module, known);
    }
    let statements = known.get(fn.entry);
    if (!statements) {
      statements = fn.ranges.flatMap((range) => read(module, range));
      known.set(fn.entry, statements);
    }
    return statements;
  }
}

function read(module: Module, range: FunctionInfo["ranges"][number]): Statement[] {
  const { symbols, bias } = module;
  const rows = symbols.rowsIn(range).filter((row) => row.statement && row.location.line > 0);
  const found = blockStarts(symbols, range);
  const starts = found && [...found].sort((a, b) => (a < b ? -1 : 1));
  return rows.map((row, index) => {
    const high = rows[index + 1]?.address ?? range.high;
    return {
      address: address(row.address + bias),
      high: address(high + bias),
      levels: symbols.framesAt(row.address).map(levelOf).reverse(),
      cfa: symbols.unwindAt(row.address)?.cfa,
      // Where any place may be entered, every statement is a stretch of its own.
      block: starts ? startsUpTo(starts, row.address) : index,
      lastBlock: starts ? startsUpTo(starts, address(high - 1n)) : index,
    };
  });
}

function startsUpTo(starts: readonly Address[], at: Address): number {
  let low = 0;
  let high = starts.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (starts[middle]! <= at) low = middle + 1;
    else high = middle;
  }
  return low;
}

/**
 * Tells which lines a walk over statements comes back to within straight-line code, where optimised
 * code merely takes turns between lines.
 */
export class Turns {
  readonly #seen = new Set<string>();

  /** To be called for each statement in order; answers whether its outer `depth` levels were there before. */
  repeats({ block, lastBlock, levels }: Statement, depth: number): boolean {
    let key = "";
    let repeated = false;
    for (const [index, { copy, line }] of levels.entries()) {
      key += ` ${copy}:${line}`;
      if (index + 1 === depth) repeated = this.#seen.has(block + key);
      this.#seen.add(block + key);
      this.#seen.add(lastBlock + key);
    }
    return repeated;
  }
}
