/**
 * Platform-level interrupt controller in the layout of the SiFive PLIC, with the contexts of QEMU
 * `virt`: M-mode of hart 0, S-mode of hart 0, M-mode of hart 1, ...
 * Source: RISC-V Platform-Level Interrupt Controller Specification 1.0.
 *
 *     0x000000 + 4 * source            priority, 0 (never) to 7
 *     0x001000 + 4 * (source / 32)     pending
 *     0x002000 + 0x80 * context        enabled sources
 *     0x200000 + 0x1000 * context      threshold; claim and complete
 *
 * Lines are levels: a line that is still up when its interrupt is completed is pending again, and
 * one that goes down before it was claimed is pending no more.
 */
import type { Word64 } from "../word64.ts";
import { type AccessSize, type Device, DeviceFields, type DeviceState } from "./device.ts";

/** Sources 1 to 95; source 0 does not exist. */
const SOURCES = 96;
const WORDS = SOURCES / 32;
const HIGHEST_PRIORITY = 7;
const PENDING = 0x1000;
const ENABLE = 0x2000;
const ENABLE_STRIDE = 0x80;
const CONTEXT = 0x20_0000;
const CONTEXT_STRIDE = 0x1000;
const THRESHOLD = 0;
const CLAIM = 4;

export class Plic implements Device {
  readonly name = "plic";
  readonly #contexts: number;
  readonly #changed: () => void;
  readonly #priorities = new Uint8Array(SOURCES);
  readonly #levels = new Int32Array(WORDS);
  readonly #pending = new Int32Array(WORDS);
  readonly #claimed = new Int32Array(WORDS);
  readonly #enabled: Int32Array;
  readonly #thresholds: Uint8Array;
  /** For each context, whether its wire is up: follows from all of the above. */
  readonly #outputs: Uint8Array;

  /** `changed`: a context's wire went up or down. */
  constructor(contexts: number, changed: () => void) {
    this.#contexts = contexts;
    this.#changed = changed;
    this.#enabled = new Int32Array(contexts * WORDS);
    this.#thresholds = new Uint8Array(contexts);
    this.#outputs = new Uint8Array(contexts);
  }

  output(context: number): boolean {
    return this.#outputs[context] === 1;
  }

  /** A device's line goes up or down, or stays. */
  setLine(source: number, up: boolean): void {
    if (hasBit(this.#levels, source) === up) return;
    putBit(this.#levels, source, up);
    if (up && hasBit(this.#claimed, source)) return;
    putBit(this.#pending, source, up);
    this.#update();
  }

  load(offset: number, size: AccessSize, value: Word64): boolean {
    if (size !== 4) return false;
    value.set(this.#read(offset), 0);
    return true;
  }

  store(offset: number, size: AccessSize, value: Word64): boolean {
    if (size !== 4) return false;
    this.#write(offset, value.low);
    return true;
  }

  save() {
    return {
      priorities: [...this.#priorities],
      levels: [...this.#levels],
      pending: [...this.#pending],
      claimed: [...this.#claimed],
      enabled: [...this.#enabled],
      thresholds: [...this.#thresholds],
    };
  }

  restore(state: DeviceState): void {
    const saved = new DeviceFields(state);
    this.#priorities.set(saved.numbers("priorities"));
    this.#levels.set(saved.numbers("levels"));
    this.#pending.set(saved.numbers("pending"));
    this.#claimed.set(saved.numbers("claimed"));
    this.#enabled.set(saved.numbers("enabled"));
    this.#thresholds.set(saved.numbers("thresholds"));
    this.#update();
  }

  #read(offset: number): number {
    if (offset < 4 * SOURCES) return this.#priorities[offset >>> 2]!;
    if (offset < ENABLE) return this.#pending[(offset - PENDING) >>> 2] ?? 0;
    if (offset < CONTEXT) return this.#enabled[this.#enableIndex(offset)] ?? 0;
    const context = Math.floor((offset - CONTEXT) / CONTEXT_STRIDE);
    if (context >= this.#contexts) return 0;
    switch (offset % CONTEXT_STRIDE) {
      case THRESHOLD:
        return this.#thresholds[context]!;
      case CLAIM:
        return this.#claim(context);
      default:
        return 0;
    }
  }

  #write(offset: number, value: number): void {
    if (offset < 4 * SOURCES) {
      if (offset > 0) this.#priorities[offset >>> 2] = value & HIGHEST_PRIORITY;
    } else if (offset < ENABLE) {
      return;
    } else if (offset < CONTEXT) {
      const index = this.#enableIndex(offset);
      if (index >= 0) this.#enabled[index] = index % WORDS === 0 ? value & ~1 : value;
    } else {
      this.#writeContext(offset - CONTEXT, value);
    }
    this.#update();
  }

  #writeContext(offset: number, value: number): void {
    const context = Math.floor(offset / CONTEXT_STRIDE);
    if (context >= this.#contexts) return;
    const register = offset % CONTEXT_STRIDE;
    if (register === THRESHOLD) {
      if (value >= 0 && value <= HIGHEST_PRIORITY) this.#thresholds[context] = value;
    } else if (register === CLAIM && value > 0 && value < SOURCES) {
      this.#complete(value);
    }
  }

  /** Of an access to enabled sources: which word it is, or -1. */
  #enableIndex(offset: number): number {
    const context = Math.floor((offset - ENABLE) / ENABLE_STRIDE);
    const word = ((offset - ENABLE) % ENABLE_STRIDE) >>> 2;
    return context < this.#contexts && word < WORDS ? context * WORDS + word : -1;
  }

  #claim(context: number): number {
    const source = this.#best(context);
    if (source === 0) return 0;
    putBit(this.#pending, source, false);
    putBit(this.#claimed, source, true);
    this.#update();
    return source;
  }

  /** Any context may complete what another one claimed. */
  #complete(source: number): void {
    if (!hasBit(this.#claimed, source)) return;
    putBit(this.#claimed, source, false);
    if (hasBit(this.#levels, source)) putBit(this.#pending, source, true);
  }

  /** The pending source of highest priority above the threshold, the lowest of these; 0: none. */
  #best(context: number): number {
    let best = 0;
    let highest = this.#thresholds[context]!;
    for (let word = 0; word < WORDS; word++) {
      let ready = this.#pending[word]! & this.#enabled[context * WORDS + word]!;
      for (; ready !== 0; ready &= ready - 1) {
        const source = 32 * word + 31 - Math.clz32(ready & -ready);
        const priority = this.#priorities[source]!;
        if (priority <= highest) continue;
        best = source;
        highest = priority;
      }
    }
    return best;
  }

  #update(): void {
    let changed = false;
    for (let context = 0; context < this.#contexts; context++) {
      const output = this.#best(context) === 0 ? 0 : 1;
      if (this.#outputs[context] === output) continue;
      this.#outputs[context] = output;
      changed = true;
    }
    if (changed) this.#changed();
  }
}

const hasBit = (words: Int32Array, bit: number): boolean =>
  ((words[bit >>> 5]! >>> (bit & 31)) & 1) === 1;

function putBit(words: Int32Array, bit: number, up: boolean): void {
  const mask = 1 << (bit & 31);
  const word = words[bit >>> 5]!;
  words[bit >>> 5] = up ? word | mask : word & ~mask;
}
