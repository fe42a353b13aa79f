/**
 * The kernel's memory, whatever a hart happens to run: physical where the kernel is linked where it
 * is loaded, else through a hart that has it mapped.
 */
import type { PhysicalAddress } from "../base/brand.ts";
import type { MemoryView } from "../inspect/api.ts";
import { type Reader, toNumber } from "../inspect/memory.ts";
import { type PhysicalMemory, type SpaceMemory, spaceMemory } from "../inspect/space.ts";
import type { Hart } from "../machine/api.ts";

export interface KernelMemory extends Reader {
  readonly view: MemoryView;
  /** Where a virtual address of the kernel is in physical memory; undefined where it is not mapped now. */
  physical(at: number): PhysicalAddress | undefined;
  /** What reads depend on beside physical memory: while it says the same, the same is read. */
  through(): string;
}

type Size = 1 | 2 | 4 | 8;

export function kernelMemory(
  machine: PhysicalMemory,
  harts: readonly Hart[],
  identity: boolean,
): KernelMemory {
  return identity ? identityMemory(machine) : mappedMemory(machine, harts);
}

function identityMemory(machine: PhysicalMemory): KernelMemory {
  const bytes = (at: number, length: number) =>
    at >= 0 ? machine.readPhysical(at as PhysicalAddress, length) : undefined;
  return {
    uint: (at, size) => machine.readPhysicalNumber(at as PhysicalAddress, size as Size),
    bytes,
    physical: (at) => at as PhysicalAddress,
    through: () => "",
    view: {
      read: (at, length) => bytes(toNumber(at), length),
      write: (at, data) => machine.writePhysical(toNumber(at) as PhysicalAddress, data),
    },
  };
}

/**
 * Through the table of any hart that has the address mapped for supervisor code: the kernel is the
 * same in all of them. Before any hart translates, physical memory is what code sees.
 */
function mappedMemory(machine: PhysicalMemory, harts: readonly Hart[]): KernelMemory {
  const spaces = new Map<bigint, SpaceMemory>();
  const spaceOf = (satp: bigint): SpaceMemory => {
    const known = spaces.get(satp);
    if (known) return known;
    if (spaces.size > 256) spaces.clear();
    const space = spaceMemory(machine, satp);
    spaces.set(satp, space);
    return space;
  };
  const spaceAt = (at: number): SpaceMemory | undefined => {
    let translates = false;
    for (const { satp } of harts) {
      if (satp === 0n) continue;
      translates = true;
      const space = spaceOf(satp);
      if (space.mapping(at)?.user === false) return space;
    }
    return translates ? undefined : spaceOf(0n);
  };
  const bytes = (at: number, length: number) =>
    Number.isSafeInteger(at) ? spaceAt(at)?.bytes(at, length) : undefined;
  return {
    bytes,
    uint: (at, size) => spaceAt(at)?.uint(at, size) ?? Number.NaN,
    physical: (at) => spaceAt(at)?.mapping(at)?.at,
    through: () => harts.map(({ satp }) => satp).join(),
    view: {
      read: (at, length) => bytes(toNumber(at), length),
      write: (at, data) => spaceAt(toNumber(at))?.view.write(at, data) ?? false,
    },
  };
}
