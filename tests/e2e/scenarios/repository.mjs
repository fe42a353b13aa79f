/** The repository's own folder, with its launch.json as it is: F5, code lenses. Dark theme. */
import { cp } from "node:fs/promises";
import { join } from "node:path";
import { kernelLine } from "./kernel-lines.mjs";

const RING = "src/workload/ring.rs";

export const repository = {
  name: "repository",
  /** Also in the oldest VS Code. */
  core: true,
  settings: { "workbench.colorTheme": "Default Dark Modern" },

  async fill(folder, root) {
    await cp(join(root, ".vscode"), join(folder, ".vscode"), { recursive: true });
    await cp(join(root, "kernel"), join(folder, "kernel"), {
      recursive: true,
      filter: (path) => !path.endsWith("/target"),
    });
  },

  async run({ step, window, root }) {
    const coroutines = window.view("asyncos.coroutines");

    await step("F5 with no edit stops at the entry, in the repository's sources", async () => {
      await window.command("View: Show Run and Debug");
      await window.openFile("ring.rs", await kernelLine(root, RING, "inbox.receive().await"));
      await window.setConditionalBreakpoint("seen[0] > 0");
      await window.key("F5");
      await window.stopped(/entry/i);
    });

    await step("the breakpoint set before holds, when its condition does", async () => {
      await window.pane("Watch").collapse();
      await window.goOn();
      await window.stopped(/breakpoint/i);
      await window.pane("Variables").names(/^seen, value \[[1-9]/);
    });

    await step("a code lens counts the coroutines of an async fn", async () => {
      await window.lens("async fn pass(", /^\d+ live: .*\d waiting/);
    });

    await step("the lens leads to these coroutines", async () => {
      await (await window.lens("async fn pass(")).locator("a").click();
      await coroutines.all(/^\d+ ring::pass, /);
      await window.screenshot("dark-2-lens");
    });

    await step("all of it at one glance", async () => {
      await coroutines.unfold(/^\d+ ring::pass, waiting/);
      await coroutines.unfold(/^ring::pass, .*ring\.rs/);
      await coroutines.names(/^rounds, 50/);
      await window.view("asyncos.executors").unfold(/^Priority \d, .*[1-9]\d* ready/);
      await window.screenshot("dark-4-overview");
      await window.picture("overview");
      await window.picture("views", "panel");
    });
  },
};
