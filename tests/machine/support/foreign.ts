/** Machines for kernels that were built by others: what boots them, and waits for what they print. */
import { readFileSync } from "node:fs";
import { expect } from "vitest";
import { firmwareImage } from "../../../daemon/src/debugger/images.ts";
import type { BootImage, Machine, MachineOptions } from "../../../daemon/src/machine/api.ts";
import { createMachine } from "../../../daemon/src/machine/machine.ts";

/** Where Debian's package `opensbi` has its images. */
export const OPENSBI = "/usr/lib/riscv64-linux-gnu/opensbi/generic";

export const firmware = (name: string): BootImage =>
  firmwareImage(new Uint8Array(readFileSync(`${OPENSBI}/${name}`)), name);

export interface Booted {
  readonly machine: Machine;
  output(): string;
}

export function boot(image: BootImage, options: Partial<MachineOptions>): Booted {
  const defaults = { harts: 4, memory: 128, append: "", seed: 1, quantum: 1000 } as const;
  const machine = createMachine({ ...defaults, schedule: "round-robin", ...options }, image);
  let output = "";
  machine.console.on((bytes) => {
    output += Buffer.from(bytes).toString();
  });
  return { machine, output: () => output };
}

/** Runs until the console shows the text, from where it was looked at last. */
export function waitFor(
  { machine, output }: Booted,
  text: string,
  from: number,
  limit: number,
): number {
  for (let ran = 0; ran < limit; ran += 1_000_000) {
    const at = output().indexOf(text, from);
    if (at >= 0) return at + text.length;
    const { kind } = machine.run({ instructions: 1_000_000 });
    if (kind !== "limit") break;
  }
  const at = output().indexOf(text, from);
  expect(at, `${text} in:\n${output().slice(-2000)}`).toBeGreaterThanOrEqual(0);
  return at + text.length;
}
