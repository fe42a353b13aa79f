/**
 * Physical memory that notes which pages are read, page tables too: what was worked out from them
 * holds until one of them is written.
 */
import type { PhysicalAddress } from "../base/brand.ts";
import { assert } from "../base/errors.ts";
import type { PhysicalMemory } from "../inspect/space.ts";
import type { Machine } from "../machine/api.ts";

/** Pages that something was worked out from, and the mark when that was. */
export interface Basis {
  readonly pages: readonly number[];
  readonly mark: number;
}

const NO_PAGE = -1;

export class Footprint implements PhysicalMemory {
  readonly #machine: Machine;
  readonly #writes: Machine["writes"];
  /** By page: the last piece of work that read it. */
  readonly #readBy: Float64Array;
  #work = 0;
  #pages: number[] | undefined;
  #last = NO_PAGE;

  constructor(machine: Machine) {
    this.#machine = machine;
    this.#writes = machine.writes;
    this.#readBy = new Float64Array(this.#writes.pages);
  }

  readPhysical(address: PhysicalAddress, length: number): Uint8Array | undefined {
    if (this.#pages) this.#note(address, length);
    return this.#machine.readPhysical(address, length);
  }

  readPhysicalNumber(address: PhysicalAddress, size: 1 | 2 | 4 | 8): number {
    if (this.#pages) this.#note(address, size);
    return this.#machine.readPhysicalNumber(address, size);
  }

  writePhysical(address: PhysicalAddress, bytes: Uint8Array): boolean {
    return this.#machine.writePhysical(address, bytes);
  }

  /** This moment: the same number as before if nothing at all has been written since. */
  mark(): number {
    return this.#writes.mark();
  }

  /** What `work` reads now. */
  of(mark: number, work: () => void): Basis {
    assert(!this.#pages, "one piece of work at a time notes what it reads");
    const pages: number[] = [];
    this.#work += 1;
    this.#last = NO_PAGE;
    this.#pages = pages;
    try {
      work();
    } finally {
      this.#pages = undefined;
    }
    return { pages, mark };
  }

  /** Nothing of it has been written since. */
  holds({ mark, pages }: Basis): boolean {
    for (const page of pages) if (this.#writes.after(mark, page)) return false;
    return true;
  }

  #note(address: number, size: number): void {
    const writes = this.#writes;
    const first = writes.pageOf(address);
    const last = writes.pageOf(address + size - 1);
    if (first === this.#last && last === first) return;
    this.#last = last;
    // What is no RAM reads the same for ever.
    const end = Math.min(last, writes.pages - 1);
    for (let page = Math.max(first, 0); page <= end; page++) {
      if (this.#readBy[page] === this.#work) continue;
      this.#readBy[page] = this.#work;
      this.#pages!.push(page);
    }
  }
}
