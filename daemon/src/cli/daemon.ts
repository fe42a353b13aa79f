/** `asyncos daemon`: serves until it is told to stop, or until whoever started it is gone. */

import type { Layout } from "../server/layout.ts";
import { Machines } from "../server/machines.ts";
import { watchProcess, watchStdin } from "../server/parent.ts";
import { startServer } from "../server/server.ts";
import { Session } from "../server/session.ts";
import { CLOSE, streamTransport } from "../server/transport.ts";

export interface DaemonOptions {
  readonly stdio?: boolean;
  readonly port: number;
  readonly parentPid?: number;
}

/** Resolves to the exit code. */
export function daemon(layout: Layout, options: DaemonOptions): Promise<number> {
  return options.stdio ? serveStdio(layout, options) : serveSockets(layout, options);
}

const log = (line: string) => void process.stderr.write(`asyncos: ${line}\n`);

async function serveSockets(layout: Layout, options: DaemonOptions): Promise<number> {
  const ended = stopRequest(options);
  const server = await startServer({ layout, port: options.port, log });
  const stdin = watchStdin(ended.stop);
  const { url, port, token } = server;
  process.stdout.write(`${JSON.stringify({ url, port, token, pid: process.pid })}\n`);
  await ended.stopped;
  stdin.dispose();
  await server.close();
  return 0;
}

/** One session over stdin and stdout. */
async function serveStdio(layout: Layout, options: DaemonOptions): Promise<number> {
  const transport = streamTransport(process.stdin, process.stdout);
  const ended = stopRequest(options);
  let failed = false;
  const session = new Session({
    layout,
    transport,
    machines: new Machines(),
    // Only language clients show annotations, and none can connect here.
    annotations() {},
    ended(problem) {
      failed = problem !== undefined;
      if (problem) log(problem);
      ended.stop();
    },
  });
  await ended.stopped;
  session.close(CLOSE.shutdown);
  return failed ? 1 : 0;
}

/** A promise that signals, the parent's end or a call of `stop` resolve. */
function stopRequest(options: DaemonOptions): { stop(): void; readonly stopped: Promise<void> } {
  let stop: () => void = () => {};
  const stopped = new Promise<void>((resolve) => {
    stop = resolve;
  });
  process.once("SIGINT", stop);
  process.once("SIGTERM", stop);
  if (options.parentPid !== undefined) watchProcess(options.parentPid, stop);
  return { stop, stopped };
}
