/**
 * Tests that compare with other tools skip themselves where a tool is not installed. On CI none may
 * be missing, or a green run would say less than it seems to.
 */
import { spawnSync } from "node:child_process";
import { expect, it } from "vitest";

const witnesses = [
  "qemu-system-riscv64",
  "gdb-multiarch",
  "llvm-dwarfdump-19",
  "llvm-symbolizer-19",
  "llvm-nm-19",
  "llvm-cxxfilt-19",
  "llvm-objdump-19",
  "llvm-mc-19",
  "llvm-objcopy-19",
  "riscv64-unknown-elf-gcc",
  "dtc",
];

it.skipIf(!process.env.CI).each(witnesses)("%s is installed on CI", (program) => {
  expect(spawnSync(program, ["--version"]).status).toBe(0);
});

it.skipIf(!process.env.CI).each(["mke2fs", "e2fsck", "debugfs"])(
  "%s is installed on CI",
  (program) => {
    const env = { ...process.env, PATH: `${process.env.PATH}:/usr/sbin` };
    expect(spawnSync(program, ["-V"], { env }).status).toBe(0);
  },
);
