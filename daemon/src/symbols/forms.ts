/** Sizes of attribute forms (DWARF 5, 7.5.6): how to pass over an attribute without reading it. */
import { Form } from "./constants.ts";
import type { Reader } from "./reader.ts";

/** What the size of some forms depends on. */
export interface Format {
  readonly version: number;
  readonly offsetSize: 4 | 8;
}

/** Bytes that a value of this form takes, or -1 when the value itself says. */
export function fixedSize(form: number, format: Format): number {
  switch (form) {
    case Form.flagPresent:
    case Form.implicitConst:
      return 0;
    case Form.data1:
    case Form.flag:
    case Form.ref1:
    case Form.strx1:
    case Form.addrx1:
      return 1;
    case Form.data2:
    case Form.ref2:
    case Form.strx2:
    case Form.addrx2:
      return 2;
    case Form.strx3:
    case Form.addrx3:
      return 3;
    case Form.data4:
    case Form.ref4:
    case Form.strx4:
    case Form.addrx4:
    case Form.refSup4:
      return 4;
    case Form.addr:
    case Form.data8:
    case Form.ref8:
    case Form.refSig8:
    case Form.refSup8:
      return 8;
    case Form.data16:
      return 16;
    case Form.refAddr:
      return format.version === 2 ? 8 : format.offsetSize;
    case Form.strp:
    case Form.secOffset:
    case Form.lineStrp:
    case Form.strpSup:
      return format.offsetSize;
    default:
      return -1;
  }
}

/** Moves the cursor past a value of any form. */
export function skipForm(reader: Reader, form: number, format: Format): void {
  const size = fixedSize(form, format);
  if (size >= 0) {
    reader.skip(size);
    return;
  }
  switch (form) {
    case Form.sdata:
    case Form.udata:
    case Form.refUdata:
    case Form.strx:
    case Form.addrx:
    case Form.loclistx:
    case Form.rnglistx:
      reader.skipLeb();
      break;
    case Form.string:
      reader.skipCstring();
      break;
    case Form.block1:
      reader.skip(reader.u8());
      break;
    case Form.block2:
      reader.skip(reader.u16());
      break;
    case Form.block4:
      reader.skip(reader.u32());
      break;
    case Form.block:
    case Form.exprloc:
      reader.skip(reader.uleb());
      break;
    case Form.indirect: {
      const actual = reader.uleb();
      if (actual === Form.indirect) reader.fail("an indirect form of an indirect form");
      skipForm(reader, actual, format);
      break;
    }
    default:
      reader.fail(`unknown attribute form 0x${form.toString(16)}`);
  }
}
