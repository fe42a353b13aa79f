/**
 * Decoded code: a bounded pool of pages, each decoding one page of guest RAM, shared by all harts
 * and address spaces. Slots are decoded when they are first reached and forgotten when their bytes
 * change. Knows the memory's layout, and nothing of harts.
 */
import { assert } from "../../base/errors.ts";
import { decode, lengthOf } from "../../isa/decode.ts";
import type { Operands } from "../../isa/formats.ts";
import {
  DECODED_PAGE_SIZE,
  HART,
  PAGE_SLOTS,
  PAGE_SOURCE,
  ROUNDING,
  SLOT,
  SLOT_SIZE,
} from "./layout.ts";
import {
  endsBlock,
  HOOKED,
  ILLEGAL,
  operationOf,
  PAGE_END,
  STRADDLES,
  UNDECODED,
} from "./operations.ts";

const PAGE_BITS = 12;
const PAGE_SIZE = 1 << PAGE_BITS;
/** Slots that are decoded ahead of the one asked for, as long as code runs on. */
const AHEAD = 32;
/**
 * A page that has been written this often since anything in it was decoded is data by now: it is
 * given up, so that stores to it can be fast again.
 */
const WRITES_TO_DATA = 4096;
/** Register 32 of the hart block takes the writes to x0. */
const NOWHERE = 32;

/** By the number in an instruction's rm field. */
const { nearestEven, towardZero, other, dynamic } = ROUNDING;
const roundings = [nearestEven, towardZero, other, other, other, 0, 0, dynamic];
/** Offset from `HART.x`. */
const floatRegister = (number: number): number => HART.f - HART.x + 8 * number;

export interface CodeCacheOptions {
  readonly memory: ArrayBuffer;
  /** Memory offset of the pool and number of pages in it. */
  readonly base: number;
  readonly pages: number;
  /** Memory offset of guest RAM and its bytes. */
  readonly ramBase: number;
  readonly ramSize: number;
}

export class CodeCache {
  readonly #halves: Uint16Array;
  readonly #words: Int32Array;
  readonly #base: number;
  readonly #pages: number;
  readonly #ramBase: number;
  /** For each page of RAM the memory offset of its decoded page, 0: none. */
  readonly #decoded: Int32Array;
  /** For each page of the pool the page of RAM in it, -1: none. */
  readonly #source: Int32Array;
  /** For each page of the pool, invalidations since a slot of it was decoded. */
  readonly #writes: Int32Array;
  /** Slot numbers with hooks, by page of RAM. */
  readonly #hooks = new Map<number, Set<number>>();
  #nextVictim = 0;

  constructor({ memory, base, pages, ramBase, ramSize }: CodeCacheOptions) {
    this.#halves = new Uint16Array(memory);
    this.#words = new Int32Array(memory);
    this.#base = base;
    this.#pages = pages;
    this.#ramBase = ramBase;
    this.#decoded = new Int32Array(ramSize >>> PAGE_BITS);
    this.#source = new Int32Array(pages).fill(-1);
    this.#writes = new Int32Array(pages);
  }

  /** The memory offset of the decoded page for a page of RAM, 0 when there is none. */
  find(ramPage: number): number {
    return this.#decoded[ramPage]!;
  }

  /** The memory offset of the bytes that a decoded page decodes. */
  sourceOf(page: number): number {
    return this.#words[(page + PAGE_SOURCE) >>> 2]! >>> 0;
  }

  /**
   * Gives a page of RAM a decoded page, all undecoded. `pinned` is a slot (or 0) whose page must
   * stay. `evicted` is the decoded page that another page of RAM lost, 0: none.
   */
  allocate(ramPage: number, pinned: number): { readonly page: number; readonly evicted: number } {
    let index = this.#nextVictim;
    if (pinned !== 0 && this.#indexOf(pinned) === index) index = (index + 1) % this.#pages;
    this.#nextVictim = (index + 1) % this.#pages;
    const page = this.#base + index * DECODED_PAGE_SIZE;
    const previous = this.#source[index]!;
    if (previous >= 0) this.#decoded[previous] = 0;
    this.#source[index] = ramPage;
    this.#writes[index] = 0;
    this.#decoded[ramPage] = page;

    this.#halves.fill(0, page >>> 1, (page + DECODED_PAGE_SIZE) >>> 1);
    for (const marker of [PAGE_SLOTS, PAGE_SLOTS + 1]) {
      this.#setOp(page + marker * SLOT_SIZE, PAGE_END);
    }
    this.#words[(page + PAGE_SOURCE) >>> 2] = this.#ramBase + ramPage * PAGE_SIZE;
    for (const slot of this.#hooks.get(ramPage) ?? []) this.#setOp(page + slot * SLOT_SIZE, HOOKED);
    return { page, evicted: previous >= 0 ? page : 0 };
  }

  /** Decodes the slot at this memory offset, and those that follow until one is known or code ends. */
  decode(slot: number): void {
    const page = this.#pageOf(slot);
    this.#writes[this.#indexOf(slot)] = 0;
    const source = this.sourceOf(page);
    let number = (slot - page) / SLOT_SIZE;
    for (let ahead = 0; ahead < AHEAD && number < PAGE_SLOTS; ahead++) {
      const at = page + number * SLOT_SIZE;
      if ((this.#opOf(at) & ~HOOKED) !== UNDECODED) return;
      const low = this.#halves[(source >>> 1) + number]!;
      const length = lengthOf(low);
      if (length === 4 && number === PAGE_SLOTS - 1) {
        // The second half is elsewhere, and depends on who executes this.
        this.#writeWord(at, low, STRADDLES | UNDECODED);
        return;
      }
      const high = length === 4 ? this.#halves[(source >>> 1) + number + 1]! : 0;
      if (!this.#write(at, number, low | (high << 16), 0)) return;
      number += length / 2;
    }
  }

  /** Decodes the last slot of a page, whose second half is at a memory offset in another page. */
  decodeStraddling(slot: number, secondHalf: number): void {
    const page = this.#pageOf(slot);
    const source = this.sourceOf(page);
    const low = this.#halves[(source >>> 1) + PAGE_SLOTS - 1]!;
    const high = this.#halves[secondHalf >>> 1]!;
    this.#write(slot, PAGE_SLOTS - 1, low | (high << 16), STRADDLES);
  }

  /** Forgets the slots of instructions that touch `size` bytes at an offset into RAM. */
  invalidate(ramOffset: number, size: number): void {
    const end = Math.min(ramOffset + size, this.#decoded.length * PAGE_SIZE);
    for (let offset = ramOffset; offset < end; ) {
      const ramPage = Math.floor(offset / PAGE_SIZE);
      const start = ramPage * PAGE_SIZE;
      const pageEnd = start + PAGE_SIZE;
      const page = this.#decoded[ramPage]!;
      if (page !== 0) this.#forget(page, offset - start, Math.min(end, pageEnd) - start);
      offset = pageEnd;
    }
  }

  /** Whether the page of RAM, which has a decoded page, seems to be data by now. */
  seemsData(ramPage: number): boolean {
    return this.#writes[this.#indexOf(this.#decoded[ramPage]!)]! >= WRITES_TO_DATA;
  }

  /** Takes the decoded page of a page of RAM away. */
  release(ramPage: number): void {
    this.#source[this.#indexOf(this.#decoded[ramPage]!)] = -1;
    this.#decoded[ramPage] = 0;
  }

  /** The hook flag at an even offset into RAM; kept for pages that are decoded later. */
  hook(ramOffset: number, on: boolean): void {
    const ramPage = Math.floor(ramOffset / PAGE_SIZE);
    const slot = (ramOffset % PAGE_SIZE) >>> 1;
    const slots = this.#hooks.get(ramPage) ?? new Set();
    if (on) slots.add(slot);
    else slots.delete(slot);
    if (slots.size > 0) this.#hooks.set(ramPage, slots);
    else this.#hooks.delete(ramPage);
    const page = this.#decoded[ramPage]!;
    if (page === 0) return;
    const at = page + slot * SLOT_SIZE;
    this.#setOp(at, on ? this.#opOf(at) | HOOKED : this.#opOf(at) & ~HOOKED);
  }

  /**
   * From one byte of a decoded page to another. A 32-bit instruction may begin one halfword
   * earlier; in the page before, its second half is compared each time it executes.
   */
  #forget(page: number, from: number, to: number): void {
    this.#writes[this.#indexOf(page)]! += 1;
    const last = (to - 1) >>> 1;
    for (let slot = Math.max(0, (from >>> 1) - 1); slot <= last; slot++) {
      const at = page + slot * SLOT_SIZE;
      this.#setOp(at, this.#opOf(at) & HOOKED);
    }
  }

  /** Writes a decoded slot; false when no code follows it. */
  #write(at: number, number: number, raw: number, flags: number): boolean {
    const decoded = decode(raw);
    if (decoded === undefined) {
      this.#writeWord(at, raw, flags | ILLEGAL);
      return false;
    }
    const { number: op, near } = operationOf(decoded, 2 * number);
    this.#writeWord(at, raw, flags | op);
    this.#writeOperands(at, decoded.operands, near);
    return !endsBlock(decoded.row);
  }

  #writeWord(at: number, raw: number, op: number): void {
    this.#words[(at + SLOT.raw) >>> 2] = raw;
    this.#setOp(at, (this.#opOf(at) & HOOKED) | op);
  }

  #writeOperands(at: number, operands: Operands, near: boolean): void {
    const half = at >>> 1;
    const { rd, rs1 = 0, rs2 = 0, fd, fs1, fs2, fs3 = 0, rm, imm = 0 } = operands;
    this.#halves[half + SLOT.rd / 2] = fd === undefined ? (rd || NOWHERE) * 8 : floatRegister(fd);
    this.#halves[half + SLOT.rs1 / 2] = fs1 === undefined ? rs1 * 8 : floatRegister(fs1);
    this.#halves[half + SLOT.rs2 / 2] = fs2 === undefined ? rs2 * 8 : floatRegister(fs2);
    if (rm === undefined) {
      this.#words[(at + SLOT.imm) >>> 2] = near ? imm * (SLOT_SIZE / 2) : imm;
    } else {
      this.#halves[half + SLOT.rs3 / 2] = floatRegister(fs3);
      this.#halves[half + SLOT.rounding / 2] = roundings[rm]!;
    }
  }

  #opOf(at: number): number {
    return this.#halves[(at + SLOT.op) >>> 1]!;
  }

  #setOp(at: number, op: number): void {
    this.#halves[(at + SLOT.op) >>> 1] = op;
  }

  #indexOf(slot: number): number {
    const index = Math.floor((slot - this.#base) / DECODED_PAGE_SIZE);
    assert(index >= 0 && index < this.#pages, "a slot lies in the pool of decoded pages");
    return index;
  }

  #pageOf(slot: number): number {
    return this.#base + this.#indexOf(slot) * DECODED_PAGE_SIZE;
  }
}
