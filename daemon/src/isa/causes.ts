/** What scause and mcause say (privileged manual, table of scause values after a trap). */

const EXCEPTIONS: readonly (string | undefined)[] = [
  "instruction address misaligned",
  "instruction access fault",
  "illegal instruction",
  "breakpoint",
  "load address misaligned",
  "load access fault",
  "store address misaligned",
  "store access fault",
  "ecall from U-mode",
  "ecall from S-mode",
  undefined,
  "ecall from M-mode",
  "instruction page fault",
  "load page fault",
  undefined,
  "store page fault",
];

const INTERRUPTS: Readonly<Record<number, string>> = {
  1: "supervisor software interrupt",
  3: "machine software interrupt",
  5: "supervisor timer interrupt",
  7: "machine timer interrupt",
  9: "supervisor external interrupt",
  11: "machine external interrupt",
  13: "counter overflow interrupt",
};

/** Undefined for codes that the manual gives no name. */
export const exceptionName = (code: number): string | undefined => EXCEPTIONS[code];
export const interruptName = (code: number): string | undefined => INTERRUPTS[code];
