/**
 * One workbench server with everything of its own: home, settings, extensions, a copied workspace.
 * Unless `path` gives it one, no `node` is on its PATH, so what runs there runs on VS Code's own.
 */
import { execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { createWriteStream } from "node:fs";
import { mkdir, mkdtemp, writeFile } from "node:fs/promises";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { until } from "./until.mjs";

const exec = promisify(execFile);

const WATCHED = join(import.meta.dirname, "watched.mjs");

const SETTINGS = {
  "workbench.startupEditor": "none",
  "workbench.tips.enabled": false,
  "window.commandCenter": false,
  "chat.disableAIFeatures": true,
  "workbench.secondarySideBar.defaultVisibility": "hidden",
  "files.autoSave": "off",
  "debug.toolBarLocation": "docked",
  "editor.minimap.enabled": false,
  "extensions.ignoreRecommendations": true,
  "git.enabled": false,
  "remote.autoForwardPorts": false,
};

/**
 * @param {{ node: string, entry: string }} install
 * @param {{ vsix: string, fill?: (folder: string) => Promise<void>, settings?: object, locale?: string, path?: string, port?: number, logFile: string }} options
 */
export async function startWorkbench(install, options) {
  const { vsix, fill, settings = {}, logFile } = options;
  const home = await mkdtemp(join(tmpdir(), "asyncos-e2e-"));
  const folder = join(home, "workspace");
  const user = join(home, "user");
  const extensions = join(home, "extensions");
  const bin = join(home, "bin");
  for (const each of [folder, join(user, "User"), extensions, bin]) {
    await mkdir(each, { recursive: true });
  }
  await writeFile(
    join(user, "User", "settings.json"),
    JSON.stringify({ ...SETTINGS, ...settings }, null, 2),
  );
  await fill?.(folder);

  const environment = {
    HOME: home,
    TMPDIR: home,
    XDG_RUNTIME_DIR: home,
    LANG: "C.UTF-8",
    EXTENSIONS_GALLERY: '{"serviceUrl":""}',
    PATH: options.path ?? bin,
  };
  const folders = ["--user-data-dir", user, "--extensions-dir", extensions];
  await exec(install.node, [install.entry, "--install-extension", vsix, ...folders], {
    env: environment,
  });

  const port = options.port || (await freePort());
  const url = `http://127.0.0.1:${port}`;
  const child = spawn(
    process.execPath,
    [
      ...[WATCHED, home, install.node, install.entry],
      ...["--config", join(home, "config.yaml"), "--bind-addr", `127.0.0.1:${port}`],
      ...["--auth", "none", ...folders],
      "--disable-telemetry",
      "--disable-update-check",
      "--disable-workspace-trust",
      "--disable-getting-started-override",
      "--disable-proxy",
    ],
    { env: environment, stdio: ["pipe", "pipe", "pipe"] },
  );
  const log = createWriteStream(logFile);
  child.stdout.pipe(log, { end: false });
  child.stderr.pipe(log, { end: false });
  const ended = once(child, "exit");
  try {
    await until("the workbench server answers", async () => {
      if (child.exitCode !== null) throw new Error(`it exited with ${child.exitCode}: ${logFile}`);
      return (await fetch(`${url}/healthz`).catch(() => undefined))?.ok;
    });
  } catch (error) {
    child.stdin.end();
    throw error;
  }
  return {
    folder,
    extensions,
    /** The address of a window with that folder, or with none. */
    address: (open = folder) => (open === "" ? `${url}/?ew=true` : `${url}/?folder=${open}`),
    async end() {
      child.stdin.end();
      await ended;
      log.end();
    },
  };
}

/** A port that was free a moment ago. */
async function freePort() {
  const server = createServer();
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address();
  server.close();
  await once(server, "close");
  return port;
}
