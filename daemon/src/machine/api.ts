/**
 * The machine as the layers above see it. Everything here is synchronous: the machine runs only
 * inside `run`, and is consistent whenever `run` is not on the stack.
 */
import type { Address, MachineTime, PhysicalAddress } from "../base/brand.ts";
import type { Disposable, Signal } from "../base/disposable.ts";
import type { Journal, Position } from "./journal.ts";
import type { Snapshot } from "./snapshot.ts";
import type { Writes } from "./writes.ts";

export type { Journal, OutsideInput, Position } from "./journal.ts";
export type { Snapshot } from "./snapshot.ts";

export const SCHEDULE_POLICIES = ["round-robin", "random", "pct"] as const;
export type SchedulePolicy = (typeof SCHEDULE_POLICIES)[number];

/** Everything that determines a run, besides outside inputs (`input`, writes, freezing, `only`). */
export interface MachineOptions {
  /** 1 to 8. */
  readonly harts: number;
  /** Guest RAM in MiB. */
  readonly memory: number;
  /** Kernel arguments: `/chosen/bootargs` of the device tree. */
  readonly append: string;
  readonly schedule: SchedulePolicy;
  readonly seed: number;
  /**
   * Instructions that a hart runs before the next one gets its turn (mean, when random; at most,
   * when pct: then priorities are compared again).
   */
  readonly quantum: number;
  /** For pct: orderings that the bug sought needs (priorities change one time less), 1 to 32; 3 by default. */
  readonly pctDepth?: number | undefined;
  /** For pct: instructions of a round, after which priorities are drawn anew; 100,000 by default. */
  readonly pctLength?: number | undefined;
  /**
   * M-mode firmware: it begins on all harts, and finds the image's entry as `next_addr` of OpenSBI's
   * fw_dynamic_info. None: the one that is built in.
   */
  readonly firmware?: BootImage | undefined;
  /** What the virtio disk in slot 0 begins as; none: the slot is empty. Writes go to a copy. */
  readonly disk?: Uint8Array | DiskImage | undefined;
  /** Instructions from a request of the disk's driver until the disk serves it, 1 to 10^9; 2,000 by default. */
  readonly diskLatency?: number | undefined;
  /** The hart that enters the kernel; the others wait until it starts them. 0 by default. */
  readonly bootHart?: number | undefined;
  /** A first file system for the kernel: it finds it in RAM by `/chosen/linux,initrd-start` and `-end`. */
  readonly initrd?: Uint8Array | undefined;
  /** Where console input goes: to the UART (also by firmware), or to a virtio console in slot 2. */
  readonly console?: "uart" | "virtio" | undefined;
}

/** Where a disk's first contents come from. The machine never writes to it. */
export interface DiskImage {
  /** In bytes; the disk has whole sectors, the rest of the last one is zero. */
  readonly size: number;
  /** A copy or a view of bytes that lie within the image; the same ones each time. */
  read(offset: number, length: number): Uint8Array;
}

/** `stopped` by HSM (or not started), `waiting` in wfi. */
export type HartState = "stopped" | "running" | "waiting";
export type Privilege = "U" | "S" | "M";

export interface Hart {
  readonly id: number;
  readonly state: HartState;
  readonly privilege: Privilege;
  /** Instructions retired by this hart since reset. */
  readonly instructions: number;
  /** A frozen hart is passed over by the interleaving until it is thawed. */
  frozen: boolean;
  pc: Address;
  /** pc as a signed double: cheap inside hooks, exact for canonical (Sv39, Sv48) addresses. */
  readonly pcNumber: number;
  /** Register x0..x31 as an unsigned 64-bit value. */
  x(index: number): bigint;
  setX(index: number, value: bigint): void;
  /** The bits of f0..f31, unsigned; a single has ones above it. Held while the float unit is off, too. */
  f(index: number): bigint;
  /** x0..x31 as a signed double, for hot hooks; exact where |value| < 2^53. */
  xNumber(index: number): number;
  /** A CSR by number, as software at M level would read it, without side effects; undefined where there is none. */
  csr(number: number): bigint | undefined;
  /** satp as it holds for the current privilege: 0 when translation is off. */
  readonly satp: bigint;
  /**
   * Virtual to physical in the address space that loads of this hart use now, whatever the page's
   * permissions, without side effects; undefined where nothing is mapped.
   */
  translate(address: Address): PhysicalAddress | undefined;
  /** A copy of the bytes at a virtual address, or undefined when any of them is unmapped or a device. No side effects. */
  read(address: Address, length: number): Uint8Array | undefined;
  /** An unsigned little-endian integer of 1, 2, 4 or 8 bytes; undefined as `read`. */
  readUint(address: Address, size: number): bigint | undefined;
  /**
   * The same without an allocation, for hot hooks: the address as a signed double (like `xNumber`),
   * the value as an unsigned one; NaN where `readUint` is undefined and for values above 2^53.
   */
  readNumber(address: number, size: 1 | 2 | 4 | 8): number;
  /** Writes through page permissions, as debuggers do; false when any byte is unmapped or a device. */
  write(address: Address, bytes: Uint8Array): boolean;
}

/** One trap as it is taken; the hart stands at the handler already. */
export interface TrapEvent {
  readonly hart: Hart;
  readonly interrupt: boolean;
  /** Exception or interrupt number, without the interrupt bit. */
  readonly cause: number;
  readonly tval: bigint;
  /** Where it struck. */
  readonly pc: Address;
  readonly from: Privilege;
  readonly to: Privilege;
}

/** A store (also by AMO, SC, firmware or a device) into a watched range; already performed. */
export interface WatchEvent {
  /** Undefined when no hart did it (a device, firmware outside a call). */
  readonly hart: Hart | undefined;
  readonly pc: Address | undefined;
  /** The watched range's own address and its value before and after, little-endian. */
  readonly address: PhysicalAddress;
  readonly old: bigint;
  readonly new: bigint;
  readonly access: "read" | "write";
}

/**
 * A listener answers true to stop the run: before the instruction for code hooks, after it for
 * watches, at the handler for traps. Several listeners may ask; the run stops once.
 */
export type Listener<T> = (event: T) => boolean;

export type RunOutcome =
  /** The instruction limit was reached. */
  | { readonly kind: "limit" }
  /** One or more listeners asked to stop. `hart` was executing. */
  | { readonly kind: "stop"; readonly hart: number }
  /** Every hart that may run waits, and no timer is armed: only outside input can go on. */
  | { readonly kind: "idle" }
  /** A trap handler that itself cannot be entered (e.g. stvec points nowhere) on this hart. */
  | { readonly kind: "wedged"; readonly hart: number; readonly reason: string }
  /** The guest asked to power off (or reset) with this exit code. */
  | { readonly kind: "exit"; readonly code: number };

export interface RunLimit {
  readonly instructions: number;
  readonly only?: readonly number[] | undefined;
  readonly to?: Position | undefined;
}

export interface Machine {
  readonly options: MachineOptions;
  readonly harts: readonly Hart[];
  readonly time: MachineTime;
  /** The place in the run, exactly. */
  readonly position: Position;
  /** Set once the guest powered off; `run` answers it again without running. */
  readonly exit: { readonly code: number } | undefined;

  /**
   * Runs until something stops it, at most `instructions` more. The interleaving continues where it
   * was, so splitting a run into slices changes nothing. With `only`, those harts alone run (all
   * others stand still: this is an outside decision, and changes the interleaving). With `to`, it
   * ends there (as a limit) if it gets there.
   *
   * A trap that is taken retires no instruction and takes no machine time, but counts as one towards
   * this limit: a step of one instruction ends either after it or at the handler of its trap.
   */
  run(limit: RunLimit): RunOutcome;

  /**
   * The whole state, for `restore`: memory by pages that are copied once after they were written,
   * everything else by name. It goes when nobody refers to it.
   */
  snapshot(): Snapshot;
  /**
   * Between runs: the machine, its journal too, becomes what it was. The snapshot is of this machine
   * or of one with the same options. Hooks, watches and listeners stay as they are; a replay ends.
   */
  restore(snapshot: Snapshot): void;

  /**
   * Every outside input since reset: console input, writes of registers and memory, freezing,
   * `only`. These are made between runs or by listeners of code hooks; console input also by other
   * listeners, and then counts from the end of the instruction on.
   */
  readonly journal: Journal;
  /**
   * The inputs of a journal that begins with this machine's own come again where they came, until
   * its end is reached or until another input comes from outside.
   */
  replay(journal: Journal): void;
  /** A journal's end has not been reached. Runs without `only` then run the harts that were recorded. */
  readonly replaying: boolean;

  /** Calls the listener each time any hart is about to execute the instruction at this virtual address, once for each execution. */
  hook(address: Address, listener: Listener<Hart>): Disposable;
  /** Reports accesses to a physical range of 1 to 8 bytes whole, larger ranges by the bytes touched. */
  watch(
    range: {
      readonly address: PhysicalAddress;
      readonly size: number;
      readonly access: "read" | "write";
    },
    listener: Listener<WatchEvent>,
  ): Disposable;
  onTrap(listener: Listener<TrapEvent>): Disposable;
  /** A software interrupt sent by one hart to another (SBI IPI or the ACLINT). */
  onIpi(listener: Listener<{ readonly from: Hart | undefined; readonly to: Hart }>): Disposable;
  /** satp was written with a different value. */
  onAddressSpace(
    listener: Listener<{ readonly hart: Hart; readonly old: bigint; readonly new: bigint }>,
  ): Disposable;
  /** Bytes that the guest wrote to its console. */
  readonly console: Signal<Uint8Array>;
  /** Console input: the guest can read it from the current machine time on. */
  input(bytes: Uint8Array): void;

  /** A copy of bytes of RAM; undefined when any of them is not RAM. */
  readPhysical(address: PhysicalAddress, length: number): Uint8Array | undefined;
  /** An unsigned little-endian integer of RAM as a double; NaN when not RAM, or above 2^53. */
  readPhysicalNumber(address: PhysicalAddress, size: 1 | 2 | 4 | 8): number;
  writePhysical(address: PhysicalAddress, bytes: Uint8Array): boolean;
  /** Which pages were written since when: for what is worked out from memory and kept. */
  readonly writes: Pick<Writes, "pages" | "mark" | "after" | "pageOf">;
  /** All that is on the virtio disk, once the guest has written to it; undefined before. */
  changedDisk(): Uint8Array | undefined;
  /**
   * A digest of memory, registers, devices, clock and interleaving: 16 hex digits. Two machines with
   * the same one go on alike.
   */
  stateHash(): string;
}

/** A loadable piece of an image. `bytes` may be shorter than `size`: the rest is zero. */
export interface LoadSegment {
  readonly address: PhysicalAddress;
  readonly bytes: Uint8Array;
  readonly size: number;
}
export interface BootImage {
  readonly segments: readonly LoadSegment[];
  /** Where S-mode starts: 0x8020_0000 for kernels of QEMU `virt`, else the ELF's entry. M-mode, for firmware. */
  readonly entry: PhysicalAddress;
}
