/**
 * `npm run workbench`: a real VS Code in the browser, on localhost, with the extension in and the
 * example kernel's sources open, for people without a desktop VS Code. `--vscode oldest` takes the
 * oldest supported one, `--folder PATH` opens a folder of yours. Ends with Ctrl+C, and leaves nothing.
 */
import { execFileSync } from "node:child_process";
import { existsSync } from "node:fs";
import { cp, mkdir } from "node:fs/promises";
import { dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { packageExtension } from "./workbench/extension.mjs";
import { installWorkbench, MissingTool, WORKBENCHES } from "./workbench/install.mjs";
import { startWorkbench } from "./workbench/server.mjs";

const root = join(dirname(fileURLToPath(import.meta.url)), "..", "..");

async function main() {
  const { values: options } = parseArgs({
    options: {
      vscode: { type: "string", default: "newest" },
      folder: { type: "string" },
      port: { type: "string", default: "0" },
    },
  });
  if (!(options.vscode in WORKBENCHES)) {
    throw new MissingTool(`--vscode takes ${Object.keys(WORKBENCHES).join(" or ")}.`);
  }
  const folder = options.folder === undefined ? undefined : resolve(options.folder);
  if (folder !== undefined && !existsSync(folder)) {
    throw new MissingTool(`--folder names ${folder}, which does not exist.`);
  }
  const install = await installWorkbench(options.vscode, join(root, ".cache"), console.log);
  const vsix = await packageExtension(root);
  const results = join(root, "test-results");
  await mkdir(results, { recursive: true });
  const workbench = await startWorkbench(install, {
    vsix,
    fill: folder === undefined ? copyExample : undefined,
    path: process.env.PATH,
    port: Number(options.port),
    logFile: join(results, "workbench.log"),
  });
  console.log(`VS Code ${install.version} with AsyncOS Debugger: ${workbench.address(folder)}`);
  console.log("Press F5 there to debug. Ctrl+C here ends it.");
  for (const signal of ["SIGINT", "SIGTERM"]) process.once(signal, () => workbench.end());
}

/** The repository's own configuration and kernel, to play with. */
async function copyExample(workspace) {
  await cp(join(root, ".vscode"), join(workspace, ".vscode"), { recursive: true });
  const tracked = execFileSync("git", ["ls-files", "-z", "kernel"], {
    cwd: root,
    encoding: "utf8",
  });
  for (const file of tracked.split("\0").filter((name) => name !== "")) {
    await cp(join(root, file), join(workspace, file), { recursive: true });
  }
}

try {
  await main();
} catch (error) {
  console.error(error instanceof MissingTool ? error.message : error);
  process.exitCode = 2;
}
