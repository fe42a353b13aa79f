/**
 * When each page of RAM was stored to last, in marks: what was worked out from memory holds until a
 * page that it was read from is written. Pages in a store TLB are written unseen, so that a mark takes
 * them out; the first store to each page afterwards is seen.
 */
import { RAM_BASE } from "./engine/layout.ts";

const PAGE = 4096;

export class Writes {
  /** Pages of RAM. */
  readonly pages: number;
  readonly #flush: () => void;
  /** By page: the mark that was the last one then. */
  readonly #last: Float64Array;
  #mark = 1;
  /** A page was written, or entered a store TLB, since the last mark. */
  #any = true;

  /** `flush` takes all pages out of all store TLBs. */
  constructor(pages: number, flush: () => void) {
    this.pages = pages;
    this.#flush = flush;
    this.#last = new Float64Array(pages);
  }

  /** The page is about to be written or has been, perhaps more than once until the next mark. */
  note(page: number): void {
    this.#last[page] = this.#mark;
    this.#any = true;
  }

  /** This moment. The same number as before if nothing at all has been written since. */
  mark(): number {
    if (this.#any) {
      this.#any = false;
      this.#mark += 1;
      this.#flush();
    }
    return this.#mark;
  }

  /** Whether the page may have been written after the mark was made. */
  after(mark: number, page: number): boolean {
    return this.#last[page]! >= mark;
  }

  /** The page that an address of physical memory is in; of what is no RAM none of 0 to `pages` - 1. */
  pageOf(physical: number): number {
    return Math.floor((physical - RAM_BASE) / PAGE);
  }
}
