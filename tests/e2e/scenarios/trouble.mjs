/** What goes wrong is said in a sentence, and the next F5 works. Dark theme. */
import assert from "node:assert/strict";
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { daemons } from "./daemons.mjs";

const configuration = (name, more) => ({
  name,
  type: "asyncos",
  request: "launch",
  stopOnEntry: true,
  ...more,
});

const STARTING = /Starting the bundled kernel|Reading \w/;

export const trouble = {
  name: "trouble",
  settings: { "workbench.colorTheme": "Default Dark Modern" },

  async fill(folder) {
    await mkdir(join(folder, ".vscode"));
    const configurations = [
      configuration("no file", { program: "missing.elf" }),
      configuration("no elf", { program: "text.elf" }),
      configuration("no image", { initrd: "missing.img" }),
      configuration("no profile", { profile: "kernel.asyncos-profile.json" }),
      configuration("good", { machine: "kept" }),
      { name: "again", type: "asyncos", request: "attach", machine: "kept" },
    ];
    await writeFile(
      join(folder, ".vscode", "launch.json"),
      JSON.stringify({ version: "0.2.0", configurations }, null, 2),
    );
    await writeFile(join(folder, "text.elf"), "not an ELF");
    const match = { statics: ["EXECUTOR"] };
    const profile = { name: "kernel", match, bitmaps: [{ name: "ready", word: 7 }] };
    await writeFile(join(folder, "kernel.asyncos-profile.json"), JSON.stringify(profile));
  },

  async run({ step, window, workbench }) {
    await window.command("View: Show Run and Debug");
    for (const [name, expected] of [
      ["no file", /missing\.elf/],
      ["no elf", /text\.elf/],
      // Paths are those of the folder.
      ["no image", /\/\S+\/missing\.img/],
      ["no profile", /kernel\.asyncos-profile\.json.*bitmaps\[0\]\.word/s],
    ]) {
      await step(`"${name}" is told in a sentence that names the file`, async () => {
        await window.debug(name);
        assert.match(await window.dialog(), expected);
        await window.screenshot(`dark-3-${name.replace(" ", "-")}`);
        await window.closeDialog();
        // Nothing goes on any more.
        const starting = window.page.locator(".notification-list-item", { hasText: STARTING });
        assert.equal(await starting.count(), 0);
        await window.gone("Harts");
      });
    }

    await step("the same daemon serves the next session", async () => {
      const before = await daemons(workbench);
      await window.debug("good");
      await window.stopped(/entry/i);
      assert.deepEqual(await daemons(workbench), before);
    });

    await step("a start that takes long is told, and can be called off", async () => {
      await window.command("Debug: Stop");
      await window.ended();
      const [daemon] = await daemons(workbench);
      process.kill(daemon.pid, "SIGSTOP");
      try {
        await window.debug("good");
        const told = window.page.locator(".notification-list-item", { hasText: STARTING });
        await told.waitFor();
        await window.screenshot("dark-3-starting");
        await told.getByRole("button", { name: "Cancel" }).click();
        // While the daemon still does not answer.
        await window.ended();
      } finally {
        process.kill(daemon.pid, "SIGCONT");
      }
      await window.debug("good");
      await window.stopped(/entry/i);
    });

    await step("a daemon that dies ends the session with a sentence", async () => {
      const [daemon] = await daemons(workbench);
      process.kill(daemon.pid, "SIGKILL");
      await window.ended();
      assert.match(await window.console(/session ended/), /connection to the daemon broke/);
    });

    await step("and the next F5 starts a new one", async () => {
      await window.debug("good");
      await window.stopped(/entry/i);
      assert.equal((await daemons(workbench)).length, 1);
    });

    await step("a machine that a session leaves can be attached to", async () => {
      await window.command("Debug: Disconnect and Suspend");
      await window.ended();
      await window.debug("again");
      await window.stopped(/entry/i);
      await window.keyboard.open("asyncos.harts");
      assert.equal((await window.view("asyncos.harts").names(/^Hart \d/)).length, 4);
    });
  },
};
