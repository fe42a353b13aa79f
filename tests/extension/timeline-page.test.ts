/**
 * The Timeline's page in a real browser, on a real run of the bundled kernel. Skipped where there is no
 * Chromium; CI has one.
 */
import { existsSync } from "node:fs";
import { join } from "node:path";
import { build } from "esbuild";
import { type Browser, chromium } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { speak } from "../../extension/src/base/words.ts";
import { timelineBody } from "../../extension/src/timeline/html.ts";
import { Client } from "../dap/support.ts";
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

/** Its own: others may be packing the extension's. */
const dist = scratch();

let browser: Browser;
let client: Client;

describe.skipIf(!existsSync(CHROMIUM))("the Timeline's page", () => {
  beforeAll(async () => {
    await build({
      absWorkingDir: extension,
      entryPoints: {
        timeline: "src/timeline/page/main.ts",
        "timeline-style": "src/timeline/page/timeline.css",
      },
      outdir: dist,
      bundle: true,
      format: "iife",
    });
    const args = ["--headless", "--no-sandbox", "--disable-gpu"];
    browser = await chromium.launch({ executablePath: CHROMIUM, args });
    client = new Client();
    await client.launch({ harts: 4, schedule: "random", seed: 5 });
    await client.event("terminated");
  }, 60_000);

  afterAll(async () => {
    await browser?.close();
    client?.close();
  });

  const open = async (theme: ThemeName = "dark"): Promise<Stage & { errors: string[] }> => {
    const stage = await openStage({
      browser,
      about: { name: "timeline", title: "Timeline", body: timelineBody() },
      dist,
      theme,
      size: { width: 1200, height: 400 },
      answer: (command, args) => client.request(command, args),
    });
    const errors: string[] = [];
    stage.page.on("pageerror", (error) => errors.push(String(error)));
    stage.page.on("console", (message) => {
      if (message.type() === "error") errors.push(message.text());
    });
    return { ...stage, errors };
  };
  const shown = async (stage: Stage): Promise<void> => {
    await stage.tell({ type: "phase", phase: "stopped", session: "one" });
    await stage.page.locator("#scroller:not(.bare)").waitFor();
    await settled(stage);
  };
  /** Nothing has been asked for a while. */
  const settled = async (stage: Stage): Promise<void> => {
    for (let before = -1; before !== stage.asked(); ) {
      before = stage.asked();
      await stage.page.waitForTimeout(250);
    }
  };
  /** How many colours a part of the picture has. */
  const colors = (stage: Stage, row: number): Promise<number> =>
    stage.page.evaluate(`(() => {
      const canvas = document.querySelector("canvas");
      const ratio = canvas.width / canvas.clientWidth;
      const y = (24 + ${row} * 24) * ratio;
      const { data } = canvas.getContext("2d").getImageData(220 * ratio, y, canvas.width - 220 * ratio, 24 * ratio);
      return new Set(new Uint32Array(data.buffer)).size;
    })()`);

  test("in Chinese everything but names of the program is", async () => {
    speak(CHINESE);
    try {
      const stage = await open();
      await stage.tell({ type: "phase", phase: "none", session: "" });
      await expect.poll(() => stage.page.locator("#why").innerText()).toMatch(/启动会话/);
      await shown(stage);
      await stage.page.locator("#scroller").focus();
      await stage.page.keyboard.press("s");
      await stage.page.locator("#figures table").first().waitFor();
      await stage.page.keyboard.press("Shift+ArrowRight");
      await expect.poll(() => stage.page.locator("#spoken tr").count()).toBeGreaterThan(0);
      expect(await leftInEnglish(stage, "#figures td, #spoken th, #live")).toEqual([]);
      expect(stage.errors).toEqual([]);
      await stage.close();
    } finally {
      speak(ENGLISH);
    }
  });

  test.each(["dark", "light", "contrast", "contrastLight"] as const)(
    "draws in the theme %s",
    async (theme) => {
      const stage = await open(theme);
      expect(await stage.page.locator("#empty").innerText()).toMatch(/F5/);
      await shown(stage);
      for (const row of [0, 1, 4, 6]) expect(await colors(stage, row)).toBeGreaterThan(3);
      expect(stage.errors).toEqual([]);
      expect(stage.asked()).toBeLessThan(4);
      await stage.close();
    },
  );

  /** The rows as they are on the screen; drawn anew first, if so. */
  const picture = async (stage: Stage, anew: boolean): Promise<Uint32Array> => {
    const dots: string = await stage.page.evaluate(`new Promise((resolve) => {
      if (${anew}) document.body.classList.toggle("drawn-anew");
      const canvas = document.querySelector("canvas");
      const ratio = canvas.width / canvas.clientWidth;
      const frames = (left, then) => requestAnimationFrame(() => left ? frames(left - 1, then) : then());
      frames(3, () => {
        const { data } = canvas.getContext("2d").getImageData(0, 24 * ratio, canvas.width, canvas.height - 24 * ratio);
        let text = "";
        for (let at = 0; at < data.length; at += 30000) text += String.fromCharCode(...data.subarray(at, at + 30000));
        resolve(btoa(text));
      });
    })`);
    return new Uint32Array(Uint8Array.from(Buffer.from(dots, "base64")).buffer);
  };

  test.each([0, 3, 6, 9])(
    "what was moved is what is drawn anew, %i times closer",
    async (closer) => {
      const stage = await open();
      await shown(stage);
      for (let i = 0; i < closer; i++) await stage.tell({ type: "command", command: "zoomIn" });
      await settled(stage);
      await stage.page.mouse.move(700, 390);
      let seen = await picture(stage, false);
      let moved = 0;
      // Farther than what is kept beside what is in sight, both ways, and past the ends.
      for (const step of [40, -70, 30]) {
        for (let i = 0; i < 14; i++) await stage.page.mouse.wheel(step, 0);
        await settled(stage);
        const kept = await picture(stage, false);
        const anew = await picture(stage, true);
        expect(kept.length).toBe(anew.length);
        const unlike = kept.reduce((sum, dot, at) => sum + Number(dot !== anew[at]), 0);
        expect(unlike / kept.length, `by ${step}`).toBeLessThan(0.002);
        if (kept.some((dot, at) => dot !== seen[at])) moved++;
        seen = kept;
      }
      expect(moved).toBeGreaterThan(closer === 0 ? 0 : 2);
      expect(stage.errors).toEqual([]);
      await stage.close();
    },
  );

  test("a click opens an event's source, a hover tells it", async () => {
    const stage = await open();
    await shown(stage);
    await stage.page.mouse.move(600, 90);
    for (let i = 0; i < 8; i++) await stage.page.mouse.wheel(0, -250);
    await settled(stage);
    const tip = stage.page.locator("#tip");
    let hit = false;
    for (let x = 250; x < 1150 && !hit; x += 15) {
      await stage.page.mouse.move(x, 64);
      hit = (await tip.isVisible()) && /Hart 0, from/.test(await tip.innerText());
    }
    expect(await tip.innerText()).toMatch(/#\d+ \w+::\w+( \(async block\))?\n.*instructions/);
    await stage.page.mouse.down();
    await stage.page.mouse.up();
    await expect.poll(() => stage.said.filter(({ type }) => type === "open").length).toBe(1);
    expect(stage.errors).toEqual([]);
    await stage.close();
  });

  test("by keyboard: rows, events, their source, a selection and its figures", async () => {
    const stage = await open();
    await shown(stage);
    await stage.page.locator("#scroller").focus();
    await stage.page.keyboard.press("ArrowDown");
    const live = stage.page.locator("#live");
    await expect.poll(() => live.textContent()).toMatch(/Hart 0/);
    const first = await live.textContent();
    for (let i = 0; i < 5; i++) await stage.page.keyboard.press("Shift+ArrowRight");
    expect(await live.textContent()).not.toBe(first);
    await stage.page.keyboard.press("s");
    const figures = stage.page.locator("#figures");
    await figures.locator("table").first().waitFor();
    const told = (await figures.innerText()).toLowerCase();
    for (const words of ["latency from wake to poll", "ready coroutines", "share of the harts"]) {
      expect(told).toContain(words);
    }
    await stage.page.keyboard.press("Escape");
    expect(await figures.isVisible()).toBe(false);
    await expect
      .poll(() => stage.page.locator("#spoken tr").first().innerText())
      .toMatch(/Hart 0\s.*polls/);
    await stage.close();
  });

  test("search leaves the coroutines that match; what is in sight is kept", async () => {
    const stage = await open();
    await shown(stage);
    await stage.page.locator("#filter").fill("ring::pass");
    await expect.poll(() => stage.page.locator("#note").innerText()).toMatch(/\d+ found/);
    const rows = async () => {
      const titles = await stage.page.locator("#spoken th").allTextContents();
      return [...new Set(titles.map((title) => title.replace(/^#\d+ /, "")))];
    };
    await expect.poll(rows).toEqual(
      [0, 1, 2, 3]
        .map((id) => `Hart ${id}`)
        .concat(["threads", "coroutines", "system", "waiting"].map((name) => `Bitmap ${name}`))
        .concat("ring::pass"),
    );
    await stage.close();
  });

  test("nothing is asked when nothing happens, nor when the session has ended", async () => {
    const stage = await open();
    await shown(stage);
    const before = stage.asked();
    await stage.page.waitForTimeout(800);
    expect(stage.asked()).toBe(before);
    await stage.tell({ type: "phase", phase: "ended", session: "one" });
    for (const command of ["zoomIn", "zoomIn", "fit"] as const) {
      await stage.tell({ type: "command", command });
    }
    await stage.page.waitForTimeout(500);
    expect(stage.asked()).toBe(before);
    expect(await stage.page.locator("#note").innerText()).toMatch(/ended/);
    expect(await colors(stage, 0)).toBeGreaterThan(3);
    await stage.close();
  });
});
