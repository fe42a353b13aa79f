/** One coroutine: its await stack and what it holds, its sources, stops at its events, a place in the Call Stack. */
import assert from "node:assert/strict";
import { click } from "../../workbench/quick-input.mjs";
import { kernelLine } from "../kernel-lines.mjs";

const VIEW = "asyncos.coroutines";
const COMMANDS = [
  "asyncos.goToAwait",
  "asyncos.goToSpawn",
  "asyncos.breakOnCoroutine",
  "asyncos.breakOnWake",
  "asyncos.breakOnPoll",
  "asyncos.breakOnCompletion",
  "asyncos.pinCoroutine",
  "asyncos.unpinCoroutine",
  "asyncos.clearPicked",
];
const RING = "src/workload/ring.rs";

export const oneCoroutine = {
  name: "coroutines, one of them",
  drives: { mouse: COMMANDS, keyboard: [VIEW, ...COMMANDS] },

  async run({ step, window, root }) {
    const { keyboard, mouse } = window;
    const view = window.view(VIEW);
    const awaits = await kernelLine(root, RING, "inbox.receive().await");
    const spawned = await kernelLine(root, RING, "handles.push(executor::spawn(");
    let one;

    await step("it opens to its await stack, to what a frame holds, and to its spawn", async () => {
      await keyboard.open(VIEW);
      const [name] = await view.names(/^\d+ ring::pass, waiting/);
      one = new RegExp(`^${Number.parseInt(name, 10)} ring::pass, `);
      await view.unfold(one);
      await view.unfold(/^ring::pass, .*ring\.rs:\d+/);
      await view.find(/^rounds, 100000/);
      await view.find(/^spawned/);
      await window.screenshot("coroutines-one");
      await view.unfold(one, false);
    });

    await step("mouse: where it waits, and where it was spawned", async () => {
      await mouse.inline(VIEW, one, "asyncos.goToAwait");
      await window.editor("ring.rs");
      await window.cursorIn(awaits);
      await mouse.inline(VIEW, one, "asyncos.goToSpawn");
      await window.cursorIn(spawned);
    });

    await step("keyboard: the same", async () => {
      await keyboard.menu(VIEW, one, "asyncos.goToAwait");
      await window.cursorIn(awaits);
      await keyboard.menu(VIEW, one, "asyncos.goToSpawn");
      await window.cursorIn(spawned);
    });

    await step(
      "what it holds is in hovers at its source, where the focus is elsewhere",
      async () => {
        await mouse.open("asyncos.threads");
        await mouse.inline("asyncos.threads", /^Thread \d+ main, blocked/, "asyncos.focusThread");
        await window.focusIsOn(/^Thread thread \d+ main/);
        await keyboard.open(VIEW);
        await view.click(one);
        await window.cursorIn(awaits);
        const said = await window.hover("while seen.iter()", "rounds", /the selected one/);
        assert.match(said, /^rounds: usize = 100000\s+in coroutine \d+ ring::pass/);
      },
    );

    await step("mouse: it breaks on its wakes, polls and completion", async () => {
      await mouse.menu(VIEW, one, "asyncos.breakOnWake");
      await view.names(/^\d+ ring::pass, breaks on wake · /);
      await mouse.menu(VIEW, one, "asyncos.breakOnPoll");
      await view.names(/^\d+ ring::pass, breaks on wake, poll · /);
      await mouse.menu(VIEW, one, "asyncos.breakOnCompletion");
      await view.names(/^\d+ ring::pass, breaks on wake, poll, complete · /);
      await window.screenshot("coroutines-breaks");
    });

    await step("mouse: all of it ends at once", async () => {
      await mouse.title(VIEW, "asyncos.clearPicked");
      await view.none(/breaks on/);
    });

    await step("mouse: the list of its events", async () => {
      await mouse.inline(VIEW, one, "asyncos.breakOnCoroutine");
      await window.quickInput.check("Completion", click);
      await view.names(/^\d+ ring::pass, breaks on complete · /);
    });

    await step("keyboard: each of them, and their list", async () => {
      await keyboard.menu(VIEW, one, "asyncos.breakOnCompletion");
      await view.none(/breaks on/);
      await keyboard.menu(VIEW, one, "asyncos.breakOnPoll");
      await view.names(/^\d+ ring::pass, breaks on poll · /);
      await keyboard.menu(VIEW, one, "asyncos.breakOnCoroutine");
      await window.quickInput.check("Wake");
      await view.names(/^\d+ ring::pass, breaks on wake, poll · /);
      await keyboard.palette("asyncos.clearPicked");
      await view.none(/breaks on/);
    });

    await step("keyboard: the machine stops at its next wake", async () => {
      await keyboard.menu(VIEW, one, "asyncos.breakOnWake");
      await view.names(/^\d+ ring::pass, breaks on wake · /);
      await window.goOn();
      await window.stopped(/wake/i);
      await window.event(
        new RegExp(`wake of coroutine ${Number.parseInt(one.source.slice(1), 10)}\\b`),
      );
      await keyboard.palette("asyncos.clearPicked");
      await view.none(/breaks on/);
    });

    await step("mouse: it gets a place in the Call Stack, and loses it", async () => {
      await mouse.inline(VIEW, one, "asyncos.pinCoroutine");
      await view.names(/^\d+ ring::pass, pinned · /);
      await window.pane("Call Stack").find(/^Thread coroutine \d+/);
      await mouse.inline(VIEW, one, "asyncos.unpinCoroutine");
      await view.none(/pinned/);
    });

    await step("keyboard: the same", async () => {
      await keyboard.menu(VIEW, one, "asyncos.pinCoroutine");
      await view.names(/^\d+ ring::pass, pinned · /);
      await keyboard.menu(VIEW, one, "asyncos.unpinCoroutine");
      await view.none(/pinned/);
    });
  },
};
