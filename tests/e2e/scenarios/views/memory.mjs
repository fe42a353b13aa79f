/** Memory and registers: bytes behind a value or an address, control registers by their fields. */
import { until } from "../../workbench/until.mjs";
import { kernelLine } from "../kernel-lines.mjs";

const QUEUES = "scheduler/src/image/queues.rs";

export const memory = {
  name: "memory and registers",
  drives: { mouse: ["asyncos.openMemory"], keyboard: ["asyncos.openMemory"] },

  async run({ root, step, window }) {
    const { keyboard, mouse } = window;
    const variables = window.pane("Variables");
    const bytes = /0x[0-9a-f]{8,} +([0-9a-f]{2} +){16}\|/;

    await step("control registers open into their fields, registers are listed", async () => {
      await variables.expand();
      await variables.unfold(/^Scope CSRs/);
      await variables.unfold(/^sstatus, value 0x/);
      await variables.find(/^SPP, value /);
      await window.screenshot("registers");
      await variables.unfold(/^Scope CSRs/, false);
      await variables.unfold(/^Scope Registers/);
      await variables.find(/^sp, value 0x/);
    });

    await step("mouse: the memory that a register points to", async () => {
      await mouse.menu("Variables", /^sp, value 0x/, "asyncos.openMemory");
      await window.editor("0x");
      await until("bytes are shown", () => window.editorSays(bytes));
      await window.screenshot("memory");
    });

    await step("keyboard: an address, and an expression", async () => {
      await keyboard.palette("asyncos.openMemory");
      await window.quickInput.answer("0x80200000");
      await window.editor("0x80200000");
      await until("bytes are shown", () => window.editorSays(bytes));
      await keyboard.palette("asyncos.openMemory");
      await window.quickInput.answer("$sp");
      await until(
        "another editor is in front",
        async () =>
          (await window.page.locator('.tab.active[aria-label*="0x80200000"]').count()) === 0,
      );
    });

    await step("the debug console completes registers, names and its commands", async () => {
      const offered = window.page.locator(".suggest-widget.visible .monaco-list-row");
      await window.command("Debug Console: Focus on Debug Console View");
      for (const [typed, label] of [
        ["$sp", "$sp"],
        ["EXEC", "executor::EXECUTOR"],
        [".pi", ".pin"],
      ]) {
        await window.type(typed);
        await offered.filter({ hasText: label }).first().waitFor();
        await window.screenshot(`console-${label.replace(/\W+/g, "")}`);
        await window.key("Escape");
        await window.key("Control+a");
        await window.key("Delete");
      }
    });

    await step("what is no address is refused in a sentence", async () => {
      await keyboard.palette("asyncos.openMemory");
      await window.quickInput.answer("no_such_name");
      await window.notification("no_such_name");
    });

    await step("Jump to Cursor: the hart stands at another line of its function", async () => {
      await window.stopAt("Bitmap update", true);
      await window.goOn();
      await window.event(/bitmap/);
      const stack = window.pane("Call Stack");
      const before = await variables.find(/^pc, value 0x/);
      const line = await kernelLine(root, QUEUES, "node.previous.store(list.last");
      await window.goToLine(line);
      await window.command("Debug: Jump to Cursor");
      await stack.names(new RegExp(`queues::push, line ${line}\\b`));
      await until("pc is another", async () => (await variables.find(/^pc, value 0x/)) !== before);
      await window.screenshot("jump");
      await window.stopAt("Bitmap update", false);
    });
  },
};
