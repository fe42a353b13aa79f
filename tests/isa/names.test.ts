// Names of registers and CSRs: unique, and found both ways.
import { expect, test } from "vitest";
import { csrName, csrNumber, csrs } from "../../daemon/src/isa/csrs.ts";
import {
  floatRegisterNames,
  floatRegisterNumber,
  registerNames,
  registerNumber,
} from "../../daemon/src/isa/registers.ts";

test.each([
  ["zero", 0],
  ["ra", 1],
  ["sp", 2],
  ["gp", 3],
  ["tp", 4],
  ["t0", 5],
  ["t2", 7],
  ["s0", 8],
  ["fp", 8],
  ["a0", 10],
  ["a7", 17],
  ["s2", 18],
  ["s11", 27],
  ["t3", 28],
  ["t6", 31],
  ["x31", 31],
  ["x32", undefined],
  ["f0", undefined],
])("register %s is %s", (name, number) => {
  expect(registerNumber(name)).toBe(number);
});

test.each([
  ["ft0", 0],
  ["ft7", 7],
  ["fs0", 8],
  ["fs1", 9],
  ["fa0", 10],
  ["fa7", 17],
  ["fs2", 18],
  ["fs11", 27],
  ["ft8", 28],
  ["ft11", 31],
  ["f31", 31],
  ["f32", undefined],
  ["a0", undefined],
])("float register %s is %s", (name, number) => {
  expect(floatRegisterNumber(name)).toBe(number);
});

test("all registers are named", () => {
  expect(new Set(floatRegisterNames).size).toBe(32);
  expect(floatRegisterNames.map(floatRegisterNumber)).toEqual(
    floatRegisterNames.map((_, number) => number),
  );
  expect(new Set(registerNames).size).toBe(32);
  expect(registerNames.map(registerNumber)).toEqual(registerNames.map((_, number) => number));
});

test.each([
  ["satp", 0x180],
  ["hpmcounter31", 0xc1f],
  ["mhpmevent3", 0x323],
  ["pmpcfg14", 0x3ae],
  ["pmpaddr63", 0x3ef],
  ["mhartid", 0xf14],
  ["pmpcfg1", undefined],
])("CSR %s is %s", (name, number) => {
  expect(csrNumber(name)).toBe(number);
  if (number !== undefined) expect(csrName(number)).toBe(name);
});

test("CSR names and numbers are unique", () => {
  expect(new Set(csrs.map(({ name }) => name)).size).toBe(csrs.length);
  expect(new Set(csrs.map(({ number }) => number)).size).toBe(csrs.length);
});
