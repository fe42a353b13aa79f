/** The Timeline in a running session: drawn, moved by keyboard, searched, measured, in each kind of theme. */
import assert from "node:assert/strict";
import { until } from "../workbench/until.mjs";

export const timeline = {
  name: "timeline",
  settings: { "workbench.colorTheme": "Default Dark Modern" },

  async run({ step, window }) {
    const page = window.page.frameLocator("iframe.webview.ready").frameLocator("#active-frame");
    const scroller = page.locator("#scroller");
    const note = page.locator("#note");
    const inSight = () => note.innerText();

    await step("a session runs to a wake of a coroutine of the ring", async () => {
      await window.command("View: Show Run and Debug");
      await window.command("AsyncOS: Debug the Bundled Kernel");
      await window.stopped(/entry/i);
      await window.stopAt("Wake", true, "time > 1500000");
      await window.key("F5");
      await window.stopped(/wake/i);
    });

    await step("the timeline opens with all that has happened", async () => {
      await window.command("AsyncOS: Show All of the Timeline");
      await page.locator("#scroller:not(.bare)").waitFor();
      await until("the note tells the range", async () => /\d M instr/.test(await inSight()));
      await page.locator("#spoken th", { hasText: "Hart 3" }).waitFor({ state: "attached" });
      await window.screenshot("timeline-1-dark");
    });

    await step("keys zoom, move, and go from event to event", async () => {
      await scroller.focus();
      for (let i = 0; i < 6; i++) await window.key("+");
      await until("less is in sight", async () => /\d k instr/.test(await inSight()));
      await window.key("ArrowDown");
      await window.key("ArrowDown");
      await until("the first event of a row is told", async () =>
        /Hart 1/.test((await page.locator("#live").textContent()) ?? ""),
      );
    });

    await step("Enter leads to the source of a poll", async () => {
      await until("an event of a coroutine is reached", async () => {
        await window.key("Shift+ArrowRight");
        return /^#\d+ /.test((await page.locator("#live").textContent()) ?? "");
      });
      await window.key("Enter");
      await window.editor(".rs");
      await window.page.locator(".editor-instance .monaco-editor.focused").first().waitFor();
    });

    await step("what is in sight has figures", async () => {
      await window.command("AsyncOS: Figures of What the Timeline Shows");
      await page.locator("#figures table").first().waitFor();
      const words = (await page.locator("#figures").innerText()).toLowerCase();
      assert.match(words, /latency from wake to poll/);
      assert.match(words, /share of the harts/);
      await window.screenshot("timeline-2-figures");
    });

    await step("a search leaves the coroutines of that name", async () => {
      await window.command("AsyncOS: Find a Coroutine in the Timeline");
      await page.locator("#filter:focus").waitFor();
      await window.page.keyboard.type("ring::pass");
      await until("they are counted", async () => /\d+ found/.test(await inSight()));
      await page.locator("#filter").fill("");
    });

    for (const [theme, name] of [
      ["Light Modern", "light"],
      ["Dark High Contrast", "contrast"],
    ]) {
      await step(`the picture follows the theme ${theme}`, async () => {
        await window.command("Preferences: Color Theme");
        await window.pick(theme);
        const dark = name === "contrast" ? "vscode-high-contrast" : "vscode-light";
        await page.locator(`body.${dark}`).waitFor({ state: "attached" });
        await window.screenshot(`timeline-3-${name}`);
      });
    }

    await step("when the session has ended all of it can be seen", async () => {
      await window.stopAt("Wake", false);
      await window.key("F5");
      await window.ended();
      await until("it says so", async () => /session has ended/.test(await inSight()));
      await window.command("AsyncOS: Show All of the Timeline");
      await until("the run's last part is in it", async () =>
        /^[2-9]\.\d+ M instr/.test(await inSight()),
      );
      await window.screenshot("timeline-4-ended");
    });
  },
};
