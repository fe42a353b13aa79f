/** Runs a memory image on QEMU: RAM is a file, which holds what the guest left when it is done. */
import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

const MIB = 0x10_0000;
/** The last of these hold QEMU's device tree. */
const SPARE_MIB = 4;

export const qemuInstalled = spawnSync("qemu-system-riscv64", ["--version"]).status === 0;

/** Starts at the first byte of RAM in M-mode, until the guest powers off. The same bytes afterwards. */
export function runOnQemu(image: Uint8Array): Uint8Array {
  const size = Math.ceil(image.length / MIB) + SPARE_MIB;
  const folder = mkdtempSync(join(tmpdir(), "qemu-"));
  try {
    const file = join(folder, "ram");
    const ram = new Uint8Array(size * MIB);
    ram.set(image);
    writeFileSync(file, ram);
    const { status, signal, stderr } = spawnSync(
      "qemu-system-riscv64",
      [
        ...["-M", "virt,memory-backend=ram", "-m", `${size}`, "-bios", "none"],
        ...["-object", `memory-backend-file,id=ram,size=${size}M,mem-path=${file},share=on`],
        ...["-display", "none", "-monitor", "none", "-serial", "none"],
      ],
      { timeout: 120_000, encoding: "utf8" },
    );
    if (status !== 0) throw new Error(`QEMU ended with ${status ?? signal}: ${stderr}`);
    return readFileSync(file).subarray(0, image.length);
  } finally {
    rmSync(folder, { recursive: true });
  }
}
