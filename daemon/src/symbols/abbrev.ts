/** Abbreviation tables of .debug_abbrev (DWARF 5, 7.5.3): the shapes that debugging entries come in. */
import { Form } from "./constants.ts";
import { type Format, fixedSize } from "./forms.ts";
import type { Reader } from "./reader.ts";

export interface Abbrev {
  readonly tag: number;
  readonly hasChildren: boolean;
  readonly attributes: readonly AttributeShape[];
  /** Bytes of all attributes when no form is of variable size, else -1. */
  readonly size: number;
}

export interface AttributeShape {
  readonly at: number;
  readonly form: number;
  /** Value of DW_FORM_implicit_const. */
  readonly implicit: bigint;
  /** Bytes from the first attribute, or -1 behind one of variable size. */
  readonly start: number;
}

export type AbbrevTable = ReadonlyMap<number, Abbrev>;

/** Reads the table at the cursor. */
export function readAbbrevTable(reader: Reader, format: Format): AbbrevTable {
  const table = new Map<number, Abbrev>();
  for (;;) {
    const code = reader.uleb();
    if (code === 0) return table;
    const tag = reader.uleb();
    const hasChildren = reader.u8() !== 0;
    const { attributes, size } = readAttributes(reader, format);
    table.set(code, { tag, hasChildren, attributes, size });
  }
}

function readAttributes(reader: Reader, format: Format) {
  const attributes: AttributeShape[] = [];
  let start = 0;
  for (;;) {
    const at = reader.uleb();
    const form = reader.uleb();
    if (at === 0 && form === 0) return { attributes, size: start };
    const implicit = form === Form.implicitConst ? reader.slebBig() : 0n;
    attributes.push({ at, form, implicit, start });
    const size = fixedSize(form, format);
    start = start < 0 || size < 0 ? -1 : start + size;
  }
}
