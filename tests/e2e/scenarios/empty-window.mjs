/** No folder at all: the button of the Run and Debug view, and a workload from the list. Dark theme. */
export const emptyWindow = {
  name: "empty window",
  open: "",
  settings: { "workbench.colorTheme": "Default Dark Modern" },

  async run({ step, window }) {
    await step("the button of the Run and Debug view starts the bundled kernel", async () => {
      await window.command("View: Show Run and Debug");
      await window.sidebar.getByRole("button", { name: "Debug the Bundled Kernel" }).click();
      await window.stopped(/entry/i);
    });

    await window.collapse("Watch");
    await step("the entry is shown from the package's sources", async () => {
      await window.editor(".rs");
      await window.screenshot("dark-1-entry");
    });

    await step("stop ends the session, and the views go", async () => {
      await window.command("Debug: Stop");
      await window.ended();
      await window.gone("Harts");
    });
  },
};
