/** Parallel Stacks: boxes of equal stacks; frames, harts and coroutines lead on; choices and text; by keys alone. */
import assert from "node:assert/strict";
import { checkAccessibility, webviewFrame } from "../../workbench/axe.mjs";
import { until } from "../../workbench/until.mjs";

const VIEW = "asyncos.stacks";

export const stacks = {
  name: "parallel stacks",
  drives: { mouse: [VIEW], keyboard: [VIEW] },

  async run({ step, window }) {
    const { keyboard, mouse } = window;
    const page = window.webview;
    const boxes = page.locator(".box");
    const frames = page.locator(".frame");
    const filter = page.getByRole("searchbox");

    await step("mouse: equal stacks are one box, with a count", async () => {
      await mouse.open(VIEW);
      await page
        .locator(".count", { hasText: /[2-9] coroutines/ })
        .first()
        .waitFor();
      await page
        .locator(".member", { hasText: /^hart \d/ })
        .first()
        .waitFor();
      await checkAccessibility(await webviewFrame(page.locator("main")));
      await window.screenshot("stacks");
    });

    await step("mouse: a frame leads to its source", async () => {
      await frames
        .filter({ hasText: /^ring::pass .*ring\.rs:\d+/ })
        .first()
        .click();
      await window.editor("ring.rs");
    });

    await step("mouse: a hart is shown in the Call Stack", async () => {
      const [, id] = /hart (\d)/.exec(
        await page
          .locator(".member", { hasText: /^hart [1-3]/ })
          .first()
          .innerText(),
      );
      await page
        .locator(".member", { hasText: `hart ${id}` })
        .first()
        .click();
      await window.focusIsOn(new RegExp(`^Thread hart ${id}\\b`));
    });

    await step("mouse: kinds of stacks are chosen, and text", async () => {
      const all = await boxes.count();
      await page.getByRole("checkbox", { name: "Harts" }).uncheck();
      await until(
        "no hart is left",
        async () => (await page.locator(".member", { hasText: /^hart \d/ }).count()) === 0,
      );
      await page.getByRole("checkbox", { name: "Harts" }).check();
      await filter.fill("ring.rs");
      await until("less boxes are left", async () => (await boxes.count()) < all);
      await filter.fill("nothing has this name");
      await page.getByText("No stack has this text").waitFor();
      await filter.fill("");
      await until("all are back", async () => (await boxes.count()) === all);
    });

    await step("keyboard: from frame to frame, from box to box, to the source", async () => {
      await keyboard.open(VIEW);
      await filter.focus();
      const name = () => page.locator("button:focus").innerText({ timeout: 2000 });
      await until("the boxes are reached", async () => {
        await window.key("Tab");
        return (await page.locator(".box button:focus").count()) > 0;
      });
      await window.key("Home");
      const first = await name();
      await window.key("ArrowDown");
      assert.notEqual(await name(), first);
      await until("a frame of the ring is reached", async () => {
        if (/^ring::pass .*ring\.rs:\d+/.test(await name())) return true;
        await window.key("ArrowDown");
        return false;
      });
      await window.command("View: Close All Editors");
      await keyboard.open(VIEW);
      await page
        .locator(".frame", { hasText: /^ring::pass .*ring\.rs:\d+/ })
        .first()
        .focus();
      await window.key("Enter");
      await window.editor("ring.rs");
    });

    await step("mouse: the coroutines of a box are listed in their view", async () => {
      await mouse.open(VIEW);
      await page
        .locator(".member", { hasText: /^\d+ (ready|waiting)/ })
        .first()
        .click();
      await window.view("asyncos.coroutines").says(/id:\d+/);
      await mouse.title("asyncos.coroutines", "asyncos.clearCoroutineFilter");
    });
  },
};
