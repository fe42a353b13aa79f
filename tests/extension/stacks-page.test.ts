/**
 * The page of the parallel stacks in a real browser, on a real stop of the bundled kernel. Skipped
 * where there is no Chromium; CI has one.
 */
import { existsSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { build } from "esbuild";
import { type Browser, chromium } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { speak } from "../../extension/src/base/words.ts";
import { stacksBody } from "../../extension/src/stacks/html.ts";
import { coroutinesHere, counts, summary } from "../../extension/src/stacks/words.ts";
import { type Body, Client } from "../dap/support.ts";
import { scratch } from "../scratch.ts";
import {
  CHINESE,
  ENGLISH,
  leftInEnglish,
  openStage,
  type Stage,
  type ThemeName,
} from "./page-stage.ts";

const CHROMIUM = process.env.CHROMIUM ?? "/usr/bin/chromium";
const extension = join(import.meta.dirname, "../../extension");
const dist = scratch();
const axe = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");

let browser: Browser;
let client: Client;
let all: Body;

describe.skipIf(!existsSync(CHROMIUM))("the page of the parallel stacks", () => {
  beforeAll(async () => {
    await build({
      absWorkingDir: extension,
      entryPoints: {
        stacks: "src/stacks/page/main.ts",
        "stacks-style": "src/stacks/page/stacks.css",
      },
      outdir: dist,
      bundle: true,
      format: "iife",
    });
    const args = ["--headless", "--no-sandbox", "--disable-gpu"];
    browser = await chromium.launch({ executablePath: CHROMIUM, args });
    client = new Client();
    await client.launch({ append: "workload=storm coroutines=300" }, (c) =>
      c.request("setFunctionBreakpoints", { breakpoints: [{ name: "workload::storm::witness" }] }),
    );
    await client.stopped();
    all = await client.request("asyncos/parallelStacks", {});
  }, 60_000);

  afterAll(async () => {
    await browser?.close();
    client?.close();
  });

  const open = async (theme: ThemeName = "dark"): Promise<Stage> => {
    const stage = await openStage({
      browser,
      about: { name: "stacks", title: "Parallel Stacks", body: stacksBody() },
      dist,
      theme,
      size: { width: 1200, height: 500 },
      answer: (command, args) => client.request(command, args),
    });
    await expect.poll(() => stage.said.map(({ type }) => type)).toEqual(["ready"]);
    return stage;
  };
  const stopped = (stage: Stage): Promise<void> =>
    stage.tell({ type: "phase", phase: "stopped", session: "1" });
  const texts = (stage: Stage, selector: string): Promise<string[]> =>
    stage.page.locator(selector).allTextContents();

  test("every box with its frames and counts; what stands there leads somewhere", async () => {
    const stage = await open();
    await stopped(stage);
    await expect.poll(() => stage.page.locator(".box").count()).toBe(all.boxes.length);
    expect(await texts(stage, ".count")).toEqual(
      expect.arrayContaining(all.boxes.map(({ through }: Body) => counts(through))),
    );
    const frames = all.boxes.flatMap((box: Body) => box.frames);
    expect(await stage.page.locator(".frame").count()).toBe(frames.length);
    const [waiting] = all.boxes.filter((box: Body) => coroutinesHere(box)?.includes("100 waiting"));
    await stage.page.getByText(coroutinesHere(waiting)!).first().click();
    expect(stage.said.at(-1)).toEqual({ type: "coroutines", ids: waiting.coroutines.ids });
    await stage.page.getByText("wait_for_event").first().click();
    expect(stage.said.at(-1)).toMatchObject({
      type: "open",
      place: { path: expect.stringMatching(/storm\.rs$/), line: expect.any(Number) },
    });
    await stage.page.getByText(/^hart 0/).click();
    expect(stage.said.at(-1)).toEqual({ type: "focus", threadId: 1 });
    await stage.close();
  });

  test("in Chinese everything but names of the program is", async () => {
    speak(CHINESE);
    try {
      const stage = await open();
      await stage.tell({ type: "phase", phase: "none", session: "" });
      await expect.poll(() => stage.page.locator("#why").innerText()).toMatch(/启动会话/);
      await stopped(stage);
      await expect.poll(() => stage.page.locator(".box").count()).toBe(all.boxes.length);
      await expect.poll(() => texts(stage, ".count")).toContain("100 个协程");
      expect(await leftInEnglish(stage, ".frame, .member[data-key*='@thread']")).toEqual([]);
      await stage.close();
    } finally {
      speak(ENGLISH);
    }
  });

  test("kinds and text choose the stacks; nothing is asked while the machine runs", async () => {
    const stage = await open();
    await stopped(stage);
    await expect.poll(() => stage.page.locator(".box").count()).toBe(all.boxes.length);
    await stage.page.locator("#hart").uncheck();
    await stage.page.locator("#thread").uncheck();
    await expect
      .poll(() => texts(stage, ".count"))
      .toEqual(["100 coroutines", "100 coroutines", "100 coroutines"]);
    await stage.page.locator("#filter").fill("wait_for_message");
    await expect
      .poll(() => texts(stage, "#note"))
      .toEqual([expect.stringContaining("100 coroutines found")]);
    expect(await stage.page.locator(".box").count()).toBe(1);
    await stage.page.locator("#filter").fill("no such frame");
    await expect.poll(() => stage.page.locator("#why").isVisible()).toBe(true);
    const asked = stage.asked();
    await stage.tell({ type: "phase", phase: "running", session: "1" });
    await stage.page.locator("#filter").fill("");
    await stage.page.waitForTimeout(400);
    expect(stage.asked()).toBe(asked);
    await stage.close();
  });

  test("by keyboard alone: one stop for tabs, arrows between frames and boxes, focus stays", async () => {
    const stage = await open();
    const { keyboard } = stage.page;
    const focused = () => stage.page.evaluate("document.activeElement.textContent");
    await stopped(stage);
    await expect.poll(() => stage.page.locator(".box").count()).toBe(all.boxes.length);
    await stage.page.locator("#coroutine").focus();
    await keyboard.press("Tab");
    const buttons = await texts(stage, "#forest button");
    expect(await focused()).toBe(buttons[0]);
    await keyboard.press("ArrowDown");
    expect(await focused()).toBe(buttons[1]);
    await keyboard.press("End");
    expect(await focused()).toBe(buttons.at(-1));
    await stage.tell({ type: "changed" });
    await expect.poll(() => stage.asked()).toBe(2);
    expect(await focused()).toBe(buttons.at(-1));
    await keyboard.press("Home");
    await keyboard.press("ArrowRight");
    const child = await stage.page.evaluate(
      "document.activeElement.closest('li').parentElement.closest('li') !== null",
    );
    expect(child).toBe(
      await stage.page.evaluate("document.querySelector('#forest > ul > li > ul') !== null"),
    );
    await keyboard.press("Tab");
    expect(await focused()).not.toBe(buttons[1]);
    await stage.close();
  });

  test.each<ThemeName>(["dark", "light", "contrast"])("axe finds nothing in %s", async (theme) => {
    const stage = await open(theme);
    await stopped(stage);
    await expect.poll(() => stage.page.locator(".box").count()).toBe(all.boxes.length);
    await stage.page.evaluate(axe);
    const { violations } = (await stage.page.evaluate("axe.run()")) as Body;
    expect(violations.map(({ id, nodes }: Body) => [id, nodes[0].html])).toEqual([]);
    const shots = process.env.STACKS_SHOTS;
    if (shots) await stage.page.screenshot({ path: join(shots, `stacks-${theme}.png`) });
    await stage.close();
  });

  test("without a session it says what it would show, and offers one", async () => {
    const stage = await open();
    await stage.tell({ type: "phase", phase: "none", session: "" });
    await stage.page.getByRole("button", { name: "Debug the Bundled Kernel" }).click();
    expect(stage.said.at(-1)).toEqual({ type: "start" });
    await stage.tell({ type: "phase", phase: "running", session: "1" });
    await expect.poll(() => texts(stage, "#why")).toEqual([expect.stringContaining("Pause it")]);
    await stage.close();
  });
});

test("what boxes say", () => {
  expect(counts({ harts: 1, threads: 0, coroutines: 1200 })).toBe("1 hart, 1,200 coroutines");
  const found = { harts: 0, threads: 2, coroutines: 0 };
  const notShown = { stacks: 3, coroutines: 40, threads: 0 };
  expect(summary({ total: found, found, polled: 1, notShown }, true)).toBe(
    "2 threads found · 1 coroutine being polled · 3 stacks (40 coroutines) not shown",
  );
});
