// Random bytes as code: the disassembler names everything, and the engine executes whatever it
// meets, including changes of its own code, without an error of ours.
import { expect, test } from "vitest";
import { disassemble } from "../../daemon/src/isa/disassemble.ts";
import { Exit } from "../../daemon/src/machine/engine/api.ts";
import { Flow } from "../../daemon/src/machine/engine/host.ts";
import { RAM_BASE } from "../../daemon/src/machine/engine/layout.ts";
import { BareMachine } from "../engine/bare-machine.ts";
import { generator } from "../isa/random.ts";
import { rounds, SEED, TIMEOUT } from "./random.ts";

test(`disassembly of random words, FUZZ_SEED=${SEED}`, { timeout: TIMEOUT }, () => {
  const random = generator(SEED);
  for (let round = 0; round < rounds(20_000); round++) {
    const word = random.word();
    const { text, length, mnemonic } = disassemble(word, random.quad());
    const well = /^[.a-z][.a-z0-9]*( \S.*)?$/.test(text) && text.startsWith(mnemonic);
    if (!well || length !== ((word & 3) === 3 ? 4 : 2)) {
      expect.fail(`FUZZ_SEED=${SEED}: ${word.toString(16)} is ${length} bytes, ${text}`);
    }
  }
});

const seeds = Array.from({ length: rounds(8) }, (_, index) => SEED + index);
test.each(seeds)("random memory executed, FUZZ_SEED=%i", { timeout: TIMEOUT }, (seed) => {
  const random = generator(seed);
  const machine = new BareMachine({ ramSize: 0x1_0000, decodedPages: 4 });
  const { engine } = machine;
  const { quads, ramBase, ramSize } = engine;
  for (let at = ramBase; at < ramBase + ramSize; at += 8) {
    quads[at >>> 3] = BigInt.asIntN(64, random.quad());
  }
  // What cannot be translated or executed is skipped; addresses stay within RAM for the most part.
  const skip = (): Flow => {
    machine.setPc(2 * random.below(ramSize / 2));
    for (let register = 1; register < 32; register++) {
      if (random.below(4) > 0) machine.setX(register, BigInt(RAM_BASE + random.below(ramSize)));
    }
    machine.calls.length = 0;
    return Flow.trap;
  };
  machine.illegal = skip;
  machine.exception = skip;
  machine.system = skip;
  const start = engine.currentInstret(0);
  skip();
  for (let round = 0; round < 300; round++) {
    const budget = random.below(2000);
    const before = engine.currentInstret(0);
    const exit = engine.run(0, budget);
    const retired = engine.currentInstret(0) - before;
    expect(retired).toBeLessThanOrEqual(budget);
    if (exit === Exit.budget) expect(retired).toBe(budget);
    else skip();
  }
  expect(engine.currentInstret(0)).toBeGreaterThan(start);
});
