/**
 * The kernel's memory, whatever a hart happens to run: physical where the kernel is linked where it
 * is loaded, else through a hart that has it mapped.
 */
import { address, type PhysicalAddress } from "../base/brand.ts";
import type { MemoryView } from "../inspect/api.ts";
import { type Reader, toAddress, toNumber } from "../inspect/memory.ts";
import type { Hart, Machine } from "../machine/api.ts";

export interface KernelMemory extends Reader {
  readonly view: MemoryView;
  /** Where a virtual address of the kernel is in physical memory; undefined where it is not mapped now. */
  physical(at: number): PhysicalAddress | undefined;
}

type Size = 1 | 2 | 4 | 8;

export function kernelMemory(machine: Machine, identity: boolean): KernelMemory {
  return identity ? identityMemory(machine) : mappedMemory(machine);
}

function identityMemory(machine: Machine): KernelMemory {
  const bytes = (at: number, length: number) =>
    at >= 0 ? machine.readPhysical(at as PhysicalAddress, length) : undefined;
  return {
    uint: (at, size) => machine.readPhysicalNumber(at as PhysicalAddress, size as Size),
    bytes,
    physical: (at) => at as PhysicalAddress,
    view: {
      read: (at, length) => bytes(toNumber(at), length),
      write: (at, data) => machine.writePhysical(toNumber(at) as PhysicalAddress, data),
    },
  };
}

/** Harts with translation on come first: the others see physical memory. */
function mappedMemory(machine: Machine): KernelMemory {
  const ordered = (): Hart[] =>
    [...machine.harts].sort((a, b) => Number(b.satp !== 0n) - Number(a.satp !== 0n));
  const first = <T>(ask: (hart: Hart) => T | undefined): T | undefined => {
    for (const hart of ordered()) {
      const answer = ask(hart);
      if (answer !== undefined) return answer;
    }
    return undefined;
  };
  const bytes = (at: number, length: number) =>
    Number.isSafeInteger(at) ? first((hart) => hart.read(toAddress(at), length)) : undefined;
  return {
    bytes,
    uint(at, size) {
      for (const hart of machine.harts) {
        if (hart.satp === 0n) continue;
        const value = hart.readNumber(at, size as Size);
        if (!Number.isNaN(value)) return value;
      }
      return machine.harts[0]?.readNumber(at, size as Size) ?? Number.NaN;
    },
    physical: (at) => first((hart) => hart.translate(toAddress(at))),
    view: {
      read: (at, length) => bytes(toNumber(at), length),
      write: (at, data) => machine.harts.some((hart) => hart.write(address(at), data)),
    },
  };
}
