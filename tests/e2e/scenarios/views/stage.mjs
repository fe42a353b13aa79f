/**
 * What the scenarios of the views share: one workbench, and for each of them a session of its own
 * that has run for some time, so that coroutines wait, are ready and run.
 */
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";

const configuration = (name, append) => ({
  name,
  type: "asyncos",
  request: "launch",
  harts: 4,
  append,
  // It stops there, and can go on.
  maxInstructions: 1_500_000,
  internalConsoleOptions: "neverOpen",
});

export const stage = {
  settings: {
    "workbench.colorTheme": "Default Dark Modern",
    // So few that a workload of some twenty coroutines has more than one page.
    "asyncos.coroutines.pageSize": 10,
    // Keys are for the views: the editor, which takes the focus at each stop, would be typed into.
    "debug.focusEditorOnBreak": false,
  },

  async fill(folder) {
    await mkdir(join(folder, ".vscode"));
    const configurations = [
      configuration("mix", "workload=mix rounds=100000"),
      configuration("programs", "workload=run program=ring processes=2 rounds=100000"),
    ];
    const file = { version: "0.2.0", configurations };
    await writeFile(join(folder, ".vscode", "launch.json"), JSON.stringify(file, null, 2));
  },

  /** Before each scenario. */
  async begin(window, session = "mix") {
    await window.command("View: Show Run and Debug");
    await window.debug(session);
    // Not at whatever the last scenario wanted to stop at.
    await window.stopped(/limit/i);
  },

  /** After each. */
  async end(window) {
    if (await window.debugging()) {
      await window.command("Debug: Stop");
      await window.ended();
    }
    await window.command("View: Close All Editors");
  },
};
