/** Rows of the variables view: from typed values, and from registers. */
import { hex } from "../base/brand.ts";
import { UserError } from "../base/errors.ts";
import type { Frame } from "../debugger/stacks.ts";
import type { Inspector, StackFrame, Value } from "../inspect/api.ts";
import { FIRST_FLOAT } from "../inspect/stack.ts";
import { type CsrField, csrFields, csrSummary } from "../isa/csr-fields.ts";
import { csrs } from "../isa/csrs.ts";
import { floatRegisterNames, registerNames } from "../isa/registers.ts";
import type { Hart } from "../machine/api.ts";
import type { Container, Entry } from "./handles.ts";

export function entryOf(value: Value, frame: Frame | undefined): Entry {
  const { children } = value;
  const some = children && children.named + children.indexed > 0;
  return {
    name: value.name,
    value: value.text,
    type: value.typeName || undefined,
    children: some
      ? { ...children, frame, list: (range) => entries(value.list(range), frame) }
      : undefined,
    memoryReference: value.address === undefined ? undefined : hex(value.address),
    frame,
    size: value.size,
    evaluateName: value.expression,
    readOnly: value.assign === undefined,
    set: value.assign && ((text) => value.assign!(text)),
  };
}

export const entries = (values: readonly Value[], frame: Frame | undefined): readonly Entry[] =>
  values.map((value) => entryOf(value, frame));

/** A fixed list as a container. */
export const listOf = (list: () => readonly Entry[], frame: Frame | undefined): Container => ({
  frame,
  list: (range) => {
    const all = list();
    return range ? all.slice(range.start, range.start + range.count) : all;
  },
});

/** pc and x1 to x31 of a frame; those of callers only as far as they were saved. */
export function registerEntries(frame: StackFrame): readonly Entry[] {
  const { registers } = frame;
  const pc: Entry = {
    name: "pc",
    value: hex(frame.pc),
    memoryReference: hex(frame.pc),
    readOnly: true,
  };
  const rest = registerNames.slice(1).map((name, index): Entry => {
    const number = index + 1;
    const value = registers.get(number);
    if (value === undefined) return { name, value: "<not saved>", readOnly: true };
    const set = (text: string): void => {
      if (!registers.set?.(number, integer(text))) {
        throw new UserError(`Where ${name} of this frame is kept is not known.`);
      }
    };
    return {
      name,
      value: hex(value),
      type: "u64",
      memoryReference: hex(value),
      evaluateName: `$${name}`,
      readOnly: registers.set === undefined,
      set: registers.set && set,
    };
  });
  return [pc, ...rest];
}

/** f0 to f31 of a frame: as a number, a single where it is NaN-boxed as one, and as they are. */
export function floatEntries(inspector: Inspector, frame: StackFrame): readonly Entry[] {
  return floatRegisterNames.map((name, number): Entry => {
    const bits = frame.registers.get(FIRST_FLOAT + number);
    if (bits === undefined) return { name, value: "<not saved>", readOnly: true };
    const evaluateName = `$${name}`;
    const { text, typeName } = inspector.evaluate(evaluateName, frame);
    const value = `${text} (${hex(bits)})`;
    return { name, value, type: typeName, evaluateName, readOnly: true };
  });
}

/** Registers that hold an address, of which the memory there is worth a look. */
const ADDRESSES = new Set(["sepc", "mepc", "stval", "mtval", "sscratch", "mscratch"]);

/** Each with its fields below it, where the manual gives it some. */
export function csrEntries(hart: Hart, frame: Frame): readonly Entry[] {
  return csrs.flatMap(({ name, number }): Entry[] => {
    const value = hart.csr(number);
    if (value === undefined) return [];
    const fields = csrFields(name, value);
    const summary = csrSummary(fields);
    return [
      {
        name,
        value: summary === "" ? hex(value) : `${hex(value)} (${summary})`,
        type: "u64",
        readOnly: true,
        memoryReference: ADDRESSES.has(name) ? hex(value) : undefined,
        children:
          fields.length > 0
            ? { named: fields.length, ...listOf(() => fields.map(fieldEntry), frame) }
            : undefined,
      },
    ];
  });
}

function fieldEntry({ high, low, meaning, name, value }: CsrField): Entry {
  const number = high - low > 8 ? hex(value) : String(value);
  const place = high === low ? `bit ${high}` : `bits ${high} to ${low}`;
  const said = meaning === undefined ? number : `${number} (${meaning})`;
  return { name, value: said, type: place, readOnly: true };
}

/** A whole number of 64 bits as a user types it. */
function integer(text: string): bigint {
  const match = /^\s*(-?)(0x[0-9a-f_]+|0b[01_]+|[0-9_]+)\s*$/i.exec(text);
  if (!match) throw new UserError(`"${text.slice(0, 80)}" is not a whole number.`);
  const value = BigInt(match[2]!.replaceAll("_", ""));
  return BigInt.asUintN(64, match[1] ? -value : value);
}
