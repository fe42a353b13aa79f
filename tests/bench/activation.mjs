/** How long the extension takes to activate in a real workbench, as that says itself, and that it waits until it is needed. */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { packageExtension } from "../e2e/workbench/extension.mjs";
import { findBrowser, installWorkbench } from "../e2e/workbench/install.mjs";
import { startWorkbench } from "../e2e/workbench/server.mjs";
import { until } from "../e2e/workbench/until.mjs";
import { openWindow, startBrowser } from "../e2e/workbench/window.mjs";

const WINDOWS = 5;
/** The list of running extensions draws only the rows that it has room for. */
const SIZE = { width: 1440, height: 3000 };

/**
 * Milliseconds of each window's activation, the first of which nobody had loaded the extension before,
 * and what the workbench said before there was a reason.
 */
export async function measureActivation(root) {
  const install = await installWorkbench("newest", join(root, ".cache"), console.log);
  const vsix = await packageExtension(root);
  const results = await mkdtemp(join(tmpdir(), "activation-"));
  const browser = await startBrowser(findBrowser());
  // In a dialog the list would keep the keys from the palette.
  const settings = { "workbench.editor.useModal": "off" };
  const workbench = await startWorkbench(install, {
    vsix,
    settings,
    logFile: join(results, "log"),
  });
  const times = [];
  let before;
  try {
    for (let i = 0; i < WINDOWS; i++) {
      const window = await openWindow(browser, workbench.address(""), { screenshots: results });
      await window.resize(SIZE);
      const rows = window.page.locator(".runtime-extensions-editor .monaco-list-row");
      const ours = rows.filter({ hasText: "AsyncOS" });
      await window.command("Developer: Show Running Extensions");
      await rows.first().waitFor();
      before = (await ours.count()) > 0 ? await ours.innerText() : "not active";
      await window.command("AsyncOS: Show Log");
      const told = await until("the workbench says how long it took", async () => {
        await window.command("Developer: Show Running Extensions");
        const said = (await ours.count()) > 0 ? await ours.innerText() : "";
        const [, milliseconds] = /Activation[^:]*:\s*(\d+)\s*ms/i.exec(said) ?? [];
        return milliseconds === undefined ? undefined : { milliseconds: Number(milliseconds) };
      });
      times.push(told.milliseconds);
      await window.close();
    }
  } finally {
    await workbench.end();
    await browser.close();
    await rm(results, { recursive: true });
  }
  return { before, times, version: install.version };
}
