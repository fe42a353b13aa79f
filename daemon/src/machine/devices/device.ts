/**
 * What a memory-mapped device is to the bus. Devices know neither the board nor each other: what
 * they need (time, interrupt wires, the console) is handed to them as small functions.
 */
import { assert } from "../../base/errors.ts";
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
  /** All that later behaviour depends on, as plain data by name; it does not change afterwards. */
  save(): DeviceState;
  /** The counterpart: goes on from what `save` of such a device answered. */
  restore(state: DeviceState): void;
}

/** Bytes by number, such as the blocks of a disk that have changed; none of them changes afterwards. */
export type Blocks = ReadonlyMap<number, Uint8Array>;

export type DeviceState = Readonly<Record<string, number | string | readonly number[] | Blocks>>;

/** Fields of a saved state, for `restore`. Absent or of another kind: the state is not of this device. */
export class DeviceFields {
  readonly #state: DeviceState;

  constructor(state: DeviceState) {
    this.#state = state;
  }

  number(name: string): number {
    const value = this.#state[name];
    assert(typeof value === "number", `${name} is saved as a number`);
    return value;
  }

  text(name: string): string {
    const value = this.#state[name];
    assert(typeof value === "string", `${name} is saved as text`);
    return value;
  }

  numbers(name: string): readonly number[] {
    const value = this.#state[name];
    assert(Array.isArray(value), `${name} is saved as a list of numbers`);
    return value;
  }

  blocks(name: string): Blocks {
    const value = this.#state[name];
    assert(value instanceof Map, `${name} is saved as blocks`);
    return value;
  }
}
