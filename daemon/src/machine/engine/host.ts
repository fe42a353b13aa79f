/**
 * What generated code asks of the privileged layer: address translation misses, devices, CSRs,
 * traps, hooks. All calls are off the hot path. Addresses cross as two i32 halves, because an i64
 * crossing into JavaScript would allocate a BigInt.
 *
 * Before every call the engine has spilled `HART.slot` and `HART.budget`; the engine offers
 * `currentPc(hart)` and `currentInstret(hart)` to derive the exact state from them. When a call
 * raises a trap the host has already put the hart into the trapped state (`HART.pc` = handler).
 */

/**
 * How the run goes on after a host call. A trap does not retire an instruction, so a handler that
 * faults at once would use up no budget: the host must notice a second trap at the same instret
 * whose handler cannot be entered, and answer `stop`.
 */
export const Flow = {
  /** Retire the instruction and go on with the next one. */
  next: 0,
  /** Retire it; `HART.pc` was set by the host (mret, sret, a translation change): fetch from there. */
  jump: 1,
  /** Retire it, then leave the run: `HART.pc` is the next instruction (wfi, an interrupt may be due, exit). */
  leave: 2,
  /** A trap was taken: the instruction does not retire, go on at `HART.pc`. */
  trap: 3,
  /** Leave the run before this instruction: it does not retire, `HART.pc` is its address. */
  stop: 4,
  /** A trap was taken: the instruction does not retire; leave the run, `HART.pc` is the handler. */
  trapLeave: 5,
} as const;
export type Flow = (typeof Flow)[keyof typeof Flow];

/**
 * From the address calls instead of an offset. TRAPPED: a trap was taken, go on at `HART.pc`;
 * STOPPED: leave the run before this instruction; TRAPPED_LEAVE: a trap was taken, leave the run.
 */
export const TRAPPED = -1;
export const STOPPED = -2;
export const TRAPPED_LEAVE = -3;

export interface EngineHost {
  /**
   * The fetch TLB missed for the page of this pc. Translates, and answers the physical page number
   * of RAM to execute from (the engine then fills the fetch TLB and decodes lazily), or one of the
   * codes above. When a 32-bit instruction straddles two pages this is also called for the second
   * one, with its first address (xtval) while `currentPc` is the instruction's address (xepc).
   */
  fetch(hart: number, pcLow: number, pcHigh: number): number;
  /**
   * The load TLB missed (also: misaligned across a page, a device, a watched page). Answers the
   * byte offset in the WebAssembly memory from which the engine then loads `size` bytes: in RAM, or
   * `HART.staging` with the bytes already assembled; or TRAPPED / STOPPED.
   */
  load(hart: number, low: number, high: number, size: number): number;
  /**
   * The store TLB missed. Answers the offset to which the engine writes `size` bytes and then calls
   * `commit`, or TRAPPED / STOPPED. For an AMO the engine reads the old value there first
   * (`readToo` is 1), so staging must hold it.
   */
  store(hart: number, low: number, high: number, size: number, readToo: number): number;
  /** The value of the last `store` is written: performs device writes, scatters staged bytes, reports watches. */
  commit(hart: number): Flow;
  /** A Zicsr instruction; `raw` is the 32-bit encoding (as i32). Reads and writes x registers itself (never x0). */
  csr(hart: number, raw: number): Flow;
  /** ecall, ebreak, mret, sret, wfi, sfence.vma, fence.i: everything else of the SYSTEM kind. */
  system(hart: number, raw: number): Flow;
  /** An encoding that no row matches: `raw` as i32, the 16 low bits alone for a compressed one. */
  illegal(hart: number, raw: number): Flow;
  /** LR/SC/AMO on a misaligned address (jump targets are always aligned with C): cause and tval. */
  exception(hart: number, cause: number, tvalLow: number, tvalHigh: number): Flow;
  /**
   * A hooked slot is about to execute. Flow.next: execute the instruction beneath the hook.
   * Flow.stop: leave before it. (The engine evaluates it once for each hart and instret.)
   */
  hook(hart: number): Flow;
}
