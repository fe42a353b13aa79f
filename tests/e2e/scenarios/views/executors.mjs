/** The Executors view: queues with their bits and members, the waker cache, what changed since the last stop. */
const VIEW = "asyncos.executors";

export const executors = {
  name: "executors",
  drives: { mouse: [VIEW], keyboard: [VIEW] },

  async run({ step, window }) {
    const { keyboard, mouse } = window;
    const view = window.view(VIEW);

    await step("mouse: queues with their bits open to their coroutines, in order", async () => {
      await mouse.open(VIEW);
      await view.names(/^EXECUTOR, global · \d+ ready/);
      await window.stopAt("Bitmap update", true);
      await window.goOn();
      await window.stopped(/bitmap/i);
      await view.unfold(/^Priority \d, .*[1-9]\d* ready/);
      await view.names(/^\d+ \w+::\w+/);
      await window.screenshot("executors");
    });

    await step("what came and went since the last stop is marked", async () => {
      await window.goOn();
      await view.names(/^Priority \d, .* since the last stop/);
      // It takes the keys when it comes.
      await window.event();
    });

    await step("keyboard: the waker cache opens to whose wakers it holds", async () => {
      await keyboard.to(VIEW, /^Waker cache, \d+ wakers?/);
      await window.key("ArrowRight");
      await view.find(/^\d+ \w+::\w+.*, 0x[0-9a-f]+/);
      await window.stopAt("Bitmap update", false);
    });
  },
};
