/**
 * A hart and flat RAM without a privileged layer: virtual addresses are physical ones, whatever
 * the host is asked for is recorded. What the engine's tests run their code on.
 */

import { lengthOf } from "../../daemon/src/isa/decode.ts";
import type { Engine, EngineOptions } from "../../daemon/src/machine/engine/api.ts";
import { createEngine } from "../../daemon/src/machine/engine/engine.ts";
import { type EngineHost, Flow, STOPPED } from "../../daemon/src/machine/engine/host.ts";
import { FLOAT, HART, hartBase, RAM_BASE } from "../../daemon/src/machine/engine/layout.ts";

export interface Call {
  readonly name: keyof EngineHost;
  readonly values: readonly number[];
  /** Of the instruction that asked. */
  readonly pc: bigint;
  readonly instret: number;
}

const csrParts: Readonly<Record<number, { readonly mask: number; readonly shift: number }>> = {
  1: { mask: FLOAT.flags, shift: 0 },
  2: { mask: FLOAT.mode, shift: FLOAT.modeShift },
  3: { mask: FLOAT.flags | FLOAT.mode, shift: 0 },
};

export class BareMachine implements EngineHost {
  readonly engine: Engine;
  readonly calls: Call[] = [];
  /** What the hook answers; by default execution goes on. */
  onHook: () => Flow = () => Flow.next;
  /** Virtual page number to page of RAM, for pages that are not mapped to themselves; -1: unmapped. */
  readonly pages = new Map<number, number>();
  /** Pieces of the last store: where its bytes are in memory, and where in RAM they belong. */
  #stored: readonly { readonly from: number; readonly at: number; readonly size: number }[] = [];

  constructor(options: Partial<EngineOptions> = {}) {
    this.engine = createEngine(this, { harts: 1, ramSize: 0x10_0000, ...options });
  }

  /** Puts instructions (16- or 32-bit words) at an offset into RAM; where they end. */
  code(offset: number, ...words: readonly number[]): number {
    for (const word of words) {
      const at = this.engine.ramBase + offset;
      this.engine.view.setUint16(at, word & 0xffff, true);
      if (lengthOf(word) === 4) this.engine.view.setUint16(at + 2, word >>> 16, true);
      this.engine.invalidateCode(offset, lengthOf(word));
      offset += lengthOf(word);
    }
    return offset;
  }

  x(index: number, hart = 0): bigint {
    return BigInt.asUintN(64, this.engine.quads[this.#x(index, hart)]!);
  }

  setX(index: number, value: bigint, hart = 0): void {
    if (index !== 0) this.engine.quads[this.#x(index, hart)] = BigInt.asIntN(64, value);
  }

  f(index: number, hart = 0): bigint {
    return BigInt.asUintN(64, this.engine.quads[this.#f(index, hart)]!);
  }

  setF(index: number, value: bigint, hart = 0): void {
    this.engine.quads[this.#f(index, hart)] = BigInt.asIntN(64, value);
  }

  /** `HART.fcsr`: fcsr and, above it, the state of the float unit. */
  fcsr(hart = 0): number {
    return this.engine.words[(hartBase(hart) + HART.fcsr) >>> 2]!;
  }

  setFcsr(value: number, hart = 0): void {
    this.engine.words[(hartBase(hart) + HART.fcsr) >>> 2] = value;
  }

  pc(hart = 0): bigint {
    return this.engine.currentPc(hart);
  }

  setPc(offset: number, hart = 0): void {
    this.engine.quads[(hartBase(hart) + HART.pc) >>> 3] = BigInt(RAM_BASE + offset);
  }

  fetch(hart: number, low: number, high: number): number {
    this.#record("fetch", hart, low, high);
    const offset = this.#ramOffset(low, high);
    return offset === undefined ? STOPPED : (RAM_BASE + offset) / 4096;
  }

  load(hart: number, low: number, high: number, size: number): number {
    this.#record("load", hart, low, high, size);
    const offset = this.#ramOffset(low, high);
    if (offset === undefined) return STOPPED;
    const inPage = low & 0xfff;
    if (inPage + size <= 4096) {
      this.engine.fillLoad(hart, low, high, offset);
      return this.engine.ramBase + offset + inPage;
    }
    const second = this.#ramOffset(((low & ~0xfff) + 4096) | 0, high);
    if (second === undefined) return STOPPED;
    const staging = hartBase(hart) + HART.staging;
    for (let index = 0; index < size; index++) {
      const at = inPage + index;
      const source = at < 4096 ? offset + at : second + at - 4096;
      this.engine.bytes[staging + index] = this.engine.bytes[this.engine.ramBase + source]!;
    }
    return staging;
  }

  store(hart: number, low: number, high: number, size: number, readToo: number): number {
    this.#record("store", hart, low, high, size, readToo);
    const offset = this.#ramOffset(low, high);
    if (offset === undefined) return STOPPED;
    const inPage = low & 0xfff;
    const [at, staging] = [offset + inPage, hartBase(hart) + HART.staging];
    if (inPage + size <= 4096) {
      this.engine.fillStore(hart, low, high, offset);
      this.#stored = [{ from: this.engine.ramBase + at, at, size }];
      return this.engine.ramBase + at;
    }
    const second = this.#ramOffset(((low & ~0xfff) + 4096) | 0, high);
    if (second === undefined) return STOPPED;
    const fits = 4096 - inPage;
    this.#stored = [
      { from: staging, at, size: fits },
      { from: staging + fits, at: second, size: size - fits },
    ];
    return staging;
  }

  commit(hart: number): Flow {
    this.#record("commit", hart);
    for (const { from, at, size } of this.#stored) {
      this.engine.bytes.copyWithin(this.engine.ramBase + at, from, from + size);
      this.engine.invalidateCode(at, size);
    }
    return Flow.next;
  }

  /** Of the CSRs there are fflags, frm and fcsr. */
  csr(hart: number, raw: number): Flow {
    this.#record("csr", hart, raw);
    const part = csrParts[raw >>> 20];
    if (part === undefined) return Flow.next;
    const state = this.fcsr(hart);
    const old = (state & part.mask) >>> part.shift;
    const source = (raw >>> 15) & 31;
    const value = raw & 0x4000 ? source : Number(this.x(source, hart) & 0xffn);
    const next = [0, value, old | value, old & ~value][(raw >>> 12) & 3]!;
    this.setFcsr((state & ~part.mask) | ((next << part.shift) & part.mask), hart);
    this.setX((raw >>> 7) & 31, BigInt(old), hart);
    return Flow.next;
  }

  /** ecall leaves after it, ebreak before it. */
  system(hart: number, raw: number): Flow {
    this.#record("system", hart, raw);
    if (raw === 0x73) return Flow.leave;
    return raw === 0x0010_0073 || raw === 0x9002 ? Flow.stop : Flow.next;
  }

  illegal(hart: number, raw: number): Flow {
    this.#record("illegal", hart, raw);
    return Flow.stop;
  }

  exception(hart: number, cause: number, low: number, high: number): Flow {
    this.#record("exception", hart, cause, low, high);
    return Flow.stop;
  }

  hook(hart: number): Flow {
    this.#record("hook", hart);
    return this.onHook();
  }

  /** Offset into RAM of the page of a virtual address. */
  #ramOffset(low: number, high: number): number | undefined {
    const page = (low >>> 12) + high * 2 ** 20;
    const target = this.pages.get(page) ?? page - RAM_BASE / 4096;
    const offset = target * 4096;
    return high === 0 && offset >= 0 && offset < this.engine.ramSize ? offset : undefined;
  }

  #x(index: number, hart: number): number {
    return (hartBase(hart) + HART.x + 8 * index) >>> 3;
  }

  #f(index: number, hart: number): number {
    return (hartBase(hart) + HART.f + 8 * index) >>> 3;
  }

  #record(name: keyof EngineHost, hart: number, ...values: number[]): void {
    const { engine } = this;
    const pc = engine.currentPc(hart);
    this.calls.push({ name, values, pc, instret: engine.currentInstret(hart) });
  }
}
