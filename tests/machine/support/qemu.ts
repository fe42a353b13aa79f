/**
 * Bare M-mode programs that run here and on QEMU alike: each appends doublewords to a list of
 * results at s0, which the program prints when it comes to its end.
 */
import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { physical } from "../../../daemon/src/base/brand.ts";
import { createMachine } from "../../../daemon/src/machine/machine.ts";
import { assemble } from "./assembler.ts";

export const installed = spawnSync("qemu-system-riscv64", ["--version"]).status === 0;

const BASE = 0x8000_0000;
const RESULTS = 0x8010_0000;
/** The processor of QEMU's `virt` without what this machine leaves out. */
const CPU = "rv64,h=false";
const MEMORY_MIB = 16;

/** Around the program: results begin at s0; `done:` is where it ends. */
const whole = (program: string): string => `
  csrr t0, mhartid
  park:
  bnez t0, park
  li s0, ${RESULTS}
  ${program}
  done:
  li t0, ${RESULTS}
  li t1, 0x10000000
  print:
  beq t0, s0, off
  wait:
  lbu t2, 5(t1)
  andi t2, t2, 32
  beqz t2, wait
  lbu t2, 0(t0)
  sb t2, 0(t1)
  addi t0, t0, 1
  j print
  off:
  li t0, 0x100000
  li t1, 0x5555
  sw t1, 0(t0)
  end:
  j end`;

export interface Results {
  readonly here: readonly string[];
  readonly qemu: readonly string[];
}

/** The program's results in hexadecimal. Traps are the program's own. */
export function onBoth(program: string, cpu = CPU): Results {
  const { bytes } = assemble(whole(program), BASE);
  return { here: hex(here(bytes)), qemu: hex(onQemu(bytes, cpu)) };
}

const hex = (bytes: Uint8Array): string[] =>
  Array.from({ length: bytes.length / 8 }, (_, index) =>
    new DataView(bytes.buffer, bytes.byteOffset).getBigUint64(8 * index, true).toString(16),
  );

function here(bytes: Uint8Array): Uint8Array {
  const machine = createMachine(
    { harts: 1, memory: MEMORY_MIB, append: "", schedule: "round-robin", seed: 0, quantum: 1000 },
    {
      entry: physical(BASE),
      segments: [{ address: physical(BASE), bytes, size: bytes.length }],
    },
    { machineCode: true },
  );
  const output: number[] = [];
  machine.console.on((piece) => output.push(...piece));
  const outcome = machine.run({ instructions: 5_000_000 });
  if (outcome.kind !== "exit") {
    throw new Error(
      `the program did not end: ${JSON.stringify(outcome)} at ${machine.harts[0]?.pc.toString(16)} after ${output.length} bytes`,
    );
  }
  return Uint8Array.from(output);
}

function onQemu(bytes: Uint8Array, cpu: string): Uint8Array {
  const folder = mkdtempSync(join(tmpdir(), "machine-"));
  try {
    const [file, output] = [join(folder, "image.bin"), join(folder, "serial")];
    writeFileSync(file, bytes);
    const { status, stderr } = spawnSync(
      "qemu-system-riscv64",
      [
        ...["-M", "virt", "-cpu", cpu, "-m", `${MEMORY_MIB}`, "-bios", "none"],
        // With one processor it does AMOs as loads and stores, whose faults are other ones.
        ...["-smp", "2"],
        ...["-display", "none", "-monitor", "none", "-serial", `file:${output}`],
        ...["-device", `loader,file=${file},addr=0x80000000`],
      ],
      { timeout: 20_000, encoding: "utf8" },
    );
    if (status !== 0) throw new Error(`QEMU ended with ${status}: ${stderr}`);
    return readFileSync(output);
  } finally {
    rmSync(folder, { recursive: true });
  }
}
