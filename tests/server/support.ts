/** Servers and daemons for tests: on the loopback, ended by the test that started them. */
import { type ChildProcessWithoutNullStreams, spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { layoutOf } from "../../daemon/src/server/layout.ts";
import { type RunningServer, startServer } from "../../daemon/src/server/server.ts";

export const root = join(import.meta.dirname, "../..");
export const command = join(root, "daemon/bin/asyncos.mjs");

/** A server in this process whose sessions are the fixture's, not a debugger's. */
export async function startFixtureServer(): Promise<RunningServer & { readonly logged: string[] }> {
  const logged: string[] = [];
  const server = await startServer({
    layout: { ...layoutOf(root), session: join(import.meta.dirname, "fixtures/session.mjs") },
    port: 0,
    log: (line) => logged.push(line),
  });
  return { ...server, logged };
}

export interface Daemon {
  readonly process: ChildProcessWithoutNullStreams;
  readonly url: string;
  readonly port: number;
  readonly token: string;
  readonly pid: number;
  readonly stderr: () => string;
  /** Resolves to the exit code, or the signal that ended it. */
  readonly ended: Promise<number | string>;
}

/** The real daemon as a child process. */
export async function startDaemon(args: readonly string[] = []): Promise<Daemon> {
  const child = spawn(process.execPath, [command, "daemon", ...args]);
  let stderr = "";
  child.stderr.on("data", (bytes) => {
    stderr += bytes;
  });
  const ended = once(child, "exit").then(([code, signal]) => (code ?? signal) as number | string);
  const [line] = (await Promise.race([
    once(createInterface(child.stdout), "line"),
    ended.then((code) => Promise.reject(new Error(`the daemon ended with ${code}: ${stderr}`))),
  ])) as [string];
  return { process: child, ...JSON.parse(line), stderr: () => stderr, ended };
}
