/** Servers and daemons for tests: on the loopback, ended by the test that started them. */
import { join } from "node:path";
import { layoutOf } from "../../daemon/src/server/layout.ts";
import { type RunningServer, startServer } from "../../daemon/src/server/server.ts";
import { type DaemonProcess, spawnDaemon } from "../../daemon/src/server/spawn.ts";

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

/** The real daemon as a child process. */
export const startDaemon = (args: readonly string[] = []): Promise<DaemonProcess> =>
  spawnDaemon(command, args);
