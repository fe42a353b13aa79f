/**
 * The peers to measure against, where they are installed: the same kernel image with the same
 * arguments on `qemu-system-riscv64`, alone or with a GDB whose breakpoint condition is false.
 */
import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

const TIMEOUT_MS = 120_000;

const installed = (program: string): boolean => spawnSync(program, ["--version"]).status === 0;
export const qemuInstalled = (): boolean => installed("qemu-system-riscv64");
export const gdbInstalled = (): boolean => installed("gdb-multiarch");

function qemu(
  kernel: string,
  harts: number,
  append: string,
  more: readonly string[],
): ChildProcess {
  return spawn(
    "qemu-system-riscv64",
    [
      "-machine",
      "virt",
      "-m",
      "128",
      "-smp",
      String(harts),
      "-nographic",
      "-bios",
      "default",
    ].concat(["-kernel", kernel, "-append", append], more),
    { stdio: ["ignore", "pipe", "pipe"] },
  );
}

function ended(child: ChildProcess, name: string): Promise<string> {
  let text = "";
  child.stdout!.on("data", (data) => (text += data));
  child.stderr!.on("data", (data) => (text += data));
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => {
      child.kill("SIGKILL");
      reject(new Error(`${name} did not end within ${TIMEOUT_MS / 1000} s:\n${text.slice(-2000)}`));
    }, TIMEOUT_MS);
    child.once("error", reject);
    child.once("exit", () => {
      clearTimeout(timer);
      resolve(text);
    });
  });
}

/** Boots, runs to the guest's power-off; answers the console. */
export function runOnQemu(
  kernel: string,
  harts: number,
  append: string,
  more: readonly string[] = [],
): Promise<string> {
  return ended(qemu(kernel, harts, append, more), "QEMU");
}

/** The same under GDB, with breakpoints at addresses whose condition is never true. */
export async function runUnderGdb(
  kernel: string,
  append: string,
  addresses: readonly string[],
  condition: string,
): Promise<string> {
  const folder = mkdtempSync(join(tmpdir(), "asyncos-bench-"));
  const socket = join(folder, "gdb.sock");
  const machine = qemu(kernel, 1, append, [
    "-S",
    "-chardev",
    `socket,path=${socket},server=on,wait=off,id=gdb`,
    "-gdb",
    "chardev:gdb",
  ]);
  const end = ended(machine, "QEMU under GDB");
  const gdb = spawn(
    "gdb-multiarch",
    ["-nx", "-batch", "-ex", "set pagination off", "-ex", "set confirm off"].concat(
      ["-ex", `target remote ${socket}`],
      addresses.flatMap((address) => ["-ex", `break *${address} if ${condition}`]),
      ["-ex", "continue", kernel],
    ),
    { stdio: ["ignore", "pipe", "pipe"] },
  );
  try {
    await ended(gdb, "GDB");
    return await end;
  } finally {
    machine.kill("SIGKILL");
    gdb.kill("SIGKILL");
    rmSync(folder, { recursive: true, force: true });
  }
}
