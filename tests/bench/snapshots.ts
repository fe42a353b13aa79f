/**
 * What snapshots of a machine of 128 MiB cost: taken and restored, by how much the guest has written
 * since the one before.
 */
import { readFileSync } from "node:fs";
import { bootImage } from "../../daemon/src/debugger/images.ts";
import type { Machine } from "../../daemon/src/machine/api.ts";
import { createMachine } from "../../daemon/src/machine/machine.ts";
import { openSymbols } from "../../daemon/src/symbols/symbols.ts";
import { median, milliseconds, print, type Row } from "./table.ts";

const MEMORY_MIB = 128;
const ROUNDS = 40;
/** Instructions from one snapshot to the next. */
const STEPS = [1, 10_000, 1_000_000] as const;

/** The bundled kernel in the middle of a workload on four harts. */
function booted(kernel: string): Machine {
  const image = bootImage(openSymbols(readFileSync(kernel), kernel));
  const options = { harts: 4, memory: MEMORY_MIB, seed: 1, quantum: 1000 } as const;
  const append = "workload=ring rounds=1000000";
  const machine = createMachine({ ...options, append, schedule: "round-robin" }, image);
  machine.run({ instructions: 5_000_000 });
  return machine;
}

function spent(work: () => void): number {
  const start = performance.now();
  work();
  return performance.now() - start;
}

export async function snapshots(_root: string, kernel: string): Promise<void> {
  const machine = booted(kernel);
  const first = spent(() => machine.snapshot());
  const rows: Row[] = [
    { what: "the first one, of all that was written", ours: milliseconds(first) },
  ];
  for (const instructions of STEPS) {
    const taken: number[] = [];
    const restored: number[] = [];
    for (let round = 0; round < ROUNDS; round++) {
      machine.run({ instructions });
      taken.push(spent(() => machine.snapshot()));
      const snapshot = machine.snapshot();
      machine.run({ instructions });
      restored.push(spent(() => machine.restore(snapshot)));
    }
    const shown = (samples: readonly number[]) =>
      `${milliseconds(median(samples))} (${milliseconds(Math.max(...samples))})`;
    const after = `after ${instructions.toLocaleString("en")} instruction${instructions > 1 ? "s" : ""}`;
    rows.push({ what: `taken ${after}`, ours: shown(taken) });
    rows.push({ what: `restored ${after}`, ours: shown(restored) });
  }
  print(`snapshots of ${MEMORY_MIB} MiB, 4 harts: median (worst)`, rows);
}
