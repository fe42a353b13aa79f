/** A newcomer: plain VS Code, an empty folder, the package installed, no launch.json. Light theme. */
import assert from "node:assert/strict";
import { until } from "../workbench/until.mjs";
import { daemons } from "./daemons.mjs";
import { kernelLine } from "./kernel-lines.mjs";

const RING = "src/workload/ring.rs";

export const emptyFolder = {
  name: "empty folder",
  /** Also in the oldest VS Code. */
  core: true,
  settings: { "workbench.colorTheme": "Default Light Modern" },
  drives: {
    mouse: ["asyncos.showLog"],
    keyboard: ["asyncos.openKernelSource", "asyncos.showLog"],
  },

  async run({ step, window, workbench, install, root }) {
    const { keyboard, mouse } = window;

    await step(
      "F5 without a launch.json starts the bundled kernel and stops at its entry",
      async () => {
        await window.command("View: Show Run and Debug");
        await window.screenshot("light-1-start");
        await window.start("AsyncOS");
        await window.quickInput.pick("Bundled kernel");
        await window.stopped(/entry/i);
      },
    );

    await step("the daemon runs on VS Code's own Node", async () => {
      assert.deepEqual(
        (await daemons(workbench)).map(({ executable }) => executable),
        [install.node],
      );
    });

    await step("the views come to the front, and every hart is listed", async () => {
      await window.pane("Watch").collapse();
      assert.equal((await window.view("asyncos.harts").names(/^Hart \d/)).length, 4);
      assert.equal((await window.pane("Call Stack").names(/^Thread hart \d/)).length, 4);
    });

    await step("a breakpoint in a kernel source from the package stops there", async () => {
      await keyboard.palette("asyncos.openKernelSource");
      await window.quickInput.pick(RING);
      await window.editor("ring.rs");
      await window.goToLine(await kernelLine(root, RING, "token.hops += 1;"));
      await window.setBreakpoint();
      await window.goOn();
      await window.stopped(/breakpoint/i);
      await window.editor("ring.rs");
    });

    await step("Variables show the coroutine's locals", async () => {
      const variables = window.pane("Variables");
      await variables.names(/^token, value /);
      await variables.names(/^seen, value /);
      await window.screenshot("light-2-breakpoint");
    });

    await step("a wake stops where its condition says", async () => {
      await window.stopAt("ring.rs", false);
      await window.stopAt("Wake", true, "hart == 1 && prio == 3");
      await window.goOn();
      await window.stopped(/wake/i);
      assert.match(await window.event(), /wake of coroutine \d+ \(priority 3\) on hart 1/);
      await window.pane("Variables").names(/^message, value \d+/);
      await window.screenshot("light-3-wake");
      await window.picture("wake");
    });

    await step("a bitmap update says old and new bits, and where they are kept", async () => {
      await window.stopAt("Wake", false);
      await window.stopAt("Bitmap update", true);
      await window.goOn();
      await window.stopped(/bitmap/i);
      const said = await window.event(/bitmap \w* ?0b[01]+ -> 0b[01]+/);
      const [, bits] = /-> 0b([01]+)/.exec(said);
      const set = [...bits].reverse().flatMap((bit, index) => (bit === "1" ? [index] : []));
      const shown = set.length === 0 ? "no bit set" : `bits ${set.join(", ")} set`;
      await mouse.open("asyncos.bitmaps");
      const [row] = await window.view("asyncos.bitmaps").names(/^coroutines, /);
      assert.ok(row.includes(shown), row);
      await window.screenshot("light-4-bitmap");
    });

    await step("it runs on to the end, which the console tells", async () => {
      await window.stopAt("Bitmap update", false);
      await window.goOn();
      await window.ended();
      assert.match(await window.console(/done:/), /\[kernel\] done:/);
    });

    await step("mouse, keyboard: the log is opened", async () => {
      const channels = window.page.locator('[id="workbench.parts.panel"] select.monaco-select-box');
      for (const hand of [mouse, keyboard]) {
        await hand.palette("asyncos.showLog");
        await until("the output is ours", async () => {
          const chosen = await channels.evaluateAll(([list]) => list?.selectedOptions[0]?.text);
          return chosen === "AsyncOS";
        });
        await window.command("View: Toggle Output");
      }
    });
  },
};
