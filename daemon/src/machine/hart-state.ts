/** One hart's registers and privileged fields by name, out of its block and back into it. */
import { assert } from "../base/errors.ts";
import type { Engine } from "./engine/api.ts";
import { FLOAT, HART, hartBase } from "./engine/layout.ts";
import { F32, F64, FIELD_COUNTS } from "./privileged/core.ts";

/** Values are unsigned: 64 bits each, 32 bits for the names of F32. */
export interface HartState {
  readonly x: readonly bigint[];
  readonly f: readonly bigint[];
  readonly fcsr: number;
  /** mstatus.FS, 0 to 3. */
  readonly floatState: number;
  readonly pc: bigint;
  readonly instret: bigint;
  /** The reserved word: its offset in RAM and its size in bytes; undefined: none. */
  readonly reservation: { readonly offset: number; readonly size: number } | undefined;
  /** By the names of F32 and F64 (privileged/core.ts). */
  readonly fields: Readonly<Record<string, bigint | readonly bigint[]>>;
}

const REGISTERS = 32;

/** Between runs. */
export function saveHart(engine: Engine, hart: number): HartState {
  const { quads, words } = engine;
  const base = hartBase(hart);
  const quad = (at: number): bigint => BigInt.asUintN(64, quads[(base + at) >>> 3]!);
  const several = (at: number, count: number): bigint[] =>
    Array.from({ length: count }, (_, index) => quad(at + 8 * index));
  const fields: Record<string, bigint | bigint[]> = {};
  for (const [name, at] of Object.entries(F32)) {
    fields[name] = BigInt(words[(base + at) >>> 2]! >>> 0);
  }
  for (const [name, at] of Object.entries(F64)) {
    const count = FIELD_COUNTS[name];
    fields[name] = count === undefined ? quad(at) : several(at, count);
  }
  const float = words[(base + HART.fcsr) >>> 2]!;
  const reserved = words[(base + HART.reservation) >>> 2]! >>> 0;
  const size = words[(base + HART.reservationSize) >>> 2]!;
  return {
    x: several(HART.x, REGISTERS),
    f: several(HART.f, REGISTERS),
    fcsr: float & ~FLOAT.state,
    floatState: (float & FLOAT.state) >>> FLOAT.stateShift,
    pc: quad(HART.pc),
    instret: quad(HART.instret),
    reservation: reserved === 0 ? undefined : { offset: reserved - engine.ramBase, size },
    fields,
  };
}

/** Between runs. The hart's translation context and TLBs are the caller's to make anew. */
export function restoreHart(engine: Engine, hart: number, state: HartState): void {
  const { quads, words } = engine;
  const base = hartBase(hart);
  const put = (at: number, values: readonly bigint[]): void => {
    values.forEach((value, index) => {
      quads[((base + at) >>> 3) + index] = value;
    });
  };
  put(HART.x, state.x);
  put(HART.f, state.f);
  words[(base + HART.fcsr) >>> 2] = state.fcsr | (state.floatState << FLOAT.stateShift);
  put(HART.pc, [state.pc]);
  put(HART.instret, [state.instret]);
  const { reservation } = state;
  words[(base + HART.reservation) >>> 2] = reservation ? engine.ramBase + reservation.offset : 0;
  words[(base + HART.reservationSize) >>> 2] = reservation?.size ?? 0;
  const field = (name: string): bigint | readonly bigint[] => {
    const value = state.fields[name];
    assert(value !== undefined, `${name} is in the saved state`);
    return value;
  };
  for (const [name, at] of Object.entries(F32)) {
    words[(base + at) >>> 2] = Number(BigInt.asIntN(32, field(name) as bigint));
  }
  for (const [name, at] of Object.entries(F64)) {
    const value = field(name);
    put(at, typeof value === "bigint" ? [value] : value);
  }
}
