/** The Coroutines view as a list: filtered, grouped, sorted, and longer than a page. */
import assert from "node:assert/strict";
import { click } from "../../workbench/quick-input.mjs";
import { until } from "../../workbench/until.mjs";

const VIEW = "asyncos.coroutines";
const COMMANDS = [
  "asyncos.filterCoroutines",
  "asyncos.clearCoroutineFilter",
  "asyncos.showMoreCoroutines",
  "asyncos.groupCoroutines",
  "asyncos.sortCoroutines",
];
const MORE = /^[\d,]+ not shown, show more/;

export const coroutineList = {
  name: "coroutines, the list",
  drives: { mouse: [VIEW, ...COMMANDS], keyboard: [VIEW, ...COMMANDS] },

  async run({ step, window }) {
    const { keyboard, mouse } = window;
    const view = window.view(VIEW);
    const hidden = async () => Number.parseInt((await view.glimpse(MORE)) ?? "0", 10);

    await step("each says its state, its priority, where it waits and what for", async () => {
      await mouse.open(VIEW);
      await view.names(/^\d+ ring::pass, waiting · prio \d · ring\.rs:\d+ · for a message/);
      await view.names(/^\d+ .+, waiting · prio \d · .+\.rs:\d+ · for coroutine \d+/);
    });

    await step("mouse: a filter leaves what matches, and its end brings all back", async () => {
      await mouse.title(VIEW, "asyncos.filterCoroutines");
      await window.quickInput.answer("pass state:waiting");
      await view.all(/^\d+ ring::pass, waiting/);
      await window.screenshot("coroutines-filtered");
      await mouse.title(VIEW, "asyncos.clearCoroutineFilter");
      await view.names(/^\d+ (?!ring::pass).+, /);
    });

    await step("keyboard: the same", async () => {
      await keyboard.palette("asyncos.filterCoroutines");
      await window.quickInput.answer("prio:<3");
      await view.all(/ · prio [012]\b|not shown/);
      await keyboard.palette("asyncos.clearCoroutineFilter");
      await view.names(/ · prio [3-7]\b/);
    });

    await step("mouse: a page more", async () => {
      const before = await hidden();
      assert.ok(before > 0);
      await mouse.row(VIEW, MORE, "asyncos.showMoreCoroutines");
      await until("less is hidden", async () => (await hidden()) < before);
    });

    await step("mouse: groups by state", async () => {
      await mouse.title(VIEW, "asyncos.groupCoroutines");
      await window.quickInput.pick("State", click);
      await view.all(/^\w+, \d+ coroutines?$/);
      await view.unfold(/^waiting, /i);
      await view.names(/^\d+ .+, waiting/);
      await window.screenshot("coroutines-grouped");
    });

    await step("keyboard: a page more, of a group", async () => {
      const before = await hidden();
      assert.ok(before > 0);
      await keyboard.row(VIEW, MORE, "asyncos.showMoreCoroutines");
      await until("less is hidden", async () => (await hidden()) < before);
    });

    await step("keyboard: no groups", async () => {
      await keyboard.palette("asyncos.groupCoroutines");
      await window.quickInput.pick("No Groups");
      await view.names(/^\d+ .+, waiting/);
      await view.none(/^\w+, \d+ coroutines?$/);
    });

    await step("mouse: those that are ready for longest come first", async () => {
      await mouse.title(VIEW, "asyncos.sortCoroutines");
      await window.quickInput.pick("Ready Longest First", click);
      await view.says(/ready longest first/);
    });

    await step("keyboard: in the executors' order again", async () => {
      await keyboard.palette("asyncos.sortCoroutines");
      await window.quickInput.pick("As the Executors Keep Them");
      await view.says(/^(?!.*ready longest first)/);
    });
  },
};
