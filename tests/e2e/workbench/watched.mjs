/**
 * Runs a server for as long as standard input is open, and removes a folder when all that it has started
 * is gone: whoever runs this may be killed in any way. `node watched.mjs FOLDER COMMAND ARGUMENTS...`
 */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { rm } from "node:fs/promises";
import { setTimeout as sleep } from "node:timers/promises";

/** For an extension host to end in. */
const PATIENCE_MILLISECONDS = 5000;

const [folder, command, ...args] = process.argv.slice(2);
const server = spawn(command, args, { detached: true, stdio: ["ignore", "inherit", "inherit"] });
const ended = once(server, "exit");
for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"]) process.on(signal, () => server.kill());
process.stdin.on("close", () => server.kill()).resume();
const [code] = await ended;

const deadline = performance.now() + PATIENCE_MILLISECONDS;
while (signalAll(performance.now() < deadline ? "SIGTERM" : "SIGKILL")) await sleep(100);
await rm(folder, { recursive: true, force: true, maxRetries: 5, retryDelay: 200 });
process.exit(code ?? 0);

/** To the server's group of processes; whether there was one left. */
function signalAll(signal) {
  try {
    return process.kill(-server.pid, signal);
  } catch (error) {
    if (error.code === "ESRCH") return false;
    throw error;
  }
}
