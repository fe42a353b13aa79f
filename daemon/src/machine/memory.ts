/**
 * Guest RAM, and everything that must be told when its bytes change: decoded code, reservations,
 * page tables that translations came from, watches.
 *
 * Most stores go straight to RAM through a hart's store TLB. Pages where somebody needs to know are
 * kept out of the store TLBs, so their stores come through `before` and `after`.
 */
import type { Engine } from "./engine/api.ts";
import { RAM_BASE } from "./engine/layout.ts";
import { Pages, type PageTable } from "./pages.ts";
import type { Core } from "./privileged/core.ts";
import { Watches } from "./watches.ts";
import { Writes } from "./writes.ts";

const PAGE_BITS = 12;
export const PAGE = 4096;
const VALID = 1;
const NO_PAGE = -1;
/** The high half of Number.MAX_SAFE_INTEGER. */
const HIGHEST = 0x1f_ffff;

export class Memory {
  readonly size: number;
  readonly watches: Watches;
  /** What snapshots share. A page is told to it before stores to the page may bypass `after`. */
  readonly pages: Pages;
  readonly writes: Writes;
  readonly #engine: Engine;
  readonly #harts: number;
  readonly #bytes: Uint8Array;
  readonly #words: Int32Array;
  readonly #ram: number;
  /** Pages that hold page tables which translations in some TLB rely upon. */
  readonly #tables: Uint8Array;
  /** Pages that have been in some store TLB since all were flushed. */
  readonly #stored: Uint8Array;
  /** The indices of both that are not zero. */
  #tablePages: number[] = [];
  #storedPages: number[] = [];
  /** For each hart and other hart: the reserved page that is known to be out of its store TLB. */
  readonly #guarded: Float64Array;
  /** The same of what is reserved, as `reservationKey`, and the guarded TLB. */
  readonly #guardedKeys: Float64Array;
  #cores: readonly Core[] = [];

  constructor(engine: Engine) {
    this.#engine = engine;
    this.#harts = engine.harts;
    this.size = engine.ramSize;
    this.#bytes = engine.bytes;
    this.#words = engine.words;
    this.#ram = engine.ramBase;
    this.#guarded = new Float64Array(this.#harts ** 2).fill(NO_PAGE);
    this.#guardedKeys = new Float64Array(this.#harts ** 2).fill(NO_PAGE);
    this.#tables = new Uint8Array(Math.ceil(this.size / PAGE));
    this.#stored = new Uint8Array(this.#tables.length);
    this.pages = new Pages(this.view(0, this.size));
    this.writes = new Writes(this.#tables.length, () => this.#flushStores());
    this.watches = new Watches(engine);
  }

  /** The harts whose reservations stores may break. */
  attach(cores: readonly Core[]): void {
    this.#cores = cores;
  }

  /** Offsets count from RAM_BASE; they are doubles and may be anything. */
  isRam(offset: number, size: number): boolean {
    return offset >= 0 && offset + size <= this.size;
  }

  /** Four aligned bytes. */
  word(offset: number): number {
    return this.#words[(this.#ram + offset) >>> 2]!;
  }

  /** A live view of RAM, for callers that only read and do not keep it. */
  view(offset: number, length: number): Uint8Array {
    return this.#bytes.subarray(this.#ram + offset, this.#ram + offset + length);
  }

  /** An unsigned little-endian value; NaN above 2^53 or outside of RAM. */
  readNumber(offset: number, size: number): number {
    if (!this.isRam(offset, size)) return Number.NaN;
    const at = this.#ram + offset;
    if (size >= 4 && (at & (size - 1)) === 0) {
      const low = this.#words[at >>> 2]! >>> 0;
      if (size === 4) return low;
      const high = this.#words[(at >>> 2) + 1]! >>> 0;
      return high <= HIGHEST ? high * 0x1_0000_0000 + low : Number.NaN;
    }
    const bytes = this.#bytes;
    let value = 0;
    for (let i = size - 1; i >= 0; i--) value = value * 256 + bytes[at + i]!;
    return value <= Number.MAX_SAFE_INTEGER ? value : Number.NaN;
  }

  /** Stores of this hart to the page may bypass `before` and `after`. */
  isPlain(hart: number, page: number): boolean {
    if (this.#tables[page >>> PAGE_BITS] !== 0 || this.watches.watchesStores(page)) return false;
    return !this.#reservedByOthers(hart, page);
  }

  /** A cached translation comes from this entry: stores to its page must be seen from now on. */
  relyOnTable(offset: number): void {
    const index = offset >>> PAGE_BITS;
    if (this.#tables[index] !== 0) return;
    this.#tables[index] = 1;
    this.#tablePages.push(index);
    if (this.#stored[index] !== 0) this.#evictStores(index * PAGE);
  }

  /** Before a hart's turn: pages that others hold reservations in leave its store TLB. */
  guardReservations(hart: number): void {
    for (const core of this.#cores) {
      const { id, reservation } = core;
      if (reservation === 0 || id === hart) continue;
      const page = pageOf((reservation >>> 0) - this.#ram);
      const guarded = hart * this.#harts + id;
      const key = reservationKey(core);
      if (this.#guardedKeys[guarded] === key) continue;
      this.#guardedKeys[guarded] = key;
      if (this.#guarded[guarded] === page) {
        this.#engine.evictGuarded(hart, page);
      } else {
        this.#guarded[guarded] = page;
        this.#engine.evictStore(hart, page);
      }
    }
  }

  /** The page enters the hart's store TLB, where `isPlain` holds. */
  fillStore(hart: number, low: number, high: number, page: number): void {
    for (let at = hart * this.#harts; at < (hart + 1) * this.#harts; at++) {
      if (this.#guarded[at] === page) this.#forgetGuarded(at);
    }
    this.#noteStored(page);
    this.#engine.fillStore(hart, low, high, page);
  }

  /** The page enters the hart's guarded TLB, if it is for some of its bytes alone that it is not plain. */
  fillGuarded(hart: number, low: number, high: number, page: number): void {
    if (this.#tables[page >>> PAGE_BITS] !== 0) return;
    let first = PAGE;
    let end = 0;
    const guard = (from: number, to: number): void => {
      first = Math.min(first, Math.max(from - page, 0));
      end = Math.max(end, Math.min(to - page, PAGE));
    };
    this.watches.eachWithin(page, guard);
    for (const { id, reservation, reservationSize } of this.#cores) {
      if (id === hart) continue;
      // Whoever has lost its reservation and makes it again is new to this entry.
      if (reservation === 0) this.#guardedKeys[hart * this.#harts + id] = NO_PAGE;
      const offset = (reservation >>> 0) - this.#ram;
      if (reservation !== 0 && pageOf(offset) === page) guard(offset, offset + reservationSize);
    }
    this.#noteStored(page);
    this.#engine.fillGuarded(hart, low, high, page, first | (end << 16));
  }

  #forgetGuarded(at: number): void {
    this.#guarded[at] = NO_PAGE;
    this.#guardedKeys[at] = NO_PAGE;
  }

  #noteStored(page: number): void {
    this.#written(page / PAGE);
    const index = page >>> PAGE_BITS;
    if (this.#stored[index] !== 0) return;
    this.#stored[index] = 1;
    this.#storedPages.push(index);
  }

  #tableChanges = false;

  /** A new access: what the one before announced and did not do (a failed SC) is forgotten. */
  begin(): void {
    this.#tableChanges = false;
    this.watches.forget();
  }

  /** Bytes within one page are about to change: notes what watches and page tables held. */
  before(offset: number, size: number): void {
    if (this.#tables[offset >>> PAGE_BITS] !== 0) this.#noteTable(offset, size);
    this.watches.capture(offset, size, "write");
  }

  /** They have changed. `core` is the hart that did it, if any: its own reservation survives. */
  after(core: Core | undefined, offset: number, size: number): void {
    this.#written(offset >>> PAGE_BITS);
    this.#engine.invalidateCode(offset, size);
    const start = this.#ram + offset;
    for (const other of this.#cores) {
      const reservation = other.reservation >>> 0;
      if (reservation === 0 || other === core) continue;
      if (start < reservation + other.reservationSize && reservation < start + size) {
        other.reservation = 0;
      }
    }
  }

  /**
   * After all pieces of a store: reports watches and drops translations whose entries changed.
   * `settled` tells what the caller has to do about it.
   */
  settle(core: Core | undefined): Settled {
    let settled: Settled = 0;
    if (this.#tableChanges) {
      this.#tableChanges = false;
      this.#dropTranslations();
      settled |= Settled.translations;
    }
    if (this.watches.report(core?.id)) settled |= Settled.stop;
    return settled;
  }

  /** A store by the built-in firmware on behalf of a hart, or by a device: watches fire. */
  write(core: Core | undefined, offset: number, bytes: ArrayLike<number>): Settled {
    this.#inPages(offset, bytes, (at, size, from) => {
      this.before(at, size);
      for (let i = 0; i < size; i++) this.#bytes[this.#ram + at + i] = bytes[from + i]!;
      this.after(core, at, size);
    });
    return this.settle(core);
  }

  /** A store from outside of the machine: watches do not fire, everything else is kept right. */
  poke(offset: number, bytes: Uint8Array): void {
    this.#inPages(offset, bytes, (at, size, from) => {
      if (this.#tables[Math.floor(at / PAGE)] !== 0) this.#tableChanges = true;
      this.#bytes.set(bytes.subarray(from, from + size), this.#ram + at);
      this.after(undefined, at, size);
    });
    if (!this.#tableChanges) return;
    this.#tableChanges = false;
    this.#dropTranslations();
  }

  /** Sets A or D in a page table entry. Nothing cached depends on their being clear. */
  setBits(core: Core, offset: number, bits: number): void {
    this.watches.capture(offset, 8, "write");
    this.#words[(this.#ram + offset) >>> 2] = this.word(offset) | bits;
    this.after(core, offset, 8);
  }

  /** Memory as it is now, in pages that never change again. */
  save(): PageTable {
    this.#flushStores();
    return this.pages.capture();
  }

  /** Memory as it was. Nothing that was derived from it stays. */
  restore(table: PageTable): void {
    this.pages.restore(table, (page) => {
      this.writes.note(page);
      this.#engine.invalidateCode(page * PAGE, PAGE);
    });
    this.#dropTranslations();
    this.#guarded.fill(NO_PAGE);
    this.#guardedKeys.fill(NO_PAGE);
    this.#tableChanges = false;
  }

  #written(page: number): void {
    this.pages.touch(page);
    this.writes.note(page);
  }

  #flushStores(): void {
    for (let hart = 0; hart < this.#harts; hart++) this.#engine.flushStores(hart);
  }

  #inPages(
    offset: number,
    bytes: ArrayLike<number>,
    piece: (at: number, size: number, from: number) => void,
  ): void {
    for (let from = 0; from < bytes.length; ) {
      const at = offset + from;
      const size = Math.min(bytes.length - from, PAGE - (at % PAGE));
      piece(at, size, from);
      from += size;
    }
  }

  #reservedByOthers(hart: number, page: number): boolean {
    for (const core of this.#cores) {
      const reservation = core.reservation;
      if (reservation === 0 || core.id === hart) continue;
      if (pageOf((reservation >>> 0) - this.#ram) === page) return true;
    }
    return false;
  }

  /** An entry that was not valid is in no TLB: only changes of valid ones matter. */
  #noteTable(offset: number, size: number): void {
    for (let entry = offset - (offset % 8); entry < offset + size; entry += 8) {
      if (this.word(entry) & VALID) this.#tableChanges = true;
    }
  }

  #dropTranslations(): void {
    for (let hart = 0; hart < this.#harts; hart++) this.#engine.flush(hart);
    for (const index of this.#tablePages) this.#tables[index] = 0;
    for (const index of this.#storedPages) this.#stored[index] = 0;
    this.#tablePages = [];
    this.#storedPages = [];
  }

  #evictStores(page: number): void {
    for (let hart = 0; hart < this.#harts; hart++) this.#engine.evictStore(hart, page);
  }
}

/** Of a hart's reservation: another one has another. */
const reservationKey = ({ reservation, reservationSize }: Core): number =>
  (reservation >>> 0) * 16 + reservationSize;

/** What a store asks of its caller, as bits. */
export const Settled = {
  /** Nothing. */
  none: 0,
  /** A watch's listener wants the run to stop. */
  stop: 1,
  /** Translations were dropped: instructions must be fetched anew. */
  translations: 2,
} as const;
export type Settled = number;

/** Of an offset in RAM. In integers: a remainder of doubles is a library call. */
export const pageOf = (offset: number): number => (offset & -PAGE) >>> 0;

export const ramOffset = (physical: number): number => physical - RAM_BASE;
