/**
 * Where the code of each line of a file begins, which is where its breakpoints go: at every run of rows of the
 * line, and, for a line that only calls what was inlined and so has no rows of its own, at the inlined code.
 */
import { At, Tag } from "./constants.ts";
import type { Die } from "./die.ts";
import type { Dwarf } from "./dwarf.ts";
import { isEnd, type LineTable, RowFlag } from "./line-program.ts";
import type { Lines } from "./lines.ts";
import type { InfoOffset, NearAddress } from "./positions.ts";
import { rangesOf } from "./ranges.ts";
import type { Unit } from "./unit.ts";

export interface LineEntry {
  readonly line: number;
  /** Ascending. */
  readonly addresses: readonly NearAddress[];
}

/** The first code of an inlined function, by the place that calls it. */
interface InlinedCall {
  readonly file: number;
  readonly line: number;
  readonly entry: NearAddress;
}

type Found = Map<number, Set<NearAddress>>;

export class LineEntries {
  readonly #dwarf: Dwarf;
  readonly #lines: Lines;
  readonly #entries = new Map<string, LineEntry[]>();
  readonly #calls = new Map<Unit, InlinedCall[]>();

  constructor(dwarf: Dwarf, lines: Lines) {
    this.#dwarf = dwarf;
    this.#lines = lines;
  }

  /** The lines of a file that have code, ascending. `path` as the compiler recorded it. */
  of(path: string): readonly LineEntry[] {
    let entries = this.#entries.get(path);
    if (entries === undefined) {
      entries = this.#collect(path);
      this.#entries.set(path, entries);
    }
    return entries;
  }

  /** The line, or the next one below that has code. */
  from(path: string, line: number): LineEntry | undefined {
    const entries = this.of(path);
    let [low, high] = [0, entries.length];
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (entries[middle]!.line < line) low = middle + 1;
      else high = middle;
    }
    return entries[low];
  }

  #collect(path: string): LineEntry[] {
    const runs: Found = new Map();
    const inlined: Found = new Map();
    const empty: Found = new Map();
    const tables = new Set<LineTable>();
    for (const [unit, files] of this.#lines.unitsOf(path)) {
      const table = this.#lines.table(unit);
      if (!tables.has(table)) collectRuns(table, files, runs, empty);
      tables.add(table);
      for (const { file, line, entry } of this.#callsIn(unit)) {
        if (files.has(file)) add(inlined, line, entry);
      }
    }
    // A row that covers no instruction still says where its line would be, when nothing else does.
    for (const weaker of [inlined, empty]) {
      for (const [line, addresses] of weaker) if (!runs.has(line)) runs.set(line, addresses);
    }
    return [...runs]
      .map(([line, addresses]) => ({ line, addresses: [...addresses].sort((a, b) => a - b) }))
      .sort((a, b) => a.line - b.line);
  }

  #callsIn(unit: Unit): InlinedCall[] {
    let calls = this.#calls.get(unit);
    if (calls === undefined) {
      calls = this.#dwarf.tolerate(() => readCalls(this.#dwarf, unit), []);
      this.#calls.set(unit, calls);
    }
    return calls;
  }
}

/** Notes where each line of the files begins to be executed, and rows of no length apart. */
function collectRuns(
  table: LineTable,
  files: ReadonlySet<number>,
  runs: Found,
  empty: Found,
): void {
  let current = 0;
  for (let row = 0; row + 1 < table.count; row++) {
    const line = isEnd(table, row) || !files.has(table.files[row]!) ? 0 : table.lines[row]!;
    if (line === 0) {
      current = 0;
      continue;
    }
    const at = table.addresses[row]! as NearAddress;
    const isStatement = (table.flags[row]! & RowFlag.statement) !== 0;
    if (table.addresses[row + 1]! === at) {
      if (isStatement) add(empty, line, at);
      continue;
    }
    if (line !== current && isStatement) add(runs, line, at);
    // Behind a row that is no place to stop, a statement of the same line still is one.
    current = line !== current && !isStatement ? 0 : line;
  }
}

function readCalls(dwarf: Dwarf, unit: Unit): InlinedCall[] {
  /** One line may call several inlined functions: only the first code of each copy is where the line begins. */
  const first = new Map<string, InlinedCall>();
  for (const offset of unit.index.inlined) {
    dwarf.tolerate(() => {
      const die = unit.die(offset);
      const file = die.number(At.callFile);
      const line = die.number(At.callLine);
      const entry = entryOf(die);
      if (file === undefined || line === undefined || line === 0 || entry === undefined) return;
      const key = `${callerOf(unit, offset)} ${file} ${line}`;
      const known = first.get(key);
      if (known === undefined || entry < known.entry) first.set(key, { file, line, entry });
    }, undefined);
  }
  return [...first.values()];
}

/** Where an inlined function begins: as the compiler says, else its lowest address. */
export function entryOf(die: Die): NearAddress | undefined {
  const ranges = rangesOf(die);
  const entry = die.address(At.entryPc);
  if (entry !== undefined && ranges.some(({ low, high }) => low <= entry && entry < high)) {
    return entry;
  }
  if (ranges.length === 0) return undefined;
  return Math.min(...ranges.map(({ low }) => low)) as NearAddress;
}

/** The function, inlined or not, around an inlined one. */
function callerOf(unit: Unit, offset: InfoOffset): InfoOffset | undefined {
  let at = unit.index.parent(offset);
  while (at !== undefined && unit.index.tag(at) === Tag.lexicalBlock) at = unit.index.parent(at);
  return at;
}

function add(map: Found, line: number, at: NearAddress): void {
  const known = map.get(line);
  if (known) known.add(at);
  else map.set(line, new Set([at]));
}
