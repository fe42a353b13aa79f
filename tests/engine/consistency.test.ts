// The same random programs, run whole, in slices, one instruction at a time, hooked everywhere, with
// hardly any room for decoded code and with cold TLBs: always the same registers, memory and places.
import { expect, test } from "vitest";
import { encode } from "../../daemon/src/isa/decode.ts";
import { Exit } from "../../daemon/src/machine/engine/api.ts";
import { RAM_BASE } from "../../daemon/src/machine/engine/layout.ts";
import { generator } from "../isa/random.ts";
import { BareMachine } from "./bare-machine.ts";
import { randomProgram, randomRegisters } from "./programs.ts";

const DATA = 0x8_0000;
const LENGTH = 6000;

function prepared(seed: number, decodedPages: number): BareMachine {
  const random = generator(seed);
  const machine = new BareMachine({ decodedPages });
  machine.code(0xff0, ...randomProgram(random, LENGTH), encode("ebreak"));
  const registers = randomRegisters(random, BigInt(RAM_BASE + DATA));
  for (const [register, value] of registers.entries()) machine.setX(register, value);
  machine.setPc(0xff0);
  return machine;
}

const state = (machine: BareMachine) => ({
  registers: Array.from({ length: 32 }, (_, register) => machine.x(register)),
  pc: machine.pc(),
  instret: machine.engine.currentInstret(0),
  memory: machine.engine.digest(),
});

function finish(machine: BareMachine, slice: () => number): ReturnType<typeof state> {
  while (machine.engine.run(0, slice()) === Exit.budget);
  return state(machine);
}

test.each([1, 2, 3, 4])("random program, seed %i", (seed) => {
  const whole = finish(prepared(seed, 64), () => 1_000_000);
  expect(whole.instret).toBeGreaterThan(LENGTH / 2);
  const lengths = generator(seed);
  expect(
    finish(prepared(seed, 64), () => 1),
    "single steps",
  ).toEqual(whole);
  expect(
    finish(prepared(seed, 4), () => 1 + lengths.below(100)),
    "slices",
  ).toEqual(whole);

  const hooked = prepared(seed, 4);
  for (let offset = 0xff0; offset < 0xff0 + 4 * LENGTH; offset += 2) {
    hooked.engine.hookSlot(offset, true);
  }
  expect(
    finish(hooked, () => 1_000_000),
    "hooked",
  ).toEqual(whole);
  const hooks = hooked.calls.filter(({ name }) => name === "hook");
  expect(hooks.map(({ instret }) => instret)).toEqual(hooks.map((_, index) => index));
  expect(hooks.length).toBe(whole.instret + 1);

  const cold = prepared(seed, 4);
  const slice = () => {
    cold.engine.flush(0);
    return 3;
  };
  expect(finish(cold, slice), "cold TLBs").toEqual(whole);
});
