/**
 * The daemon as a process of this host, run by VS Code's own Node, never by one from PATH. With
 * `json-socket-ws.ts` and `kernel-folder.ts` the only places of the extension that need Node.
 */
import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { t } from "../base/words.ts";
import type { DaemonProcess } from "./supervisor.ts";

/**
 * The folder that holds `daemon`, and the kernel: the extension itself when it comes from a package,
 * its parent in the repository.
 */
export function findRoot(extensionPath: string): string {
  const packaged = existsSync(join(extensionPath, "daemon"));
  return packaged ? extensionPath : join(extensionPath, "..");
}

/** Variables that would change how the daemon's Node starts. */
const FOREIGN = ["NODE_OPTIONS", "NODE_PATH", "VSCODE_INSPECTOR_OPTIONS"];

/** `kernel`: the folder of the kernel in the box. */
export function launchDaemon(root: string, kernel: string): DaemonProcess {
  const entry = join(root, "daemon", "dist", "asyncos.mjs");
  const environment: NodeJS.ProcessEnv = { ...process.env, ELECTRON_RUN_AS_NODE: "1" };
  for (const name of FOREIGN) delete environment[name];
  // The daemon ends with its standard input or its parent, so it outlives no window that crashed.
  const parent = String(process.pid);
  const args = [entry, "daemon", "--kernel-folder", kernel, "--parent-pid", parent];
  const child = spawn(process.execPath, args, {
    cwd: root,
    env: environment,
    stdio: "pipe",
    windowsHide: true,
  });
  const out = createInterface({ input: child.stdout });
  const errors = createInterface({ input: child.stderr });
  return {
    onLine: (listener) => out.on("line", listener),
    onErrorLine: (listener) => errors.on("line", listener),
    onExit: (listener) => {
      child.once("error", (error) =>
        listener(t("The AsyncOS daemon could not be started: {0}.", error.message)),
      );
      child.once("close", (code, signal) =>
        listener(
          signal === null
            ? t("The AsyncOS daemon exited with code {0}.", code ?? "")
            : t("The AsyncOS daemon was ended by {0}.", signal),
        ),
      );
    },
    end: () => child.kill(),
  };
}
