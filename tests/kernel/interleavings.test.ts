/**
 * Every workload does the same work under any interleaving: random turns and PCT by turns, a seed
 * for each run. A few by default; `npm run test:kernel` runs hundreds, on all numbers of harts.
 */
import { expect, it } from "vitest";
import { createMachine } from "../../daemon/src/machine/machine.ts";
import { EXPECTED, kernelLines } from "../../kernel/qemu.mjs";
import { kernelDisk, kernelImage } from "../machine/support/kernel.ts";

const SEEDS = Number(process.env.KERNEL_SEEDS ?? 2);
const FIRST = Number(process.env.KERNEL_FIRST_SEED ?? 1);
const HARTS = (process.env.KERNEL_HARTS ?? "3").split(",").map(Number);
const ONLY = process.env.KERNEL_ONLY ?? "";
const LIMIT = 4_000_000_000;
/** Up to half a minute a run: ten thousand coroutines on 8 harts, on a machine with other things to do. */
const TIMEOUT = 30_000 + SEEDS * 30_000;

const image = kernelImage();
const disk = kernelDisk();

const rows = EXPECTED.filter(({ append }) => append.includes(ONLY)).flatMap(({ append, last }) =>
  HARTS.map((harts) => ({ append, last, harts })),
);

it.each(rows)(
  `$append on $harts harts, ${SEEDS} interleavings from seed ${FIRST}`,
  { timeout: TIMEOUT },
  ({ append, last, harts }) => {
    for (let seed = FIRST; seed < FIRST + SEEDS; seed++) {
      const schedule = seed % 2 === 0 ? "random" : "pct";
      // Turns from a handful of instructions to a tick's worth.
      const quantum = [1000, 50, 300, 5000, 20_000][seed % 5]!;
      const options = { harts, memory: 128, append, schedule, seed, quantum, disk } as const;
      const machine = createMachine(options, image);
      let console = "";
      machine.console.on((bytes) => {
        console += Buffer.from(bytes).toString();
      });
      const outcome = machine.run({ instructions: LIMIT });
      const context = `--schedule ${schedule} --seed ${seed} --quantum ${quantum}\n${console.slice(-2000)}`;
      expect(kernelLines(console).at(-1), context).toBe(last);
      expect(outcome, context).toEqual({ kind: "exit", code: 0 });
    }
  },
);
