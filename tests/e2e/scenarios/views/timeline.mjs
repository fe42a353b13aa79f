/** The Timeline: drawn, moved by mouse and by keys, searched, measured, exported, kept when the session has ended. */
import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { checkAccessibility, webviewFrame } from "../../workbench/axe.mjs";
import { until } from "../../workbench/until.mjs";

const VIEW = "asyncos.timeline";
const COMMANDS = [
  "asyncos.timelineZoomIn",
  "asyncos.timelineZoomOut",
  "asyncos.timelineFit",
  "asyncos.timelineFind",
  "asyncos.timelineFigures",
  "asyncos.timelineExport",
];

export const timeline = {
  name: "timeline",
  drives: { mouse: [VIEW, ...COMMANDS], keyboard: [VIEW, ...COMMANDS] },

  async run({ step, window, workbench }) {
    const { keyboard, mouse } = window;
    const page = window.webview;
    const scroller = page.locator("#scroller");
    const live = page.locator("#live");
    const figures = page.locator("#figures table");
    const note = () => page.locator("#note").innerText();
    /** What is in sight, in instructions; undefined where the note says no range yet. */
    const range = async () => {
      const [, number, unit] = /([\d.]+) ?(k|M|G)? instr/.exec(await note()) ?? [];
      return number && Number(number) * ({ k: 1e3, M: 1e6, G: 1e9 }[unit] ?? 1);
    };
    const changes = async (what, change, test) => {
      const before = await range();
      await change();
      await until(what, async () => test(await range(), before));
    };
    const less = (now, before) => now < before;
    const more = (now, before) => now > before;
    const whole = (now) => now > 1e6;

    await step("mouse: it opens with all that has happened", async () => {
      await mouse.open(VIEW);
      await page.locator("#scroller:not(.bare)").waitFor();
      await until("the note tells the range", async () => (await range()) !== undefined);
      await mouse.title(VIEW, "asyncos.timelineFit");
      await until("all is in sight", async () => whole(await range()));
      await page.locator("#spoken th", { hasText: "Hart 3" }).waitFor({ state: "attached" });
      await checkAccessibility(await webviewFrame(scroller));
      await window.screenshot("timeline");
    });

    await step("mouse: closer, and wider", async () => {
      await changes("less", () => mouse.title(VIEW, "asyncos.timelineZoomIn"), less);
      await changes("more", () => mouse.title(VIEW, "asyncos.timelineZoomOut"), more);
    });

    await step("keyboard: closer, wider, all", async () => {
      await keyboard.open(VIEW);
      await changes("less", () => keyboard.palette("asyncos.timelineZoomIn"), less);
      await changes("less", () => keyboard.palette("asyncos.timelineZoomIn"), less);
      await changes("more", () => keyboard.palette("asyncos.timelineZoomOut"), more);
      await changes("all", () => keyboard.palette("asyncos.timelineFit"), whole);
    });

    await step("keyboard: keys zoom, and go from event to event, and to the source", async () => {
      await until("little is in sight", async () => {
        await scroller.press("+");
        return (await range()) < 1e5;
      });
      await scroller.press("ArrowDown");
      await scroller.press("ArrowDown");
      await until("a row is told", async () => /Hart 1/.test((await live.textContent()) ?? ""));
      await until("an event of a coroutine is reached", async () => {
        await scroller.press("Shift+ArrowRight");
        return /^#\d+ /.test((await live.textContent()) ?? "");
      });
      await scroller.press("Enter");
      await window.editor(".rs");
    });

    await step("mouse: figures of what is in sight, and no longer", async () => {
      await mouse.title(VIEW, "asyncos.timelineFigures");
      await figures.first().waitFor();
      const words = (await page.locator("#figures").innerText()).toLowerCase();
      assert.match(words, /latency from wake to poll/);
      assert.match(words, /share of the harts/);
      await checkAccessibility(await webviewFrame(scroller));
      await window.screenshot("timeline-figures");
      await scroller.press("Escape");
      await figures.first().waitFor({ state: "hidden" });
    });

    await step("keyboard: figures", async () => {
      await keyboard.palette("asyncos.timelineFigures");
      await figures.first().waitFor();
    });

    await step("mouse, keyboard: a search leaves the coroutines of that name", async () => {
      const filter = page.locator("#filter");
      for (const hand of [mouse, keyboard]) {
        if (hand === mouse) await mouse.title(VIEW, "asyncos.timelineFind");
        else await keyboard.palette("asyncos.timelineFind");
        await page.locator("#filter:focus").waitFor();
        await window.type("ring::pass");
        await until("they are counted", async () => /\d+ found/.test(await note()));
        await filter.fill("");
        await until("all are back", async () => !/\d+ found/.test(await note()));
        await scroller.focus();
      }
    });

    for (const [hand, name] of [
      ["mouse", "first.json"],
      ["keyboard", "second.json"],
    ]) {
      await step(`${hand}: the export is a file for Perfetto`, async () => {
        if (hand === "mouse") await mouse.title(VIEW, "asyncos.timelineExport");
        else await keyboard.palette("asyncos.timelineExport");
        const path = join(workbench.folder, name);
        await window.quickInput.answer(path, /timeline\.json$/);
        await window.notification("The timeline is written");
        const { traceEvents } = JSON.parse(await readFile(path, "utf8"));
        assert.ok(traceEvents.length > 100);
      });
    }

    await step("when the session has ended all of it can be seen", async () => {
      await window.command("Debug: Stop");
      await window.ended();
      await until("it says so", async () => /session has ended/.test(await note()));
      await keyboard.palette("asyncos.timelineFit");
      await until("all is in sight", async () => whole(await range()));
    });
  },
};
