/**
 * Call frame information (DWARF 5, 6.4, and .eh_frame of the Linux Standard Base): how to find the caller's
 * registers at any pc.
 */

import { address } from "../base/brand.ts";
import type { CallerFrame, EvaluationContext, UnwindRow } from "./api.ts";
import type { Dwarf } from "./dwarf.ts";
import { type Epilogue, epilogueAt } from "./epilogue.ts";
import { evaluateNumber } from "./expression.ts";
import { littleEndian } from "./expression-values.ts";
import { FrameProgram, type MutableRow } from "./frame-program.ts";
import { lastNotAbove, type NearAddress } from "./positions.ts";
import type { Reader } from "./reader.ts";

/** DW_EH_PE_*: how .eh_frame writes an address. */
const Encoding = { omit: 0xff, pcRelative: 0x10, indirect: 0x80 } as const;
/** Registers that a RISC-V function keeps for its caller: sp, s0 to s11, fs0 to fs11, and gp and tp. */
const KEPT = new Set([
  2, 3, 4, 8, 9, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 40, 41, 50, 51, 52, 53, 54, 55, 56, 57, 58,
  59,
]);
const RETURN_ADDRESS = 1;
const STACK_POINTER = 2;
/** DWARF numbers of CSRs begin here (RISC-V psABI): a frame that returns to one of them is a trap's. */
const FIRST_CSR = 4096;

interface CommonEntry {
  readonly codeFactor: number;
  readonly dataFactor: number;
  readonly returnRegister: number;
  readonly encoding: number;
  readonly hasAugmentation: boolean;
  /** Marked as a signal handler's frame. */
  readonly isSignal: boolean;
  readonly instructions: Reader;
}

interface FunctionEntry {
  readonly low: NearAddress;
  readonly high: NearAddress;
  readonly common: CommonEntry;
  readonly instructions: Reader;
}

export class Frames {
  readonly #dwarf: Dwarf;
  #entries: { readonly lows: Float64Array; readonly entries: readonly FunctionEntry[] } | undefined;

  constructor(dwarf: Dwarf) {
    this.#dwarf = dwarf;
  }

  rowAt(pc: NearAddress): UnwindRow | undefined {
    this.#entries ??= this.#index();
    const { lows, entries } = this.#entries;
    const entry = entries[lastNotAbove(lows, pc, lows.length)];
    if (entry === undefined || pc >= entry.high) return undefined;
    return this.#dwarf.tolerate(() => toRow(runTo(entry, pc), entry.common), undefined);
  }

  epilogueAt(pc: NearAddress): Epilogue | undefined {
    return epilogueAt((at, length) => this.#dwarf.elf.image(at, length), pc);
  }

  /** The caller of a frame at pc whose registers `context` knows. */
  callerOf(pc: NearAddress, context: EvaluationContext): CallerFrame | undefined {
    const epilogue = this.epilogueAt(pc);
    if (epilogue !== undefined) return afterEpilogue(epilogue, context);
    const row = this.rowAt(pc);
    const cfa = row && frameAddress(row, context);
    if (row === undefined || cfa === undefined) return undefined;
    const register = (number: number) => callerRegister(row, cfa, number, context);
    const returnAddress = register(row.returnRegister);
    if (returnAddress === undefined) return undefined;
    const { interrupted } = row;
    return { cfa, pc: address(returnAddress), interrupted, register };
  }

  #index() {
    const entries: FunctionEntry[] = [];
    for (const section of [".debug_frame", ".eh_frame"] as const) {
      this.#dwarf.tolerate(() => readFrames(this.#dwarf, section, entries), undefined);
    }
    const live = entries
      .filter(({ low, high }) => low < high && this.#dwarf.elf.isMapped(low))
      .sort((a, b) => a.low - b.low);
    return { lows: Float64Array.from(live, ({ low }) => low), entries: live };
  }
}

function frameAddress({ cfa }: UnwindRow, context: EvaluationContext): bigint | undefined {
  if ("expression" in cfa) {
    return evaluateNumber(
      { bytes: cfa.expression, frameBase: undefined, unit: undefined },
      context,
    );
  }
  const base = context.register(cfa.register);
  return base === undefined ? undefined : BigInt.asUintN(64, base + BigInt(cfa.offset));
}

function callerRegister(
  row: UnwindRow,
  cfa: bigint,
  number: number,
  context: EvaluationContext,
): bigint | undefined {
  const load = (at: bigint) => loadFrom(at, context);
  const rule = row.rules.get(number);
  if (rule === undefined) {
    if (number === STACK_POINTER) return cfa;
    const isReturn = number === row.returnRegister;
    return isReturn || KEPT.has(number) ? context.register(number) : undefined;
  }
  switch (rule.kind) {
    case "same":
      return context.register(number);
    case "undefined":
      return undefined;
    case "register":
      return context.register(rule.register);
    case "offset":
      return load(cfa + BigInt(rule.offset));
    case "valueOffset":
      return BigInt.asUintN(64, cfa + BigInt(rule.offset));
    default: {
      const expression = { bytes: rule.bytes, frameBase: undefined, unit: undefined };
      const value = evaluateNumber(expression, { ...bind(context), cfa }, cfa);
      return rule.kind === "expression" && value !== undefined ? load(value) : value;
    }
  }
}

function afterEpilogue(
  { growth, saved }: Epilogue,
  context: EvaluationContext,
): CallerFrame | undefined {
  const sp = context.register(STACK_POINTER);
  if (sp === undefined) return undefined;
  const cfa = BigInt.asUintN(64, sp + BigInt(growth));
  const register = (number: number) => {
    if (number === STACK_POINTER) return cfa;
    const offset = saved.get(number);
    if (offset !== undefined) return loadFrom(sp + BigInt(offset), context);
    return number === RETURN_ADDRESS || KEPT.has(number) ? context.register(number) : undefined;
  };
  const returnAddress = register(RETURN_ADDRESS);
  if (returnAddress === undefined) return undefined;
  return { cfa, pc: address(returnAddress), interrupted: false, register };
}

function loadFrom(at: bigint, context: EvaluationContext): bigint | undefined {
  const bytes = context.memory(address(BigInt.asUintN(64, at)), 8);
  return bytes && littleEndian(bytes);
}

/** A context whose methods survive being copied. */
const bind = (context: EvaluationContext): EvaluationContext => ({
  register: (number) => context.register(number),
  memory: (at, length) => context.memory(at, length),
  cfa: context.cfa,
});

function runTo({ low, common, instructions }: FunctionEntry, pc: NearAddress): MutableRow {
  const program = new FrameProgram(common, low);
  program.run(common.instructions, pc);
  program.keepInitial();
  program.run(instructions, pc);
  return program.row;
}

function toRow(row: MutableRow, common: CommonEntry): UnwindRow | undefined {
  if (row.cfa === undefined) return undefined;
  const { returnRegister, isSignal } = common;
  const interrupted = isSignal || returnRegister >= FIRST_CSR;
  return { cfa: row.cfa, returnRegister, interrupted, rules: row.rules };
}

type FrameSection = ".debug_frame" | ".eh_frame";

function readFrames(dwarf: Dwarf, section: FrameSection, entries: FunctionEntry[]): void {
  const reader = dwarf.elf.reader(section);
  const base = (dwarf.elf.section(section)?.address ?? 0) as number;
  const isEh = section === ".eh_frame";
  const commons = new Map<number, CommonEntry | undefined>();
  while (!reader.done) {
    const start = reader.position;
    const { end, offsetSize } = reader.initialLength();
    // .eh_frame ends with a length of zero.
    if (end === reader.position) continue;
    const idAt = reader.position;
    const id = reader.uint(isEh ? 4 : offsetSize);
    const isCommon = isEh ? id === 0 : id === (offsetSize === 4 ? 0xffff_ffff : -1);
    if (!isCommon) {
      const commonAt = isEh ? idAt - id : id;
      if (!commons.has(commonAt)) commons.set(commonAt, readCommon(reader, commonAt, isEh));
      const common = commons.get(commonAt);
      const entry = common && readFunction(reader.at(reader.position, end), common, base);
      if (entry !== undefined) entries.push(entry);
    }
    if (end <= start) reader.fail("an entry without length", start);
    reader.position = end;
  }
}

/** A common information entry; undefined for one whose augmentation is not understood. */
function readCommon(section: Reader, offset: number, isEh: boolean): CommonEntry | undefined {
  const outer = section.at(offset);
  const { end, offsetSize } = outer.initialLength();
  const reader = outer.at(outer.position + (isEh ? 4 : offsetSize), end);
  const version = reader.u8();
  const augmentation = reader.cstring();
  if (version >= 4) {
    const addressSize = reader.u8();
    if (addressSize !== 8) reader.fail(`addresses of ${addressSize} bytes`, offset);
    reader.skip(1);
  }
  const codeFactor = reader.uleb();
  const dataFactor = reader.sleb();
  const returnRegister = version === 1 ? reader.u8() : reader.uleb();
  let encoding = 0;
  const hasAugmentation = augmentation.startsWith("z");
  if (!hasAugmentation && augmentation !== "") return undefined;
  if (hasAugmentation) {
    const instructions = reader.uleb() + reader.position;
    encoding = readAugmentation(reader, augmentation);
    reader.position = Math.max(reader.position, Math.min(instructions, end));
  }
  const isSignal = hasAugmentation && augmentation.includes("S");
  return {
    codeFactor,
    dataFactor,
    returnRegister,
    encoding,
    hasAugmentation,
    isSignal,
    instructions: reader,
  };
}

/** The letters behind `z`: only the encoding of addresses (R) matters here. */
function readAugmentation(reader: Reader, augmentation: string): number {
  let encoding = 0;
  for (const letter of augmentation.slice(1)) {
    if (letter === "R") encoding = reader.u8();
    else if (letter === "L") reader.skip(1);
    else if (letter === "P") readEncoded(reader, reader.u8(), 0);
    else if (letter !== "S" && letter !== "B") break;
  }
  return encoding;
}

function readFunction(
  reader: Reader,
  common: CommonEntry,
  base: number,
): FunctionEntry | undefined {
  const low = readEncoded(reader, common.encoding, base);
  const length = readEncoded(reader, common.encoding & 0x0f, 0);
  if (low === undefined || length === undefined) return undefined;
  if (common.hasAugmentation) reader.skip(reader.uleb());
  return {
    low: low as NearAddress,
    high: (low + length) as NearAddress,
    common,
    instructions: reader,
  };
}

/** An address in one of .eh_frame's encodings; `base` is where the section is in memory. */
function readEncoded(reader: Reader, encoding: number, base: number): number | undefined {
  if (encoding === Encoding.omit) return undefined;
  const at = base + reader.position;
  const value = readFormat(reader, encoding & 0x0f);
  const relative = encoding & 0x70;
  if ((encoding & Encoding.indirect) !== 0) return undefined;
  if (relative === 0) return value;
  return relative === Encoding.pcRelative ? at + value : undefined;
}

function readFormat(reader: Reader, format: number): number {
  switch (format) {
    case 0x00:
    case 0x04:
    case 0x0c:
      return reader.address();
    case 0x01:
      return reader.uleb();
    case 0x02:
      return reader.u16();
    case 0x03:
      return reader.u32();
    case 0x09:
      return reader.sleb();
    case 0x0a:
      return (reader.u16() << 16) >> 16;
    case 0x0b:
      return reader.i32();
    default:
      return reader.fail(`unknown pointer encoding 0x${format.toString(16)}`);
  }
}
