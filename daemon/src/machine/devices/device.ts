/**
 * What a memory-mapped device is to the bus. Devices know neither the board nor each other: what
 * they need (time, interrupt wires, the console) is handed to them as small functions.
 */
import type { Word64 } from "../word64.ts";

export type AccessSize = 1 | 2 | 4 | 8;

export interface Device {
  readonly name: string;
  /**
   * A naturally aligned access at a byte offset within the device. The value's bits above `size`
   * are zero on loads and meaningless on stores. False: the device refuses (an access fault).
   */
  load(offset: number, size: AccessSize, value: Word64): boolean;
  store(offset: number, size: AccessSize, value: Word64): boolean;
  /** All that later behaviour depends on, as plain data by name. */
  save(): DeviceState;
}

type DeviceState = Readonly<Record<string, number | string | readonly number[]>>;
