/**
 * Makes the memory, instantiates the generated module and connects it with the host. See `api.ts`
 * for what an engine does.
 */
import { assert } from "../../base/errors.ts";
import { type Engine, type EngineOptions, Exit } from "./api.ts";
import { CodeCache } from "./code-cache.ts";
import { FloatUnit } from "./float-unit.ts";
import { type EngineHost, Flow } from "./host.ts";
import { DECODED_PAGE_SIZE, HART, HART_SIZE, HARTS, hartBase, RAM_BASE } from "./layout.ts";
import { generate } from "./module.ts";
import type { Imports } from "./slow-path.ts";
import { Tlbs } from "./tlb.ts";

const PAGE_SIZE = 4096;
const WASM_PAGE = 0x1_0000;
const DEFAULT_DECODED_PAGES = 512;
/**
 * V8 does not replace a function while it runs: the inner loop has to be entered anew now and then
 * for the optimised code to take over.
 */
const SLICE = 1_000_000;
/** Where the module's `digest` leaves its result: scratch at the memory's beginning. */
const DIGEST_RESULT = 8;

let compiled: WebAssembly.Module | undefined;

export function createEngine(host: EngineHost, options: EngineOptions): Engine {
  return new InterpretingEngine(host, options);
}

interface Exports {
  run(hart: number, budget: number): Exit;
  digest(offset: number, size: number, result: number): void;
}

class InterpretingEngine implements Engine {
  readonly harts: number;
  readonly memory: WebAssembly.Memory;
  readonly bytes: Uint8Array;
  readonly view: DataView;
  readonly words: Int32Array;
  readonly quads: BigInt64Array;
  readonly ramBase: number;
  readonly ramSize: number;
  readonly #host: EngineHost;
  readonly #code: CodeCache;
  readonly #tlbs: Tlbs;
  readonly #floats: FloatUnit;
  readonly #exports: Exports;
  #running = -1;

  constructor(host: EngineHost, options: EngineOptions) {
    const { harts, ramSize, decodedPages = DEFAULT_DECODED_PAGES } = options;
    assert(harts >= 1 && decodedPages >= 4, "an engine has harts and a pool of code");
    assert(ramSize > 0 && ramSize % WASM_PAGE === 0, "RAM is made of 64 KiB pages");
    const pool = HARTS + harts * HART_SIZE;
    this.ramBase = Math.ceil((pool + decodedPages * DECODED_PAGE_SIZE) / WASM_PAGE) * WASM_PAGE;
    const pages = (this.ramBase + ramSize) / WASM_PAGE;
    assert(pages <= 0xffff, "RAM and code fit into 4 GiB");
    this.#host = host;
    this.harts = harts;
    this.ramSize = ramSize;
    this.memory = new WebAssembly.Memory({ initial: pages, maximum: pages });
    const { buffer } = this.memory;
    this.bytes = new Uint8Array(buffer);
    this.view = new DataView(buffer);
    this.words = new Int32Array(buffer);
    this.quads = new BigInt64Array(buffer);
    this.#tlbs = new Tlbs(this.words);
    this.#floats = new FloatUnit(buffer);
    this.#code = new CodeCache({
      memory: buffer,
      base: pool,
      pages: decodedPages,
      ramBase: this.ramBase,
      ramSize,
    });
    for (let hart = 0; hart < harts; hart++) this.flush(hart);
    compiled ??= new WebAssembly.Module(generate());
    const instance = new WebAssembly.Instance(compiled, {
      engine: { memory: this.memory, ...this.#imports() },
    });
    this.#exports = instance.exports as unknown as Exports;
  }

  run(hart: number, budget: number): Exit {
    assert(this.#running < 0, "a run is not started from within a run");
    assert(budget >= 0 && budget < 2 ** 31, "a budget is a positive 32-bit integer");
    this.#running = hart;
    try {
      const end = this.currentInstret(hart) + budget;
      for (;;) {
        const start = this.currentInstret(hart);
        const slice = Math.min(end - start, SLICE);
        const exit = this.#exports.run(hartBase(hart), slice);
        if (exit !== Exit.budget) return exit;
        const now = this.currentInstret(hart);
        // Less than the slice has retired when the host has shortened the run.
        if (now === end || now - start < slice) return exit;
      }
    } catch (error) {
      this.#abandon(hart);
      throw error;
    } finally {
      this.#running = -1;
    }
  }

  currentPc(hart: number): bigint {
    const base = hartBase(hart);
    if (this.#running !== hart) return BigInt.asUintN(64, this.quads[(base + HART.pc) >>> 3]!);
    const slot = this.words[(base + HART.slot) >>> 2]!;
    return BigInt.asUintN(64, this.quads[(base + HART.pcBase) >>> 3]! + BigInt(slot >>> 3));
  }

  currentPcNumber(hart: number): number {
    const { words } = this;
    const base = hartBase(hart);
    const running = this.#running === hart;
    const at = (base + (running ? HART.pcBase : HART.pc)) >>> 2;
    const slot = running ? words[(base + HART.slot) >>> 2]! >>> 3 : 0;
    return words[at + 1]! * 2 ** 32 + (words[at]! >>> 0) + slot;
  }

  currentInstret(hart: number): number {
    const { words } = this;
    const base = hartBase(hart);
    const at = (base + HART.instret) >>> 2;
    const counted = words[at + 1]! * 2 ** 32 + (words[at]! >>> 0);
    return counted - words[(base + HART.budget) >>> 2]!;
  }

  fillLoad(hart: number, low: number, high: number, ramOffset: number): void {
    const addend = (this.ramBase + ramOffset - (low & ~0xfff)) | 0;
    this.#tlbs.fill(hart, "loadTlb", low, high, addend);
  }

  fillStore(hart: number, low: number, high: number, ramOffset: number): void {
    if (this.hasCode(ramOffset)) return;
    const addend = (this.ramBase + ramOffset - (low & ~0xfff)) | 0;
    this.#tlbs.fill(hart, "storeTlb", low, high, addend);
  }

  fillGuarded(hart: number, low: number, high: number, ramOffset: number, guarded: number): void {
    if (this.hasCode(ramOffset)) return;
    const addend = (this.ramBase + ramOffset - (low & ~0xfff)) | 0;
    this.#tlbs.fill(hart, "guardedTlb", low, high, addend, guarded);
  }

  guardedOffset(hart: number, low: number, high: number): number {
    const at = this.#tlbs.find(hart, "guardedTlb", low, high);
    return at < 0 ? -1 : ((low + this.words[at]!) >>> 0) - this.ramBase;
  }

  flush(hart: number): void {
    this.flushLoads(hart);
    this.flushStores(hart);
    this.flushFetches(hart);
  }

  flushPage(hart: number, low: number, high: number): void {
    this.#tlbs.flushPage(hart, "loadTlb", low, high);
    this.#tlbs.flushPage(hart, "storeTlb", low, high);
    this.#tlbs.flushPage(hart, "guardedTlb", low, high);
    this.#tlbs.flushPage(hart, "fetchTlb", low, high);
  }

  flushLoads(hart: number): void {
    this.#tlbs.flush(hart, "loadTlb");
  }

  flushStores(hart: number): void {
    this.#tlbs.flush(hart, "storeTlb");
    this.#tlbs.flush(hart, "guardedTlb");
  }

  flushFetches(hart: number): void {
    this.#tlbs.flush(hart, "fetchTlb");
  }

  evictLoad(hart: number, ramOffset: number): void {
    this.#tlbs.evictTarget(hart, "loadTlb", this.#pageOffset(ramOffset));
  }

  evictStore(hart: number, ramOffset: number): void {
    this.#tlbs.evictTarget(hart, "storeTlb", this.#pageOffset(ramOffset));
    this.evictGuarded(hart, ramOffset);
  }

  evictGuarded(hart: number, ramOffset: number): void {
    this.#tlbs.evictTarget(hart, "guardedTlb", this.#pageOffset(ramOffset));
  }

  hasCode(ramOffset: number): boolean {
    return this.#code.find(Math.floor(ramOffset / PAGE_SIZE)) !== 0;
  }

  invalidateCode(ramOffset: number, size: number): void {
    this.#code.invalidate(ramOffset, size);
    const ramPage = Math.floor(ramOffset / PAGE_SIZE);
    const page = this.#code.find(ramPage);
    if (page !== 0 && this.#code.seemsData(ramPage)) this.#release(ramPage, page);
  }

  hookSlot(ramOffset: number, on: boolean): void {
    assert(ramOffset % 2 === 0 && ramOffset < this.ramSize, "a hook is at an even place of RAM");
    this.#code.hook(ramOffset, on);
  }

  digest(): string {
    this.#exports.digest(this.ramBase, this.ramSize, DIGEST_RESULT);
    return BigInt.asUintN(64, this.quads[DIGEST_RESULT >>> 3]!)
      .toString(16)
      .padStart(16, "0");
  }

  /** The host has thrown out of a run: the hart stands before the instruction that asked it. */
  #abandon(hart: number): void {
    const base = hartBase(hart);
    this.quads[(base + HART.pc) >>> 3] = BigInt.asIntN(64, this.currentPc(hart));
    this.quads[(base + HART.instret) >>> 3] = BigInt(this.currentInstret(hart));
    this.words[(base + HART.budget) >>> 2] = 0;
    this.words[(base + HART.slot) >>> 2] = 0;
  }

  #pageOffset(ramOffset: number): number {
    return this.ramBase + Math.floor(ramOffset / PAGE_SIZE) * PAGE_SIZE;
  }

  #imports(): Imports {
    const host = this.#host;
    return {
      enter: (hart, low, high) => this.#enter(hart, low, high),
      decode: (_, slot) => {
        this.#code.decode(slot);
        return 0;
      },
      straddle: (hart) => this.#straddle(hart),
      load: (hart, low, high, size) => host.load(hart, low, high, size),
      store: (hart, low, high, size, readToo) => host.store(hart, low, high, size, readToo),
      commit: (hart) => host.commit(hart),
      csr: (hart, raw) => host.csr(hart, raw),
      system: (hart, raw) => host.system(hart, raw),
      illegal: (hart, raw) => host.illegal(hart, raw),
      exception: (hart, cause, low, high) => host.exception(hart, cause, low, high),
      hook: (hart) => host.hook(hart),
      float: (hart, operation) => {
        const illegal = this.#floats.execute(hart, operation);
        return illegal === undefined ? Flow.next : host.illegal(hart, illegal);
      },
    };
  }

  /** The decoded page to execute from for a virtual page, or what `fetch` answered instead. */
  #enter(hart: number, low: number, high: number): number {
    const answer = this.#host.fetch(hart, low, high);
    if (answer < 0) return answer;
    const ramPage = answer - RAM_BASE / PAGE_SIZE;
    assert(ramPage >= 0 && ramPage < this.ramSize / PAGE_SIZE, "code is fetched from RAM");
    const page = this.#code.find(ramPage) || this.#newPage(hart, ramPage);
    this.#tlbs.fill(hart, "fetchTlb", low, high, page);
    return page;
  }

  /** Stores to the page have to be seen from now on. */
  #newPage(hart: number, ramPage: number): number {
    const pinned = this.words[(hartBase(hart) + HART.slot) >>> 2]!;
    const { page, evicted } = this.#code.allocate(ramPage, pinned);
    for (let other = 0; other < this.harts; other++) {
      this.evictStore(other, ramPage * PAGE_SIZE);
      if (evicted !== 0) this.#tlbs.evictValue(other, "fetchTlb", evicted);
    }
    return page;
  }

  /** Gives the decoded page up unless it is being executed. */
  #release(ramPage: number, page: number): void {
    if (this.#running >= 0) {
      const slot = this.words[(hartBase(this.#running) + HART.slot) >>> 2]!;
      if (slot >= page && slot < page + DECODED_PAGE_SIZE) return;
    }
    this.#code.release(ramPage);
    for (let hart = 0; hart < this.harts; hart++) this.#tlbs.evictValue(hart, "fetchTlb", page);
  }

  /** Decodes the straddling instruction at the current slot again, its second half as it is mapped now. */
  #straddle(hart: number): number {
    const base = hartBase(hart);
    const slot = this.words[(base + HART.slot) >>> 2]!;
    const second = this.quads[(base + HART.pcBase) >>> 3]! + BigInt(slot >>> 3) + 2n;
    const low = Number(BigInt.asIntN(32, second));
    const high = Number(BigInt.asIntN(32, second >> 32n));
    const page = this.#enter(hart, low, high);
    if (page < 0) return page;
    this.#code.decodeStraddling(slot, this.#code.sourceOf(page));
    return 0;
  }
}
