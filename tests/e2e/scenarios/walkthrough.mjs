/** A newcomer's five minutes: the walkthrough's steps, each done by its button. */
import assert from "node:assert/strict";
import { access } from "node:fs/promises";
import { join } from "node:path";
import { hasBars } from "../workbench/texts.mjs";
import { until } from "../workbench/until.mjs";

const START = "Start the kernel in the box";
const BREAK = "Break in a coroutine";
const SEE = "See who runs, who is ready, and who waits";
const WAKE = "Stop at a wake";
const LOOK = "Look back at what happened";
const YOURS = "Now yours";
const STEPS = [START, BREAK, SEE, WAKE, LOOK, YOURS];

const COMMANDS = [
  "asyncos.walkthrough",
  "asyncos.breakInExample",
  "asyncos.showViews",
  "asyncos.stopAtNextWake",
  "asyncos.showTimeline",
];

/** Pictures of the walkthrough are shown small. */
const SIZE = { width: 1240, height: 760 };

export const walkthrough = {
  name: "walkthrough",
  /** Also in the oldest VS Code. */
  core: true,
  drives: {
    mouse: [...COMMANDS],
    keyboard: [...COMMANDS],
  },
  settings: {
    "workbench.colorTheme": "Default Light Modern",
    "debug.toolBarLocation": "docked",
    "window.zoomLevel": 0,
  },

  async run({ step, window, workbench }) {
    const { keyboard, mouse, page } = window;
    await page.setViewportSize(SIZE);
    const start = Date.now();

    await step("it opens from the palette, its first step open", async () => {
      await window.command("View: Show Run and Debug");
      const opened = page.locator(".gettingStartedContainer .getting-started-step").first();
      for (const hand of [mouse, keyboard]) {
        await hand.palette("asyncos.walkthrough");
        await opened.waitFor();
        if (hand === mouse) await window.command("View: Close All Editors");
      }
      await openStep(window, START);
      await window.screenshot("light-walkthrough-1");
    });

    await step("start: the kernel stops at its first line", async () => {
      await press(mouse, START, "Debug the Bundled Kernel", "asyncos.debugBundledKernel");
      await window.stopped(/entry/i);
      await window.editor("main.rs");
      // Room for the Call Stack, whose badges tell of stops.
      await window.pane("Watch").collapse();
      await window.pane("Variables").names(/^Scope Locals/);
      await window.closePanel();
      await window.picture("walkthrough/start");
      await isDone(window, START);
    });

    await step("breakpoint: set in a coroutine, and reached", async () => {
      await press(mouse, BREAK, "Break in a Coroutine", "asyncos.breakInExample");
      await window.stopped(/breakpoint/i);
      await window.editor("ring.rs");
      const variables = window.pane("Variables");
      await variables.names(/^seen, value \[[1-9]/);
      await variables.none(/optimised out/);
      await window.lens("async fn pass");
      await window.picture("walkthrough/breakpoint", "editor");
    });

    await step("views: harts, coroutines and executors in front", async () => {
      await press(mouse, SEE, "Show the Views", "asyncos.showViews");
      await window.view("asyncos.harts").names(/^Hart 0/);
      const coroutines = window.view("asyncos.coroutines");
      await coroutines.unfold(/ring::pass, waiting/);
      await window.command("View: Toggle Primary Side Bar Visibility");
      await coroutines.find(/^spawned/);
      await window.view("asyncos.executors").names(/^Priority \d+, .*bit set/);
      await window.picture("walkthrough/views", "panel");
      await window.command("View: Toggle Primary Side Bar Visibility");
    });

    await step("wake: a waiting coroutine's waker is called", async () => {
      await press(mouse, WAKE, "Stop at Its Next Wake", "asyncos.stopAtNextWake");
      await window.stopped(/wake/i);
      const told = await window.event();
      assert.match(told, /wake of coroutine \d+/);
      await window.pane("Variables").names(/^Scope Locals/);
      await window.closePanel();
      await window.picture("walkthrough/wake", "editor");
      await window.screenshot("light-walkthrough-2-wake");
    });

    await step("timeline: polls and wakes so far", async () => {
      await press(mouse, LOOK, "Show the Timeline", "asyncos.showTimeline");
      const view = page.frameLocator("iframe.webview.ready").frameLocator("#active-frame");
      await view.locator("#scroller:not(.bare)").waitFor();
      await until("the words say what is in sight", async () =>
        /instructions in sight/.test(await view.locator("#note").innerText()),
      );
      await until("polls are drawn", () => view.locator("canvas").evaluate(hasBars));
      await window.picture("walkthrough/timeline", "panel");
    });

    await step("keyboard: the views, the next wake, a breakpoint, the timeline", async () => {
      await window.closePanel();
      await keyboard.palette("asyncos.showViews");
      await window.view("asyncos.harts").names(/^Hart 0/);
      const before = await wakesOfPicked(window);
      await keyboard.palette("asyncos.stopAtNextWake");
      await until(
        "the wake before is counted",
        async () => (await wakesOfPicked(window)) === before + 1,
      );
      await window.event(/wake of coroutine \d+/);
      await window.command("AsyncOS: Remove All Breaks on Coroutines and Bits");
      await press(keyboard, BREAK, "Break in a Coroutine", "asyncos.breakInExample");
      // The Call Stack has more harts than room: this one may be out of sight.
      await window.pane("Call Stack").find(/^Thread hart \d.*breakpoint/i);
      await window.editor("ring.rs");
      await keyboard.palette("asyncos.showTimeline");
      await window.webview.locator("#scroller:not(.bare)").waitFor();
    });

    await step("own: a copy of the kernel is in the folder", async () => {
      await window.command("Debug: Stop");
      await window.ended();
      await press(mouse, YOURS, "Make a Copy of the Bundled Kernel", "asyncos.copyKernel");
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

async function press(hand, title, button, command) {
  await openStep(hand.window, title);
  const buttons = stepOf(hand.window, title).locator(".monaco-button", { hasText: button });
  await hand.button(buttons.first(), command);
}

/** How often the coroutine that stops at its wakes has been woken, up to this stop. */
async function wakesOfPicked(window) {
  const said = await window
    .view("asyncos.coroutines")
    .hover(/^\d+ (mix::echo|ring::pass), breaks on wake/, /woken \d+ times?/);
  return Number(/woken (\d+)/.exec(said)[1]);
}

async function isDone(window, title) {
  await openStep(window, title);
  await stepOf(window, title)
    .locator(".codicon-getting-started-step-checked.complete")
    .first()
    .waitFor();
}
