/**
 * Devices by physical address. Regions never overlap; everything else that is not RAM answers with
 * an access fault.
 */
import { assert } from "../../base/errors.ts";
import type { Word64 } from "../word64.ts";
import type { AccessSize, Device, DeviceState } from "./device.ts";

interface Region {
  readonly base: number;
  readonly end: number;
  readonly device: Device;
}

export class Bus {
  readonly #regions: Region[] = [];

  /** Bytes [base, base + size) belong to the device. Throws when they are taken. */
  map(base: number, size: number, device: Device): void {
    assert(size > 0 && base >= 0, `${device.name} has a region`);
    const end = base + size;
    for (const other of this.#regions) {
      assert(
        end <= other.base || base >= other.end,
        `${device.name} at 0x${base.toString(16)} does not overlap ${other.device.name}`,
      );
    }
    this.#regions.push({ base, end, device });
    this.#regions.sort((a, b) => a.base - b.base);
  }

  get devices(): readonly Device[] {
    return this.#regions.map((region) => region.device);
  }

  /** The state of every device, by `name@base`: names alone need not be unique. */
  save(): Readonly<Record<string, DeviceState>> {
    return Object.fromEntries(this.#regions.map((region) => [key(region), region.device.save()]));
  }

  restore(states: Readonly<Record<string, DeviceState>>): void {
    for (const region of this.#regions) {
      const state = states[key(region)];
      assert(state !== undefined, `${key(region)} is in the saved state`);
      region.device.restore(state);
    }
  }

  load(physical: number, size: AccessSize, value: Word64): boolean {
    const region = this.#find(physical, size);
    return region?.device.load(physical - region.base, size, value) ?? false;
  }

  store(physical: number, size: AccessSize, value: Word64): boolean {
    const region = this.#find(physical, size);
    return region?.device.store(physical - region.base, size, value) ?? false;
  }

  #find(physical: number, size: number): Region | undefined {
    if (physical % size !== 0) return undefined;
    for (const region of this.#regions) {
      if (physical >= region.base && physical + size <= region.end) return region;
    }
    return undefined;
  }
}

const key = ({ device, base }: Region): string => `${device.name}@${base.toString(16)}`;
