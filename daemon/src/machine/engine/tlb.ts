/** The TLBs of a hart, from the JavaScript side: generated code looks entries up, this fills and forgets them. */
import { GUARDED_ENTRIES, HART, hartBase, TLB_ENTRIES, TLB_INVALID } from "./layout.ts";

const ENTRY_WORDS = 4;
const PAGE_MASK = ~0xfff;

export type TlbName = "loadTlb" | "storeTlb" | "fetchTlb" | "guardedTlb";

const entriesOf = (tlb: TlbName): number => (tlb === "guardedTlb" ? GUARDED_ENTRIES : TLB_ENTRIES);

const empty = new Int32Array(TLB_ENTRIES * ENTRY_WORDS);
for (let entry = 0; entry < TLB_ENTRIES; entry++) empty[entry * ENTRY_WORDS] = Number(TLB_INVALID);
const emptyGuarded = empty.subarray(0, GUARDED_ENTRIES * ENTRY_WORDS);

const start = (hart: number, tlb: TlbName): number => (hartBase(hart) + HART[tlb]) >>> 2;
const indexOf = (low: number, tlb: TlbName): number =>
  ((low >>> 12) % entriesOf(tlb)) * ENTRY_WORDS;

export class Tlbs {
  readonly #words: Int32Array;

  constructor(words: Int32Array) {
    this.#words = words;
  }

  /** The page of (low, high) has `value` from now on, under the hart's current context. */
  fill(hart: number, tlb: TlbName, low: number, high: number, value: number, last = 0): void {
    const words = this.#words;
    const at = start(hart, tlb) + indexOf(low, tlb);
    words[at] = (low & PAGE_MASK) | words[(hartBase(hart) + HART.context) >>> 2]!;
    words[at + 1] = high;
    words[at + 2] = value;
    words[at + 3] = last;
  }

  /** Where the value of (low, high) stands among the words; -1: not known. */
  find(hart: number, tlb: TlbName, low: number, high: number): number {
    const words = this.#words;
    const at = start(hart, tlb) + indexOf(low, tlb);
    const tag = (low & PAGE_MASK) | words[(hartBase(hart) + HART.context) >>> 2]!;
    return words[at] === tag && words[at + 1] === high ? at + 2 : -1;
  }

  flush(hart: number, tlb: TlbName): void {
    const whole = entriesOf(tlb) === TLB_ENTRIES;
    this.#words.set(whole ? empty : emptyGuarded, start(hart, tlb));
  }

  /** Forgets a virtual page, under whatever context. */
  flushPage(hart: number, tlb: TlbName, low: number, high: number): void {
    const words = this.#words;
    const at = start(hart, tlb) + indexOf(low, tlb);
    if (((words[at]! ^ low) & PAGE_MASK) === 0 && words[at + 1] === (high | 0)) {
      this.#forget(at);
    }
  }

  /** Forgets the entries of a load or store TLB that lead to the page at a memory offset. */
  evictTarget(hart: number, tlb: TlbName, offset: number): void {
    const words = this.#words;
    const first = start(hart, tlb);
    const end = first + entriesOf(tlb) * ENTRY_WORDS;
    for (let at = first; at < end; at += ENTRY_WORDS) {
      if ((((words[at]! & PAGE_MASK) + words[at + 2]!) | 0) === (offset | 0)) this.#forget(at);
    }
  }

  /** Forgets the entries that have this value. */
  evictValue(hart: number, tlb: TlbName, wanted: number): void {
    const words = this.#words;
    const first = start(hart, tlb);
    for (let at = first; at < first + TLB_ENTRIES * ENTRY_WORDS; at += ENTRY_WORDS) {
      if (words[at + 2] === wanted) this.#forget(at);
    }
  }

  #forget(at: number): void {
    this.#words[at] = Number(TLB_INVALID);
    this.#words[at + 1] = 0;
  }
}
