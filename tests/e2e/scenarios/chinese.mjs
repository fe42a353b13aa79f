/** VS Code's display language is Simplified Chinese: what is ours is in it, views and messages too. */
import assert from "node:assert/strict";
import { kernelLine } from "./kernel-lines.mjs";

const RING = "src/workload/ring.rs";
const ENGLISH = /[A-Za-z]{3,}/;
/** What the program and the language call things. */
const NAMES = /[a-z_]+(::[a-z_]+)+( \(async \w+\))?|\w+\.rs:\d+/g;

export const chinese = {
  name: "chinese",
  language: "zh-cn",
  settings: { "workbench.colorTheme": "Default Dark Modern" },

  async run({ step, window, root }) {
    await step("the walkthrough, and the kernel started from it", async () => {
      await window.command("View: Show Run and Debug");
      await window.command("AsyncOS: 入门");
      const container = window.page.locator(".gettingStartedContainer");
      await container.getByText("启动自带的内核").first().waitFor();
      await window.screenshot("chinese-1-walkthrough");
      await container.locator(".monaco-button", { hasText: "调试自带的内核" }).first().click();
      await window.stopped(/入口/);
    });

    await step("harts and their states", async () => {
      const harts = await window.pane("硬件线程").names(/^硬件线程 \d/);
      assert.equal(harts.length, 4);
    });

    await step("a breakpoint, and coroutines with what they wait for", async () => {
      await window.command("AsyncOS: 打开自带内核的源文件...");
      await window.quickInput.pick(RING);
      await window.editor("ring.rs");
      await window.goToLine(await kernelLine(root, RING, "token.hops += 1;"));
      await window.setBreakpoint();
      await window.goOn();
      await window.stopped(/断点/);
      const waiting = await window.pane("协程").names(/等待中/);
      for (const row of waiting) {
        assert.doesNotMatch(row.replace(NAMES, ""), ENGLISH, row);
      }
      await window.pane("协程").unfold(/ring::pass, 等待中/);
      await window.pane("协程").find(/^创建于/);
      await window.pane("执行器").names(/^优先级 \d+/);
      await window.pane("Variables").names(/局部变量/);
      await window.screenshot("chinese-2-views");
    });

    await step("scheduling events in the Breakpoints section, and a stop at one", async () => {
      await window.stopAt("ring.rs", false);
      await window.stopAt("唤醒", true);
      await window.goOn();
      await window.stopped(/唤醒/);
      assert.match(await window.event(), /唤醒：协程 \d+/);
      await window.command("AsyncOS 内核: Focus on 位图 View");
      await window.pane("位图").names(/^coroutines, /);
      await window.screenshot("chinese-3-wake");
    });

    await step("the timeline and the parallel stacks", async () => {
      await window.command("AsyncOS: 显示时间线");
      const timeline = window.page
        .frameLocator("iframe.webview.ready")
        .frameLocator("#active-frame");
      await timeline.getByText(/可见 .* 条指令/).waitFor();
      await window.screenshot("chinese-4-timeline");
      await window.stopAt("唤醒", false);
    });

    await step("an error is a sentence in Chinese", async () => {
      await window.goOn();
      await window.ended();
      await window.command("AsyncOS: 创建自带内核的副本");
      await window.editor("README.md");
      await window.command("AsyncOS: 创建自带内核的副本");
      const message = window.page.locator(".notification-list-item-message", {
        hasText: "已存在",
      });
      assert.match(await message.innerText(), /请打开一个空文件夹/);
      await window.screenshot("chinese-5-message");
    });
  },
};
