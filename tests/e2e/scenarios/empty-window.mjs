/** No folder at all: the button of the Run and Debug view, and a workload from the list. Dark theme. */
import { click } from "../workbench/quick-input.mjs";

export const emptyWindow = {
  name: "empty window",
  open: "",
  settings: { "workbench.colorTheme": "Default Dark Modern" },
  drives: {
    mouse: ["asyncos.debugBundledKernel", "asyncos.openKernelSource"],
    keyboard: ["asyncos.debugBundledKernel"],
  },

  async run({ step, window }) {
    await step("the button of the Run and Debug view starts the bundled kernel", async () => {
      await window.command("View: Show Run and Debug");
      const button = window.sidebar.getByRole("button", { name: "Debug the Bundled Kernel" });
      await window.mouse.button(button, "asyncos.debugBundledKernel");
      await window.stopped(/entry/i);
    });

    await step("the entry is shown from the package's sources", async () => {
      await window.editor(".rs");
      await window.pane("Watch").collapse();
      await window.screenshot("dark-1-entry");
    });

    await step("stop ends the session, and the views go", async () => {
      await window.command("Debug: Stop");
      await window.ended();
      await window.gone("Harts");
    });

    await step("mouse: a kernel source is opened from the list of all", async () => {
      await window.mouse.palette("asyncos.openKernelSource");
      await window.quickInput.pick("src/executor/mod.rs", click);
      await window.editor("mod.rs");
    });

    await step("keyboard: the palette starts it too", async () => {
      await window.keyboard.palette("asyncos.debugBundledKernel");
      await window.stopped(/entry/i);
    });
  },
};
