import { describe, expect, test } from "vitest";
import { physical } from "../../daemon/src/base/brand.ts";
import type { WatchEvent } from "../../daemon/src/machine/api.ts";
import { finish, guest, peek64, poke64 } from "./support/guest.ts";

const DATA = 0x8030_0ff8;

/** Runs the instructions with t0 at DATA, which holds 0x1122334455667788; answers the reports. */
function reports(
  text: string,
  range: { offset?: number; size: number; access?: "read" | "write" },
) {
  const { machine } = guest(`li t0, ${DATA}\n li t1, -1\n ld t2, 0(t0)\n ${text}\n wfi`);
  poke64(machine, DATA, 0x1122_3344_5566_7788n);
  poke64(machine, DATA + 8, 0n);
  const seen: string[] = [];
  const { offset = 0, size, access = "write" } = range;
  machine.watch({ address: physical(DATA + offset), size, access }, (event: WatchEvent) => {
    expect(event.hart?.id).toBe(0);
    expect(event.access).toBe(access);
    const at = event.address - DATA;
    seen.push(`${at}: ${event.old.toString(16)} ${event.new.toString(16)}`);
    return false;
  });
  expect(finish(machine)).toEqual({ kind: "idle" });
  return seen;
}

describe("stores to a watched word", () => {
  const rows: [text: string, expected: string[]][] = [
    ["sd x0, 0(t0)", ["0: 1122334455667788 0"]],
    ["sd t2, 0(t0)", ["0: 1122334455667788 1122334455667788"]],
    ["sb t1, 0(t0)", ["0: 1122334455667788 11223344556677ff"]],
    ["sb t1, 7(t0)", ["0: 1122334455667788 ff22334455667788"]],
    ["sh t1, 3(t0)", ["0: 1122334455667788 112233ffff667788"]],
    ["sw x0, -2(t0)", ["0: 1122334455667788 1122334455660000"]],
    ["sd t1, -8(t0)", []],
    ["sd t1, 8(t0)", []],
    ["sd t1, 4(t0)", ["0: 1122334455667788 ffffffff55667788"]], // across the page
    ["sd t1, 7(t0)", ["0: 1122334455667788 ff22334455667788"]],
    ["amoadd.w t3, t1, (t0)", ["0: 1122334455667788 1122334455667787"]],
    ["amoor.d t3, x0, (t0)", ["0: 1122334455667788 1122334455667788"]],
    ["lr.d t3, (t0)\n sc.d t4, x0, (t0)", ["0: 1122334455667788 0"]],
    ["sc.d t4, x0, (t0)\n ld t3, 0(t0)", []], // no reservation: nothing is stored
    [
      "ld t3, 0(t0)\n sb x0, 1(t0)\n sb x0, 1(t0)",
      ["0: 1122334455667788 1122334455660088", "0: 1122334455660088 1122334455660088"],
    ],
  ];
  test.each(rows)("%s", (text, expected) => {
    expect(reports(text, { size: 8 })).toEqual(expected);
  });
  test("a small range is reported whole, with its own value", () => {
    expect(reports("sd x0, 0(t0)", { offset: 2, size: 2 })).toEqual(["2: 5566 0"]);
    expect(reports("sb t1, 3(t0)", { offset: 2, size: 2 })).toEqual(["2: 5566 ff66"]);
    expect(reports("sb t1, 4(t0)", { offset: 2, size: 2 })).toEqual([]);
  });
  test("a range across pages is reported once", () => {
    expect(reports("sd t1, 4(t0)", { offset: 4, size: 8 })).toEqual([
      "4: 11223344 ffffffffffffffff",
    ]);
    expect(reports("sw t1, 8(t0)", { offset: 4, size: 8 })).toEqual([
      "4: 11223344 ffffffff11223344",
    ]);
  });
  test("a large range is reported by the bytes touched", () => {
    expect(reports("sh t1, 4(t0)", { offset: -0x1000, size: 0x2000 })).toEqual(["4: 3344 ffff"]);
    expect(reports("sd t1, 4(t0)", { offset: -0x1000, size: 0x2000 })).toEqual([
      "4: 11223344 ffffffff",
      "8: 0 ffffffff",
    ]);
  });
});

describe("reads of a watched word", () => {
  const rows: [text: string, expected: string[]][] = [
    ["ld t3, 0(t0)", ["0: 1122334455667788 1122334455667788"]],
    ["lbu t3, 7(t0)", ["0: 1122334455667788 1122334455667788"]],
    ["ld t3, 6(t0)", ["0: 1122334455667788 1122334455667788"]],
    ["lr.w t3, (t0)", ["0: 1122334455667788 1122334455667788"]],
    ["amoadd.d t3, t1, (t0)", ["0: 1122334455667788 1122334455667788"]],
    [
      "amoadd.d t3, t1, (t0)\n amoadd.d t3, t1, (t0)",
      ["0: 1122334455667788 1122334455667788", "0: 1122334455667787 1122334455667787"],
    ],
    ["sd x0, -8(t0)\n amoor.w t3, x0, (t0)", ["0: 1122334455667788 1122334455667788"]],
    ["sd x0, 0(t0)", []],
    ["ld t3, 8(t0)", []],
  ];
  test.each(rows)("%s", (text, expected) => {
    // The first load, which is the program's own, is not counted.
    expect(reports(text, { size: 8, access: "read" }).slice(1)).toEqual(expected);
  });
});

describe("watches", () => {
  const loop =
    "li s0, 0x80300000\n again:\n addi s1, s1, 1\n sd s1, 0(s0)\n after:\n ld s2, 0(s0)\n then:\n j again";
  const stops: ["read" | "write", string][] = [
    ["write", "after"],
    ["read", "then"],
  ];
  test.each(stops)("a %s that stops does so after the instruction", (access, label) => {
    const { machine, at } = guest(loop);
    const pcs: unknown[] = [];
    machine.watch({ address: physical(0x8030_0000), size: 8, access }, (event) => {
      pcs.push(Number(event.pc));
      return true;
    });
    const hart = machine.harts[0]!;
    for (let n = 1; n <= 3; n++) {
      const before = hart.instructions;
      expect(finish(machine)).toEqual({ kind: "stop", hart: 0 });
      expect(hart.pcNumber).toBe(at(label));
      expect(hart.x(9)).toBe(BigInt(n));
      expect(machine.time).toBe(hart.instructions);
      expect(hart.instructions).toBeGreaterThan(before);
      expect(pcs).toHaveLength(n);
      expect(pcs[n - 1]).toBe(at(label) - 4);
    }
    if (access === "read") expect(hart.x(18)).toBe(3n);
  });
  test("end when they are disposed, and their pages are fast again", () => {
    const { machine } = guest(loop);
    let count = 0;
    const watch = machine.watch(
      { address: physical(0x8030_0000), size: 8, access: "write" },
      () => {
        count++;
        return false;
      },
    );
    machine.run({ instructions: 100 });
    expect(count).toBeGreaterThan(10);
    const before = count;
    watch.dispose();
    machine.run({ instructions: 100 });
    expect(count).toBe(before);
  });
  test("added while the page is in use miss nothing", () => {
    const { machine } = guest(loop);
    machine.run({ instructions: 103 });
    const values: bigint[] = [];
    machine.watch({ address: physical(0x8030_0000), size: 8, access: "write" }, (event) => {
      values.push(event.new);
      return values.length === 3;
    });
    const next = peek64(machine, 0x8030_0000) + 1n;
    finish(machine);
    expect(values).toEqual([next, next + 1n, next + 2n]);
  });
  test("see what the firmware writes, and not what a debugger does", () => {
    const { machine } = guest(
      "li a0, 2\n li a1, 0x80300000\n li a2, 0\n li a6, 1\n li a7, 0x4442434e\n ecall\n nop\n wfi",
    );
    const seen: string[] = [];
    machine.watch({ address: physical(0x8030_0000), size: 2, access: "write" }, (event) => {
      seen.push(`${event.hart?.id} ${event.old} ${event.new}`);
      return true;
    });
    machine.writePhysical(physical(0x8030_0000), Uint8Array.of(1, 0));
    expect(seen).toEqual([]);
    machine.input(Uint8Array.of(7, 1));
    expect(finish(machine)).toEqual({ kind: "stop", hart: 0 });
    expect(seen).toEqual(["0 1 263"]);
  });
  test("are told apart by their pages of virtual memory only as far as the memory is", () => {
    // Sv39: two virtual pages are one page of memory.
    const { machine } = guest(
      `li t0, 0x8000000000080300
       csrw satp, t0
       li t1, 0x140000000
       li t2, 0x180000000
       li t3, 5
       sd t3, 8(t1)
       sd t3, 8(t2)
       wfi`,
    );
    const leaf = (page: number) => BigInt(page) * 1024n + 0xcfn;
    poke64(machine, 0x8030_0010, leaf(0x8_0000));
    for (const entry of [5, 6]) poke64(machine, 0x8030_0000 + 8 * entry, leaf(0x8_0000));
    let count = 0;
    machine.watch({ address: physical(0x8000_0008), size: 8, access: "write" }, () => ++count < 0);
    finish(machine);
    expect(count).toBe(2);
  });
  test("see the page walker set A and D", () => {
    const { machine } = guest(
      `li t0, 0x8000000000080300
       csrw satp, t0
       li t1, 0x140000000
       ld t2, 0(t1)
       sd t2, 0(t1)
       wfi`,
    );
    poke64(machine, 0x8030_0010, (0x8_0000n << 10n) | 0xcfn);
    poke64(machine, 0x8030_0028, (0x8_0000n << 10n) | 0x0fn);
    const seen: string[] = [];
    machine.watch({ address: physical(0x8030_0028), size: 8, access: "write" }, (event) => {
      seen.push(`${event.old & 0xffn} ${event.new & 0xffn}`);
      return false;
    });
    finish(machine);
    expect(seen).toEqual(["15 79", "79 207"]);
  });
  test("outside of RAM are refused", () => {
    const { machine } = guest("nop");
    const watch = (at: number, size: number) => () =>
      machine.watch({ address: physical(at), size, access: "write" }, () => false);
    expect(watch(0x1000_0000, 1)).toThrow("0x10000000 to 0x10000001 is not RAM");
    expect(watch(0x8000_0000, 0)).toThrow("is not RAM");
    expect(watch(0x807f_ffff, 2)).toThrow("is not RAM");
  });
});
