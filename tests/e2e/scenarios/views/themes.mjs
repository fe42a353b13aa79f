/** Every view in each kind of theme, in a usual and in a narrow window: pictures to look at, and axe on the pages. */
import { checkAccessibility, webviewFrame } from "../../workbench/axe.mjs";
import { hasBars } from "../../workbench/texts.mjs";
import { until } from "../../workbench/until.mjs";

const THEMES = [
  { name: "light", theme: "Light Modern", kind: "vs" },
  { name: "dark", theme: "Dark Modern", kind: "vs-dark" },
  { name: "contrast-dark", theme: "Dark High Contrast", kind: "hc-black" },
  { name: "contrast-light", theme: "Light High Contrast", kind: "hc-light" },
];
const SIZES = [
  { name: "wide", size: undefined },
  { name: "narrow", size: { width: 1080, height: 720 } },
];

export const themes = {
  name: "themes",

  async run({ step, window }) {
    const { mouse } = window;
    const page = window.webview;

    await step("something of everything is to be seen", async () => {
      // Which panel is in front is the last scenario's doing.
      await mouse.open("asyncos.executors");
      await window.view("asyncos.executors").names(/^EXECUTOR, global/);
      await window.stopAt("Bitmap update", true);
      await window.goOn();
      await window.stopped(/bitmap/i);
      await mouse.open("asyncos.harts");
      await mouse.inline("asyncos.harts", /^Hart 3\b/, "asyncos.freezeHart");
      const coroutines = window.view("asyncos.coroutines");
      await coroutines.unfold(/^\d+ ring::pass, waiting/);
      await coroutines.unfold(/^ring::pass, .*ring\.rs:\d+/);
      await mouse.menu("asyncos.coroutines", /^\d+ sleepers::sleeper, /, "asyncos.breakOnWake");
      await window.view("asyncos.executors").unfold(/^Priority \d, .*[1-9]\d* ready/);
      await mouse.open("asyncos.bitmaps");
      await mouse.row("asyncos.bitmaps", /^Bit 4\b/, "asyncos.toggleBitBreak");
    });

    for (const { kind, name, theme } of THEMES) {
      await step(`in the theme ${theme}`, async () => {
        await window.command("Preferences: Color Theme");
        await window.quickInput.pick(theme);
        await window.page.locator(`.monaco-workbench.${kind}`).waitFor();
        for (const { name: width, size } of SIZES) {
          await window.resize(size);
          const picture = (view) => window.screenshot(`theme-${name}-${width}-${view}`);
          await mouse.open("asyncos.harts");
          await picture("scheduler");
          await mouse.open("asyncos.bitmaps");
          await picture("kernel");
          await mouse.open("asyncos.timeline");
          await page.locator("#scroller:not(.bare)").waitFor();
          await until("rows are drawn", () => page.locator("canvas").evaluate(hasBars));
          await picture("timeline");
          await mouse.title("asyncos.timeline", "asyncos.timelineFigures");
          await page.locator("#figures table").first().waitFor();
          await picture("figures");
          await checkAccessibility(await webviewFrame(page.locator("#scroller")));
          await page.locator("#scroller").focus();
          await window.key("Escape");
          await mouse.open("asyncos.stacks");
          await page.locator(".box").first().waitFor();
          await picture("stacks");
          await checkAccessibility(await webviewFrame(page.locator("main")));
        }
        await window.resize();
      });
    }

    await step("what was picked is removed", async () => {
      await mouse.open("asyncos.bitmaps");
      await mouse.title("asyncos.bitmaps", "asyncos.clearPicked");
      await window.stopAt("Bitmap update", false);
    });
  },
};
