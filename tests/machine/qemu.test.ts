// The privileged level against QEMU: the same bare programs run on both and leave the same results.
// What is known to differ, and why, is in the table of docs/machine.md; it is left out here by name.
import { describe, expect, test } from "vitest";
import { csrs } from "../../daemon/src/isa/csrs.ts";
import { generator, type Random } from "../isa/random.ts";
import { bitsApart } from "./support/divergences.ts";
import { installed, onBoth } from "./support/qemu.ts";

if (!installed) console.log("skipped: the privileged level against QEMU (it is not installed)");

const record = (register: string): string => `sd ${register}, 0(s0)\n addi s0, s0, 8`;

/** Every trap to M is recorded (mcause and mtval) and goes on in M-mode at s11, interrupts off. */
const HANDLER = `
  la t0, handler
  csrw mtvec, t0
  j start
  .org 128
  handler:
  csrr t0, mcause
  ${record("t0")}
  csrr t0, mtval
  ${record("t0")}
  li t0, 0x20080
  csrc mstatus, t0
  li t0, 0x1800
  csrs mstatus, t0
  csrw mepc, s11
  mret
  start:`;

let labels = 0;

/** Runs instructions at a privilege (0, 1 or 3) until they trap; an ecall is their end. */
function at(privilege: number, instructions: string): string {
  labels += 1;
  return `
  la s11, after${labels}
  la t0, there${labels}
  csrw mepc, t0
  li t0, 0x1800
  csrc mstatus, t0
  li t0, ${privilege << 11}
  csrs mstatus, t0
  mret
  there${labels}:
  ${instructions}
  ecall
  after${labels}:`;
}

const OPEN = "li t0, -1\n csrw pmpaddr15, t0\n li t0, 0x1f00000000000000\n csrw pmpcfg2, t0";

/** Comparators at never: what they are at reset differs. */
const NEVER = "li t0, 0x2004000\n li t1, -1\n sd t1, 0(t0)\n csrw stimecmp, t1";

/** `name` says what the result at an index is of. */
function check(program: string, name: (index: number) => string): void {
  const { here, qemu } = onBoth(`${HANDLER}\n${program}`);
  expect(here.length).toBeGreaterThan(0);
  const named = (results: readonly string[]) =>
    results.map((result, index) => `${name(index)}: ${result}`);
  const [ours, theirs] = [named(here), named(qemu)];
  const different = ours.flatMap((line, index) =>
    line === theirs[index] ? [] : [`${line}, on QEMU ${qemu[index]}`],
  );
  expect(different.slice(0, 20)).toEqual([]);
  expect(here.length).toBe(qemu.length);
}

describe.skipIf(!installed)("registers", () => {
  const floats = /^(fflags|frm|fcsr)$/;
  /** Those that the programs themselves need. */
  const needed = /^(mtvec|mscratch)$/;
  const compared = csrs.filter(
    ({ name }) =>
      (/hpm/.test(name) || bitsApart(name) !== -1n) && !floats.test(name) && !needed.test(name),
  );
  const values = [
    0n,
    -1n,
    0x5555_5555_5555_5555n,
    -0x3333_3333_3333_3334n,
    -(2n ** 63n),
    0x8000_0000_0008_0200n - 2n ** 64n, // satp: Sv39
    0x9abc_d000_0008_0200n - 2n ** 64n, // satp: Sv48
  ];

  const access = (name: string, instruction: string): string => {
    const keep = BigInt.asIntN(64, ~bitsApart(name));
    return `${at(3, `li t4, 0\n ${instruction}\n li t5, ${keep}\n and t4, t4, t5`)}
      ${record("t4")}`;
  };
  test.each([1, 0])("who may read and write, privilege %i", (privilege) => {
    for (const enabled of [0n, -1n]) {
      const setUp = `li t0, ${enabled}\n csrw mcounteren, t0\n csrw scounteren, t0
        li t0, ${enabled << 63n}\n csrw menvcfg, t0`;
      const names: string[] = [];
      const lines = csrs
        .filter(({ name }) => !floats.test(name))
        .flatMap(({ name, number }) => [
          at(privilege, `csrrs x0, ${number}, x0`),
          at(privilege, `csrrw x0, ${number}, x0`),
          names.push(`read ${name}`, `write ${name}`) && "csrw satp, x0",
        ]);
      check(`${OPEN}\n ${NEVER}\n ${setUp}\n ${lines.join("\n")}`, (index) => names[index >> 1]!);
    }
  });

  const groups = ["s", "m", "pmp", "d", "t", "h"];
  test.each(groups)("what is read after a write: %s...", (group) => {
    const names: string[] = [];
    const lines = compared
      .filter(({ name }) => name.startsWith(group))
      .flatMap(({ name, number }) => {
        const accesses = [...values, 0n].flatMap((value) => {
          names.push(`${name} <- ${value}`, name);
          const write = access(name, `li t3, ${value}\n csrrw t4, ${number}, t3`);
          return [write, access(name, `csrrs t4, ${number}, x0`)];
        });
        return name === "pmpaddr15" ? [] : accesses;
      });
    check(`${OPEN}\n ${NEVER}\n ${lines.join("\n")}`, (index) => names[Math.floor(index / 3)]!);
  });
});

describe.skipIf(!installed)("traps", () => {
  const rows: readonly string[] = [
    "ecall",
    "ebreak",
    "c.ebreak",
    ".half 0",
    "csrrs t0, 0x7c0, x0",
    "mret",
    "sret",
    "wfi\n nop",
    "sfence.vma x0, x0",
    "csrrs t0, satp, x0",
    "csrrs t0, time, x0",
    "li t0, 0x9000000\n lw t1, 0(t0)",
    "li t0, 0x9000000\n sb t1, 0(t0)",
    "li t0, 0x9000000\n jr t0",
    "li t0, 0x80000001\n lr.w t1, (t0)",
    "li t0, 0x80000002\n ld t1, 1(t0)",
  ];
  // A wfi that does not trap ends at once: a software interrupt is pending and enabled in mie.
  const awake = "li t0, 2\n csrw mip, t0\n csrw mie, t0\n csrw mideleg, t0";
  const statuses = { plain: 0n, TVM: 1n << 20n, TW: 1n << 21n, TSR: 1n << 22n };
  test.each(Object.entries(statuses))("each instruction at each level, %s", (_, status) => {
    const names: string[] = [];
    const lines = [3, 1, 0].flatMap((privilege) =>
      rows
        .filter((row) => privilege !== 3 || !/ret$/.test(row))
        .map((row) => {
          names.push(`${row.replace("\n", ";")} at ${privilege}`);
          const bits = `li t0, 0x700000\n csrc mstatus, t0\n li t0, ${status}\n csrs mstatus, t0`;
          return `${bits}\n la t0, handler\n csrw sepc, t0\n ${at(privilege, row)}`;
        }),
    );
    check(`${OPEN}\n ${awake}\n ${lines.join("\n")}`, (index) => names[index >> 1]!);
  });
});

/** A page of ecalls (0x73), on which loads, stores of the same and fetches all work. */
const PAGES = 0x8020_0000;
const FILL = `
  li t0, ${PAGES}
  li t1, 0x73
  li t2, ${PAGES + 0x4000}
  fill:
  sw t1, 0(t0)
  addi t0, t0, 4
  bne t0, t2, fill`;

/** One access of a kind, whose ecall or fault is recorded. */
const touch = (kind: string, address: number | bigint): string =>
  kind === "jr"
    ? `li t2, ${address}\n jr t2`
    : `li t2, ${address}\n li t1, 0x73\n ${kind} t1, 0(t2)`;

describe.skipIf(!installed)("PMP", () => {
  const MODES = { off: 0, tor: 0x08, na4: 0x10, napot: 0x18 } as const;
  /** A locked region from 0 on would lock the program itself out. */
  const modes = (granule: number, fromZero: boolean) =>
    Object.values(MODES).filter(
      (mode) => (granule === 4 || mode !== MODES.na4) && (!fromZero || mode !== MODES.tor),
    );
  const kinds = ["lb", "lh", "lw", "ld", "sb", "sh", "sw", "sd", "jr"];

  /** Entries 0 to 3 somewhere in the pages, then accesses near their borders. */
  const program = (random: Random, granule: number, locked: boolean, names: string[]): string => {
    const place = () => PAGES + granule * random.below(0x4000 / granule);
    const borders: number[] = [];
    const lines: string[] = [];
    let config = 0;
    for (let entry = 0; entry < 4; entry++) {
      const mode = random.pick(modes(granule, locked && entry === 0));
      const rights = random.pick([0, 1, 3, 4, 5, 7]);
      const start = place();
      const size = granule * 2 ** (1 + random.below(3));
      const base = start - (start % size);
      borders.push(start, base, base + size);
      const napot = base / 4 + (size / 8 - 1);
      lines.push(`li t0, ${mode === MODES.napot ? napot : start / 4}`, `csrw pmpaddr${entry}, t0`);
      config += (mode | rights | (locked ? 0x80 : 0)) * 2 ** (8 * entry);
    }
    lines.push(`li t0, ${config}`, "csrw pmpcfg0, t0");
    for (let count = 0; count < 150; count++) {
      const kind = random.pick(kinds);
      const align = kind === "jr" ? 4 : { b: 1, h: 2, w: 4, d: 8 }[kind[1]!]!;
      const near = random.pick(borders) + align * (random.below(5) - 2);
      const address = Math.min(Math.max(near - (near % align), PAGES), PAGES + 0x3ff8);
      const privilege = random.pick([0, 1, 3]);
      names.push(`${kind} ${address.toString(16)} at ${privilege}, config ${config.toString(16)}`);
      lines.push(at(privilege, touch(kind, address)));
    }
    return lines.join("\n");
  };

  // Granules of a page: QEMU 7.2 keeps what it found for a part of a page for the rest of it.
  test.each([1, 2, 3, 4, 5, 6])("regions of whole pages, seed %i", (seed) => {
    const names: string[] = [];
    const random = generator(seed);
    const text = program(random, 4096, seed % 3 === 0, names);
    check(`${FILL}\n ${OPEN}\n ${text}`, (index) => names[index >> 1]!);
  });
  test.each([11, 12, 13, 14])("regions of four bytes and more, seed %i", (seed) => {
    const names: string[] = [];
    const random = generator(seed);
    const text = program(random, 4, seed % 2 === 0, names);
    check(`${FILL}\n ${OPEN}\n ${text}`, (index) => names[index >> 1]!);
  });
});

describe.skipIf(!installed)("paging", () => {
  const ROOT = 0x8030_0000;
  const LEAVES = 0x8031_0000;
  /** Two gigabytes of the machine as they are, at level 2, and one page at a time at level 0. */
  const VIRTUAL = 0x10_0000_0000n;
  const index = (level: number) => Number((VIRTUAL >> BigInt(12 + 9 * level)) & 0x1ffn);
  const entry = (at: number, value: bigint) =>
    `li t0, ${at}\n li t1, ${BigInt.asIntN(64, value)}\n sd t1, 0(t0)`;
  const pointer = (table: number) => (BigInt(table) >> 2n) | 1n;
  const leaf = (page: number, flags: number) => (BigInt(page) >> 2n) | BigInt(flags);

  /** satp's mode, and a tree of tables down to the one entry at LEAVES. */
  function tables(levels: 3 | 4): string {
    const lines: string[] = [];
    let table = ROOT;
    for (let level = levels - 1; level > 0; level--) {
      const next = level === 1 ? LEAVES : table + 0x1000;
      lines.push(entry(table + 8 * index(level), pointer(next)));
      table = next;
    }
    const mode = levels === 3 ? 8n : 9n;
    const satp = (mode << 60n) | (BigInt(ROOT) >> 12n);
    return `${lines.join("\n")}\n li s2, ${BigInt.asIntN(64, satp)}`;
  }

  /** Data accesses with MPRV, so that code needs no mapping; fetches from the page's own ecalls. */
  const access = (kind: string, privilege: number, bits: number): string => {
    const status = (bits | (privilege << 11)) >>> 0;
    if (kind === "jr") {
      return `li t0, 0xc0000\n csrc mstatus, t0\n li t0, ${bits}\n csrs mstatus, t0
        ${jump(privilege)}`;
    }
    return `csrw satp, s2\n sfence.vma x0, x0
      ${at(
        3,
        `li t1, 0xc0000\n csrc mstatus, t1\n li t0, ${0x2_0000 | status}
        li t1, 0x73\n li t2, ${VIRTUAL}\n li t3, 0x1800\n csrc mstatus, t3\n csrs mstatus, t0
        ${kind} t1, 0(t2)\n li t0, 0x20000\n csrc mstatus, t0`,
      )}
      csrw satp, x0`;
  };
  const jump = (privilege: number): string => {
    labels += 1;
    return `csrw satp, s2\n sfence.vma x0, x0
      la s11, after${labels}\n li t0, ${VIRTUAL}\n csrw mepc, t0
      li t0, 0x1800\n csrc mstatus, t0\n li t0, ${privilege << 11}\n csrs mstatus, t0
      mret
      after${labels}:
      csrw satp, x0`;
  };

  const SUM = 0x4_0000;
  const MXR = 0x8_0000;
  const low = Array.from({ length: 256 }, (_, flags) => flags);
  const cases = [
    ["ld", 1, 0],
    ["ld", 1, SUM],
    ["ld", 1, MXR],
    ["ld", 0, MXR],
    ["sd", 1, 0],
    ["sd", 1, SUM],
    ["sd", 0, 0],
    ["jr", 1, SUM],
    ["jr", 0, 0],
  ] as const;
  test.each(cases)("every combination of flags: %s at %i, status %i", (kind, privilege, bits) => {
    const names: string[] = [];
    const lines = low.map((flags) => {
      names.push(...["cause", "tval", "entry"].map((what) => `${what} of ${flags.toString(16)}`));
      return `${entry(LEAVES, leaf(PAGES, flags))}\n ${access(kind, privilege, bits)}
        li t0, ${LEAVES}\n ld t0, 0(t0)\n ${record("t0")}`;
    });
    check(`${FILL}\n ${OPEN}\n ${tables(3)}\n ${lines.join("\n")}`, (at) => names[at]!);
  });

  test.each([3, 4] as const)(
    "levels, reserved bits, superpages and addresses, %i levels",
    (levels) => {
      const names: string[] = [];
      const lines: string[] = [];
      const attempt = (name: string, setUp: string): void => {
        names.push(`cause of ${name}`, `tval of ${name}`);
        lines.push(tables(levels), setUp, access("ld", 1, 0));
      };
      const all = 0xcf;
      for (let bit = 54n; bit < 64n; bit++) {
        attempt(`leaf bit ${bit}`, entry(LEAVES, leaf(PAGES, all) | (1n << bit)));
      }
      attempt("software bits", entry(LEAVES, leaf(PAGES, all) | 0x300n));
      attempt("a page beyond RAM", entry(LEAVES, leaf(PAGES, all) | (1n << 50n)));
      attempt("a pointer at the last level", entry(LEAVES, pointer(PAGES)));
      let table = ROOT;
      for (let level = levels - 1; level > 0; level--) {
        const place = table + 8 * index(level);
        const span = 0x1000 * 512 ** level;
        const aligned = 0x8000_0000 - (0x8000_0000 % span);
        attempt(`superpage ${level}`, entry(place, leaf(aligned, all)));
        attempt(`misaligned superpage ${level}`, entry(place, leaf(aligned + 0x1000, all)));
        attempt(`not valid ${level}`, entry(place, 0n));
        for (const [name, bit] of [
          ["A", 0x40],
          ["D", 0x80],
          ["U", 0x10],
          ["G", 0x20],
        ] as const) {
          attempt(
            `pointer with ${name} ${level}`,
            entry(place, pointer(table + 0x1000) | BigInt(bit)),
          );
        }
        table = level === 1 ? LEAVES : table + 0x1000;
      }
      check(`${FILL}\n ${OPEN}\n ${lines.join("\n")}`, (at) => names[at]!);
    },
  );
});

describe.skipIf(!installed)("interrupts", () => {
  /** Of several for one level QEMU takes the lowest number, not the first of the manual's order. */
  const single = (ready: number) => (ready & (ready - 1)) === 0;
  test.each([3, 1, 0])("what is taken, and where, at privilege %i", (privilege) => {
    const random = generator(90 + privilege);
    const names: string[] = [];
    const lines: string[] = [];
    const some = (mask: number) => random.word() & mask;
    while (lines.length < 60) {
      // MSIP by the ACLINT, MTIP by its comparator; the supervisor's by mip.
      const [software, timer] = [random.below(2), random.below(2)];
      const [mip, mie, mideleg] = [some(0x222), some(0xaaa), some(0x222)];
      const status = some(2) | some(8);
      const ready = (mip | (software << 3) | (timer << 7)) & mie;
      if (!single(ready & mideleg) || !single(ready & ~mideleg)) continue;
      const shown = [mip, mie, mideleg, status].map((value) => value.toString(16)).join(" ");
      names.push(
        ...["cause", "tval", "mip"].map((what) => `${what} (${software} ${timer} ${shown})`),
      );
      lines.push(`
        csrw mie, x0
        li t0, 0x2000000\n li t1, ${software}\n sw t1, 0(t0)
        li t0, 0x2004000\n li t1, ${timer - 1}\n ${timer ? "li t1, 0" : ""}\n sd t1, 0(t0)
        li t0, ${mip}\n csrw mip, t0
        li t0, ${mideleg}\n csrw mideleg, t0
        la t0, handler\n csrw stvec, t0
        li t0, 0x8a\n csrc mstatus, t0
        li t0, ${(status & 2) | ((status & 8) << 4)}\n csrs mstatus, t0
        csrw scause, x0
        la t0, supervisor\n csrw stvec, t0
        li t0, ${mie}\n csrw mie, t0
        ${at(privilege, "nop")}
        csrw mie, x0
        csrr t0, scause\n ${record("t0")}`);
    }
    const supervisor = "j over\n .org 4096\n supervisor:\n ecall\n over:";
    check(`${OPEN}\n ${NEVER}\n ${supervisor}\n ${lines.join("\n")}`, (index) => names[index]!);
  });
});
