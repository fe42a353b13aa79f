import { describe, expect, test } from "vitest";
import { address } from "../../daemon/src/base/brand.ts";
import type { Hart } from "../../daemon/src/machine/api.ts";
import { finish, guest, poke64 } from "./support/guest.ts";

const COUNT = `
  li s0, 5
  again:
  addi s1, s1, 1
  target:
  addi s0, s0, -1
  bnez s0, again
  end:
  wfi`;

describe("a hook", () => {
  test("is called before each execution, once", () => {
    const { machine, at } = guest(COUNT);
    const seen: number[] = [];
    machine.hook(address(at("target")), (hart) => {
      expect(hart.pcNumber).toBe(at("target"));
      expect(hart.pc).toBe(BigInt(at("target")));
      seen.push(hart.xNumber(9));
      return false;
    });
    finish(machine);
    expect(seen).toEqual([1, 2, 3, 4, 5]);
  });
  test("that stops leaves the instruction for the next run, and is not called again for it", () => {
    const { machine, at } = guest(COUNT);
    let calls = 0;
    machine.hook(address(at("target")), () => {
      calls++;
      return true;
    });
    const hart = machine.harts[0]!;
    for (let n = 1; n <= 5; n++) {
      expect(finish(machine)).toEqual({ kind: "stop", hart: 0 });
      expect([calls, hart.pcNumber, hart.x(9), hart.x(8)]).toEqual([
        n,
        at("target"),
        BigInt(n),
        BigInt(6 - n),
      ]);
    }
    expect(finish(machine)).toEqual({ kind: "idle" });
    expect(calls).toBe(5);
  });
  test("costs no instruction: slices of one pass it like any other", () => {
    const { machine, at } = guest(COUNT);
    let calls = 0;
    machine.hook(address(at("target")), () => {
      calls++;
      return false;
    });
    const plain = guest(COUNT).machine;
    finish(plain);
    while (machine.run({ instructions: 1 }).kind === "limit");
    expect([calls, machine.time, machine.stateHash()]).toEqual([5, plain.time, plain.stateHash()]);
  });
  test("is called again where the pc is set back to it", () => {
    const { machine, at } = guest(COUNT);
    let calls = 0;
    machine.hook(address(at("target")), () => ++calls > 0);
    finish(machine);
    machine.harts[0]!.pc = address(at("target"));
    finish(machine);
    expect(calls).toBe(2);
    expect(machine.harts[0]!.x(9)).toBe(1n);
  });
  test("several at one address are all called; removed ones are not", () => {
    const { machine, at } = guest(COUNT);
    const log: string[] = [];
    const add = (name: string) =>
      machine.hook(address(at("target")), () => {
        log.push(name);
        return false;
      });
    const first = add("a");
    add("b");
    add("c").dispose();
    machine.run({ instructions: 3 });
    first.dispose();
    first.dispose();
    machine.run({ instructions: 3 });
    expect(log).toEqual(["a", "b", "b"]);
  });
  test("may add and remove hooks on the way, also in the page that runs", () => {
    const { machine, at } = guest(COUNT);
    const log: string[] = [];
    const once = machine.hook(address(at("again")), () => {
      log.push("again");
      once.dispose();
      const next = machine.hook(address(at("target")), () => {
        log.push("target");
        next.dispose();
        machine.hook(address(at("end")), () => {
          log.push("end");
          return true;
        });
        return false;
      });
      return false;
    });
    expect(finish(machine).kind).toBe("stop");
    expect(log).toEqual(["again", "target", "end"]);
  });
  test("at odd addresses, or where nothing runs, is never called", () => {
    const { machine, at } = guest(COUNT);
    for (const place of [at("target") + 1, at("target") + 2, 0, 0x10]) {
      machine.hook(address(place), () => {
        throw new Error("called");
      });
    }
    machine.hook(address(0xffff_ffff_ffff_fffen), () => true);
    expect(finish(machine)).toEqual({ kind: "idle" });
  });
  test("holds for code that is written later", () => {
    const { machine, at } = guest(
      `la t0, target
       li t1, 0x00148493        # addi s1, s1, 1
       sw t1, 0(t0)
       target:
       nop
       wfi`,
    );
    const seen: bigint[] = [];
    machine.hook(address(at("target")), (hart) => {
      seen.push(hart.x(9));
      return false;
    });
    finish(machine);
    expect([seen, machine.harts[0]!.x(9)]).toEqual([[0n], 1n]);
  });
  test("tells the harts apart", () => {
    const { machine, at } = guest(COUNT, { machineCode: true, harts: 3, quantum: 2 });
    const calls = [0, 0, 0];
    machine.hook(address(at("target")), (hart: Hart) => {
      calls[hart.id]!++;
      return false;
    });
    finish(machine);
    expect(calls).toEqual([5, 5, 5]);
  });
});

describe("address spaces", () => {
  // Virtual 0x140000000 + x is the program's page in one space, its second page in the other.
  const LEAF = 0xcfn;
  const program = `
    li s0, 0x8000000000080300
    li s1, 0x8000000000080304
    li s2, 0x140000100
    csrw satp, s0
    jalr ra, 0(s2)
    csrw satp, s1
    jalr ra, 0(s2)
    csrw satp, s0
    jalr ra, 0(s2)
    wfi
    .org 0x100
    addi a0, a0, 1
    jalr x0, 0(ra)
    .org 0x1100
    addi a0, a0, 100
    jalr x0, 0(ra)`;
  const build = () => {
    const { machine } = guest(program);
    [0x8030_0000, 0x8030_4000].forEach((root, space) => {
      poke64(machine, root + 8 * 2, (0x8_0000n << 10n) | LEAF);
      poke64(machine, root + 8 * 5, (BigInt((root + 0x1000) / 4096) << 10n) | 1n);
      poke64(machine, root + 0x1000, (BigInt((root + 0x2000) / 4096) << 10n) | 1n);
      poke64(machine, root + 0x2000, (BigInt(0x8_0200 + space) << 10n) | LEAF);
    });
    return machine;
  };
  test("a hook on a virtual address fires in every space, whatever page is there", () => {
    const machine = build();
    const seen: bigint[] = [];
    machine.hook(address(0x1_4000_0100n), (hart) => {
      seen.push(hart.satp & 0xfffn);
      return false;
    });
    expect(finish(machine)).toEqual({ kind: "idle" });
    expect(seen).toEqual([0x300n, 0x304n, 0x300n]);
    expect(machine.harts[0]!.x(10)).toBe(102n);
  });
  test("a hook on another address of the same page of memory does not", () => {
    const machine = build();
    let calls = 0;
    machine.hook(address(0x8020_0100n), () => {
      calls++;
      return false;
    });
    finish(machine);
    expect(calls).toBe(0);
  });
});
