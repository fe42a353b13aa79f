/** The Harts view: what each does; one steps, runs, stands still or is looked at, by mouse and by keyboard. */
import assert from "node:assert/strict";
import { until } from "../../workbench/until.mjs";
import { onlyGoesOn, standing } from "./standing.mjs";

const VIEW = "asyncos.harts";
const hart = (id) => new RegExp(`^Hart ${id}\\b`);

export const harts = {
  name: "harts",
  drives: {
    mouse: [
      VIEW,
      "asyncos.focusHart",
      "asyncos.stepHart",
      "asyncos.runHart",
      "asyncos.freezeHart",
      "asyncos.thawHart",
    ],
    keyboard: [
      VIEW,
      "asyncos.focusHart",
      "asyncos.stepHart",
      "asyncos.runHart",
      "asyncos.freezeHart",
      "asyncos.thawHart",
    ],
  },

  async run({ step, window }) {
    const { keyboard, mouse } = window;
    const view = window.view(VIEW);

    await step("every hart is listed with what it does, where, and how far it is", async () => {
      await mouse.open(VIEW);
      const names = await standing(window);
      assert.equal(names.length, 4);
      for (const name of names) assert.match(name, /^Hart \d, (running|waiting) · .+ instr$/);
      const hover = await view.hover(hart(0));
      assert.match(hover, /Privilege [MSU], [\d,]+ instructions retired/);
    });

    await step(
      "it opens to its coroutine, its thread, its privilege and the memory at pc",
      async () => {
        const [busy] = await view.names(/^Hart \d, .* · coroutine \d+/);
        await view.unfold(hart(busy[5]));
        await view.find(/^\d+ \w+::\w+.*, running/);
        await view.find(/^Thread \d+ \w+, running/);
        await view.find(/^Privilege, S · supervisor/);
        await view.find(/^pc, 0x[0-9a-f]+/);
        await window.screenshot("harts-one");
        await view.unfold(hart(busy[5]), false);
      },
    );

    await step("mouse: a hart is focused in the Call Stack", async () => {
      await mouse.inline(VIEW, hart(2), "asyncos.focusHart");
      await window.focusIsOn(/^Thread hart 2\b/);
    });

    await step("keyboard: another one", async () => {
      await keyboard.menu(VIEW, hart(1), "asyncos.focusHart");
      await window.focusIsOn(/^Thread hart 1\b/);
    });

    await step("mouse: one hart steps, the others stand still", () =>
      onlyGoesOn(window, 1, () => mouse.inline(VIEW, hart(1), "asyncos.stepHart")),
    );

    await step("mouse: the same in the menu of the Call Stack", () =>
      onlyGoesOn(window, 2, () => mouse.menu("Call Stack", /^Thread hart 2\b/, "asyncos.stepHart")),
    );

    await step("keyboard: the focused hart steps", async () => {
      await keyboard.menu(VIEW, hart(2), "asyncos.focusHart");
      await window.focusIsOn(/^Thread hart 2\b/);
      await onlyGoesOn(window, 2, () => keyboard.palette("asyncos.stepHart"));
    });

    await step("mouse: one hart runs until it is paused or waits, the others stand still", () =>
      onlyGoesOn(window, 1, () => mouse.inline(VIEW, hart(1), "asyncos.runHart")),
    );

    await step("keyboard: one hart runs", () =>
      onlyGoesOn(window, 3, () => keyboard.menu(VIEW, hart(3), "asyncos.runHart")),
    );

    await step("mouse: a frozen hart stands still while the others run", async () => {
      await mouse.inline(VIEW, hart(3), "asyncos.freezeHart");
      const [frozen] = await view.names(/^Hart 3, \w+, frozen/);
      const before = await standing(window);
      await window.goOn();
      await window.running();
      await window.command("Debug: Pause");
      await until("the others have gone on", async () => {
        const [first] = await view.names(hart(0));
        return first !== before[0];
      });
      assert.deepEqual(await view.names(hart(3)), [frozen]);
      await window.screenshot("harts");
    });

    await step("mouse: it is thawed", async () => {
      await mouse.inline(VIEW, hart(3), "asyncos.thawHart");
      await view.names(/^Hart 3, (?!.*frozen)/);
    });

    await step("keyboard: frozen, and thawed", async () => {
      await keyboard.menu(VIEW, hart(0), "asyncos.freezeHart");
      await view.names(/^Hart 0, \w+, frozen/);
      await keyboard.menu(VIEW, hart(0), "asyncos.thawHart");
      await view.names(/^Hart 0, (?!.*frozen)/);
    });
  },
};
