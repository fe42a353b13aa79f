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

/** Milliseconds of each window's activation, and what the workbench said before there was a reason. */
export async function measureActivation(root) {
  const install = await installWorkbench("newest", join(root, ".cache"), console.log);
  const vsix = await packageExtension(root);
  const results = await mkdtemp(join(tmpdir(), "activation-"));
  const browser = await startBrowser(findBrowser());
  const workbench = await startWorkbench(install, { vsix, logFile: join(results, "log") });
  const times = [];
  let before;
  try {
    for (let i = 0; i < WINDOWS; i++) {
      const window = await openWindow(browser, workbench.address(""), { screenshots: results });
      await window.command("Developer: Show Running Extensions");
      const row = window.page.locator(".runtime-extensions-editor .monaco-list-row", {
        hasText: "AsyncOS",
      });
      before = (await row.count()) > 0 ? await row.innerText() : "not active";
      await window.command("AsyncOS: Show Log");
      await window.command("Developer: Show Running Extensions");
      const told = await until("the workbench says how long it took", async () => {
        const said = (await row.count()) > 0 ? await row.innerText() : "";
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
