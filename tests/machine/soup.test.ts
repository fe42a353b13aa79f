/**
 * Random code on two harts: whatever a guest does, `run` comes back, nothing throws, and how the run
 * is cut changes nothing.
 */
import { describe, expect, test } from "vitest";
import { address, physical } from "../../daemon/src/base/brand.ts";
import { instructions } from "../../daemon/src/isa/rows.ts";
import type { Machine } from "../../daemon/src/machine/api.ts";
import { createMachine } from "../../daemon/src/machine/machine.ts";
import { Random } from "../../daemon/src/machine/random.ts";
import { assemble } from "./support/assembler.ts";
import { ENTRY } from "./support/guest.ts";

const CODE = 0x2000;
const TOTAL = 3000;

/** Sets a handler that goes on after whatever trapped, for as long as the soup leaves it alone. */
const prologue = (level: "m" | "s"): Uint8Array =>
  assemble(
    `la t6, handler
     csrw ${level}tvec, t6
     j soup
     .org 0x40
     handler:
     csrrw t6, ${level}scratch, t6
     csrr t6, ${level}epc
     addi t6, t6, 4
     csrw ${level}epc, t6
     csrrw t6, ${level}scratch, t6
     ${level}ret
     soup:`,
    ENTRY,
  ).bytes;

/** Mostly instructions that exist, with random operands; registers point into RAM now and then. */
function soup(seed: number, start: Uint8Array): Uint8Array {
  const random = new Random(seed);
  const bytes = new Uint8Array(CODE);
  const view = new DataView(bytes.buffer);
  for (let at = 0; at + 4 <= CODE; at += 4) {
    const row = instructions[random.below(instructions.length)]!;
    const word = random.below(20) === 0 ? random.next() : row.match | (random.next() & ~row.mask);
    view.setUint32(at, word >>> 0, true);
  }
  bytes.set(start);
  return bytes;
}

function build(seed: number, machineCode: boolean): Machine {
  const bytes = soup(seed, prologue(machineCode ? "m" : "s"));
  const machine = createMachine(
    { harts: 2, memory: 8, append: "", schedule: "random", seed, quantum: 20 },
    { entry: physical(ENTRY), segments: [{ address: physical(ENTRY), bytes, size: CODE }] },
    { machineCode },
  );
  const random = new Random(seed + 1);
  for (const hart of machine.harts) {
    for (let register = 1; register < 32; register++) {
      hart.setX(register, BigInt(ENTRY + 8 * random.below(CODE / 8)));
    }
  }
  return machine;
}

/** To the end of the run or to a machine time; answers how it ended and the state. */
function finish(machine: Machine, slice: (left: number) => number): string {
  for (let rounds = 0; machine.time < TOTAL; rounds++) {
    // A run may end early by a trap, but not for ever.
    if (rounds > 10 * TOTAL) throw new Error("no progress");
    const outcome = machine.run({ instructions: slice(TOTAL - machine.time) });
    if (outcome.kind === "limit" || outcome.kind === "stop") continue;
    return `${JSON.stringify(outcome)} ${machine.stateHash()}`;
  }
  return machine.stateHash();
}

describe.each([true, false])("random code, machine code %s", (machineCode) => {
  let long = 0;
  test.each(Array.from({ length: 40 }, (_, n) => n + 1))("seed %s", (seed) => {
    const first = build(seed, machineCode);
    const whole = finish(first, (left) => left);
    if (first.time === TOTAL) long++;
    expect(finish(build(seed, machineCode), (left) => left)).toBe(whole);
    const chance = new Random(seed + 2);
    const cut = build(seed, machineCode);
    for (let n = 0; n < 20; n++) {
      cut.hook(address(ENTRY + 2 * chance.below(CODE / 2)), () => chance.below(5) === 0);
    }
    const watched = { address: physical(ENTRY), size: CODE, access: "write" } as const;
    cut.watch(watched, () => chance.below(3) === 0);
    expect(finish(cut, (left) => Math.min(left, 1 + chance.below(30)))).toBe(whole);
  });
  test("most of it runs for long", () => {
    expect(long).toBeGreaterThan(20);
  });
});
