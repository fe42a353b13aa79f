/** The Bitmaps view: rows of bits with who stands behind them, and stops at one bit. */
import { until } from "../../workbench/until.mjs";

const VIEW = "asyncos.bitmaps";
const BITMAP = /^coroutines, 0x/;

export const bitmaps = {
  name: "bitmaps",
  drives: {
    mouse: [VIEW, "asyncos.toggleBitBreak", "asyncos.openMemory", "asyncos.clearPicked"],
    keyboard: [VIEW, "asyncos.toggleBitBreak", "asyncos.openMemory", "asyncos.clearPicked"],
  },

  async run({ step, window }) {
    const { keyboard, mouse } = window;
    const view = window.view(VIEW);
    const breaks = (bit) => view.names(new RegExp(`^Bit ${bit}, breaks on change`));
    const none = () => view.none(/breaks on change/);

    await step("a bitmap says which bits are set, a bit who is behind it", async () => {
      await mouse.open(VIEW);
      await view.names(/^coroutines, 0x[0-9a-f]+ · (no bit set|bits [\d, ]+ set)/);
      await view.names(/^Bit 0, (set · \d+ coroutines?: |clear · queue empty)/);
      await view.hover(/^Bit 3\b/, /Bit 3 of coroutines: (set|clear)/);
      await window.screenshot("bitmaps");
    });

    await step("mouse: a click at a bit sets a stop, one at its button ends it", async () => {
      await mouse.row(VIEW, /^Bit 4\b/, "asyncos.toggleBitBreak");
      await breaks(4);
      await mouse.inline(VIEW, /^Bit 4\b/, "asyncos.toggleBitBreak");
      await none();
    });

    await step("keyboard: Enter, and the menu", async () => {
      await keyboard.row(VIEW, /^Bit 4\b/, "asyncos.toggleBitBreak");
      await breaks(4);
      await keyboard.menu(VIEW, /^Bit 4\b/, "asyncos.toggleBitBreak");
      await none();
    });

    await step("the machine stops when the bit changes, and says so", async () => {
      await mouse.row(VIEW, /^Bit 4\b/, "asyncos.toggleBitBreak");
      await breaks(4);
      await window.goOn();
      await window.stopped(/bit 4 (set|cleared)/i);
      await window.screenshot("bitmaps-stop");
    });

    await step("mouse, keyboard: all stops are removed at once", async () => {
      await mouse.title(VIEW, "asyncos.clearPicked");
      await none();
      await keyboard.row(VIEW, /^Bit 2\b/, "asyncos.toggleBitBreak");
      await breaks(2);
      await keyboard.palette("asyncos.clearPicked");
      await none();
    });

    await step("mouse, keyboard: the memory that it stands in", async () => {
      await mouse.inline(VIEW, BITMAP, "asyncos.openMemory");
      await window.editor("0x");
      await until("its bytes are shown", () => window.editorSays(/0x[0-9a-f]+ +([0-9a-f]{2} )+/));
      await window.command("View: Close All Editors");
      await keyboard.menu(VIEW, BITMAP, "asyncos.openMemory");
      await window.editor("0x");
    });
  },
};
