/**
 * The line number program of one unit (DWARF 4 and 5, 6.2): its header with the files, and the machine
 * that its opcodes drive, run into a compact table.
 */

import { Form } from "./constants.ts";
import type { Dwarf } from "./dwarf.ts";
import type { Elf } from "./elf.ts";
import { skipForm } from "./forms.ts";
import type { LineOffset } from "./positions.ts";
import type { Reader } from "./reader.ts";

/** A table of more rows than this is not a compiler's. */
const MAX_ROWS = 1 << 25;
const MAX_FILES = 1 << 20;

export interface LineHeader {
  /** Full paths by the number that rows and DW_AT_decl_file use. */
  readonly files: readonly (string | undefined)[];
  readonly version: number;
  readonly program: Reader;
  readonly minimumInstruction: number;
  readonly defaultIsStatement: boolean;
  readonly lineBase: number;
  readonly lineRange: number;
  readonly operandCounts: readonly number[];
}

/** Rows in the order of their addresses, sequence by sequence. */
export interface LineTable {
  readonly count: number;
  readonly addresses: Float64Array;
  readonly files: Uint32Array;
  readonly lines: Uint32Array;
  readonly columns: Uint16Array;
  /** Bits of `RowFlag`. */
  readonly flags: Uint8Array;
}

export const RowFlag = { statement: 1, prologueEnd: 2, endOfSequence: 4 } as const;

export const isEnd = (table: LineTable, row: number): boolean =>
  (table.flags[row]! & RowFlag.endOfSequence) !== 0;

export function readLineHeader(dwarf: Dwarf, offset: LineOffset, folder: string): LineHeader {
  const reader = dwarf.elf.reader(".debug_line").at(offset);
  const { end, offsetSize } = reader.initialLength();
  const version = reader.u16();
  if (version < 2 || version > 5) reader.fail(`line table version ${version}`, offset);
  if (version >= 5) reader.skip(2);
  const headerLength = reader.uint(offsetSize);
  const programStart = reader.position + headerLength;
  if (programStart > end) reader.fail("the header is longer than its table", offset);
  const minimumInstruction = reader.u8();
  if (version >= 4) reader.skip(1);
  const defaultIsStatement = reader.u8() !== 0;
  const lineBase = reader.i8();
  const lineRange = reader.u8();
  if (lineRange === 0) reader.fail("a line range of zero", offset);
  const opcodeBase = reader.u8();
  const operandCounts = [0];
  for (let opcode = 1; opcode < opcodeBase; opcode++) operandCounts.push(reader.u8());
  const tables = reader.at(reader.position, programStart);
  const files =
    version >= 5
      ? readFiles(dwarf, tables, { version, offsetSize }, folder)
      : readOldFiles(tables, folder);
  return {
    files,
    version,
    program: reader.at(programStart, end),
    minimumInstruction,
    defaultIsStatement,
    lineBase,
    lineRange,
    operandCounts,
  };
}

/** Versions 2 to 4: folders and files end with an empty name; files count from 1, folder 0 is the unit's own. */
function readOldFiles(reader: Reader, folder: string): (string | undefined)[] {
  const folders = [folder];
  for (let name = reader.cstring(); name !== ""; name = reader.cstring()) {
    folders.push(joinPath(folder, name));
  }
  const files: (string | undefined)[] = [undefined];
  for (let name = reader.cstring(); name !== ""; name = reader.cstring()) {
    const index = reader.uleb();
    reader.skipLeb();
    reader.skipLeb();
    files.push(joinPath(folders[index] ?? folder, name));
  }
  return files;
}

interface FileFormat {
  readonly version: number;
  readonly offsetSize: 4 | 8;
}

/** Version 5: both tables describe their own columns, and count from 0. */
function readFiles(dwarf: Dwarf, reader: Reader, format: FileFormat, folder: string) {
  const folders: string[] = [];
  for (const { name } of readEntries(dwarf, reader, format)) {
    folders.push(joinPath(folders[0] ?? folder, name));
  }
  return readEntries(dwarf, reader, format).map(({ name, index }) =>
    joinPath(folders[index] ?? folder, name),
  );
}

function readEntries(dwarf: Dwarf, reader: Reader, format: FileFormat) {
  const columns: { content: number; form: number }[] = [];
  const columnCount = reader.u8();
  for (let column = 0; column < columnCount; column++) {
    columns.push({ content: reader.uleb(), form: reader.uleb() });
  }
  const count = reader.uleb();
  if (count > MAX_FILES || (count > 0 && columns.length === 0)) {
    reader.fail(`${count} entries of ${columns.length} columns`);
  }
  const entries: { name: string; index: number }[] = [];
  for (let row = 0; row < count; row++) {
    let name = "";
    let index = 0;
    for (const { content, form } of columns) {
      if (content === 1) name = readName(dwarf, reader, form, format);
      else if (content === 2) index = readFolderIndex(reader, form);
      else skipForm(reader, form, format);
    }
    entries.push({ name, index });
  }
  return entries;
}

function readName(dwarf: Dwarf, reader: Reader, form: number, { offsetSize }: FileFormat): string {
  switch (form) {
    case Form.string:
      return reader.cstring();
    case Form.lineStrp:
      return dwarf.text(".debug_line_str", reader.uint(offsetSize));
    case Form.strp:
      return dwarf.text(".debug_str", reader.uint(offsetSize));
    default:
      return reader.fail(`file names in form 0x${form.toString(16)}`);
  }
}

function readFolderIndex(reader: Reader, form: number): number {
  switch (form) {
    case Form.data1:
      return reader.u8();
    case Form.data2:
      return reader.u16();
    case Form.udata:
      return reader.uleb();
    default:
      return reader.fail(`folder numbers in form 0x${form.toString(16)}`);
  }
}

/** `name` seen from `folder`, with `.` and `..` worked out. */
function joinPath(folder: string, name: string): string {
  const path = name.startsWith("/") || folder === "" ? name : `${folder}/${name}`;
  if (!/(^|\/)\.{1,2}(\/|$)|\/\//.test(path)) return path;
  const parts: string[] = [];
  for (const part of path.split("/")) {
    if (part === "." || (part === "" && parts.length > 0)) continue;
    if (part === ".." && parts.length > 0 && parts.at(-1) !== ".." && parts.at(-1) !== "") {
      parts.pop();
    } else parts.push(part);
  }
  return parts.join("/");
}

/** Runs the program. Sequences of code that is not in the image are left out. */
export function runLineProgram(header: LineHeader, elf: Elf): LineTable {
  const machine = new LineMachine(header, elf);
  return machine.run();
}

interface Rows {
  readonly addresses: number[];
  readonly files: number[];
  readonly lines: number[];
  readonly columns: number[];
  readonly flags: number[];
}

const noRows = (): Rows => ({ addresses: [], files: [], lines: [], columns: [], flags: [] });

/** The state machine of DWARF 5, 6.2.2. */
class LineMachine {
  readonly #header: LineHeader;
  readonly #elf: Elf;
  readonly #sequences: Rows[] = [];
  #count = 0;
  #rows = noRows();
  #address = 0;
  #file = 1;
  #line = 1;
  #column = 0;
  #statement: boolean;
  #prologueEnd = false;

  constructor(header: LineHeader, elf: Elf) {
    this.#header = header;
    this.#elf = elf;
    this.#statement = header.defaultIsStatement;
  }

  run(): LineTable {
    const { operandCounts, lineBase, lineRange } = this.#header;
    const reader = this.#header.program.at(this.#header.program.position, this.#header.program.end);
    while (!reader.done) {
      const opcode = reader.u8();
      if (opcode >= operandCounts.length) {
        const adjusted = opcode - operandCounts.length;
        this.#advance(Math.floor(adjusted / lineRange));
        this.#line += lineBase + (adjusted % lineRange);
        this.#row(0);
      } else if (opcode === 0) this.#extended(reader);
      else this.#standard(reader, opcode);
    }
    return this.#table();
  }

  #advance(instructions: number): void {
    this.#address += instructions * this.#header.minimumInstruction;
  }

  #standard(reader: Reader, opcode: number): void {
    switch (opcode) {
      case 1:
        this.#row(0);
        break;
      case 2:
        this.#advance(reader.uleb());
        break;
      case 3:
        this.#line += reader.sleb();
        break;
      case 4:
        this.#file = reader.uleb();
        break;
      case 5:
        this.#column = reader.uleb();
        break;
      case 6:
        this.#statement = !this.#statement;
        break;
      case 8: {
        const { lineRange, operandCounts } = this.#header;
        this.#advance(Math.floor((255 - operandCounts.length) / lineRange));
        break;
      }
      case 9:
        this.#address += reader.u16();
        break;
      case 10:
        this.#prologueEnd = true;
        break;
      default: {
        // Basic blocks, epilogues, instruction sets, and what later versions may add.
        const count = this.#header.operandCounts[opcode]!;
        for (let operand = 0; operand < count; operand++) reader.skipLeb();
      }
    }
  }

  #extended(reader: Reader): void {
    const length = reader.uleb();
    const body = reader.at(reader.position, reader.position + length);
    reader.skip(length);
    if (length === 0) return;
    switch (body.u8()) {
      case 1:
        this.#row(RowFlag.endOfSequence);
        this.#endSequence();
        break;
      case 2:
        this.#address = body.address();
        break;
    }
  }

  #row(flag: number): void {
    if (++this.#count > MAX_ROWS) this.#header.program.fail(`more than ${MAX_ROWS} rows`);
    const rows = this.#rows;
    rows.addresses.push(this.#address);
    rows.files.push(this.#file);
    rows.lines.push(Math.max(0, this.#line));
    rows.columns.push(Math.min(this.#column, 0xffff));
    const statement = this.#statement ? RowFlag.statement : 0;
    const prologueEnd = this.#prologueEnd ? RowFlag.prologueEnd : 0;
    rows.flags.push(flag | statement | prologueEnd);
    this.#prologueEnd = false;
  }

  #endSequence(): void {
    const { addresses } = this.#rows;
    const first = addresses[0]!;
    const ascending = addresses.every(
      (each, index) => index === 0 || each >= addresses[index - 1]!,
    );
    const live = first < addresses.at(-1)! && this.#elf.isMapped(first as never);
    if (live && ascending) this.#sequences.push(this.#rows);
    this.#rows = noRows();
    this.#address = 0;
    this.#file = 1;
    this.#line = 1;
    this.#column = 0;
    this.#statement = this.#header.defaultIsStatement;
    this.#prologueEnd = false;
  }

  #table(): LineTable {
    const sequences = this.#sequences.sort((a, b) => a.addresses[0]! - b.addresses[0]!);
    const count = sequences.reduce((sum, rows) => sum + rows.addresses.length, 0);
    const table: LineTable = {
      count,
      addresses: new Float64Array(count),
      files: new Uint32Array(count),
      lines: new Uint32Array(count),
      columns: new Uint16Array(count),
      flags: new Uint8Array(count),
    };
    let at = 0;
    let reached = Number.NEGATIVE_INFINITY;
    for (const rows of sequences) {
      // Two sequences for the same code would break the order that searches need.
      if (rows.addresses[0]! < reached) continue;
      reached = rows.addresses.at(-1)!;
      table.addresses.set(rows.addresses, at);
      table.files.set(rows.files, at);
      table.lines.set(rows.lines, at);
      table.columns.set(rows.columns, at);
      table.flags.set(rows.flags, at);
      at += rows.addresses.length;
    }
    return { ...table, count: at };
  }
}
