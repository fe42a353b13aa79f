/**
 * Watched ranges of RAM. Pages with a range stay out of the TLBs, so each access to them comes by
 * here: `capture` before it, `report` after it.
 */
import { type Address, physical } from "../base/brand.ts";
import { type Disposable, disposable } from "../base/disposable.ts";
import type { Listener, WatchEvent } from "./api.ts";
import type { Engine } from "./engine/api.ts";
import { RAM_BASE } from "./engine/layout.ts";
import type { HartView } from "./hart.ts";

type AccessKind = "read" | "write";

interface Range {
  readonly offset: number;
  readonly size: number;
  readonly access: AccessKind;
  readonly listener: Listener<WatchEvent>;
}

/** Part of a range that an access touches (all of it, when it is a word or less), and what it held. */
interface Touch {
  readonly range: Range;
  readonly offset: number;
  readonly size: number;
  readonly old: bigint;
}

const PAGE = 4096;
const WHOLE = 8;

export class Watches {
  readonly #engine: Engine;
  readonly #stores = new Map<number, Range[]>();
  readonly #loads = new Map<number, Range[]>();
  #touches: Touch[] = [];
  #harts: readonly HartView[] = [];

  constructor(engine: Engine) {
    this.#engine = engine;
  }

  attach(harts: readonly HartView[]): void {
    this.#harts = harts;
  }

  /** Stores to the page have to be looked at: those of AMOs are loads too. */
  watchesStores(page: number): boolean {
    return (this.#stores.size > 0 && this.#stores.has(page)) || this.watchesLoads(page);
  }
  watchesLoads(page: number): boolean {
    return this.#loads.size > 0 && this.#loads.has(page);
  }

  /** Calls for what of a page is watched, by its offsets in RAM. */
  eachWithin(page: number, visit: (start: number, end: number) => void): void {
    for (const pages of [this.#stores, this.#loads]) {
      for (const { offset, size } of pages.get(page) ?? []) visit(offset, offset + size);
    }
  }

  add(
    offset: number,
    size: number,
    access: AccessKind,
    listener: Listener<WatchEvent>,
  ): Disposable {
    const range: Range = { offset, size, access, listener };
    const pages = access === "write" ? this.#stores : this.#loads;
    for (const page of pagesOf(offset, size)) {
      pages.set(page, [...(pages.get(page) ?? []), range]);
      for (let hart = 0; hart < this.#engine.harts; hart++) {
        // An AMO reads by way of the store TLB.
        this.#engine.evictStore(hart, page);
        if (access === "read") this.#engine.evictLoad(hart, page);
      }
    }
    return disposable(() => {
      for (const page of pagesOf(offset, size)) {
        const left = pages.get(page)!.filter((other) => other !== range);
        if (left.length > 0) pages.set(page, left);
        else pages.delete(page);
      }
    });
  }

  /** Bytes of one page are about to be accessed. */
  capture(offset: number, size: number, access: AccessKind): void {
    const pages = access === "write" ? this.#stores : this.#loads;
    if (pages.size === 0) return;
    // In integers: a remainder of doubles is a library call.
    const ranges = pages.get((offset & -PAGE) >>> 0);
    if (ranges === undefined) return;
    for (let i = 0; i < ranges.length; i++) {
      const range = ranges[i]!;
      if (offset >= range.offset + range.size || range.offset >= offset + size) continue;
      this.#touch(range, offset, size);
    }
  }

  /** Tells the listeners; true when one of them wants to stop. */
  report(hart: number | undefined): boolean {
    if (this.#touches.length === 0) return false;
    const touches = this.#touches;
    this.#touches = [];
    const who = hart === undefined ? undefined : this.#harts[hart];
    const pc: Address | undefined = who?.pc;
    let stop = false;
    for (const { range, offset, size, old } of touches) {
      const event: WatchEvent = {
        hart: who,
        pc,
        address: physical(RAM_BASE + offset),
        old,
        new: range.access === "write" ? this.#value(offset, size) : old,
        access: range.access,
      };
      stop = range.listener(event) || stop;
    }
    return stop;
  }

  forget(): void {
    if (this.#touches.length > 0) this.#touches = [];
  }

  /** Something is captured and not reported yet. */
  get pending(): boolean {
    return this.#touches.length > 0;
  }

  #touch(range: Range, offset: number, size: number): void {
    if (range.size <= WHOLE) {
      // A store across two pages touches such a range once.
      if (this.#touches.some((touch) => touch.range === range)) return;
      this.#push(range, range.offset, range.size);
      return;
    }
    const start = Math.max(offset, range.offset);
    const end = Math.min(offset + size, range.offset + range.size);
    for (let at = start; at < end; at += WHOLE) {
      this.#push(range, at, Math.min(WHOLE, end - at));
    }
  }

  #push(range: Range, offset: number, size: number): void {
    this.#touches.push({ range, offset, size, old: this.#value(offset, size) });
  }

  #value(offset: number, size: number): bigint {
    const { view, bytes, ramBase } = this.#engine;
    const at = ramBase + offset;
    if (size === 8) return view.getBigUint64(at, true);
    if (size === 4) return BigInt(view.getUint32(at, true));
    let value = 0n;
    for (let i = size - 1; i >= 0; i--) value = (value << 8n) | BigInt(bytes[at + i]!);
    return value;
  }
}

function* pagesOf(offset: number, size: number): Iterable<number> {
  for (let page = offset - (offset % PAGE); page < offset + size; page += PAGE) yield page;
}
