/** Threads and Processes: the pool by state, processes with what is theirs, loaded ELFs; a stop in programs alone. */
import assert from "node:assert/strict";
import { kernelLine } from "../kernel-lines.mjs";

const VIEW = "asyncos.threads";
/** The kernel and all programs execute it. */
const QUEUES = "scheduler/src/image/queues.rs";

export const threads = {
  name: "threads and processes",
  session: "programs",
  drives: {
    mouse: [VIEW, "asyncos.focusThread", "asyncos.openMemory"],
    keyboard: [VIEW, "asyncos.focusThread", "asyncos.openMemory"],
  },

  async run({ root, step, window }) {
    const { keyboard, mouse } = window;
    const view = window.view(VIEW);

    await step("threads stand in the pool by their state", async () => {
      await mouse.open(VIEW);
      await view.names(/^Thread pool, .*\d+ (running|ready|blocked)/);
      await view.names(/^(Running|Ready|Blocked), \d+ threads?/);
      await view.find(/^Thread \d+ main, /);
      await window.screenshot("threads");
    });

    await step("mouse: a thread is shown in the Call Stack", async () => {
      await mouse.inline(VIEW, /^Thread \d+ main, blocked/, "asyncos.focusThread");
      await window.focusIsOn(/^Thread .*\bmain\b/);
    });

    await step("keyboard: another one", async () => {
      await keyboard.menu(VIEW, /^Thread \d+ user, running/, "asyncos.focusThread");
      await window.focusIsOn(/^Thread hart \d/);
    });

    await step("a process opens to its threads, its coroutines and its program", async () => {
      await view.unfold(/^Process \d+ ring, .*root 0x[0-9a-f]+/);
      await view.find(/^\d+ coroutines?, show/);
      await view.unfold(/^Address space, root 0x[0-9a-f]+/);
      await view.find(/^0x1000000000 - 0x[0-9a-f]+, r-x · user/);
      await window.screenshot("processes");
      await view.unfold(/^Address space, root 0x[0-9a-f]+/, false);
    });

    await step("mouse: its coroutines are listed in their view", async () => {
      await view.click(/^\d+ coroutines?, show/);
      await window.view("asyncos.coroutines").says(/process:\d/);
    });

    await step("mouse, keyboard: memory of a loaded file", async () => {
      await keyboard.to(VIEW, /^Modules, \d+ loaded/);
      await window.key("ArrowRight");
      await view.unfold(/^asyncos-kernel\.elf, /);
      await mouse.inline(VIEW, /^0x80200000 - /, "asyncos.openMemory");
      await window.editor("0x80200000");
      await window.command("View: Close All Editors");
      await keyboard.menu(VIEW, /^0x80200000 - /, "asyncos.openMemory");
      await window.editor("0x80200000");
    });

    await step("a breakpoint in code that all share stops programs alone", async () => {
      await window.stopAt("Bitmap update", true);
      await window.goOn();
      await window.event(/bitmap/);
      await window.stopAt("Bitmap update", false);
      await window.editor("queues.rs");
      await window.goToLine(await kernelLine(root, QUEUES, "node.previous.store(list.last"));
      await window.setBreakpoint();
      await window.setBreakpointMode("Programs");
      await window.pane("Breakpoints").find(/^queues\.rs/);
      await window.sidebar.getByText("Programs: ").waitFor();
      await window.screenshot("breakpoint-mode");
      await window.goOn();
      await window.stopped(/breakpoint/i);
      const [stopped] = await window.pane("Call Stack").names(/^Thread hart \d.*breakpoint/i);
      await mouse.open("asyncos.harts");
      const [, id] = /hart (\d)/.exec(stopped);
      const hover = await window.view("asyncos.harts").hover(new RegExp(`^Hart ${id}\\b`));
      assert.match(hover, /Privilege U/);
      await window.command("View: Show Run and Debug");
      await window.stopAt("queues.rs", false);
    });
  },
};
