/** Notices when whoever started the daemon is gone, so that the daemon never outlives it. */
import { fstatSync } from "node:fs";
import { type Disposable, disposable } from "../base/disposable.ts";

const POLL_MS = 1000;

/** Calls back once when the process is gone. */
export function watchProcess(pid: number, gone: () => void): Disposable {
  const timer = setInterval(() => {
    if (alive(pid)) return;
    clearInterval(timer);
    gone();
  }, POLL_MS);
  timer.unref();
  return disposable(() => clearInterval(timer));
}

/**
 * Calls back once when stdin ends, if it is a pipe: a parent holds its other end, and the system
 * closes it when the parent dies. A terminal, a file or /dev/null says nothing about a parent.
 */
export function watchStdin(gone: () => void): Disposable {
  if (!stdinIsPipe()) return disposable(() => {});
  process.stdin.once("close", gone);
  process.stdin.resume();
  return disposable(() => {
    process.stdin.off("close", gone);
    process.stdin.pause();
  });
}

function stdinIsPipe(): boolean {
  try {
    const stat = fstatSync(0);
    return stat.isFIFO() || stat.isSocket();
  } catch {
    return false;
  }
}

function alive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    // Someone else's process, but a process.
    return (error as NodeJS.ErrnoException).code === "EPERM";
  }
}
