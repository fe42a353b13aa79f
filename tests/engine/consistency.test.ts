// The same random programs, run whole, in slices, one instruction at a time, hooked everywhere, with
// hardly any room for decoded code and with cold TLBs: always the same registers, memory and places.
import { expect, test } from "vitest";
import { encode } from "../../daemon/src/isa/decode.ts";
import { Exit } from "../../daemon/src/machine/engine/api.ts";
import { FLOAT, RAM_BASE } from "../../daemon/src/machine/engine/layout.ts";
import { generator } from "../isa/random.ts";
import { BareMachine } from "./bare-machine.ts";
import { randomProgram } from "./programs.ts";

const DATA = 0x8_0000;
const POOL = 0x9_0000;
const CODE_END = 0x1_0000;
/** Groups of instructions. */
const LENGTH = 3000;

function prepared(seed: number, decodedPages: number): BareMachine {
  const random = generator(seed);
  const machine = new BareMachine({ decodedPages });
  const program = randomProgram(random, LENGTH);
  const end = machine.code(0xff0, ...program.groups.flat(), encode("ebreak"));
  expect(end).toBeLessThan(CODE_END);
  const start = program.start(BigInt(RAM_BASE + DATA), BigInt(RAM_BASE + POOL));
  for (const [register, value] of start.integers.entries()) machine.setX(register, value);
  for (const [register, value] of start.floats.entries()) machine.setF(register, value);
  start.pool.forEach((value, index) => {
    machine.engine.view.setBigUint64(machine.engine.ramBase + POOL + 8 * index, value, true);
  });
  machine.setFcsr(FLOAT.state | start.fcsr);
  machine.setPc(0xff0);
  return machine;
}

const state = (machine: BareMachine) => ({
  registers: Array.from({ length: 32 }, (_, register) => machine.x(register)),
  floats: Array.from({ length: 32 }, (_, register) => machine.f(register)),
  fcsr: machine.fcsr(),
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
  for (let offset = 0xff0; offset < CODE_END; offset += 2) {
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
