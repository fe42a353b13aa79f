/**
 * What SBI calls share: error codes, extension ids, and how an extension looks to the dispatcher.
 * Source: RISC-V Supervisor Binary Interface Specification, version 2.0.
 */
import type { RunControl } from "../control.ts";
import type { Core } from "../privileged/core.ts";

/** Chapter 3, table of standard errors. */
export const SbiError = {
  success: 0,
  failed: -1,
  notSupported: -2,
  invalidParam: -3,
  denied: -4,
  invalidAddress: -5,
  alreadyAvailable: -6,
  alreadyStarted: -7,
  alreadyStopped: -8,
} as const;

export const SBI_VERSION = 0x0200_0000;
/** Not a registered implementation: "AO". */
export const IMPLEMENTATION_ID = 0x414f;
export const IMPLEMENTATION_VERSION = 1;

/** Registers of the calling convention. */
export const A0 = 10;
export const A1 = 11;
export const A2 = 12;
export const A6 = 16;
export const A7 = 17;

/** What a call leaves behind: `value` may go beyond 2^53 only as all ones (-1). */
export interface SbiResult {
  readonly error: number;
  readonly value: number;
}

export const ok = (value = 0): SbiResult => ({ error: SbiError.success, value });
export const fail = (error: number): SbiResult => ({ error, value: 0 });

export interface SbiExtension {
  readonly id: number;
  /** Undefined: the call does not come back to the caller; its registers are as it left them. */
  call(core: Core, functionId: number): SbiResult | undefined;
}

/** What the firmware asks of the machine around it. */
export interface FirmwareParts {
  readonly cores: readonly Core[];
  /** Ends the machine's life. */
  exit(code: number): void;
  /** `attention` is set when interrupts, deadlines or activities have changed. */
  readonly control: RunControl;
  /** A software interrupt was sent. */
  ipi(from: Core, to: number): void;
  /** A hart's privilege or satp was set. */
  remap(core: Core): void;
  isRam(physical: number, size: number): boolean;
  /** A live view of RAM. */
  view(physical: number, size: number): Uint8Array;
  /** Low half of the word at a hart's virtual address; undefined where it cannot be read. */
  peek(core: Core, low: number, high: number): number | undefined;
  /** Writes RAM on behalf of a hart; watches see it. */
  write(core: Core, physical: number, bytes: ArrayLike<number>): void;
  readonly console: {
    put(byte: number): void;
    /** The next input byte, or -1. */
    take(): number;
  };
}
