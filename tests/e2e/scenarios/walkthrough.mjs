/** A newcomer's five minutes: the walkthrough's steps, each done by its button. */
import assert from "node:assert/strict";
import { access } from "node:fs/promises";
import { join } from "node:path";
import { until } from "../workbench/until.mjs";

/** Pictures of the walkthrough are shown small. */
const SIZE = { width: 1240, height: 760 };

export const walkthrough = {
  name: "walkthrough",
  /** Also in the oldest VS Code. */
  core: true,
  settings: {
    "workbench.colorTheme": "Default Light Modern",
    "debug.toolBarLocation": "docked",
    "window.zoomLevel": 0,
  },

  async run({ step, window, workbench }) {
    const { page } = window;
    await page.setViewportSize(SIZE);
    const start = Date.now();

    await step("it opens from the palette, its first step open", async () => {
      await window.command("View: Show Run and Debug");
      await openStep(window, "Start the kernel in the box");
      await window.screenshot("light-walkthrough-1");
    });

    await step("start: the kernel stops at its first line", async () => {
      await press(window, "Start the kernel in the box", "Debug the Bundled Kernel");
      await window.stopped(/entry/i);
      await window.editor("main.rs");
      await window.rows("Variables", /^Locals/);
      await window.closePanel();
      await window.picture("walkthrough/start");
      await isDone(window, "Start the kernel in the box");
    });

    await step("breakpoint: set in a coroutine, and reached", async () => {
      await press(window, "Break in a coroutine", "Break in a Coroutine");
      await window.stopped(/breakpoint/i);
      await window.editor("ring.rs");
      await window.rows("Variables", /^token/);
      await window.lens("async fn pass");
      await window.picture("walkthrough/breakpoint", "editor");
    });

    await step("views: harts, coroutines and executors in front", async () => {
      await press(window, "See who runs, who is ready, and who waits", "Show the Views");
      await window.rows("Harts", /^Hart 0/);
      await window.expand("Coroutines", /ring::pass waiting/);
      await window.command("View: Toggle Primary Side Bar Visibility");
      await window.row("Coroutines", /^spawned/);
      await window.rows("Executors", /Priority \d+ .*bit set/);
      await window.picture("walkthrough/views", "panel");
      await window.command("View: Toggle Primary Side Bar Visibility");
    });

    await step("wake: a waiting coroutine's waker is called", async () => {
      await press(window, "Stop at a wake", "Stop at Its Next Wake");
      await window.stopped(/wake/i);
      const told = await window.event();
      assert.match(told, /wake of coroutine \d+/);
      await window.closePanel();
      await window.picture("walkthrough/wake", "editor");
      await window.screenshot("light-walkthrough-2-wake");
    });

    await step("timeline: polls and wakes so far", async () => {
      await press(window, "Look back at what happened", "Show the Timeline");
      const view = page.frameLocator("iframe.webview.ready").frameLocator("#active-frame");
      await view.locator("#scroller:not(.bare)").waitFor();
      await until("the words say what is in sight", async () =>
        /instructions in sight/.test(await view.locator("#note").innerText()),
      );
      await window.picture("walkthrough/timeline", "panel");
    });

    await step("own: a copy of the kernel is in the folder", async () => {
      await window.command("Debug: Stop");
      await window.ended();
      await press(window, "Now yours", "Make a Copy of the Bundled Kernel");
      await window.editor("README.md");
      await access(join(workbench.folder, "kernel", "src", "main.rs"));
      await window.command("View: Show Explorer");
      await window.closePanel();
      await window.picture("walkthrough/own", "sidebar");
      assert.ok(Date.now() - start < 5 * 60_000, "it takes no more than five minutes");
    });

    await step("every step is marked as done", async () => {
      for (const title of STEPS) await isDone(window, title);
      await window.screenshot("light-walkthrough-3-done");
    });
  },
};

const STEPS = [
  "Start the kernel in the box",
  "Break in a coroutine",
  "See who runs, who is ready, and who waits",
  "Stop at a wake",
  "Look back at what happened",
  "Now yours",
];

const stepOf = (window, title) =>
  window.page.locator(".gettingStartedContainer .getting-started-step", {
    has: window.page.locator(`.step-title:text-is("${title}")`),
  });

/** Opens the walkthrough at a step. */
async function openStep(window, title) {
  const shown = stepOf(window, title);
  await until(`the walkthrough has "${title}"`, async () => {
    if (!(await shown.first().isVisible())) await window.command("AsyncOS: Get Started");
    return shown
      .first()
      .waitFor({ timeout: 5000 })
      .then(
        () => true,
        () => false,
      );
  });
  if (!(await shown.locator(".step-description-container").first().isVisible())) {
    await shown.locator(".step-title").first().click();
  }
}

async function press(window, title, button) {
  await openStep(window, title);
  await stepOf(window, title).locator(".monaco-button", { hasText: button }).first().click();
}

async function isDone(window, title) {
  await openStep(window, title);
  await stepOf(window, title)
    .locator(".codicon-getting-started-step-checked.complete")
    .first()
    .waitFor();
}
