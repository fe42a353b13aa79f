/** Answers from the line tables of all units: the line at an address, the addresses of a line. */
import type { LineRow, SourceLocation } from "./api.ts";
import type { Dwarf } from "./dwarf.ts";
import {
  type LineHeader,
  type LineTable,
  RowFlag,
  readLineHeader,
  runLineProgram,
} from "./line-program.ts";
import { far, lastNotAbove, type NearAddress, type NearRange } from "./positions.ts";
import type { Unit } from "./unit.ts";

const NO_ROWS: LineTable = {
  count: 0,
  addresses: new Float64Array(0),
  files: new Uint32Array(0),
  lines: new Uint32Array(0),
  columns: new Uint16Array(0),
  flags: new Uint8Array(0),
};

/** The addresses of one line: where its runs of rows begin. */
interface LineEntries {
  readonly line: number;
  readonly addresses: readonly NearAddress[];
}

type FileMap = Map<string, Map<Unit, Set<number>>>;

export class Lines {
  readonly #dwarf: Dwarf;
  readonly #headers = new Map<Unit, LineHeader | undefined>();
  readonly #tables = new Map<Unit, LineTable>();
  /** Of each path: which files of which units it is. */
  #files: FileMap | undefined;
  /** Of each path asked for: its lines that have code, ascending. */
  readonly #entries = new Map<string, LineEntries[]>();

  constructor(dwarf: Dwarf) {
    this.#dwarf = dwarf;
  }

  path(unit: Unit, file: number): string | undefined {
    return this.#header(unit)?.files[file];
  }

  /** All paths that any unit mentions. */
  paths(): string[] {
    return [...this.#fileMap().keys()];
  }

  /** The row that covers an address; undefined also where the compiler names no line. */
  locationAt(unit: Unit, pc: NearAddress): SourceLocation | undefined {
    const table = this.#table(unit);
    const row = rowAt(table, pc);
    return row === undefined ? undefined : this.#location(unit, table, row);
  }

  /** Rows of the line at pc, adjoining ones joined, as far as `bounds` (the function's ranges) reach. */
  lineRangeAt(unit: Unit, pc: NearAddress, bounds: readonly NearRange[]) {
    const table = this.#table(unit);
    const row = rowAt(table, pc);
    const location = row === undefined ? undefined : this.#location(unit, table, row);
    if (row === undefined || location === undefined) return undefined;
    const [file, line] = [table.files[row], table.lines[row]];
    const ranges: NearRange[] = [];
    const within = bounds.length > 0 ? bounds : [{ low: pc, high: table.addresses[row + 1]! }];
    for (const bound of [...within].sort((a, b) => a.low - b.low)) {
      let at = Math.max(0, lastNotAbove(table.addresses, bound.low, table.count));
      for (; at + 1 < table.count && table.addresses[at]! < bound.high; at++) {
        if (table.lines[at] !== line || table.files[at] !== file || isEnd(table, at)) continue;
        const low = Math.max(bound.low, table.addresses[at]!);
        const high = Math.min(bound.high, table.addresses[at + 1]!);
        if (low < high) append(ranges, low as NearAddress, high as NearAddress);
      }
    }
    return { location, ranges };
  }

  /** Rows between two addresses, those without a line left out. */
  rowsIn(unit: Unit, low: NearAddress, high: NearAddress): LineRow[] {
    const table = this.#table(unit);
    const rows: LineRow[] = [];
    let row = Math.max(0, lastNotAbove(table.addresses, low, table.count));
    for (; row + 1 < table.count && table.addresses[row]! < high; row++) {
      const from = Math.max(low, table.addresses[row]!) as NearAddress;
      const to = Math.min(high, table.addresses[row + 1]!) as NearAddress;
      const location = from < to && !isEnd(table, row) && this.#location(unit, table, row);
      if (!location) continue;
      const statement = (table.flags[row]! & RowFlag.statement) !== 0;
      rows.push({ address: far(from), high: far(to), location, statement });
    }
    return rows;
  }

  /** Lines of a file that have code, ascending. */
  linesWithCode(path: string): number[] {
    const recorded = this.recordedPath(path);
    return recorded === undefined ? [] : this.#lineEntries(recorded).map(({ line }) => line);
  }

  /** First address behind the prologue of a function whose first code is [entry, end). */
  afterPrologue(unit: Unit, entry: NearAddress, end: NearAddress): NearAddress {
    const table = this.#table(unit);
    const first = rowAt(table, entry);
    if (first === undefined) return entry;
    let second: NearAddress | undefined;
    for (let row = first; row < table.count && table.addresses[row]! < end; row++) {
      const at = Math.max(entry, table.addresses[row]!) as NearAddress;
      if (isEnd(table, row)) break;
      if ((table.flags[row]! & RowFlag.prologueEnd) !== 0) return at;
      const isNext = at > entry && table.lines[row] !== table.lines[first];
      if (isNext && second === undefined && table.lines[row] !== 0) second = at;
    }
    return second ?? entry;
  }

  /**
   * Where the code of a line begins, or of the next line below that has code. `path` is one that the
   * compiler recorded, or the end of exactly one.
   */
  addressesOfLine(path: string, line: number): LineEntries | undefined {
    const recorded = this.recordedPath(path);
    if (recorded === undefined) return undefined;
    const entries = this.#lineEntries(recorded);
    let [low, high] = [0, entries.length];
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (entries[middle]!.line < line) low = middle + 1;
      else high = middle;
    }
    return entries[low];
  }

  /** The path as the compiler wrote it; an end of it will do when no other path has it. */
  recordedPath(path: string): string | undefined {
    const files = this.#fileMap();
    if (files.has(path)) return path;
    const ending = `/${path.replace(/^(\.?\/)+/, "")}`;
    const matches = [...files.keys()].filter((each) => each.endsWith(ending));
    return matches.length === 1 ? matches[0] : undefined;
  }

  #location(unit: Unit, table: LineTable, row: number): SourceLocation | undefined {
    const path = this.path(unit, table.files[row]!);
    const line = table.lines[row]!;
    if (path === undefined || line === 0) return undefined;
    return { path, line, column: table.columns[row]! };
  }

  #header(unit: Unit): LineHeader | undefined {
    if (!this.#headers.has(unit)) {
      const header = this.#dwarf.tolerate(() => {
        const offset = unit.lineOffset;
        if (offset === undefined) return undefined;
        return readLineHeader(this.#dwarf, offset, unit.compilationFolder);
      }, undefined);
      this.#headers.set(unit, header);
    }
    return this.#headers.get(unit);
  }

  #table(unit: Unit): LineTable {
    let table = this.#tables.get(unit);
    if (table === undefined) {
      const header = this.#header(unit);
      table = this.#dwarf.tolerate(
        () => (header ? runLineProgram(header, this.#dwarf.elf) : NO_ROWS),
        NO_ROWS,
      );
      this.#tables.set(unit, table);
    }
    return table;
  }

  #fileMap(): FileMap {
    if (this.#files !== undefined) return this.#files;
    const files: FileMap = new Map();
    for (const unit of this.#dwarf.units) {
      this.#header(unit)?.files.forEach((path, file) => {
        if (path === undefined) return;
        const units = files.get(path) ?? new Map<Unit, Set<number>>();
        files.set(path, units.set(unit, (units.get(unit) ?? new Set()).add(file)));
      });
    }
    this.#files = files;
    return files;
  }

  #lineEntries(path: string): LineEntries[] {
    let entries = this.#entries.get(path);
    if (entries !== undefined) return entries;
    const runs = new Map<number, Set<NearAddress>>();
    const empty = new Map<number, Set<NearAddress>>();
    for (const [unit, files] of this.#fileMap().get(path) ?? []) {
      collectRuns(this.#table(unit), files, runs, empty);
    }
    // A row that covers no instruction still says where its line would be, when nothing else does.
    for (const [line, addresses] of empty) if (!runs.has(line)) runs.set(line, addresses);
    entries = [...runs]
      .map(([line, addresses]) => ({ line, addresses: [...addresses].sort((a, b) => a - b) }))
      .sort((a, b) => a.line - b.line);
    this.#entries.set(path, entries);
    return entries;
  }
}

const isEnd = (table: LineTable, row: number) => (table.flags[row]! & RowFlag.endOfSequence) !== 0;

function rowAt(table: LineTable, pc: NearAddress): number | undefined {
  const row = lastNotAbove(table.addresses, pc, table.count);
  return row < 0 || isEnd(table, row) ? undefined : row;
}

function append(ranges: NearRange[], low: NearAddress, high: NearAddress): void {
  const last = ranges.at(-1);
  if (last !== undefined && last.high === low) ranges[ranges.length - 1] = { low: last.low, high };
  else ranges.push({ low, high });
}

/** Notes where each line of the files begins to be executed, and rows of no length apart. */
function collectRuns(
  table: LineTable,
  files: ReadonlySet<number>,
  runs: Map<number, Set<NearAddress>>,
  empty: Map<number, Set<NearAddress>>,
): void {
  let current = 0;
  for (let row = 0; row + 1 < table.count; row++) {
    const line = isEnd(table, row) || !files.has(table.files[row]!) ? 0 : table.lines[row]!;
    if (line === 0) {
      current = 0;
      continue;
    }
    const hasLength = table.addresses[row + 1]! > table.addresses[row]!;
    const isStatement = (table.flags[row]! & RowFlag.statement) !== 0;
    if (!hasLength) {
      if (isStatement) add(empty, line, table.addresses[row]! as NearAddress);
      continue;
    }
    if (line !== current && isStatement) add(runs, line, table.addresses[row]! as NearAddress);
    if (line !== current && !isStatement) current = 0;
    else current = line;
  }
}

function add(map: Map<number, Set<NearAddress>>, line: number, at: NearAddress): void {
  const known = map.get(line);
  if (known) known.add(at);
  else map.set(line, new Set([at]));
}
