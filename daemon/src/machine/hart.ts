/** One hart as the layers above see it: a view of its block in the WebAssembly memory. */
import { type Address, address, type PhysicalAddress, physical } from "../base/brand.ts";
import { assert } from "../base/errors.ts";
import type { Hart, HartState, Privilege } from "./api.ts";
import type { Engine } from "./engine/api.ts";
import { HART, RAM_BASE } from "./engine/layout.ts";
import type { OutsideInput } from "./journal.ts";
import { type Memory, PAGE, ramOffset } from "./memory.ts";
import { Activity, type Core, F64, MACHINE } from "./privileged/core.ts";
import { type Counters, csrRow } from "./privileged/csr.ts";
import type { Translator } from "./privileged/translate.ts";
import { privilegeName } from "./traps.ts";
import { bigintOf, highOf, lowOf, signed, Word64 } from "./word64.ts";

interface HartParts {
  readonly engine: Engine;
  readonly memory: Memory;
  readonly translator: Translator;
  readonly counters: Counters;
  /** Something is changed from outside of the machine. */
  readonly outside: (input: OutsideInput) => void;
}

const STATES: Readonly<Record<Activity, HartState>> = {
  [Activity.stopped]: "stopped",
  [Activity.running]: "running",
  [Activity.waiting]: "waiting",
};

export class HartView implements Hart {
  readonly id: number;
  /** Set from outside through `frozen`, which the journal sees. */
  held = false;
  readonly #core: Core;
  readonly #parts: HartParts;
  readonly #word = new Word64();

  constructor(core: Core, parts: HartParts) {
    this.id = core.id;
    this.#core = core;
    this.#parts = parts;
  }

  get state(): HartState {
    return STATES[this.#core.activity];
  }

  get frozen(): boolean {
    return this.held;
  }

  set frozen(frozen: boolean) {
    if (frozen !== this.held) this.#parts.outside({ kind: "freeze", hart: this.id, frozen });
  }

  get privilege(): Privilege {
    return privilegeName(this.#core.privilege);
  }

  get instructions(): number {
    return this.#parts.engine.currentInstret(this.id);
  }

  get pc(): Address {
    this.#core.pc(this.#word);
    return this.#word.bigint as Address;
  }

  set pc(value: Address) {
    assert(this.#parts.counters.clock.running < 0, "pc is set only between runs");
    this.#parts.outside({ kind: "register", hart: this.id, register: "pc", value });
  }

  get pcNumber(): number {
    return this.#core.pcNumber;
  }

  x(index: number): bigint {
    return bigintOf(this.#core.xLow(index), this.#core.xHigh(index));
  }

  setX(index: number, value: bigint): void {
    const register = `x${index}`;
    this.#parts.outside({ kind: "register", hart: this.id, register, value });
  }

  f(index: number): bigint {
    return bigintOf(this.#core.low(HART.f + 8 * index), this.#core.high(HART.f + 8 * index));
  }

  xNumber(index: number): number {
    return signed(this.#core.xLow(index), this.#core.xHigh(index));
  }

  csr(number: number): bigint | undefined {
    const row = csrRow(number);
    if (row === undefined) return undefined;
    row.read(this.#core, this.#word, this.#parts.counters);
    return this.#word.bigint;
  }

  get satp(): bigint {
    if (this.#core.privilege === MACHINE) return 0n;
    this.#core.read(F64.satp, this.#word);
    return this.#word.bigint;
  }

  translate(at: Address): PhysicalAddress | undefined {
    const { translator } = this.#parts;
    if (!translator.probe(this.#core, lowOf(at), highOf(at))) return undefined;
    return physical(translator.physical);
  }

  read(at: Address, length: number): Uint8Array | undefined {
    // Never longer than memory: a nonsensical length must not allocate.
    if (length < 0 || length > this.#parts.memory.size) return undefined;
    const bytes = new Uint8Array(length);
    const whole = this.#pieces(at, length, (offset, size, from) => {
      bytes.set(this.#parts.memory.view(offset, size), from);
    });
    return whole ? bytes : undefined;
  }

  readUint(at: Address, size: number): bigint | undefined {
    const bytes = this.read(at, size);
    if (bytes === undefined) return undefined;
    let value = 0n;
    for (let i = size - 1; i >= 0; i--) value = (value << 8n) | BigInt(bytes[i]!);
    return value;
  }

  readNumber(at: number, size: 1 | 2 | 4 | 8): number {
    const { memory } = this.#parts;
    const within = at - Math.floor(at / PAGE) * PAGE;
    if (within + size <= PAGE) {
      const offset = this.#offset(at);
      return offset < 0 ? Number.NaN : memory.readNumber(offset, size);
    }
    let value = 0;
    for (let i = size - 1; i >= 0; i--) {
      const offset = this.#offset(at + i);
      if (offset < 0) return Number.NaN;
      value = value * 256 + memory.readNumber(offset, 1);
    }
    return value <= Number.MAX_SAFE_INTEGER ? value : Number.NaN;
  }

  write(at: Address, bytes: Uint8Array): boolean {
    if (!this.#pieces(at, bytes.length, () => {})) return false;
    return this.#pieces(at, bytes.length, (offset, size, from) => {
      this.#parts.outside({
        kind: "memory",
        address: physical(RAM_BASE + offset),
        bytes: bytes.slice(from, from + size),
      });
    });
  }

  /** RAM offset of an address given as a signed double; negative when unmapped. */
  #offset(at: number): number {
    const { translator } = this.#parts;
    const high = Math.floor(at / 0x1_0000_0000) | 0;
    if (!translator.probe(this.#core, at | 0, high)) return -1;
    return ramOffset(translator.physical);
  }

  /** Calls for each piece within a page; false as soon as one is not RAM. */
  #pieces(
    at: Address,
    length: number,
    piece: (offset: number, size: number, from: number) => void,
  ): boolean {
    for (let from = 0; from < length; ) {
      const here = address(at + BigInt(from));
      const size = Math.min(length - from, PAGE - (lowOf(here) & 0xfff));
      const place = this.translate(here);
      if (place === undefined || !this.#parts.memory.isRam(place - RAM_BASE, size)) return false;
      piece(place - RAM_BASE, size, from);
      from += size;
    }
    return true;
  }
}
