/** Starts the daemon as a process of its own and reads where it is. */
import { type ChildProcess, spawn } from "node:child_process";
import { createInterface } from "node:readline";

const READY_MS = 15_000;

export interface DaemonProcess {
  readonly url: string;
  readonly port: number;
  readonly token: string;
  readonly pid: number;
  readonly process: ChildProcess;
  /** Resolves to the exit code, or the signal that ended it. */
  readonly ended: Promise<number | string>;
  /** What it wrote to stderr so far. */
  errors(): string;
}

/** `script` is the bundle or `bin/asyncos.mjs`. Its stdin is a pipe: closing it ends the daemon. */
export async function spawnDaemon(
  script: string,
  args: readonly string[] = [],
): Promise<DaemonProcess> {
  const child = spawn(process.execPath, [script, "daemon", ...args], { stdio: "pipe" });
  let errors = "";
  child.stderr.on("data", (bytes) => {
    errors += bytes;
  });
  const ended = new Promise<number | string>((resolve) => {
    child.once("close", (code, signal) => resolve(code ?? signal ?? "unknown"));
  });
  const line = await new Promise<string>((resolve, reject) => {
    const fail = (why: string) => reject(new Error(`the daemon ${why}: ${errors.trim()}`));
    const timer = setTimeout(() => {
      child.kill("SIGKILL");
      fail(`said nothing for ${READY_MS} ms`);
    }, READY_MS);
    child.once("error", (error) => fail(`cannot be started (${error.message})`));
    createInterface(child.stdout).once("line", resolve);
    void ended.then((code) => fail(`ended with ${code}`)).finally(() => clearTimeout(timer));
    child.stdout.once("data", () => clearTimeout(timer));
  });
  return { ...JSON.parse(line), process: child, ended, errors: () => errors };
}
