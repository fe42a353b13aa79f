/**
 * The fields of control and status registers: what their bits are called and what their values mean.
 * Source: privileged manual, the chapters of machine- and supervisor-level CSRs; unprivileged manual,
 * floating-point control and status register.
 */
import { exceptionName, interruptName } from "./causes.ts";

interface Field {
  readonly name: string;
  readonly high: number;
  readonly low: number;
  readonly values?: Readonly<Record<string, string>>;
}

export interface CsrField {
  readonly name: string;
  readonly high: number;
  readonly low: number;
  readonly value: bigint;
  /** What the value is called; undefined where it is only a number. */
  readonly meaning: string | undefined;
}

const bit = (name: string, at: number, values?: Field["values"]): Field => ({
  name,
  high: at,
  low: at,
  ...(values && { values }),
});
const bits = (name: string, high: number, low: number, values?: Field["values"]): Field => ({
  name,
  high,
  low,
  ...(values && { values }),
});

const PRIVILEGES = { 0: "U", 1: "S", 3: "M" };
const EXTENSION = { 0: "Off", 1: "Initial", 2: "Clean", 3: "Dirty" };
const XLEN = { 1: "32", 2: "64", 3: "128" };

const SSTATUS: readonly Field[] = [
  bit("SIE", 1),
  bit("SPIE", 5),
  bit("UBE", 6),
  bit("SPP", 8, PRIVILEGES),
  bits("VS", 10, 9, EXTENSION),
  bits("FS", 14, 13, EXTENSION),
  bits("XS", 16, 15, EXTENSION),
  bit("SUM", 18),
  bit("MXR", 19),
  bits("UXL", 33, 32, XLEN),
  bit("SD", 63),
];
const MSTATUS: readonly Field[] = [
  ...SSTATUS,
  bit("MIE", 3),
  bit("MPIE", 7),
  bits("MPP", 12, 11, PRIVILEGES),
  bit("MPRV", 17),
  bit("TVM", 20),
  bit("TW", 21),
  bit("TSR", 22),
  bits("SXL", 35, 34, XLEN),
  bit("SBE", 36),
  bit("MBE", 37),
];
const SUPERVISOR_INTERRUPTS = (suffix: string): Field[] => [
  bit(`SS${suffix}`, 1),
  bit(`ST${suffix}`, 5),
  bit(`SE${suffix}`, 9),
  bit(`LCOF${suffix}`, 13),
];
const MACHINE_INTERRUPTS = (suffix: string): Field[] => [
  ...SUPERVISOR_INTERRUPTS(suffix),
  bit(`MS${suffix}`, 3),
  bit(`MT${suffix}`, 7),
  bit(`ME${suffix}`, 11),
];
const CAUSE: readonly Field[] = [bit("Interrupt", 63), bits("Code", 62, 0)];
const TVEC: readonly Field[] = [
  bits("BASE", 63, 2),
  bits("MODE", 1, 0, { 0: "Direct", 1: "Vectored" }),
];
const COUNTERS: readonly Field[] = [bit("CY", 0), bit("TM", 1), bit("IR", 2), bits("HPM", 31, 3)];
const ENVCFG: readonly Field[] = [
  bit("FIOM", 0),
  bits("CBIE", 5, 4),
  bit("CBCFE", 6),
  bit("CBZE", 7),
];
const ROUNDING = {
  0: "to nearest, ties to even",
  1: "towards zero",
  2: "down",
  3: "up",
  4: "to nearest, ties away",
};
const FFLAGS: readonly Field[] = [
  bit("NX", 0),
  bit("UF", 1),
  bit("OF", 2),
  bit("DZ", 3),
  bit("NV", 4),
];

const FIELDS: Readonly<Record<string, readonly Field[]>> = {
  sstatus: SSTATUS,
  mstatus: MSTATUS,
  sip: SUPERVISOR_INTERRUPTS("IP"),
  sie: SUPERVISOR_INTERRUPTS("IE"),
  mip: MACHINE_INTERRUPTS("IP"),
  mie: MACHINE_INTERRUPTS("IE"),
  mideleg: MACHINE_INTERRUPTS("I"),
  medeleg: Array.from({ length: 16 }, (_, code) => code).flatMap((code) => {
    const name = exceptionName(code);
    return name === undefined ? [] : [bit(name, code)];
  }),
  satp: [
    bits("MODE", 63, 60, { 0: "Bare", 8: "Sv39", 9: "Sv48", 10: "Sv57" }),
    bits("ASID", 59, 44),
    bits("PPN", 43, 0),
  ],
  scause: CAUSE,
  mcause: CAUSE,
  stvec: TVEC,
  mtvec: TVEC,
  scounteren: COUNTERS,
  mcounteren: COUNTERS,
  senvcfg: ENVCFG,
  menvcfg: [...ENVCFG, bit("ADUE", 61), bit("PBMTE", 62), bit("STCE", 63)],
  misa: [
    ...Array.from("ABCDEFGHIJKLMNOPQRSTUVWXYZ", (letter, at) => bit(letter, at)),
    bits("MXL", 63, 62, XLEN),
  ],
  fflags: FFLAGS,
  frm: [bits("RM", 2, 0, ROUNDING)],
  fcsr: [...FFLAGS, bits("RM", 7, 5, ROUNDING)],
};

/** The fields of a register, the highest first; none where the table has none for it. */
export function csrFields(name: string, value: bigint): readonly CsrField[] {
  const fields = (FIELDS[name] ?? []).map(({ high, low, name: field, values }): CsrField => {
    const own = (value >> BigInt(low)) & ((1n << BigInt(high - low + 1)) - 1n);
    const meaning = field === "Code" ? causeName(value, own) : values?.[String(own)];
    return { name: field, high, low, value: own, meaning };
  });
  return fields.sort((a, b) => b.low - a.low);
}

/** `FS=Dirty, SPP=S, SIE`: what is not zero, or has a name. */
export function csrSummary(fields: readonly CsrField[]): string {
  return fields
    .filter(({ meaning, value }) => value !== 0n || meaning !== undefined)
    .map(({ high, low, meaning, name, value }) => {
      if (meaning !== undefined) return `${name}=${meaning}`;
      return high === low ? name : `${name}=0x${value.toString(16)}`;
    })
    .join(", ");
}

function causeName(value: bigint, code: bigint): string | undefined {
  const interrupt = value >> 63n === 1n;
  return (interrupt ? interruptName : exceptionName)(Number(code));
}
