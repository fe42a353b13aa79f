/**
 * What the views do with one coroutine, one bit, one hart: groups, breaks, pins, focus, memory; the
 * parallel stacks; each in each kind of theme.
 */
import assert from "node:assert/strict";
import { checkAccessibility, webviewFrame } from "../workbench/axe.mjs";
import { until } from "../workbench/until.mjs";

export const views = {
  name: "views",
  settings: { "workbench.colorTheme": "Default Dark Modern" },

  async run({ step, window }) {
    /** Of the coroutine that all is done with. */
    let id = "";
    const stacks = window.page.frameLocator("iframe.webview.ready").frameLocator("#active-frame");
    const theme = async (name, body) => {
      await window.command("Preferences: Color Theme");
      await window.pick(name);
      await window.page.locator(`body .monaco-workbench.${body}`).first().waitFor();
    };

    await step("a session runs to a wake", async () => {
      await window.command("View: Show Run and Debug");
      await window.command("AsyncOS: Debug the Bundled Kernel");
      await window.stopped(/entry/i);
      await window.stopAt("Wake", true, "time > 1500000");
      await window.key("F5");
      await window.stopped(/wake/i);
      await window.stopAt("Wake", false);
    });

    await step("coroutines in groups say what they wait for", async () => {
      await window.command("AsyncOS: Group Coroutines...");
      await window.pick("State");
      await window.rows("Coroutines", /^waiting \d+ coroutines/);
      await window.expand("Coroutines", /^waiting \d+ coroutines/);
      await window.rows("Coroutines", /waiting .* for (coroutine \d+|a message|a timer)/);
      await window.screenshot("views-1-groups");
      await window.command("AsyncOS: Group Coroutines...");
      await window.pick("Function");
      await window.rows("Coroutines", /^ring::pass \d+ coroutines/);
      await window.command("AsyncOS: Group Coroutines...");
      await window.pick("No Groups");
    });

    await step("a break on one coroutine stops there, and is marked", async () => {
      await window.filterCoroutines("pass state:waiting");
      await window.allRows("Coroutines", /ring::pass waiting/);
      [[id]] = (await window.rows("Coroutines", /ring::pass waiting/)).map((text) =>
        text.split(" ", 1),
      );
      await window.filterCoroutines(`id:${id}`);
      await window.allRows("Coroutines", new RegExp(`^${id} ring::pass`));
      await window.inline("Coroutines", /ring::pass waiting/, "Break on This Coroutine");
      const choices = window.page.locator(".quick-input-list .monaco-list-row");
      await choices.filter({ hasText: "Poll" }).locator(".label-name").first().click();
      await window.page.locator(".quick-input-count", { hasText: "1 " }).waitFor();
      await window.page.keyboard.press("Enter");
      await window.rows("Coroutines", /ring::pass ● poll/);
      await window.key("F5");
      await window.stopped(new RegExp(`poll of ${id}`, "i"));
      await window.rows("Coroutines", /ring::pass ● poll .*ready/);
    });

    await step("a pinned coroutine is in the Call Stack", async () => {
      await window.inline("Coroutines", /ring::pass/, "Pin to Call Stack");
      await window.rows("Coroutines", /ring::pass .*pinned/);
      const threads = window.sidebar.locator(".debug-call-stack .thread");
      await threads
        .filter({ hasText: `coroutine ${id} ring::pass` })
        .first()
        .waitFor();
      await window.screenshot("views-2-break-and-pin");
      await window.inline("Coroutines", /ring::pass/, "Unpin from Call Stack");
      await window.command("AsyncOS: Remove All Breaks on Coroutines and Bits");
      await window.rows("Coroutines", /ring::pass (?!●)/);
    });

    await step("a click on a bit stops when it changes", async () => {
      await window.rows("Bitmaps", /^coroutines [●○]{8}/);
      await (await window.row("Bitmaps", /^Bit 2 /)).click();
      await window.key("F5");
      await window.stopped(/bit 2 (set|cleared)/i);
      assert.match(await window.hover("Bitmaps", /Bit 2/), /Stops when it changes/);
      await window.screenshot("views-3-bit");
      await (await window.row("Bitmaps", /^Bit 2 /)).click();
    });

    await step("a hart can be brought into focus", async () => {
      await window.inline("Harts", /^Hart 3/, "Focus This Hart");
      await window.page
        .locator(".debug-call-stack .monaco-list-row.selected", {
          hasText: /hart 3|sleep|idle|_start|run/,
        })
        .first()
        .waitFor();
      await window.screenshot("views-4-focus");
    });

    await step("threads by state, and modules with their ranges", async () => {
      await window.collapse("Harts");
      await window.rows("Threads and Processes", /^Thread pool/);
      await window.expand("Threads and Processes", /^Modules/);
      await window.expand("Threads and Processes", /^asyncos-kernel.elf/);
      await window.rows("Threads and Processes", /^0x80200000 - .*r-x/);
      await window.screenshot("views-5-threads");
    });

    await step("memory at an address opens as text where there is no hex editor", async () => {
      await window.command("AsyncOS: Open Memory at...");
      await window.page.locator(".quick-input-widget:visible input.input").fill("0x80200000");
      await window.page.keyboard.press("Enter");
      await window.editor("0x80200000");
      const first = window.page.locator(".editor-instance .view-line").first();
      await until("it has bytes", async () => /0x80200000( |\u00a0)/.test(await first.innerText()));
      await window.screenshot("views-6-memory");
    });

    await step("parallel stacks show what is equal once", async () => {
      await window.command("AsyncOS Stacks: Focus on Parallel Stacks View");
      await stacks.locator(".box").first().waitFor();
      await stacks.locator("#filter").fill("ring::pass");
      await until("those of the ring are found", async () =>
        /coroutines? found/.test(await stacks.locator("#note").innerText()),
      );
      await stacks.locator(".frame", { hasText: "ring::pass" }).first().click();
      await window.editor("ring.rs");
      await stacks.locator("#filter").fill("");
      await checkAccessibility(await webviewFrame(stacks.locator("#forest")));
      await window.screenshot("views-7-stacks-dark");
    });

    for (const [name, body] of [
      ["Light Modern", "vs"],
      ["Dark High Contrast", "hc-black"],
    ]) {
      await step(`all of it in the theme ${name}`, async () => {
        await theme(name, body);
        await window.screenshot(`views-8-stacks-${body}`);
        await window.command("AsyncOS: Focus on Harts View");
        await window.rows("Bitmaps", /^coroutines/);
        await window.screenshot(`views-9-trees-${body}`);
        await window.command("AsyncOS Stacks: Focus on Parallel Stacks View");
        await stacks.locator(".box").first().waitFor();
      });
    }
  },
};
