/**
 * Fetches, loads and stores that the engine's TLBs do not serve: translation, devices, accesses
 * across pages, and pages that somebody watches.
 */
import type { RunControl } from "./control.ts";
import type { Bus } from "./devices/bus.ts";
import type { AccessSize } from "./devices/device.ts";
import type { Engine } from "./engine/api.ts";
import { Flow, STOPPED, TRAPPED, TRAPPED_LEAVE } from "./engine/host.ts";
import { HART, hartBase, RAM_BASE } from "./engine/layout.ts";
import { type Memory, PAGE, pageOf, ramOffset, Settled } from "./memory.ts";
import type { Core } from "./privileged/core.ts";
import { isUniform } from "./privileged/pmp.ts";
import { ACCESS_FAULT, Access, type Translator } from "./privileged/translate.ts";
import { Cause } from "./privileged/trap.ts";
import type { Traps } from "./traps.ts";
import { Word64 } from "./word64.ts";

/** What `commit` has to do for the store that the engine has just written. */
const Pending = { nothing: 0, ram: 1, staged: 2, device: 3 } as const;
type Pending = (typeof Pending)[keyof typeof Pending];

interface AccessParts {
  readonly engine: Engine;
  readonly memory: Memory;
  readonly bus: Bus;
  readonly cores: readonly Core[];
  readonly traps: Traps;
  readonly control: RunControl;
  readonly translator: Translator;
}

export class AccessPath {
  /** Told when a fetch translation becomes known, so that hooks of the page can be placed. */
  onFetchPage: (virtualPage: number, page: number) => void = () => {};
  readonly #engine: Engine;
  readonly #memory: Memory;
  readonly #bus: Bus;
  readonly #cores: readonly Core[];
  readonly #traps: Traps;
  readonly #control: RunControl;
  readonly #translator: Translator;
  readonly #value = new Word64();
  /** Harts that execute from a page of which PMP allows parts. */
  readonly #stepping = new Set<number>();

  #pending: Pending = Pending.nothing;
  /** The pieces of the pending store: RAM offsets, or a physical address for a device. */
  #first = 0;
  #second = 0;
  #firstSize = 0;
  #size = 0;
  #virtualLow = 0;
  #virtualHigh = 0;

  constructor(parts: AccessParts) {
    this.#engine = parts.engine;
    this.#memory = parts.memory;
    this.#bus = parts.bus;
    this.#cores = parts.cores;
    this.#traps = parts.traps;
    this.#control = parts.control;
    this.#translator = parts.translator;
  }

  /** Before the hart runs: where each instruction has to be fetched by itself, nothing is known. */
  prepare(hart: number): void {
    if (this.#stepping.delete(hart)) this.#engine.flushFetches(hart);
  }

  fetch(hart: number, low: number, high: number): number {
    const core = this.#cores[hart]!;
    this.#memory.begin();
    const cause = this.#translator.translate(core, low, high, Access.fetch, 2);
    if (cause !== 0) return this.#fault(core, cause, low, high);
    const offset = ramOffset(this.#translator.physical);
    if (!this.#memory.isRam(offset, 2)) return this.#fault(core, Cause.fetchAccess, low, high);
    this.#reportWalk(core);
    const page = pageOf(offset);
    if (!isUniform(core, RAM_BASE + page, PAGE)) {
      const beyond = this.#fetchRest(core, low, high, offset);
      if (beyond !== 0) return beyond;
    }
    this.onFetchPage(high * 0x10_0000 + (low >>> 12), page);
    return Math.floor(this.#translator.physical / PAGE);
  }

  /**
   * PMP allows parts of the page: the second half of the instruction is looked at here, and the run
   * ends after it. Answers 0, or the engine's code of a trap.
   */
  #fetchRest(core: Core, low: number, high: number, offset: number): number {
    const long = (this.#memory.view(offset, 1)[0]! & 3) === 3;
    if (long && (offset + 2) % PAGE !== 0) {
      const cause = this.#translator.translate(core, low + 2, high, Access.fetch, 2);
      if (cause !== 0) return this.#fault(core, cause, low + 2, high);
    }
    this.#stepping.add(core.id);
    core.curtail();
    return 0;
  }

  load(hart: number, low: number, high: number, size: number): number {
    const core = this.#cores[hart]!;
    this.#memory.begin();
    if ((low & 0xfff) + size > PAGE) return this.#loadAcross(core, low, high, size);
    const cause = this.#translator.translate(core, low, high, Access.load, size);
    if (cause !== 0) return this.#fault(core, cause, low, high);
    const offset = ramOffset(this.#translator.physical);
    if (!this.#memory.isRam(offset, size)) return this.#loadDevice(core, low, high, size);
    const page = pageOf(offset);
    if (this.#memory.watches.watchesLoads(page)) {
      this.#memory.watches.capture(offset, size, "read");
    } else if (isUniform(core, RAM_BASE + page, PAGE)) {
      this.#engine.fillLoad(hart, low & ~0xfff, high, page);
    }
    this.#reportWalk(core);
    return (this.#engine.ramBase + offset) | 0;
  }

  store(hart: number, low: number, high: number, size: number, readToo: number): number {
    const core = this.#cores[hart]!;
    this.#memory.begin();
    this.#pending = Pending.nothing;
    if ((low & 0xfff) + size > PAGE) return this.#storeAcross(core, low, high, size);
    const guarded = this.#engine.guardedOffset(hart, low, high);
    if (guarded >= 0 && !this.#memory.isPlain(hart, pageOf(guarded))) {
      return this.#storeWatched(guarded, size, readToo);
    }
    const cause = this.#translator.translate(core, low, high, Access.store, size);
    if (cause !== 0) return this.#fault(core, cause, low, high);
    const memory = this.#memory;
    const offset = ramOffset(this.#translator.physical);
    if (!memory.isRam(offset, size)) return this.#storeDevice(core, low, high, size, readToo);
    const page = pageOf(offset);
    if (!this.#mayCache(core, page)) return this.#storeWatched(offset, size, readToo);
    if (!memory.isPlain(hart, page)) {
      memory.fillGuarded(hart, low & ~0xfff, high, page);
      return this.#storeWatched(offset, size, readToo);
    }
    memory.fillStore(hart, low & ~0xfff, high, page);
    return (this.#engine.ramBase + offset) | 0;
  }

  /** Somebody has to know of the store to RAM. */
  #storeWatched(offset: number, size: number, readToo: number): number {
    const memory = this.#memory;
    if (readToo !== 0) memory.watches.capture(offset, size, "read");
    memory.before(offset, size);
    this.#pending = Pending.ram;
    this.#first = offset;
    this.#firstSize = size;
    return (this.#engine.ramBase + offset) | 0;
  }

  /** Further stores to the page may be done without a translation. */
  #mayCache(core: Core, page: number): boolean {
    if (this.#memory.watches.pending) return false;
    return !this.#engine.hasCode(page) && isUniform(core, RAM_BASE + page, PAGE);
  }

  commit(hart: number): Flow {
    const pending = this.#pending;
    if (pending === Pending.nothing) return Flow.next;
    this.#pending = Pending.nothing;
    const core = this.#cores[hart]!;
    if (pending === Pending.device) return this.#commitDevice(core);
    if (pending === Pending.staged) this.#scatter(hart);
    this.#memory.after(core, this.#first, this.#firstSize);
    if (pending === Pending.staged) {
      this.#memory.after(core, this.#second, this.#size - this.#firstSize);
    }
    const settled = this.#memory.settle(core);
    if (settled & Settled.stop) this.#control.stop = true;
    return settled === Settled.none ? Flow.next : Flow.leave;
  }

  /** Both pages are translated before anything is read, so a fault leaves no trace. */
  #loadAcross(core: Core, low: number, high: number, size: number): number {
    const cause = this.#translatePieces(core, low, high, size, Access.load);
    if (cause < 0) return cause;
    const { bytes, ramBase } = this.#engine;
    const staging = hartBase(core.id) + HART.staging;
    const rest = size - this.#firstSize;
    this.#memory.watches.capture(this.#first, this.#firstSize, "read");
    this.#memory.watches.capture(this.#second, rest, "read");
    bytes.copyWithin(staging, ramBase + this.#first, ramBase + this.#first + this.#firstSize);
    const second = ramBase + this.#second;
    bytes.copyWithin(staging + this.#firstSize, second, second + rest);
    this.#reportWalk(core);
    return staging;
  }

  #storeAcross(core: Core, low: number, high: number, size: number): number {
    const cause = this.#translatePieces(core, low, high, size, Access.store);
    if (cause < 0) return cause;
    this.#memory.before(this.#first, this.#firstSize);
    this.#memory.before(this.#second, size - this.#firstSize);
    this.#size = size;
    this.#pending = Pending.staged;
    return hartBase(core.id) + HART.staging;
  }

  /** 0, or the engine's code of a trap that was taken. Devices take no accesses across pages. */
  #translatePieces(core: Core, low: number, high: number, size: number, access: Access): number {
    this.#firstSize = PAGE - (low & 0xfff);
    const nextLow = (low + this.#firstSize) | 0;
    const nextHigh = nextLow === 0 ? (high + 1) | 0 : high;
    for (let piece = 0; piece < 2; piece++) {
      const atLow = piece === 0 ? low : nextLow;
      const atHigh = piece === 0 ? high : nextHigh;
      const bytes = piece === 0 ? this.#firstSize : size - this.#firstSize;
      const cause = this.#translator.translate(core, atLow, atHigh, access, bytes);
      if (cause !== 0) return this.#fault(core, cause, atLow, atHigh);
      const offset = ramOffset(this.#translator.physical);
      if (!this.#memory.isRam(offset, bytes)) {
        return this.#fault(core, ACCESS_FAULT[access]!, atLow, atHigh);
      }
      if (piece === 0) this.#first = offset;
      else this.#second = offset;
    }
    return 0;
  }

  #scatter(hart: number): void {
    const { bytes, ramBase } = this.#engine;
    const staging = hartBase(hart) + HART.staging;
    bytes.copyWithin(ramBase + this.#first, staging, staging + this.#firstSize);
    bytes.copyWithin(ramBase + this.#second, staging + this.#firstSize, staging + this.#size);
  }

  #loadDevice(core: Core, low: number, high: number, size: number): number {
    const value = this.#value;
    this.#reportWalk(core);
    if (!this.#bus.load(this.#translator.physical, size as AccessSize, value)) {
      return this.#fault(core, Cause.loadAccess, low, high);
    }
    core.set(HART.staging, value.low, value.high);
    if (this.#control.attention) core.curtail();
    return hartBase(core.id) + HART.staging;
  }

  /** Devices take no atomic operations. */
  #storeDevice(core: Core, low: number, high: number, size: number, readToo: number): number {
    this.#reportWalk(core);
    if (readToo !== 0) return this.#fault(core, Cause.storeAccess, low, high);
    this.#pending = Pending.device;
    this.#first = this.#translator.physical;
    this.#size = size;
    this.#virtualLow = low;
    this.#virtualHigh = high;
    return hartBase(core.id) + HART.staging;
  }

  #commitDevice(core: Core): Flow {
    core.read(HART.staging, this.#value);
    if (!this.#bus.store(this.#first, this.#size as AccessSize, this.#value)) {
      return this.#traps.raise(core, Cause.storeAccess, this.#virtualLow, this.#virtualHigh);
    }
    if (!this.#control.attention) return Flow.next;
    return Flow.leave;
  }

  #fault(core: Core, cause: number, low: number, high: number): number {
    this.#reportWalk(core);
    switch (this.#traps.raise(core, cause, low, high)) {
      case Flow.trap:
        return TRAPPED;
      case Flow.trapLeave:
        return TRAPPED_LEAVE;
      default:
        return STOPPED;
    }
  }

  /** Watches that the page walk or a load touched; the run then ends after this instruction. */
  #reportWalk(core: Core): void {
    if (!this.#memory.watches.pending || !this.#memory.watches.report(core.id)) return;
    this.#control.stop = true;
    core.curtail();
  }
}
