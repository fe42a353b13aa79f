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

  async run({ step, window, workbench, install, root }) {
    await step(
      "F5 without a launch.json starts the bundled kernel and stops at its entry",
      async () => {
        await window.command("View: Show Run and Debug");
        await window.screenshot("light-1-start");
        await window.start("AsyncOS");
        await window.pick("Bundled kernel");
        await window.stopped(/entry/i);
      },
    );

    await step("the daemon runs on VS Code's own Node", async () => {
      assert.deepEqual(
        (await daemons(workbench)).map(({ executable }) => executable),
        [install.node],
      );
    });

    await window.collapse("Watch");
    await step("the views come to the front, and every hart is listed", async () => {
      assert.equal((await window.rows("Harts", /^Hart \d/)).length, 4);
      const threads = await window.rows("Call Stack", /hart \d/i);
      assert.equal(threads.length, 4);
    });

    await step("a breakpoint in a kernel source from the package stops there", async () => {
      await window.command("AsyncOS: Open a Source of the Bundled Kernel...");
      await window.pick(RING);
      await window.editor("ring.rs");
      await window.goToLine(await kernelLine(root, RING, "token.hops += 1;"));
      await window.setBreakpoint();
      await window.key("F5");
      await window.stopped(/breakpoint/i);
      await window.editor("ring.rs");
    });

    await step("Variables show the coroutine's locals", async () => {
      await window.rows("Variables", /^token/);
      await window.rows("Variables", /^seen/);
    });

    await step("Coroutines list who waits, with await stacks and what they hold", async () => {
      await window.filterCoroutines("pass state:waiting");
      await window.allRows("Coroutines", /ring::pass waiting/);
      await window.expand("Coroutines", /ring::pass waiting/);
      await window.rows("Coroutines", /^ring::pass .*ring.rs:/);
      await window.rows("Coroutines", /^spawned/);
    });

    await step("a value that a suspended coroutine holds can be read", async () => {
      await window.expand("Coroutines", /^ring::pass .*ring.rs:/);
      assert.deepEqual(await window.rows("Coroutines", /^rounds /), ["rounds 50"]);
    });

    await step("Executors show queues with their bits", async () => {
      await window.rows("Executors", /Priority \d+ .*bit set/);
      await window.rows("Executors", /Waker cache/);
      await window.screenshot("light-2-breakpoint");
    });

    await step("one hart steps, the others stand still", async () => {
      const before = await harts(window);
      const stepped = before.findIndex(({ text }) => text.includes("pass"));
      await window.inline("Harts", new RegExp(`^Hart ${stepped}`), "Step This Hart Only");
      await window.stopped(/step/i);
      const after = await harts(window);
      for (const [id, hart] of before.entries()) {
        if (id === stepped) assert.notEqual(after[id].instructions, hart.instructions);
        else assert.deepEqual(after[id], hart);
      }
      await window.screenshot("light-3-step-hart");
    });

    await step("a wake stops where its condition says", async () => {
      await window.stopAt("ring.rs", false);
      await window.stopAt("Wake", true, "hart == 1 && prio == 2");
      await window.key("F5");
      await window.stopped(/wake/i);
      assert.match(await window.event(), /wake of coroutine \d+ \(priority 2\) on hart 1/);
      await window.rows("Variables", /^Locals/);
      await window.screenshot("light-4-wake");
      await window.picture("wake");
    });

    await step("a bitmap update says old and new bits, and where they are kept", async () => {
      await window.stopAt("Wake", false);
      await window.stopAt("Bitmap update", true);
      await window.key("F5");
      await window.stopped(/bitmap/i);
      const [, bits] = /bitmap \w* ?0b[01]+ -> 0b([01]+)/.exec(await window.event());
      const rows = await window.rows("Bitmaps", /^coroutines /);
      const shown = [...bits.padStart(8, "0")].reverse().map((bit) => (bit === "1" ? "●" : "○"));
      assert.ok(rows[0].startsWith(`coroutines ${shown.join("")}`), rows[0]);
      await window.row("Threads", /^\d+ main/);
      await window.screenshot("light-5-bitmap");
    });

    await step("one hart runs, the others stand still", async () => {
      const before = await harts(window);
      const hart = Number(/on hart (\d)/.exec(await window.event())?.[1]);
      assert.ok(Number.isInteger(hart));
      await window.inline("Harts", new RegExp(`^Hart ${hart}`), "Run This Hart Only");
      await until("another update", async () => {
        const [row] = await window.rows("Harts", new RegExp(`^Hart ${hart}`));
        return row !== before[hart].text;
      });
      await window.stopped(/bitmap/i);
      const after = await harts(window);
      for (const [id, old] of before.entries()) {
        if (id === hart) assert.notEqual(after[id].instructions, old.instructions);
        else assert.deepEqual(after[id], old);
      }
    });

    await step("a frozen hart stands still while the others run, until it is thawed", async () => {
      await window.inline("Harts", /^Hart 3/, "Freeze This Hart");
      const [frozen] = await window.rows("Harts", /^Hart 3 \w+, frozen/);
      const before = await harts(window);
      // It may hold a lock that the others spin for: they run until they are paused.
      await window.stopAt("Bitmap update", false);
      await window.key("F5");
      await window.running();
      await window.command("Debug: Pause");
      await window.stopped(/pause/i);
      assert.deepEqual(await window.rows("Harts", /^Hart 3/), [frozen]);
      const after = await harts(window);
      assert.equal(after[3].instructions, before[3].instructions);
      assert.notEqual(after[0].instructions, before[0].instructions);
      await window.inline("Harts", /^Hart 3/, "Thaw This Hart");
      await window.rows("Harts", /^Hart 3 (?!.*frozen)/);
    });

    await step("it runs on to the end, which the console tells", async () => {
      await window.key("F5");
      await window.ended();
      assert.match(await window.console(/done:/), /\[kernel\] done:/);
    });
  },
};

/** The texts of the Harts view, and the instruction counts of its hovers. */
async function harts(window) {
  const found = [];
  for (const text of await window.rows("Harts", /^Hart \d/)) {
    const hover = await window.hover(
      "Harts",
      new RegExp(`^${text.split(" ").slice(0, 2).join(" ")}`),
    );
    found.push({ text, instructions: /([\d,]+) instructions/.exec(hover)?.[1] });
  }
  return found;
}
