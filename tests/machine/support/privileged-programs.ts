/**
 * Random programs of the privileged level, for this machine and QEMU alike. A program is a list of
 * steps that do not depend on each other: each sets up CSRs, page tables and interrupts at random,
 * goes to a privilege, does one thing there, and leaves what came of it among the results. Memory
 * comes last. So a failure shrinks by leaving steps out.
 */
import { csrs } from "../../../daemon/src/isa/csrs.ts";
import { edges } from "../../engine/reference.ts";
import type { Random } from "../../isa/random.ts";
import { bitsApart } from "./divergences.ts";

/** Data, then a page of ecalls; tables. */
const DATA = 0x8020_0000;
const CALLS = DATA + 0x3000;
const ROOT_S = 0x8030_0000;
const ROOT_U = 0x8030_4000;
const ROOTS_48 = { [ROOT_S]: 0x8030_8000, [ROOT_U]: 0x8030_9000 };
const MIDDLE = 0x8030_1000;
const LEAVES = 0x8030_2000;
/** Four pages: three of data, then the calls'. */
const VIRTUAL = 0x10_0000_0000;
const PAGE = 0x1000;

/** SIE, MIE, SPIE, MPIE, SPP, MPP, MPRV, SUM, MXR, TVM, TW, TSR. */
const STATUS = 0x7e_19aa;
/** Calls from S and M stay with M: the supervisor's handler ends by one. */
const DELEGATED = 0xb1ff;
const INTERRUPTS = [2, 0x20, 0x200];
/** Before the number of the step that begins. */
const MARK = 0xc0de_0000_0000n;
export const MEMORY_STEP = 0xffff;
/** Where results of the step with this number begin. */
export const mark = (number: number): string => `li t0, ${MARK + BigInt(number)}\n ${record("t0")}`;

const record = (register: string): string => `sd ${register}, 0(s0)\n addi s0, s0, 8`;
const set = (csr: string, value: number | bigint): string => `li t0, ${value}\n csrw ${csr}, t0`;
const put = (at: number, value: bigint): string =>
  `li t0, ${at}\n li t1, ${BigInt.asIntN(64, value)}\n sd t1, 0(t0)`;
const pointer = (table: number): bigint => (BigInt(table) >> 2n) | 1n;
const leaf = (page: number, flags: number): bigint => (BigInt(page) >> 2n) | BigInt(flags);
const shown = (csr: string, mask: bigint): string =>
  `csrr t0, ${csr}\n li t1, ${BigInt.asIntN(64, mask)}\n and t0, t0, t1\n ${record("t0")}`;

/** What every step leaves of the CSRs, besides what its traps do. */
const LEFT = ["mstatus", "sepc", "scause", "stval", "mepc", "satp", "sscratch"]
  .map((name) => shown(name, name === "mstatus" ? BigInt(STATUS) : ~bitsApart(name)))
  .join("\n");

/** Traps to M go on at s11; those to S are recorded, and then handed on by a call. */
const SET_UP = `
  csrr s10, mip           # as it was at reset
  la t0, machine
  csrw mtvec, t0
  la t0, supervisor
  csrw stvec, t0
  li t0, -1
  csrw pmpaddr15, t0
  li t0, 0x1f00000000000000
  csrw pmpcfg2, t0
  li t0, 0x2004000
  li t1, -1
  sd t1, 0(t0)
  csrw stimecmp, t1
  ${put(ROOT_S + 16, leaf(0x8000_0000, 0xcf))}
  ${put(ROOT_U + 16, leaf(0x8000_0000, 0xdf))}
  ${put(ROOT_S + 8 * 64, pointer(MIDDLE))}
  ${put(ROOT_U + 8 * 64, pointer(MIDDLE))}
  ${put(ROOTS_48[ROOT_S]!, pointer(ROOT_S))}
  ${put(ROOTS_48[ROOT_U]!, pointer(ROOT_U))}
  ${put(MIDDLE, pointer(LEAVES))}
  li t0, ${CALLS}
  li t1, 0x73
  li t2, ${CALLS + PAGE}
  fill:
  sw t1, 0(t0)
  addi t0, t0, 4
  bne t0, t2, fill
  j steps
  .org 0x400
  supervisor:
  ${["scause", "stval", "sepc"].map((name) => `csrr t0, ${name}\n ${record("t0")}`).join("\n")}
  ${shown("sstatus", BigInt(STATUS))}
  ecall
  .org 0x500
  machine:
  ${["mcause", "mtval", "mepc"].map((name) => `csrr t0, ${name}\n ${record("t0")}`).join("\n")}
  ${shown("mstatus", BigInt(STATUS))}
  li t0, 0x20080
  csrc mstatus, t0
  li t0, 0x1800
  csrs mstatus, t0
  csrw mepc, s11
  mret
  steps:`;

/** Those that random values may be written to without taking the program's ground away. */
const needed = /^(mtvec|mscratch|stvec|fflags|frm|fcsr|pmp.*|stimecmp|menvcfg)$/;
const usable = csrs.filter(({ name }) => bitsApart(name) !== -1n && !needed.test(name));

interface Deed {
  readonly text: string;
  /** The supervisor's handler could not be reached. */
  readonly unmaps?: boolean;
  /** It needs an interrupt that is pending and enabled. */
  readonly waits?: boolean;
  /** It goes by page tables: where nobody is, faults of AMOs and misaligned loads are other ones. */
  readonly mapped?: boolean;
  /** M does it, in the place of S or U. */
  readonly machine?: boolean;
  /** Masks what a1 holds afterwards. */
  readonly mask?: bigint;
}

const hexOf = (value: number | bigint): string => `0x${value.toString(16)}`;

/**
 * Sv57 and tables outside of RAM are divergences: what satp becomes is one of the tables, set or
 * cleared are bits of the mode (never to 10) and of the ASID.
 */
function satpOperand(random: Random, operation: string): bigint {
  const asid = BigInt(random.below(0x1_0000)) << 44n;
  const modes = {
    csrrw: [0, 1, 5, 7, 8, 9, 11, 15],
    csrrs: [0, 1, 3, 4, 7, 12, 15],
    csrrc: [0, 1, 2, 8, 9, 15],
  }[operation];
  if (!modes) return random.quad();
  const root = random.pick([ROOT_S, ROOT_U, ROOTS_48[ROOT_S]!, ROOTS_48[ROOT_U]!]);
  const table = operation === "csrrw" ? BigInt(root) >> 12n : 0n;
  return (BigInt(random.pick(modes)) << 60n) | asid | table || 1n << 44n;
}

/** mstatus and sstatus keep what the step stands on: MPRV, and the width of registers. */
function operand(random: Random, name: string, operation: string): bigint {
  if (name === "satp") return satpOperand(random, operation);
  // By a zero QEMU sets no bits of a register that is read-only, where the manual has a trap.
  const value = (random.below(2) === 0 ? random.pick(edges) : random.quad()) || 1n;
  if (name === "mie" || name === "sie") return BigInt(random.pick([0, ...INTERRUPTS]));
  if (/^[ms]status$/.test(name)) return value & BigInt(STATUS & ~0x2_0000);
  return value;
}

function accessCsr(random: Random): Deed {
  const { name, number } = random.pick(usable);
  const operation = random.pick(["csrrw", "csrrs", "csrrc", "csrrwi", "csrrsi", "csrrci"]);
  const source = operation.endsWith("i")
    ? random.pick([0, 1, 2, 5, 31])
    : random.pick(["a0", "x0"]);
  const text = `li a0, ${BigInt.asIntN(64, operand(random, name, operation))}
    ${operation} ${random.pick(["a1", "a1", "x0"])}, ${number}, ${source}`;
  return { text, mask: ~bitsApart(name), unmaps: name === "satp" };
}

const sizes = { b: 1, bu: 1, h: 2, hu: 2, w: 4, wu: 4, d: 8 } as const;

/** A load, store or atomic in the data pages, whose leaves may allow it or not. */
function accessMemory(random: Random): Deed {
  const kind = random.below(4);
  const place = random.below(3 * PAGE - 8);
  const aligned = `li a2, ${VIRTUAL + place - (place % 8)}`;
  if (kind === 0) {
    const wide = random.pick(["w", "d"]);
    const name = random.pick(["amoadd", "amoswap", "amomin", "amomaxu", "amoxor"]);
    const pair = `lr.${wide} a1, (a2)\n sc.${wide} a1, a0, (a2)`;
    return {
      mapped: true,
      text: `${aligned}\n ${random.below(3) ? `${name}.${wide} a1, a0, (a2)` : pair}`,
    };
  }
  const load = kind === 1 || random.below(2) === 0;
  const size = random.pick(
    load ? (["b", "bu", "h", "hu", "w", "wu", "d"] as const) : (["b", "h", "w", "d"] as const),
  );
  // Across pages QEMU names other addresses when the first one faults.
  const within = Math.min(place % PAGE, PAGE - sizes[size]);
  const at = place - (place % PAGE) + within;
  return {
    mapped: true,
    text: `li a2, ${VIRTUAL + at}\n ${load ? `l${size} a1` : `s${size} a0`}, 0(a2)`,
  };
}

/** Loads and stores of M as MPP. */
function accessAs(random: Random): Deed {
  const mode = random.pick([0, 1]) << 11;
  const at = VIRTUAL + 8 * random.below((3 * PAGE) / 8);
  const access = random.pick(["ld a1, 0(a2)", "sd a0, 0(a2)", "amoor.d a1, a0, (a2)"]);
  return {
    machine: true,
    mapped: true,
    text: `li a2, ${at}\n li t0, 0x1800\n csrc mstatus, t0\n li t0, ${0x2_0000 | mode}
      csrs mstatus, t0\n ${access}\n li t0, 0x20000\n csrc mstatus, t0`,
  };
}

const fetch = (random: Random): Deed => ({
  text: `li a2, ${VIRTUAL + 3 * PAGE + 4 * random.below(PAGE / 4)}\n jr a2`,
});

const others: readonly Deed[] = [
  { text: "wfi", waits: true },
  { text: "ebreak" },
  { text: "c.ebreak" },
  { text: ".half 0" },
  { text: "ecall" },
  { text: "fence.i" },
  { text: "sfence.vma x0, x0" },
  { text: "li a2, 7\n sfence.vma a0, a2" },
  { text: "csrrs a1, satp, x0" },
  { text: "csrrw x0, cycle, x0" },
  { text: "csrrs a1, 0x7c0, x0" },
  { text: "li a2, 0x9000000\n ld a1, 0(a2)" },
  { text: "li a2, 0x9000000\n sd a1, 0(a2)" },
  { text: "li a2, 0x9000000\n jr a2" },
];

let labels = 0;

/** A return, with what decides where to in mstatus, to a call. */
function back(random: Random): Deed {
  const label = `back${++labels}`;
  const [epc, row] = random.pick([
    ["mepc", "mret"],
    ["sepc", "sret"],
  ] as const);
  // The step's own mret has taken mepc; what MPP says then is U, where the manual has it so.
  return { text: `la t0, ${label}\n csrw ${epc}, t0\n ${row}\n nop\n ${label}:` };
}

function deed(random: Random): Deed {
  const kind = random.below(16);
  if (kind < 6) return accessCsr(random);
  if (kind < 10) return accessMemory(random);
  if (kind < 11) return accessAs(random);
  if (kind < 12) return fetch(random);
  return kind < 14 ? back(random) : random.pick(others);
}

export function step(random: Random, number: number): string {
  labels = 1000 * number;
  const { text, unmaps, waits, mapped, machine, mask = -1n } = deed(random);
  const privilege = machine ? 3 : random.pick(mapped ? [0, 1] : [0, 1, 1, 3]);
  const status = random.word() & STATUS & ~0x2_1800;
  const delegates = !unmaps && random.below(2) === 0;
  const delegation = delegates ? random.word() & DELEGATED : 0;
  const root = delegates || random.below(2) === 0 ? ROOT_S : ROOT_U;
  const asid = BigInt(random.below(3)) << 44n;
  const bare = !mapped && random.below(4) === 0;
  const deep = random.below(3) === 0;
  const table = BigInt(deep ? ROOTS_48[root]! : root) >> 12n;
  const satp = bare ? 0n : ((deep ? 9n : 8n) << 60n) | asid | table;
  const [pending, enabled, mideleg] = waits
    ? [2, 2, 2]
    : [
        random.word() & 0x222,
        random.pick([0, 0, ...INTERRUPTS]),
        delegates ? random.word() & 0x222 : 0,
      ];
  const flags = () =>
    random.below(3) === 0 ? random.below(256) : random.pick([0xcf, 0xdf, 0x4f, 0x0f, 0x1f]);
  const pages = [DATA + PAGE, DATA, DATA + 2 * PAGE, CALLS];
  const entries = pages.map((page, index) => put(LEAVES + 8 * index, leaf(page, flags())));
  return `
    # step ${number}
    csrw satp, x0
    csrw mie, x0
    li t0, ${STATUS & ~0x1800}
    csrc mstatus, t0
    ${mark(number)}
    ${entries.join("\n")}
    ${["sepc", "scause", "stval", "sscratch"].map((name) => set(name, random.below(1000) * 2)).join("\n")}
    ${set("medeleg", delegation)}
    ${set("mideleg", mideleg)}
    ${set("mip", pending)}
    ${set("mcounteren", random.word())}
    ${set("scounteren", random.word())}
    ${set("satp", BigInt.asIntN(64, satp))}
    sfence.vma x0, x0
    li a0, ${BigInt.asIntN(64, random.quad())}
    li a1, 0
    la s11, after${number}
    la t0, there${number}
    csrw mepc, t0
    li t0, 0x1800
    csrc mstatus, t0
    ${set("mie", enabled)}
    li t0, ${status | (privilege << 11)}
    csrs mstatus, t0
    mret
    there${number}:
    # at ${privilege}, status ${hexOf(status)}, delegated ${hexOf(delegation)}, satp ${hexOf(satp)}
    ${text}
    ecall
    after${number}:
    csrw mie, x0
    li t0, ${BigInt.asIntN(64, mask)}
    and a1, a1, t0
    ${record("a1")}
    ${LEFT}
    csrw satp, x0
    ${[0, 1, 2, 3].map((index) => `li t0, ${LEAVES + 8 * index}\n ld t0, 0(t0)\n ${record("t0")}`).join("\n")}`;
}

/** The steps, then what is in the data pages. */
export const programOf = (steps: readonly string[]): string => `${SET_UP}
  ${steps.join("\n")}
  ${mark(MEMORY_STEP)}
  li t2, ${DATA}
  li t3, ${DATA + 3 * PAGE}
  copy:
  ld t0, 0(t2)
  ${record("t0")}
  addi t2, t2, 8
  bne t2, t3, copy`;

/** Results by the step that left them. */
export function bySteps(results: readonly string[]): Map<number, string[]> {
  const steps = new Map<number, string[]>();
  let current: string[] = [];
  for (const result of results) {
    const mark = BigInt(`0x${result}`) - MARK;
    if (mark < 0n || mark > BigInt(MEMORY_STEP)) {
      current.push(result);
      continue;
    }
    current = [];
    steps.set(Number(mark), current);
  }
  return steps;
}
