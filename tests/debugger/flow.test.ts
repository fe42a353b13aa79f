/** Where instructions may go on: encodings by the assembler (llvm-mc), targets by the manual. */
import { describe, expect, it } from "vitest";
import { address } from "../../daemon/src/base/brand.ts";
import { departures, successorsAt } from "../../daemon/src/debugger/flow.ts";
import type { Hart } from "../../daemon/src/machine/api.ts";

const PC = 0x8020_1000n;

/** A hart that holds these halfwords at PC, x5 = 0x1001, ra = 0x2000, sepc = 0x3000. */
function hartWith(...halfwords: number[]): Hart {
  const x: Record<number, bigint> = { 5: 0x1001n, 1: 0x2000n };
  return {
    x: (index: number) => x[index] ?? 0n,
    csr: (number: number) => (number === 0x141 ? 0x3000n : undefined),
    readUint: (at: bigint) => {
      const half = halfwords[Number(at - PC) / 2];
      return half === undefined ? undefined : BigInt(half);
    },
  } as unknown as Hart;
}

describe("successors", () => {
  const check = (
    text: string,
    halfwords: number[],
    next: readonly bigint[] | undefined,
    call?: bigint,
  ) =>
    it(text, () => {
      const found = successorsAt(hartWith(...halfwords), address(PC));
      expect(found?.next).toEqual(next);
      expect(found?.call).toBe(call);
    });
  check("addi a0, a0, 1", [0x0513, 0x0015], [PC + 4n]);
  check("c.nop", [0x0001], [PC + 2n]);
  check("beq a0, a1, +16", [0x0863, 0x00b5], [PC + 4n, PC + 16n]);
  check("c.beqz a0, -2", [0xdd7d], [PC + 2n, PC - 2n]);
  check("jal ra, +0x100", [0x00ef, 0x1000], [PC + 0x100n], PC + 0x100n);
  check("c.j +4", [0xa011], [PC + 4n]);
  check("jalr ra, 2(t0): the low bit is cleared", [0x80e7, 0x0022], [0x1002n], 0x1002n);
  check("c.jr ra (ret)", [0x8082], [0x2000n]);
  check("c.jalr t0", [0x9282], [0x1000n], 0x1000n);
  check("sret", [0x0073, 0x1020], [0x3000n]);
  check("ecall", [0x0073, 0x0000], [PC + 4n]);
  check("wfi", [0x0073, 0x1050], [PC + 4n]);
  check("not an instruction", [0x0000], undefined);
  check("cut off", [0x0513], undefined);
});

it("finds calls and jumps, and leaves returns out", () => {
  // addi; jal ra; c.nop; c.jr ra; c.jalr t0; c.j
  const hart = hartWith(0x0513, 0x0015, 0x00ef, 0x1000, 0x0001, 0x8082, 0x9282, 0xa011);
  expect(departures(hart, address(PC), address(PC + 16n))).toEqual([PC + 4n, PC + 12n, PC + 14n]);
});
