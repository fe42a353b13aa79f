/**
 * Damaged volumes: the kernel may say what is wrong with them or what it finds there, but it neither
 * traps nor hangs. `FUZZ_ROUNDS` for more, `SEED` for others.
 */
import { expect, it } from "vitest";
import { createMachine } from "../../daemon/src/machine/machine.ts";
import { Random } from "../../daemon/src/machine/random.ts";
import { kernelDisk, kernelImage } from "../machine/support/kernel.ts";

const ROUNDS = Number(process.env.FUZZ_ROUNDS ?? 12);
const SEED = Number(process.env.SEED ?? 20261126);
const LIMIT = 1_000_000_000;

/** How a run may end: well, with an error, or because a file is not what the workload wrote. */
const ENDS = [
  /^\[kernel\] (done|failed): /m,
  /panic.*(has other bytes|is back|has a file in it|has another file)/s,
];

it(`says what is wrong, seed ${SEED}`, { timeout: 30_000 + ROUNDS * 3000 }, () => {
  const random = new Random(SEED);
  const image = kernelImage();
  const good = kernelDisk();
  for (let round = 0; round < ROUNDS; round++) {
    const disk = good.slice();
    // Superblock, descriptors, bitmaps, inodes and the first directories are at the beginning.
    for (let count = 1 + random.below(12); count > 0; count--) {
      disk[1024 + random.below(random.below(2) ? 2048 : 65_536)] = random.below(256);
    }
    const append = round % 2 ? "workload=files rounds=1 coroutines=3" : "workload=run";
    const machine = createMachine(
      { harts: 2, memory: 128, append, schedule: "random", seed: round, quantum: 1000, disk },
      image,
    );
    let console = "";
    machine.console.on((bytes) => {
      console += Buffer.from(bytes).toString();
    });
    const outcome = machine.run({ instructions: LIMIT });
    const context = `round ${round}: ${outcome.kind}\n${console}`;
    expect(outcome.kind, context).toBe("exit");
    expect(
      ENDS.some((end) => end.test(console)),
      context,
    ).toBe(true);
  }
});
