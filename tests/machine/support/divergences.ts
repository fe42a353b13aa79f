/** Bits of CSRs in which QEMU and this machine are known to differ; docs/machine.md says why. */
const all = -1n;
const hypervisor = 0x2444n;
/** The whole register where the mask is all ones. */
const apart: Readonly<Record<string, bigint>> = {
  marchid: all, // QEMU's version
  mimpid: all,
  misa: all, // what is built in is another matter
  // FS and VS with SD, big-endian, hypervisor, registers of 32 bits
  mstatus: 0x8000_00cf_0000_6600n,
  sstatus: 0x8000_0003_0000_6600n,
  medeleg: 0xf0_4c00n, // hypervisor
  mideleg: hypervisor, // hypervisor and counter overflow, also where not built in
  mie: 0x3444n,
  mip: 0x3444n,
  mepc: 1n, // QEMU keeps a bit that the manual says is zero
  sepc: 1n,
  mcounteren: 0xffff_ffff_0000_0000n, // QEMU keeps more than the manual's 32 bits
  scounteren: 0xffff_ffff_0000_0000n,
  menvcfg: 0x4000_0000_0000_00f0n, // of extensions that are not there
  senvcfg: 0xf0n,
  mcountinhibit: ~5n,
  pmpcfg0: all, // reserved bits and combinations: see the matrix of PMP
  pmpcfg2: all,
  tdata1: all, // triggers
  tdata2: all,
  tselect: all,
  mcycle: all, // time goes its own way
  cycle: all,
  time: all,
  minstret: all,
  instret: all,
};

/** Event counters count nothing here; physical addresses have 56 bits. */
export function bitsApart(name: string): bigint {
  if (/^m?hpm/.test(name)) return all;
  return apart[name] ?? (/^pmpaddr/.test(name) ? ~0x3f_ffff_ffff_ffffn : 0n);
}

/** Where nothing is, on either board. */
const NOWHERE = 0x900_0000;
const RAM = 0x8020_0000;

/** Something that this machine does otherwise than QEMU 7.2; docs/machine.md says why. */
export interface Divergence {
  /** As the table there has it. */
  readonly what: string;
  /** Runs in M-mode and records what comes of it; a trap records cause and tval, pc and mstatus. */
  readonly text: string;
  /** The first results here, from the manuals. */
  readonly here: readonly string[];
}

const show = (register: string): string => `sd ${register}, 0(s0)\n addi s0, s0, 8`;
const read = (csr: string): string => `csrr t1, ${csr}\n ${show("t1")}`;
/** What a CSR holds after a write, which is taken back. */
const written = (csr: string, value: bigint): string =>
  `csrr t2, ${csr}\n li t0, ${value}\n csrw ${csr}, t0\n ${read(csr)}\n csrw ${csr}, t2`;

export const divergences: readonly Divergence[] = [
  { what: "hypervisor extension", text: written("mideleg", -1n), here: ["222"] },
  {
    what: "`satp` mode 10 (Sv57)",
    text: written("satp", BigInt.asIntN(64, 10n << 60n)),
    here: ["0"],
  },
  { what: "UXL, SXL", text: written("mstatus", 1n << 32n), here: ["a00000000"] },
  { what: "big-endian, V", text: written("mstatus", 0x600n), here: ["a00000000"] },
  { what: "`mepc`, `sepc` bit 0", text: written("mepc", 1n), here: ["0"] },
  { what: "`mcounteren`, `scounteren`", text: written("mcounteren", -1n), here: ["ffffffff"] },
  {
    what: "`pmpaddr` bits 63..54; `pmpcfg` bits 6..5 and W without R",
    text: written("pmpaddr3", -1n),
    here: ["3fffffffffffff"],
  },
  { what: "`menvcfg`, `senvcfg`", text: written("menvcfg", -1n), here: ["8000000000000001"] },
  { what: "`mcountinhibit`", text: written("mcountinhibit", -1n), here: ["5"] },
  { what: "event counters", text: written("mhpmcounter3", 7n), here: ["0"] },
  { what: "triggers (`tdata1`)", text: read("tdata1"), here: ["0"] },
  { what: "`marchid`, `mimpid`", text: read("mimpid"), here: ["0"] },
  { what: "`mtimecmp`, `stimecmp` at reset", text: show("s10"), here: ["0"] },
  {
    what: "several interrupts pending for one level",
    text: `li t0, 0x202\n csrw mip, t0\n csrw mie, t0
      la t0, several\n csrw mepc, t0\n li t0, 0x1800\n csrc mstatus, t0
      li t0, 0x800\n csrs mstatus, t0\n mret\n several:\n nop`,
    here: ["8000000000000009"],
  },
  {
    what: "misaligned `sc` without a reservation",
    text: `li a2, ${RAM + 2}\n sc.w a1, a0, (a2)`,
    here: ["6"],
  },
  {
    what: "misaligned load where nobody is",
    text: `li a2, ${NOWHERE + 1}\n lw a1, 0(a2)`,
    here: ["5", "9000001"],
  },
  { what: "AMO where nobody is", text: `li a2, ${NOWHERE}\n amoadd.w a1, a0, (a2)`, here: ["7"] },
  {
    what: "read-only CSR, `csrrs` or `csrrc` by a register that holds zero",
    text: "li a0, 0\n csrrc x0, mconfigptr, a0",
    here: ["2"],
  },
  {
    what: "page table outside of RAM",
    text: `li t0, ${BigInt.asIntN(64, (8n << 60n) | 0x9000n)}\n csrw satp, t0
      li t0, 0x1800\n csrc mstatus, t0\n li t0, 0x20800\n csrs mstatus, t0\n ld a1, 0(s0)`,
    here: ["5"],
  },
  {
    what: "PLIC completion",
    text: `li t0, 0xc000028\n li t1, 1\n sw t1, 0(t0)
      li t0, 0xc002000\n li t1, 0x400\n sw t1, 0(t0)
      li t0, 0x10000000\n li t1, 2\n sb t1, 1(t0)
      li t2, 0xc200004\n lw t3, 0(t2)\n ${show("t3")}
      sw t3, 0(t2)\n lw t4, 0(t2)\n ${show("t4")}
      sb x0, 1(t0)\n sw t4, 0(t2)`,
    here: ["a", "a"],
  },
  {
    what: "UART FIFO reset",
    text: `li t0, 0x10000000\n li t1, 1\n sb t1, 2(t0)\n li t1, 0x10\n sb t1, 4(t0)
      li t1, 65\n sb t1, 0(t0)\n li t1, 3\n sb t1, 2(t0)
      lbu t3, 5(t0)\n andi t3, t3, 1\n ${show("t3")}\n lbu t1, 0(t0)\n sb x0, 4(t0)\n sb x0, 2(t0)`,
    here: ["1"],
  },
  {
    what: "flash, PCIe, fw_cfg, platform bus",
    text: "li a2, 0x10100000\n lbu a1, 0(a2)",
    here: ["5"],
  },
  {
    what: "`ctzw` of a word that is zero",
    text: `li a0, 0x10000000000\n ctzw a1, a0\n ${show("a1")}`,
    here: ["20"],
  },
];
