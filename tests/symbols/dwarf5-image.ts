/**
 * A DWARF 5 image made by hand with the forms that a compiler for DWARF 4 never writes: strx, addrx,
 * rnglistx, loclistx, implicit_const, line_strp, and a version 5 line table with checksums.
 *
 * The program it pretends to be, in /src/kernel.c:
 *
 *     10 int outer(int value) {      [0, 0x20) of .text
 *     12   inner(value);             inlined at [8, 0x10) and [0x18, 0x1c)
 *     14 }
 *     20 static inline void inner(int x) { ... }
 *     30 struct flags { unsigned low : 3; unsigned high : 5; long rest; } table[2][3];
 */
import { Bytes, bytes, elf, TEXT_ADDRESS } from "./builder.ts";

const STRINGS = [
  "kernel.c",
  "outer",
  "value",
  "int",
  "inner",
  "x",
  "flags",
  "low",
  "rest",
  "table",
];
const index = (text: string) => STRINGS.indexOf(text);
const TABLE_ADDRESS = 0x8021_0000;

const TEXT_SIZE = 0x20;

function abbreviations(): Bytes {
  const table = new Bytes();
  const shape = (code: number, tag: number, children: number, ...attributes: number[]) => {
    table.uleb(code, tag).u8(children);
    table.uleb(...attributes).u8(0, 0);
  };
  // compile unit: name strx1, language, line table, folder line_strp, low addrx, ranges rnglistx, bases
  shape(
    1,
    0x11,
    1,
    3,
    0x25,
    0x13,
    5,
    0x10,
    0x17,
    0x1b,
    0x1f,
    0x11,
    0x1b,
    0x55,
    0x23,
    0x72,
    0x17,
    0x73,
    0x17,
    0x74,
    0x17,
    0x8c,
    0x17,
  );
  // function: name strx1, low addrx1, high data4, frame base exprloc, file data1, type ref4
  shape(2, 0x2e, 1, 3, 0x25, 0x11, 0x29, 0x12, 6, 0x40, 0x18, 0x3a, 0x0b, 0x49, 0x13, 0x3b, 0x0b);
  // parameter: name strx, location loclistx, type ref4
  shape(3, 0x05, 0, 3, 0x1a, 2, 0x22, 0x49, 0x13);
  // base type: name strx2, encoding data1, size data1
  shape(4, 0x24, 0, 3, 0x26, 0x3e, 0x0b, 0x0b, 0x0b);
  // inlined: origin ref4, ranges rnglistx, call file, line
  shape(5, 0x1d, 1, 0x31, 0x13, 0x55, 0x23, 0x58, 0x0b, 0x59, 0x0b);
  // parameter of an inlined function: origin ref4, location exprloc
  shape(6, 0x05, 0, 0x31, 0x13, 2, 0x18);
  // abstract function: name strp, inline data1, file data1; its line is implicit_const 20
  table.uleb(7, 0x2e).u8(1).uleb(3, 0x0e, 0x20, 0x0b, 0x3a, 0x0b, 0x3b, 0x21).sleb(20).u8(0, 0);
  // abstract parameter: name strx3, type ref4
  shape(8, 0x05, 0, 3, 0x27, 0x49, 0x13);
  // structure: name strx4, size data1
  shape(9, 0x13, 1, 3, 0x28, 0x0b, 0x0b);
  // bit field: name strx1, type ref4, bit size, data_bit_offset udata
  shape(10, 0x0d, 0, 3, 0x25, 0x49, 0x13, 0x0d, 0x0b, 0x6b, 0x0f);
  // member: name strx1, type ref4, offset udata
  shape(11, 0x0d, 0, 3, 0x25, 0x49, 0x13, 0x38, 0x0f);
  // array: type ref4; dimensions: count data1
  shape(12, 0x01, 1, 0x49, 0x13);
  shape(13, 0x21, 0, 0x37, 0x0b);
  // variable: name strx1, type ref4, location exprloc
  shape(14, 0x34, 0, 3, 0x25, 0x49, 0x13, 2, 0x18);
  return table.u8(0);
}

/** Entries refer to each other by offset: what is referred to is written first, or patched by being measured. */
function information(): Bytes {
  const unit = new Bytes();
  // Offsets count from the unit's own start, which is 12 bytes (its header) before the first entry.
  const at = () => 12 + unit.length;
  unit.u8(1, index("kernel.c")).u16(0x1d).u32(0).u32(0).uleb(0, 0).u32(8).u32(8).u32(12).u32(12);
  const int = at();
  unit.u8(4).u16(index("int")).u8(5, 4);
  const inner = at();
  unit.u8(7).u32(0).u8(1, 1);
  const x = at();
  unit.u8(8).uint(index("x"), 3).u32(int).u8(0);
  unit.u8(2, index("outer"), 0).u32(TEXT_SIZE).uleb(1).u8(0x58, 1).u32(int).u8(10);
  unit.u8(3).uleb(index("value"), 0).u32(int);
  unit.u8(5).u32(inner).uleb(1).u8(1, 12);
  unit.u8(6).u32(x).uleb(2).u8(0x91).sleb(-20).u8(0);
  unit.u8(0, 0);
  const flags = at();
  unit.u8(9).u32(index("flags")).u8(16);
  unit.u8(10, index("low")).u32(int).u8(3).uleb(0);
  unit.u8(10, index("low")).u32(int).u8(5).uleb(35);
  unit.u8(11, index("rest")).u32(int).uleb(8).u8(0);
  const array = at();
  unit.u8(12).u32(flags).u8(13, 2, 13, 3, 0);
  unit.u8(14, index("table")).u32(array).uleb(2).u8(0xa1).uleb(1);
  unit.u8(0);
  return new Bytes().u16(5).u8(1, 8).u32(0).append(unit).measured();
}

function lineTable(): Bytes {
  const header = new Bytes();
  header.u8(1, 1, 1).u8(0xfb, 14, 13).u8(0, 1, 1, 1, 1, 0, 0, 0, 1, 0, 0, 1);
  // Folders: path as line_strp. Files: path as string, folder as data1, checksum as data16.
  header.u8(1).uleb(1, 0x1f).uleb(1).u32(0);
  header.u8(3).uleb(1, 0x08, 2, 0x0b, 5, 0x1e).uleb(2);
  header.text("kernel.c").u8(0).append(new Uint8Array(16));
  header.text("./kernel.c").u8(0).append(new Uint8Array(16));
  const program = new Bytes();
  const row = (advance: number, line: number) => {
    program.u8(2).uleb(advance).u8(3).sleb(line).u8(1);
  };
  program.u8(0, 9, 2).u64(TEXT_ADDRESS);
  row(0, 9); // line 10 at 0
  program.u8(10); // prologue end at the next row
  row(4, 2); // 12 at 4
  row(4, 9); // 21 at 8
  row(8, -9); // 12 at 0x10
  program.u8(6);
  row(2, 2); // 14 at 0x12, no statement
  program.u8(6);
  row(2, -14); // 0 at 0x14
  row(4, 22); // 22 at 0x18
  row(4, -8); // 14 at 0x1c
  program.u8(2).uleb(4).u8(0, 1, 1);
  // Code that the linker dropped.
  program.u8(0, 9, 2).u64(0);
  row(0, 98);
  program.u8(2).uleb(4).u8(0, 1, 1);
  return new Bytes().u16(5).u8(8, 0).u32(header.length).append(header, program).measured();
}

function addressTable(): Bytes {
  return new Bytes().u16(5).u8(8, 0).u64(TEXT_ADDRESS).u64(TABLE_ADDRESS).measured();
}

function rangeLists(): Bytes {
  const unit = new Bytes().u8(3).uleb(0, TEXT_SIZE).u8(0);
  const inlined = bytes(1)
    .uleb(0)
    .u8(4)
    .uleb(8, 0x10)
    .u8(7)
    .u64(TEXT_ADDRESS + 0x18)
    .uleb(4);
  // A tombstone of collected code, as LLVM's linker writes it.
  inlined.u8(6).u64(-1).u64(-1).u8(0);
  const lists = new Bytes()
    .u32(8)
    .u32(8 + unit.length)
    .append(unit, inlined);
  return new Bytes().u16(5).u8(8, 0).u32(2).append(lists).measured();
}

function locationLists(): Bytes {
  const list = new Bytes();
  list.u8(4).uleb(0, 8).uleb(1).u8(0x5a); // [0, 8): a0
  list
    .u8(8)
    .u64(TEXT_ADDRESS + 8)
    .uleb(8)
    .uleb(1)
    .u8(0x59); // [8, 0x10): s1
  list.u8(3).uleb(0, 0x14).uleb(2).u8(0x91, 0x70); // up to 0x14: frame base - 16
  list.u8(5).uleb(2).u8(0x37, 0x9f); // elsewhere: 7
  list.u8(0);
  return new Bytes().u16(5).u8(8, 0).u32(1).u32(4).append(list).measured();
}

export function dwarf5Image(): Uint8Array {
  const strings = new Bytes();
  const offsets = STRINGS.map((text) => {
    const offset = strings.length + "inner".length + 1;
    strings.text(text);
    return offset;
  });
  const offsetTable = new Bytes().u16(5).u16(0);
  for (const offset of offsets) offsetTable.u32(offset);
  return elf([
    {
      name: ".text",
      contents: new Bytes().append(new Uint8Array(TEXT_SIZE)),
      address: TEXT_ADDRESS,
    },
    { name: ".data", contents: new Bytes().append(new Uint8Array(96)), address: TABLE_ADDRESS },
    { name: ".debug_abbrev", contents: abbreviations() },
    { name: ".debug_info", contents: information() },
    { name: ".debug_line", contents: lineTable() },
    { name: ".debug_line_str", contents: new Bytes().text("/src") },
    { name: ".debug_str", contents: new Bytes().text("inner").append(strings) },
    { name: ".debug_str_offsets", contents: offsetTable.measured() },
    { name: ".debug_addr", contents: addressTable() },
    { name: ".debug_rnglists", contents: rangeLists() },
    { name: ".debug_loclists", contents: locationLists() },
  ]);
}
