/** Fields of CSRs, against values worked out by hand from the figures of the privileged manual. */
import { expect, test } from "vitest";
import { csrFields, csrSummary } from "../../daemon/src/isa/csr-fields.ts";
import { csrNumber } from "../../daemon/src/isa/csrs.ts";

test.each([
  // MODE 8 in bits 63 to 60, ASID 7 from 44, PPN 0x80123 from 0.
  ["satp", (8n << 60n) | (7n << 44n) | 0x80123n, "MODE=Sv39, ASID=0x7, PPN=0x80123"],
  ["satp", 0n, "MODE=Bare"],
  ["sstatus", 0x8000_0002_0000_6122n, "SD, UXL=64, XS=Off, FS=Dirty, VS=Off, SPP=S, SPIE, SIE"],
  ["scause", (1n << 63n) | 5n, "Interrupt, Code=supervisor timer interrupt"],
  ["scause", 13n, "Code=load page fault"],
  ["scause", 24n, "Code=0x18"],
  ["sip", 0x220n, "SEIP, STIP"],
  ["mie", 0x888n, "MEIE, MTIE, MSIE"],
  ["stvec", 0x8020_0001n, "BASE=0x20080000, MODE=Vectored"],
  ["medeleg", (1n << 8n) | (1n << 13n), "load page fault, ecall from U-mode"],
  ["misa", (2n << 62n) | (1n << 8n) | 1n, "MXL=64, I, A"],
  ["fcsr", (1n << 5n) | 1n, "RM=towards zero, NX"],
  ["sscratch", 5n, ""],
])("%s %i", (name, value, expected) => {
  expect(csrSummary(csrFields(name, value))).toBe(expected);
  expect(csrNumber(name)).toBeDefined();
});

test("fields cover no bit twice, and their values put together are the register's bits", () => {
  for (const name of [
    "sstatus",
    "mstatus",
    "satp",
    "sip",
    "mie",
    "stvec",
    "menvcfg",
    "misa",
    "fcsr",
  ]) {
    const value = 0x9abc_def0_1234_5678n;
    let seen = 0n;
    for (const { high, low, value: own } of csrFields(name, value)) {
      const mask = ((1n << BigInt(high - low + 1)) - 1n) << BigInt(low);
      expect([name, seen & mask]).toEqual([name, 0n]);
      seen |= mask;
      expect(own << BigInt(low)).toBe(value & mask);
    }
  }
});
