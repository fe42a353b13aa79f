/**
 * Float instructions whose result or flags WebAssembly's own operations do not give: operands from
 * the hart's block to the exact arithmetic of the instruction's row, and back.
 */
import { assert } from "../../base/errors.ts";
import type { Rounding } from "../../isa/float/round.ts";
import type { SoftFloat } from "../../isa/ir.ts";
import { FLOAT, HART, hartBase, SLOT } from "./layout.ts";
import { operations, writesFloat } from "./operations.ts";

/** In an instruction: the mode of `fcsr`. Greater modes than the last one are reserved. */
const DYNAMIC = 7;
const LAST_MODE = 4;

interface Computation {
  readonly compute: SoftFloat;
  readonly rounds: boolean;
  readonly hasThird: boolean;
  readonly writesFloat: boolean;
}

const computations: readonly (Computation | undefined)[] = operations.map((operation) => {
  const exact = operation?.row.semantics.find((statement) => statement.kind === "exact");
  if (operation === undefined || exact === undefined) return undefined;
  const { fields } = operation.row.format;
  return {
    compute: exact.otherwise,
    rounds: fields.rm !== undefined,
    hasThird: fields.fs3 !== undefined,
    writesFloat: writesFloat(operation.row),
  };
});

export class FloatUnit {
  readonly #words: Int32Array;
  readonly #halves: Uint16Array;
  readonly #quads: BigInt64Array;

  constructor(memory: ArrayBuffer) {
    this.#words = new Int32Array(memory);
    this.#halves = new Uint16Array(memory);
    this.#quads = new BigInt64Array(memory);
  }

  /**
   * Carries out the instruction at `HART.slot`. Answers its encoding, and has done nothing, when it
   * is illegal: the unit is off, or the dynamic rounding mode is a reserved one.
   */
  execute(hart: number, operation: number): number | undefined {
    const words = this.#words;
    const base = hartBase(hart);
    const state = words[(base + HART.fcsr) >>> 2]!;
    const slot = words[(base + HART.slot) >>> 2]!;
    const raw = words[(slot + SLOT.raw) >>> 2]!;
    const computation = computations[operation];
    assert(computation !== undefined, "the row says how it is computed in software");
    const encoded = computation.rounds ? (raw >>> 12) & 7 : 0;
    const mode = encoded === DYNAMIC ? (state & FLOAT.mode) >>> FLOAT.modeShift : encoded;
    if ((state & FLOAT.state) === 0 || mode > LAST_MODE) return raw;

    const { bits, flags } = computation.compute(
      this.#read(base, slot + SLOT.rs1),
      this.#read(base, slot + SLOT.rs2),
      computation.hasThird ? this.#read(base, slot + SLOT.rs3) : 0n,
      mode as Rounding,
    );
    this.#quads[this.#register(base, slot + SLOT.rd)] = BigInt.asIntN(64, bits);
    words[(base + HART.fcsr) >>> 2] = state | flags | (computation.writesFloat ? FLOAT.state : 0);
    return undefined;
  }

  #read(base: number, field: number): bigint {
    return BigInt.asUintN(64, this.#quads[this.#register(base, field)]!);
  }

  /** Index of the doubleword of the register that a slot's field names. */
  #register(base: number, field: number): number {
    return (base + HART.x + this.#halves[field >>> 1]!) >>> 3;
  }
}
