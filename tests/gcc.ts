/** C programs for tests, by whichever GCC for RISC-V is installed: bare metal, at the address where kernels begin. */
import { execFileSync } from "node:child_process";

const FLAGS =
  "-nostdlib -ffreestanding -fno-stack-protector -fno-pic -static -no-pie -march=rv64imac -mabi=lp64 -mcmodel=medany -Wl,-Ttext=0x80200000 -Wl,--build-id=none";

/** Its command; undefined where there is none. */
export const GCC: string | undefined = ["riscv64-unknown-elf-gcc", "riscv64-linux-gnu-gcc"].find(
  (command) => {
    try {
      execFileSync(command, ["--version"], { stdio: "ignore" });
      return true;
    } catch {
      return false;
    }
  },
);

/** Needs `GCC`. Options are words with blanks between them. */
export function compileC(sources: readonly string[], options: string, output: string): void {
  const flags = [...FLAGS.split(" "), ...options.split(" ")];
  execFileSync(GCC!, [...flags, ...sources, "-o", output]);
}
