/**
 * Numbers for translation contexts: a TLB entry counts only under the satp, the privilege and the
 * status bits that it was filled under, so that traps and address space switches need not forget
 * anything.
 */
import type { Engine } from "../engine/api.ts";
import { HART } from "../engine/layout.ts";
import { type Core, F64, MACHINE, MPP_SHIFT, MSTATUS } from "./core.ts";

/** Contexts have 12 bits: 6 for the mode, 6 for the satp; satp number 0 is not used. */
const MODE_BITS = 6;
const SATPS = 64;

export class Contexts {
  readonly #engine: Engine;
  /** For each hart, the satp values that have a number: low and high halves, and how many. */
  readonly #satps: Int32Array;
  readonly #counts: Int32Array;

  constructor(engine: Engine) {
    this.#engine = engine;
    this.#satps = new Int32Array(2 * SATPS * engine.harts);
    this.#counts = new Int32Array(engine.harts).fill(1);
  }

  /** The hart's privilege, satp or translating status bits may have changed. */
  update(core: Core): void {
    core.put(HART.context, (this.#satp(core) << MODE_BITS) | mode(core));
  }

  #satp(core: Core): number {
    const low = core.low(F64.satp);
    const high = core.high(F64.satp);
    const satps = this.#satps;
    const base = 2 * SATPS * core.id;
    const count = this.#counts[core.id]!;
    for (let number = 1; number < count; number++) {
      if (satps[base + 2 * number] === low && satps[base + 2 * number + 1] === high) return number;
    }
    return this.#add(core.id, low, high);
  }

  /** When all numbers are given away, they are given anew. */
  #add(hart: number, low: number, high: number): number {
    let number = this.#counts[hart]!;
    if (number === SATPS) {
      this.#engine.flush(hart);
      number = 1;
    }
    const at = 2 * (SATPS * hart + number);
    this.#satps[at] = low;
    this.#satps[at + 1] = high;
    this.#counts[hart] = number + 1;
    return number;
  }
}

/** Privilege of fetches and of data, SUM and MXR. */
function mode(core: Core): number {
  const { privilege, mstatus } = core;
  const asPrevious = privilege === MACHINE && (mstatus & MSTATUS.MPRV) !== 0;
  const data = asPrevious ? (mstatus >>> MPP_SHIFT) & 3 : privilege;
  return (
    privilege |
    (data << 2) |
    (mstatus & MSTATUS.SUM ? 1 << 4 : 0) |
    (mstatus & MSTATUS.MXR ? 1 << 5 : 0)
  );
}
