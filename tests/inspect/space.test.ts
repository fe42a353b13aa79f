/** Page tables that no test kernel has: made by hand, after the privileged manual's Sv39. */
import { describe, expect, it } from "vitest";
import { UserError } from "../../daemon/src/base/errors.ts";
import { mappedRanges, type PhysicalMemory } from "../../daemon/src/inspect/space.ts";

const PAGE = 4096;
const SV39 = 8n << 60n;
const [V, R, W, X, U] = [1, 2, 4, 8, 16];

/** Memory that has these entries, by table and index, and is zero elsewhere. */
function memoryOf(entries: readonly (readonly [table: number, index: number, pte: number])[]) {
  const words = new Map(entries.map(([table, index, pte]) => [table * PAGE + index * 8, pte]));
  return {
    readPhysicalNumber: (at: number) => (at % 8 === 0 ? (words.get(at) ?? 0) : 0),
    readPhysical: () => undefined,
    writePhysical: () => false,
  } as unknown as PhysicalMemory;
}

/** An entry that leads to a page, or a table where it has no rights. */
const to = (page: number, rights: number): number => page * 1024 + rights + V!;
const satp = (table: number): bigint => SV39 | BigInt(table);

describe("what a page table maps", () => {
  it("joins neighbours with the same rights, and says where they are in one piece", () => {
    const memory = memoryOf([
      [1, 0, to(2, 0)],
      [2, 0, to(3, 0)],
      [3, 1, to(70, R! + W! + U!)],
      [3, 2, to(71, R! + W! + U!)],
      [3, 3, to(90, R! + W! + U!)],
      [3, 4, to(91, R! + X!)],
      [1, 511, to(0x80000, R! + W!)],
    ]);
    const rights = { read: true, write: true, execute: false, user: true };
    expect(mappedRanges(memory, satp(1))).toEqual([
      { ...rights, start: 0x1000n, end: 0x4000n, physical: undefined },
      {
        ...rights,
        start: 0x4000n,
        end: 0x5000n,
        physical: 91 * PAGE,
        write: false,
        execute: true,
        user: false,
      },
      {
        ...{ ...rights, user: false },
        start: 0xffff_ffff_c000_0000n,
        end: 0x1_0000_0000_0000_0000n,
        physical: 0x80000 * PAGE,
      },
    ]);
  });

  it("is refused where a table leads to itself", () => {
    const all = Array.from({ length: 512 }, (_, index) => [1, index, to(1, 0)] as const);
    expect(() => mappedRanges(memoryOf(all), satp(1))).toThrow(UserError);
  });
});
