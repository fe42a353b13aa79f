/**
 * Control and status registers by number: names for the disassembler and the registers view.
 * Source: privileged manual, chapter 2 (CSR listing), and the Sscofpmf, Smstateen and Sstc tables.
 */

export interface Csr {
  readonly number: number;
  readonly name: string;
}

const numbered = (prefix: string, suffix: string, first: number, from: number, to: number): Csr[] =>
  Array.from({ length: to - from + 1 }, (_, n) => ({
    number: first + n,
    name: `${prefix}${from + n}${suffix}`,
  }));

const listed = (entries: Record<string, number>): Csr[] =>
  Object.entries(entries).map(([name, number]) => ({ name, number }));

export const csrs: readonly Csr[] = [
  ...listed({ fflags: 0x001, frm: 0x002, fcsr: 0x003 }),
  ...listed({ cycle: 0xc00, time: 0xc01, instret: 0xc02 }),
  ...numbered("hpmcounter", "", 0xc03, 3, 31),
  ...listed({
    sstatus: 0x100,
    sie: 0x104,
    stvec: 0x105,
    scounteren: 0x106,
    senvcfg: 0x10a,
    sscratch: 0x140,
    sepc: 0x141,
    scause: 0x142,
    stval: 0x143,
    sip: 0x144,
    stimecmp: 0x14d,
    satp: 0x180,
    scontext: 0x5a8,
  }),
  ...listed({
    mvendorid: 0xf11,
    marchid: 0xf12,
    mimpid: 0xf13,
    mhartid: 0xf14,
    mconfigptr: 0xf15,
    mstatus: 0x300,
    misa: 0x301,
    medeleg: 0x302,
    mideleg: 0x303,
    mie: 0x304,
    mtvec: 0x305,
    mcounteren: 0x306,
    menvcfg: 0x30a,
    mcountinhibit: 0x320,
    mscratch: 0x340,
    mepc: 0x341,
    mcause: 0x342,
    mtval: 0x343,
    mip: 0x344,
    mtinst: 0x34a,
    mtval2: 0x34b,
    mseccfg: 0x747,
    mcycle: 0xb00,
    minstret: 0xb02,
  }),
  ...numbered("mhpmevent", "", 0x323, 3, 31),
  ...numbered("mhpmcounter", "", 0xb03, 3, 31),
  // On RV64 only the even-numbered configuration registers exist.
  ...Array.from({ length: 8 }, (_, n) => ({ number: 0x3a0 + 2 * n, name: `pmpcfg${2 * n}` })),
  ...numbered("pmpaddr", "", 0x3b0, 0, 63),
  ...listed({
    tselect: 0x7a0,
    tdata1: 0x7a1,
    tdata2: 0x7a2,
    tdata3: 0x7a3,
    mcontext: 0x7a8,
    dcsr: 0x7b0,
    dpc: 0x7b1,
    dscratch0: 0x7b2,
    dscratch1: 0x7b3,
  }),
];

const names = new Map(csrs.map(({ number, name }) => [number, name]));
const numbers = new Map(csrs.map(({ number, name }) => [name, number]));

/** The name of a CSR, undefined when the table has none for this number. */
export const csrName = (number: number): string | undefined => names.get(number);
export const csrNumber = (name: string): number | undefined => numbers.get(name);
