/**
 * The one WebAssembly memory that holds the whole machine: harts, decoded code, guest RAM.
 * Offsets are bytes. JavaScript and the generated code read the same table, so they cannot disagree.
 *
 *     0                    scratch and constants (1 page, never guest data)
 *     HARTS                one HART_SIZE block for each hart
 *     decoded              pool of decoded code pages
 *     ram                  guest RAM, contiguous from RAM_BASE
 */

/** Where guest RAM begins in the guest's physical address space (QEMU `virt`). */
export const RAM_BASE = 0x8000_0000;

export const HARTS = 0x1_0000;
export const HART_SIZE = 0x1_0000;

/** Fields of one hart's block. All integers little-endian, i64 unless said otherwise. */
export const HART = {
  /** x0..x31; x0 is always zero. Slot 32 takes the writes to x0. */
  x: 0x0000,
  /** Virtual address of the next instruction. Valid whenever generated code is not running. */
  pc: 0x0108,
  /**
   * Instructions retired by this hart since reset, plus `budget`: exact when generated code is not
   * running (`budget` is 0 then); in host calls use `currentInstret`.
   */
  instret: 0x0110,
  /**
   * i32: instructions that the current run may still retire, the current one included; spilled
   * before every host call. The host may lower it to 1 and `instret` by the same amount: then the
   * run ends when the current instruction has retired.
   */
  budget: 0x0118,
  /** i32: decoded slot of the current instruction; spilled before every host call; 0 outside of runs. */
  slot: 0x011c,
  /** 16 bytes in which the host assembles loads and takes stores that no RAM page serves directly. */
  staging: 0x0120,
  /** i32 memory offset of the reserved word, 0: none; and its size in bytes. */
  reservation: 0x0130,
  reservationSize: 0x0134,
  /** i64: virtual address of the current instruction less `slot` / 8; follows the current page. */
  pcBase: 0x0140,
  /**
   * i64, 0 to 4095 but not 1: part of every TLB tag. Entries count only under the context in which
   * they were filled, so the host can give each (address space, privilege, ...) its own number
   * instead of flushing when it goes from one to the other. Not to be changed during a run but in
   * host calls that answer something else than Flow.next.
   */
  context: 0x0148,
  /** f0..f31 as raw bits; a single has ones above it. */
  f: 0x0200,
  /** i32: the float unit's state, see FLOAT. */
  fcsr: 0x0300,
  /** CSRs and whatever else the privileged layer keeps for a hart: 0x0400..0x0fff are its own. */
  privileged: 0x0400,
  /** TLBs: TLB_ENTRIES entries of 16 bytes {i64 tag, i32 addend or decoded page, i32 unused}. */
  loadTlb: 0x1000,
  storeTlb: 0x2000,
  fetchTlb: 0x3000,
  /**
   * For stores to pages of which a part is guarded (a watched word, another hart's reservation):
   * GUARDED_ENTRIES entries that have in their last word the first guarded byte and the end of what
   * is guarded, u16 each. Slow paths look here before they ask the host.
   */
  guardedTlb: 0x4000,
} as const;

/** Bits of `HART.fcsr`: fcsr as software sees it, and above it mstatus.FS, which is held here alone. */
export const FLOAT = {
  inexact: 0x001,
  flags: 0x01f,
  /** The dynamic rounding mode. */
  mode: 0x0e0,
  modeShift: 5,
  /** 0: off, 1: initial, 2: clean, 3: dirty. */
  state: 0x300,
  stateShift: 8,
} as const;

export const TLB_ENTRIES = 256;
/** Few pages are guarded at a time. */
export const GUARDED_ENTRIES = 16;
/** A tag is the page's virtual address with the context in bits 11..0; this never equals one. */
export const TLB_INVALID = 1n;

/** Bytes of a decoded slot. */
export const SLOT_SIZE = 16;
/** Fields of a slot: an instruction as the interpreter wants it. */
export const SLOT = {
  /** u16: position in the table of operations, and flags. */
  op: 0,
  /** u16 each: offset of the register (x or f) from `HART.x`; the rd of x0 is slot 32. */
  rd: 2,
  rs1: 4,
  rs2: 6,
  /** i32; for branches within the page the distance between slots. */
  imm: 8,
  /** u16 each, in the place of `imm`: the register fs3, and the bits of the rounding mode (ROUNDING). */
  rs3: 8,
  rounding: 10,
  /** u32: the encoding. */
  raw: 12,
} as const;
/**
 * What a slot holds of an instruction's rounding mode, in the bits of FLOAT: those of `HART.fcsr`
 * that count. With inexactness already noted, (fcsr & rounding) is `ready` only for nearest even.
 */
export const ROUNDING = {
  nearestEven: FLOAT.state | FLOAT.inexact,
  dynamic: FLOAT.state | FLOAT.mode | FLOAT.inexact,
  other: FLOAT.state,
  towardZero: FLOAT.state | 0x8000,
  ready: FLOAT.state | FLOAT.inexact,
} as const;

/**
 * A decoded page has a slot for each halfword, then two end markers (a 32-bit instruction in the
 * last halfword goes on at the second), then an i32: the memory offset of the page that it decodes.
 */
export const PAGE_SLOTS = 2048;
export const PAGE_SOURCE = (PAGE_SLOTS + 2) * SLOT_SIZE;
export const DECODED_PAGE_SIZE = (PAGE_SLOTS + 4) * SLOT_SIZE;

export const hartBase = (hart: number): number => HARTS + hart * HART_SIZE;
