/** Answers from the line tables of all units: which line an address is of, and the rows around it. */
import type { LineRow, SourceLocation } from "./api.ts";
import type { Dwarf } from "./dwarf.ts";
import {
  isEnd,
  type LineHeader,
  type LineTable,
  RowFlag,
  readLineHeader,
  runLineProgram,
} from "./line-program.ts";
import {
  far,
  type LineOffset,
  lastNotAbove,
  type NearAddress,
  type NearRange,
} from "./positions.ts";
import type { Unit } from "./unit.ts";

const NO_ROWS: LineTable = {
  count: 0,
  addresses: new Float64Array(0),
  files: new Uint32Array(0),
  lines: new Uint32Array(0),
  columns: new Uint16Array(0),
  flags: new Uint8Array(0),
};

const NO_UNITS: ReadonlyMap<Unit, ReadonlySet<number>> = new Map();

type FileMap = Map<string, Map<Unit, Set<number>>>;

export class Lines {
  readonly #dwarf: Dwarf;
  readonly #headers = new Map<LineOffset, LineHeader | undefined>();
  readonly #tables = new Map<LineHeader, LineTable>();
  /** Of each path: which files of which units it is. */
  #files: FileMap | undefined;

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
    const table = this.table(unit);
    const row = rowAt(table, pc);
    return row === undefined ? undefined : this.#location(unit, table, row);
  }

  /** Rows of the line at pc, adjoining ones joined, as far as `bounds` (the function's ranges) reach. */
  lineRangeAt(unit: Unit, pc: NearAddress, bounds: readonly NearRange[]) {
    const table = this.table(unit);
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
    const table = this.table(unit);
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

  /** First address behind the prologue of a function whose first code is [entry, end): where its body's lines begin. */
  afterPrologue(unit: Unit, entry: NearAddress, end: NearAddress): NearAddress {
    const { lines } = this.table(unit);
    const isBody = (row: number, first: number) => lines[row] !== lines[first] && lines[row] !== 0;
    return this.#prologueEnd(unit, entry, end, isBody);
  }

  /** Where such a function's arguments are in its frame. A body that begins in the function's own line has a row of it. */
  frameSetUp(unit: Unit, entry: NearAddress, end: NearAddress): NearAddress {
    return this.#prologueEnd(unit, entry, end, () => true);
  }

  /** Where the compiler says so; else the first row behind the entry that is the body's. */
  #prologueEnd(
    unit: Unit,
    entry: NearAddress,
    end: NearAddress,
    isBody: (row: number, first: number) => boolean,
  ): NearAddress {
    const table = this.table(unit);
    const first = rowAt(table, entry);
    if (first === undefined) return entry;
    let body: NearAddress | undefined;
    for (let row = first; row < table.count && table.addresses[row]! < end; row++) {
      const at = Math.max(entry, table.addresses[row]!) as NearAddress;
      if (isEnd(table, row)) break;
      if ((table.flags[row]! & RowFlag.prologueEnd) !== 0) return at;
      if (body === undefined && at > entry && isBody(row, first)) body = at;
    }
    return body ?? entry;
  }

  /** The path as the compiler wrote it; an end of it will do when no other path has it. */
  recordedPath(path: string): string | undefined {
    const files = this.#fileMap();
    if (files.has(path)) return path;
    const ending = `/${path.replace(/^(\.?\/)+/, "")}`;
    const matches = [...files.keys()].filter((each) => each.endsWith(ending));
    return matches.length === 1 ? matches[0] : undefined;
  }

  /** The units that mention a path, and the numbers that it has there. */
  unitsOf(path: string): ReadonlyMap<Unit, ReadonlySet<number>> {
    return this.#fileMap().get(path) ?? NO_UNITS;
  }

  #location(unit: Unit, table: LineTable, row: number): SourceLocation | undefined {
    const path = this.path(unit, table.files[row]!);
    const line = table.lines[row]!;
    if (path === undefined || line === 0) return undefined;
    return { path, line, column: table.columns[row]! };
  }

  /** Units of types have the line table of the unit that they were taken out of, so tables go by their offset. */
  #header(unit: Unit): LineHeader | undefined {
    const offset = this.#dwarf.tolerate(() => unit.lineOffset, undefined);
    if (offset === undefined) return undefined;
    if (!this.#headers.has(offset)) {
      const read = () => readLineHeader(this.#dwarf, offset, this.#folder(unit, offset));
      this.#headers.set(offset, this.#dwarf.tolerate(read, undefined));
    }
    return this.#headers.get(offset);
  }

  /** The folder that relative paths of a table begin at; a unit of types does not say, its main unit does. */
  #folder(unit: Unit, offset: LineOffset): string {
    const own = unit.compilationFolder;
    if (own !== undefined) return own;
    for (const other of this.#dwarf.units) {
      const folder = this.#dwarf.tolerate(
        () => (other.lineOffset === offset ? other.compilationFolder : undefined),
        undefined,
      );
      if (folder !== undefined) return folder;
    }
    return "";
  }

  /** All rows of a unit. */
  table(unit: Unit): LineTable {
    const header = this.#header(unit);
    if (header === undefined) return NO_ROWS;
    let table = this.#tables.get(header);
    if (table === undefined) {
      table = this.#dwarf.tolerate(() => runLineProgram(header, this.#dwarf.elf), NO_ROWS);
      this.#tables.set(header, table);
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
}

function rowAt(table: LineTable, pc: NearAddress): number | undefined {
  const row = lastNotAbove(table.addresses, pc, table.count);
  return row < 0 || isEnd(table, row) ? undefined : row;
}

function append(ranges: NearRange[], low: NearAddress, high: NearAddress): void {
  const last = ranges.at(-1);
  if (last !== undefined && last.high === low) ranges[ranges.length - 1] = { low: last.low, high };
  else ranges.push({ low, high });
}
