import { describe, expect, test } from "vitest";
import { address, physical } from "../../daemon/src/base/brand.ts";
import type { Machine } from "../../daemon/src/machine/api.ts";
import { guest, nextTrap, peek64, poke64, setPc } from "./support/guest.ts";

// Page table entry bits: privileged manual, 4.3.1.
const V = 1n;
const R = 2n;
const W = 4n;
const X = 8n;
const U = 16n;
const A = 64n;
const D = 128n;
const ALL = V | R | W | X | A | D;

/** Tables of the page under test, from the root down; the leaf's page follows. */
const TABLES = [0x8030_0000, 0x8030_1000, 0x8030_2000, 0x8030_3000];
const PAGE = 0x8030_4000;
/** Tables that map the page of the trying code to itself, for S or U. */
const pointer = (table: number): bigint => (BigInt(table / 4096) << 10n) | V;

interface Mode {
  readonly name: string;
  readonly satp: bigint;
  readonly levels: number;
}
const SV39: Mode = { name: "Sv39", satp: 8n, levels: 3 };
const SV48: Mode = { name: "Sv48", satp: 9n, levels: 4 };

const index = (virtual: bigint, level: number): number =>
  Number((virtual >> BigInt(12 + 9 * level)) & 0x1ffn);

/**
 * Enters `a3` (mstatus with MPP) through a3 in M, with satp a0: the access is the instruction at
 * label `a4`. The code runs identity-mapped by a gigapage, as a user page when `a5` says so.
 */
const PROGRAM = `
  csrw satp, a0
  csrw mstatus, a3
  csrw mepc, a4
  mret
  load:
  ld t0, 0(a1)
  ecall
  store:
  sd t1, 0(a1)
  ecall
  fetch:
  jalr ra, 0(a1)
  ecall
  amo:
  amoadd.d t0, t1, (a1)
  ecall
`;

interface Attempt {
  readonly mode?: Mode;
  readonly virtual?: bigint;
  readonly leaf: bigint;
  /** 0 is a page of 4 KiB. */
  readonly level?: number;
  readonly access: "load" | "store" | "fetch" | "amo";
  readonly privilege: "S" | "U" | "M";
  /** Bits of mstatus besides MPP. */
  readonly status?: number;
}

const SUM = 1 << 18;
const MXR = 1 << 19;
const MPRV = 1 << 17;

const { machine, at } = guest(PROGRAM, { machineCode: true });

/** Builds the tables and tries the access; answers the trap, which is an ecall when it went well. */
function attempt({
  mode = SV39,
  virtual = 0x1_4000_0000n,
  leaf,
  level = 0,
  access,
  privilege,
  status = 0,
}: Attempt) {
  const hart = machine.harts[0]!;
  for (const table of TABLES) machine.writePhysical(physical(table), new Uint8Array(4096));
  const chain = TABLES.slice(0, mode.levels);
  chain.forEach((table, depth) => {
    const here = mode.levels - 1 - depth;
    if (here < level) return;
    const entry = here === level ? leaf : pointer(chain[depth + 1]!);
    poke64(machine, table + 8 * index(virtual, here), entry);
  });
  // The code's own gigapage, at its place under the root (by way of a level of its own in Sv48).
  const code = (BigInt(0x8000_0000 / 4096) << 10n) | ALL | (privilege === "U" ? U : 0n);
  const shared = index(virtual, 3) === 0;
  const gigapages = mode === SV39 ? TABLES[0]! : shared ? TABLES[1]! : 0x8030_5000;
  if (mode === SV48 && !shared) {
    machine.writePhysical(physical(gigapages), new Uint8Array(4096));
    poke64(machine, TABLES[0]!, pointer(gigapages));
  }
  poke64(machine, gigapages + 8 * 2, code);
  // c.ebreak at the start of the page: what a fetch finds.
  machine.writePhysical(physical(PAGE), Uint8Array.of(0x02, 0x90));
  hart.setX(10, (mode.satp << 60n) | BigInt(TABLES[0]! / 4096));
  hart.setX(11, BigInt.asUintN(64, virtual));
  const mpp = privilege === "S" ? 0x800 : privilege === "U" ? 0 : 0x1800;
  hart.setX(13, BigInt(mpp | status));
  hart.setX(14, BigInt(at(access)));
  hart.setX(6, 0x55n);
  setPc(machine, 0x8020_0000);
  const trap = nextTrap(machine)!;
  return trap;
}

const leafTo = (page: number, flags: bigint): bigint => (BigInt(page / 4096) << 10n) | flags;

/** "ok", or the number of the fault. */
function outcome(what: Attempt): string {
  const trap = attempt(what);
  const fine = what.access === "fetch" ? trap.cause === 3 : [8, 9, 11].includes(trap.cause);
  if (fine) return "ok";
  expect(trap.tval).toBe(BigInt.asUintN(64, what.virtual ?? 0x1_4000_0000n));
  return String(trap.cause);
}

describe("permissions", () => {
  // [flags without V A D, privilege, mstatus, load, store, fetch]: 12 13 15 are page faults.
  const rows: [flags: bigint, "S" | "U", number, string, string, string][] = [
    [R | W | X, "S", 0, "ok", "ok", "ok"],
    [R, "S", 0, "ok", "15", "12"],
    [R | W, "S", 0, "ok", "ok", "12"],
    [X, "S", 0, "13", "15", "ok"],
    [X, "S", MXR, "ok", "15", "ok"],
    [R | X, "S", 0, "ok", "15", "ok"],
    [W, "S", 0, "13", "15", "12"], // reserved
    [W | X, "S", 0, "13", "15", "12"], // reserved
    [R | W | X | U, "S", 0, "13", "15", "12"],
    [R | W | X | U, "S", SUM, "ok", "ok", "12"], // SUM is not for fetches
    [X | U, "S", SUM | MXR, "ok", "15", "12"],
    [R | W | X | U, "U", 0, "ok", "ok", "ok"],
    [R | U, "U", 0, "ok", "15", "12"],
    [X | U, "U", 0, "13", "15", "ok"],
    [X | U, "U", MXR, "ok", "15", "ok"],
    [R | W | X, "U", 0, "13", "15", "12"],
    [R | W | X, "U", SUM, "13", "15", "12"],
  ];
  for (const mode of [SV39, SV48]) {
    test.each(rows)(
      `${mode.name} flags %s in %s, mstatus %s`,
      (flags, privilege, status, ...expected) => {
        const leaf = leafTo(PAGE, flags | V | A | D);
        const found = (["load", "store", "fetch"] as const).map((access) =>
          outcome({ mode, leaf, access, privilege, status }),
        );
        expect(found).toEqual(expected);
      },
    );
  }
  test("M ignores translation, and obeys it as MPP with MPRV", () => {
    const leaf = leafTo(PAGE, V | R | A | D);
    const there = { virtual: 0x1_4000_0000n, leaf, access: "load" } as const;
    expect(outcome({ ...there, privilege: "M" })).toBe("5"); // no such physical address
    // mret to M leaves MPRV set and makes MPP U: this page is not U's.
    expect(outcome({ ...there, privilege: "M", status: MPRV })).toBe("13");
    expect(outcome({ ...there, leaf: leaf | U, privilege: "M", status: MPRV })).toBe("ok");
  });
  test("an AMO needs to write, and faults as a store", () => {
    const leaf = leafTo(PAGE, V | R | A | D);
    expect(outcome({ leaf, access: "amo", privilege: "S" })).toBe("15");
    expect(outcome({ leaf: leaf | W, access: "amo", privilege: "S" })).toBe("ok");
  });
});

describe("entries", () => {
  const S = { access: "load", privilege: "S" } as const;
  const rows: [what: string, leaf: bigint, level: number, expected: string][] = [
    ["not valid", leafTo(PAGE, R), 0, "13"],
    ["a pointer at the last level", pointer(PAGE), 0, "13"],
    ["2 MiB", leafTo(0x8020_0000, ALL), 1, "ok"],
    ["2 MiB, misaligned", leafTo(0x8020_1000, ALL), 1, "13"],
    ["1 GiB", leafTo(0x8000_0000, ALL), 2, "ok"],
    ["1 GiB, misaligned", leafTo(0x8020_0000, ALL), 2, "13"],
    ["reserved bit 54", leafTo(PAGE, ALL) | (1n << 54n), 0, "13"],
    ["reserved bit 63 (Svnapot)", leafTo(PAGE, ALL) | (1n << 63n), 0, "13"],
    ["bits for software", leafTo(PAGE, ALL | 0x300n), 0, "ok"],
    ["beyond RAM", leafTo(0x9000_0000, ALL), 0, "5"],
    ["a table beyond RAM", pointer(0x9000_0000), 1, "5"],
    ["a pointer with A set", pointer(0x8030_3000) | A, 1, "13"],
  ];
  test.each(rows)("%s", (_, leaf, level, expected) => {
    expect(outcome({ ...S, leaf, level })).toBe(expected);
  });
  test("512 GiB pages exist in Sv48 alone", () => {
    const leaf = leafTo(0, ALL);
    const virtual = 0x80_8030_4000n;
    expect(outcome({ ...S, mode: SV48, leaf, level: 3, virtual })).toBe("ok");
    expect(outcome({ ...S, mode: SV48, leaf: leafTo(0x8000_0000, ALL), level: 3, virtual })).toBe(
      "13",
    );
  });
  test("addresses that are not canonical", () => {
    const leaf = leafTo(PAGE, ALL);
    expect(outcome({ ...S, leaf, virtual: -0x4000_0000n })).toBe("ok");
    expect(outcome({ ...S, leaf, virtual: 1n << 39n })).toBe("13");
    expect(outcome({ ...S, leaf, virtual: 1n << 38n })).toBe("13");
    expect(outcome({ ...S, mode: SV48, leaf, virtual: 1n << 39n })).toBe("ok");
    expect(outcome({ ...S, mode: SV48, leaf, virtual: 1n << 47n })).toBe("13");
    expect(outcome({ ...S, leaf, access: "fetch", virtual: 0x7fff_ffff_ffff_fff0n })).toBe("12");
  });
});

describe("A and D", () => {
  const entry = () => peek64(machine, TABLES[2]! + 8 * index(0x1_4000_0000n, 0)) & 0xffn;
  const rows: [access: "load" | "store" | "fetch" | "amo", after: bigint][] = [
    ["load", A],
    ["fetch", A],
    ["store", A | D],
    ["amo", A | D],
  ];
  test.each(rows)("are set by a %s", (access, after) => {
    const flags = V | R | W | X;
    expect(outcome({ leaf: leafTo(PAGE, flags), access, privilege: "S" })).toBe("ok");
    expect(entry()).toBe(flags | after);
  });
  test("are left alone by an access that faults", () => {
    expect(outcome({ leaf: leafTo(PAGE, V | R), access: "store", privilege: "S" })).toBe("15");
    expect(entry()).toBe(V | R);
  });
  test("are left alone by a debugger's look", () => {
    attempt({ leaf: leafTo(PAGE, V | R | W), access: "load", privilege: "S" });
    poke64(machine, TABLES[2]! + 8 * index(0x1_4000_0000n, 0), leafTo(PAGE, V | R | W));
    // The hart is in M after its trap: look at the mapping as S would, one step before the access.
    setPc(machine, 0x8020_0000);
    machine.run({ instructions: 4 });
    const hart = machine.harts[0]!;
    expect(hart.privilege).toBe("S");
    expect(hart.translate(address(0x1_4000_0008n))).toBe(PAGE + 8);
    expect(hart.read(address(0x1_4000_0000n), 2)).toEqual(Uint8Array.of(0x02, 0x90));
    expect(hart.readNumber(0x1_4000_0000, 2)).toBe(0x9002);
    expect(hart.readNumber(0x1_4000_1000, 1)).toBeNaN();
    expect(hart.write(address(0x1_4000_0ffcn), new Uint8Array(8))).toBe(false);
    expect(entry()).toBe(V | R | W);
  });
});

describe("accesses across pages", () => {
  // Two virtual pages in a row, whose frames are apart and in the other order.
  const build = (second: bigint, access: "load" | "store") => {
    const first = leafTo(PAGE + 0x2000, ALL);
    attempt({ leaf: first, access: "load", privilege: "S" });
    const table = TABLES[2]! + 8 * index(0x1_4000_0000n, 0);
    poke64(machine, table + 8, second);
    poke64(machine, PAGE + 0x2ff8, 0x1122_3344_5566_7788n);
    poke64(machine, PAGE + 0x1000, 0x99aa_bbcc_ddee_ff00n);
    machine.harts[0]!.setX(11, 0x1_4000_0ffcn);
    machine.harts[0]!.setX(6, 0x0123_4567_89ab_cdefn);
    machine.harts[0]!.setX(14, BigInt(at(access)));
    setPc(machine, 0x8020_0000);
    return nextTrap(machine)!;
  };
  test("a load takes its bytes from both", () => {
    expect(build(leafTo(PAGE + 0x1000, ALL), "load").cause).toBe(9);
    expect(machine.harts[0]!.x(5)).toBe(0xddee_ff00_1122_3344n);
  });
  test("a store goes to both", () => {
    expect(build(leafTo(PAGE + 0x1000, ALL), "store").cause).toBe(9);
    expect(peek64(machine, PAGE + 0x2ff8)).toBe(0x89ab_cdef_5566_7788n);
    expect(peek64(machine, PAGE + 0x1000)).toBe(0x99aa_bbcc_0123_4567n);
  });
  test("a fault in the second page names its first byte and changes nothing", () => {
    const trap = build(leafTo(PAGE + 0x1000, V | R | A), "store");
    expect([trap.cause, trap.tval]).toEqual([15, 0x1_4000_1000n]);
    expect(peek64(machine, PAGE + 0x2ff8)).toBe(0x1122_3344_5566_7788n);
  });
});

describe("translations follow memory", () => {
  const entry = 0x8030_2000;
  const run = (fence: string): Machine => {
    const program = guest(
      `
      la t0, handler
      csrw mtvec, t0
      li s0, 0x140000000
      li s1, 0x80302000
      li t0, 0x8000000000080300
      csrw satp, t0
      li t0, 0xc0800
      csrw mstatus, t0
      la t0, supervisor
      csrw mepc, t0
      mret
      supervisor:
      ld a0, 0(s0)
      sd s2, 0(s1)
      ${fence}
      ld a1, 0(s0)
      sd x0, 0(s1)
      ${fence}
      ld a2, 0(s0)
      handler:
      csrr a3, mcause
      j handler`,
      { machineCode: true },
    );
    const { machine: m } = program;
    poke64(m, 0x8030_0000 + 8 * 2, leafTo(0x8000_0000, ALL));
    poke64(m, 0x8030_0000 + 8 * 5, pointer(0x8030_1000));
    poke64(m, 0x8030_1000, pointer(entry));
    poke64(m, entry, leafTo(0x8030_8000, ALL));
    poke64(m, 0x8030_8000, 111n);
    poke64(m, 0x8030_9000, 222n);
    m.harts[0]!.setX(18, leafTo(0x8030_9000, ALL));
    m.harts[0]!.setX(12, 0n);
    m.run({ instructions: 100 });
    return m;
  };
  test.each(["sfence.vma x0, x0", "nop"])("remapped and unmapped with %s", (fence) => {
    const hart = run(fence).harts[0]!;
    expect([hart.x(10), hart.x(11), hart.x(12), hart.x(13)]).toEqual([111n, 222n, 0n, 13n]);
  });
});
