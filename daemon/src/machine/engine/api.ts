/**
 * The engine as the privileged layer sees it: runs one hart for an exact number of instructions,
 * owns the WebAssembly memory, the TLBs and the decoded code. `createEngine` (engine.ts) makes one.
 *
 * Virtual addresses cross as two i32 halves (low, high) where calls are frequent; "ram offset" is a
 * byte offset into guest RAM (physical address - RAM_BASE); "memory offset" one into the memory.
 */

export interface EngineOptions {
  /** Number of harts, at least 1. */
  readonly harts: number;
  /** Guest RAM in bytes: a multiple of 64 KiB, up to about 3.9 GiB. */
  readonly ramSize: number;
  /** Decoded code pages kept at a time, by default 512 (16 MiB for 2 MiB of code). At least 4. */
  readonly decodedPages?: number;
}

/** Why `run` came back. `HART.pc` and `HART.instret` are exact in every case. */
export const Exit = {
  /** The budget is used up. */
  budget: 0,
  /** A host call answered Flow.leave or Flow.trapLeave (or TRAPPED_LEAVE). */
  leave: 1,
  /** A host call answered Flow.stop (or STOPPED): `HART.pc` has not been executed. */
  stop: 2,
} as const;
export type Exit = (typeof Exit)[keyof typeof Exit];

export interface Engine {
  readonly harts: number;
  readonly memory: WebAssembly.Memory;
  /** Views of the whole memory. It never grows, so they stay valid. */
  readonly bytes: Uint8Array;
  readonly view: DataView;
  readonly words: Int32Array;
  readonly quads: BigInt64Array;
  /** Memory offset of guest RAM, and its size in bytes. */
  readonly ramBase: number;
  readonly ramSize: number;

  /**
   * Runs from `HART.pc` until `budget` instructions (0 to 2^31 - 1) have retired or a host call says
   * otherwise. Not reentrant: host calls must not call it.
   */
  run(hart: number, budget: number): Exit;

  /** Address of the current instruction; inside a host call of this hart and outside of `run` alike. */
  currentPc(hart: number): bigint;
  /** The same as a signed double: exact for canonical Sv39 and Sv48 addresses, no allocation. */
  currentPcNumber(hart: number): number;
  /** Instructions retired by this hart; the current one is not among them. Exact below 2^53. */
  currentInstret(hart: number): number;

  /**
   * Lets loads (stores) of this virtual page go straight to RAM at `ramOffset` (page-aligned).
   * `fillStore` ignores pages for which `hasCode` holds, so that stores to them stay visible.
   */
  fillLoad(hart: number, low: number, high: number, ramOffset: number): void;
  fillStore(hart: number, low: number, high: number, ramOffset: number): void;
  /**
   * The same for stores that touch no guarded byte: `guarded` is the first of them in the page, and
   * their end in the upper 16 bits. Stores that do touch one come to the host as without it.
   */
  fillGuarded(hart: number, low: number, high: number, ramOffset: number, guarded: number): void;
  /** The ram offset of an address that `fillGuarded` has made known; -1 where it has not. */
  guardedOffset(hart: number, low: number, high: number): number;
  /** Forgets all TLBs of a hart (sfence.vma, satp, privilege, SUM, MXR, PMP changes, ...). */
  flush(hart: number): void;
  /** Forgets one virtual page in all TLBs. */
  flushPage(hart: number, low: number, high: number): void;
  flushLoads(hart: number): void;
  flushStores(hart: number): void;
  flushFetches(hart: number): void;
  /** Takes one page of RAM out of the load (store) TLB of a hart, at whatever virtual addresses it is there. */
  evictLoad(hart: number, ramOffset: number): void;
  evictStore(hart: number, ramOffset: number): void;
  /** Only what `fillGuarded` made known of the page; `evictStore` does that too. */
  evictGuarded(hart: number, ramOffset: number): void;

  /** The page of RAM holds decoded code: stores to it must come through `invalidateCode`. */
  hasCode(ramOffset: number): boolean;
  /** Bytes of RAM have been changed by other means than a store of the store TLB. Any range; cheap where there is no code. */
  invalidateCode(ramOffset: number, size: number): void;
  /**
   * The instruction at this place of RAM (even) calls `host.hook` each time before it executes.
   * Stays until it is switched off, through invalidation and eviction. Idempotent; may be called
   * from host calls.
   */
  hookSlot(ramOffset: number, on: boolean): void;

  /** A 64-bit digest of guest RAM, in time proportional to its non-zero pages: 16 hex digits. */
  digest(): string;
}
