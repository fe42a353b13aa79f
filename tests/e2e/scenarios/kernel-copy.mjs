/** A folder to play in: a copy of the bundled kernel, debugged by its own launch.json, found by F5 without it. */
import assert from "node:assert/strict";
import { access, mkdir, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { until } from "../workbench/until.mjs";
import { kernelLine } from "./kernel-lines.mjs";

const RING = "src/workload/ring.rs";

export const kernelCopy = {
  name: "kernel copy",
  settings: { "workbench.colorTheme": "Default Light Modern" },
  drives: { mouse: ["asyncos.copyKernel"], keyboard: ["asyncos.copyKernel"] },

  async run({ step, window, workbench, root }) {
    await step("the copy has sources, image and launch.json, and its README opens", async () => {
      await window.command("View: Show Run and Debug");
      const button = window.sidebar.getByRole("button", { name: "Make a Copy" });
      await window.mouse.button(button, "asyncos.copyKernel");
      await window.editor("README.md");
      for (const file of ["build.mjs", RING, "prebuilt/asyncos-kernel.elf"]) {
        await access(join(workbench.folder, "kernel", file));
      }
      await window.screenshot("light-copy-1");
    });

    await step("without a session its sources say how large coroutines are", async () => {
      await window.openFile("ring.rs", await kernelLine(root, RING, "async fn pass"));
      const lens = await window.lens("async fn pass");
      assert.match(await lens.innerText(), /^async fn, \d+ bytes, 1 await$/);
      await window.screenshot("light-copy-2-lenses");
    });

    await step("a breakpoint in the copy's source stops there", async () => {
      await window.openFile("ring.rs", await kernelLine(root, RING, "token.hops += 1;"));
      await window.setBreakpoint();
      await window.key("F5");
      await window.stopped(/entry/i);
      await window.goOn();
      await window.stopped(/breakpoint/i);
      await window.editor("ring.rs");
      await window.pane("Variables").names(/^token, value /);
      await window.command("Debug: Stop");
      await window.ended();
    });

    await step("a second copy is refused in a sentence that says what to do", async () => {
      await window.keyboard.palette("asyncos.copyKernel");
      const said = await window.notification("is there already");
      assert.match(said, /Open an empty folder for the copy/);
    });

    await step("without its launch.json F5 offers the images that are there", async () => {
      await rm(join(workbench.folder, ".vscode"), { recursive: true });
      // A Rust file in front says already which debugger it is.
      await window.key("F5");
      await window.quickInput.pick("asyncos-kernel.elf");
      await window.stopped(/entry/i);
      await window.screenshot("light-copy-3");
      await window.command("Debug: Stop");
      await window.ended();
    });

    await step("a new launch.json begins with that image", async () => {
      await window.command("Debug: Add Configuration...");
      await window.editor("launch.json");
      const named = /"program": "\$\{workspaceFolder\}\/kernel\/prebuilt\/asyncos-kernel\.elf"/;
      await until("it names the image", () => window.editorSays(named));
      await window.screenshot("light-copy-4-launch");
    });

    await step("where no image is built yet F5 offers to build it", async () => {
      await rm(join(workbench.folder, "kernel"), { recursive: true });
      await rm(join(workbench.folder, ".vscode"), { recursive: true });
      await mkdir(join(workbench.folder, ".cargo"));
      const cargo = '[build]\ntarget = "riscv64gc-unknown-none-elf"\n';
      await writeFile(join(workbench.folder, ".cargo", "config.toml"), cargo);
      await writeFile(join(workbench.folder, "main.rs"), "fn main() {}\n");
      await window.command("View: Close All Editors");
      await window.openFile("main.rs");
      await window.key("F5");
      await window.quickInput.row("Build the kernel first").waitFor();
      await window.screenshot("light-copy-5-build");
      await window.quickInput.pick("Bundled kernel");
      await window.stopped(/entry/i);
    });
  },
};
