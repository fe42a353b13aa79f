/**
 * A workbench window as a user has it: commands, panes, rows, editors. Every reading waits until
 * what it reads is there; nothing sleeps.
 */
import { mkdir, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { chromium } from "playwright-core";
import { until } from "./until.mjs";

const SIZE = { width: 1440, height: 960 };

export async function startBrowser(executablePath) {
  return chromium.launch({
    executablePath,
    args: [
      ...["--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run"],
      ...["--disable-background-networking", "--disable-component-update", "--disable-sync"],
    ],
  });
}

/**
 * `media` is where pictures of the documentation go; undefined: they are made for nobody. `language`:
 * the display language that extensions see; VS Code's own words stay English without its language pack.
 */
export async function openWindow(browser, address, { screenshots, media, language }) {
  const page = await browser.newPage({ viewport: SIZE });
  if (language !== undefined) await page.addInitScript(speakTo, language);
  await page.goto(address);
  const window = new Window(page, screenshots, media);
  await page.locator(".monaco-workbench .activitybar").waitFor();
  // Contributions of extensions have registered once its commands can be found.
  await until("the extension's commands are in the palette", () =>
    window.hasCommand(language === "zh-cn" ? "AsyncOS: 显示日志" : "AsyncOS: Show Log"),
  );
  return window;
}

/** Runs in the page, first: where VS Code finds the language of a build of its own. */
function speakTo(language) {
  Object.defineProperty(globalThis, "_VSCODE_NLS_LANGUAGE", { get: () => language, set() {} });
}

class Window {
  constructor(page, screenshots, media) {
    this.page = page;
    this.screenshots = screenshots;
    this.media = media;
    this.sidebar = page.locator('div[id="workbench.view.debug"]');
  }

  async close() {
    await this.page.close();
  }

  async screenshot(name) {
    await this.#picture(join(this.screenshots, `${name}.png`));
  }

  /** A picture of the documentation: the whole window, or a part of it (`panel`, `editor`). */
  async picture(name, of = "window") {
    if (this.media === undefined) return;
    const part = this.page.locator(`div[id="workbench.parts.${of}"]`);
    const clip = of === "window" ? undefined : await part.boundingBox();
    await this.#picture(join(this.media, `${name}.webp`), clip);
  }

  /** Closes the panel, so that a picture has room for the source. */
  async closePanel() {
    const names = ["Hide Panel", "Close Panel"].map(
      (name) => `div[id="workbench.parts.panel"] .action-label[aria-label^="${name}"]`,
    );
    await this.page.locator(names.join(", ")).click();
  }

  /** The pointer leaves first, so that no hover is in the picture. */
  async #picture(path, clip) {
    await this.page.mouse.move(SIZE.width / 2, 4);
    const moving = this.page.locator(
      ".workbench-hover-container:visible, .monaco-progress-container.active:visible",
    );
    // Behind a dialog progress may go on for as long as the dialog is there.
    await until("hovers and progress go", async () => (await moving.count()) === 0, 3000).catch(
      () => {},
    );
    await mkdir(dirname(path), { recursive: true });
    if (path.endsWith(".webp")) await writeFile(path, await this.#webp(clip));
    else await this.page.screenshot({ path, clip });
  }

  /** A quarter of the bytes of a PNG: the package has a limit. */
  async #webp(clip) {
    const png = await this.page.screenshot({ clip });
    // On a page of its own: the workbench forbids its page what this needs.
    const page = await this.page.context().browser().newPage();
    try {
      const webp = await page.evaluate(toWebp, png.toString("base64"));
      return Buffer.from(webp, "base64");
    } finally {
      await page.close();
    }
  }

  // Quick input

  /** Opens the quick input with this text; a box that is just closing does not count. */
  async #quickInput(text) {
    const input = this.page.locator(".quick-input-widget:visible input.input");
    await until("the quick input opens", async () => {
      await this.page.keyboard.press("F1");
      return input.fill(text, { timeout: 500 }).then(
        async () => (await input.inputValue({ timeout: 500 })) === text,
        () => false,
      );
    });
    return this.page.locator(".quick-input-widget:visible .quick-input-list .monaco-list-row");
  }

  /** The row of the quick input for a whole title. */
  #choice(title) {
    return this.page
      .locator(`.quick-input-widget:visible .monaco-list-row[aria-label^="${title}"]`)
      .first();
  }

  async #appears(locator, timeout = 1000) {
    return locator.waitFor({ timeout }).then(
      () => true,
      () => false,
    );
  }

  /** Whether the palette offers a command by its whole title. */
  async hasCommand(title) {
    await this.#quickInput(`>${title}`);
    const found = await this.#appears(this.#choice(title));
    await this.page.keyboard.press("Escape");
    return found;
  }

  async command(title) {
    await this.#choose(`>${title}`, title);
  }

  /** Starts a launch configuration by its name. */
  async debug(name) {
    await this.#choose(`debug ${name}`, name);
  }

  /**
   * Chooses what the quick input offers for a text. It makes its list once, when it opens, which
   * may be before a command is enabled or launch.json was read, and closes when a part of the
   * workbench takes the focus: then it is opened again.
   */
  async #choose(text, title) {
    await until(`${title} is offered`, async () => {
      await this.#quickInput(text);
      const offered = await this.#appears(this.#choice(title), 2000);
      const chosen =
        offered &&
        (await this.#choice(title)
          .click({ timeout: 2000 })
          .then(
            () => true,
            () => false,
          ));
      if (!chosen) await this.page.keyboard.press("Escape");
      return chosen;
    });
  }

  async openFile(path, line) {
    const rows = await this.#quickInput(path);
    await rows.first().waitFor();
    await this.page.keyboard.press("Enter");
    await this.editor(path.split("/").at(-1));
    if (line !== undefined) await this.goToLine(line);
  }

  async goToLine(line) {
    const status = this.page.locator(".statusbar");
    await until(`the cursor stands in line ${line}`, async () => {
      await this.#quickInput(`:${line}`);
      await this.page.keyboard.press("Enter");
      return this.#appears(status.filter({ hasText: `Ln ${line},` }));
    });
  }

  /** Waits until the editor of a file is in front, by a part of its name. */
  async editor(name) {
    await this.page.locator(`.tab.active[aria-label*="${name}"]`).first().waitFor();
  }

  /** Answers an open quick pick with the row that begins with this text. */
  async pick(text) {
    await this.page.locator(".quick-input-widget:visible input.input").fill(text);
    await this.#choice(text).click();
  }

  // Debugging

  /** F5 where nothing is configured: chooses a debugger by its name. */
  async start(debuggerName) {
    const input = this.page.locator(".quick-input-widget:visible input.input");
    const choice = this.#choice(debuggerName);
    await until(`F5 offers ${debuggerName}`, async () => {
      await this.page.keyboard.press("F5");
      // A second F5 would close the list that the first one opens.
      if (!(await this.#appears(input, 5000))) return false;
      return input.fill(debuggerName, { timeout: 1000 }).then(
        () => this.#appears(choice),
        () => false,
      );
    });
    await choice.click();
  }

  /** Sets a breakpoint in the line of the cursor. */
  async setBreakpoint() {
    const glyphs = this.page.locator(
      ".editor-instance .glyph-margin-widgets [class*=codicon-debug-breakpoint]",
    );
    // F9 does nothing until the languages of breakpoints are registered; pressed twice it undoes.
    await until("the breakpoint's glyph appears", async () => {
      await this.page.keyboard.press("F9");
      return this.#appears(glyphs.first(), 3000);
    });
  }

  /** The stopped thread in the Call Stack says why; answers that text. */
  async stopped(reason, milliseconds = 30_000) {
    const states = this.sidebar.locator(".debug-call-stack .state.label");
    return until(
      `a thread is stopped: ${reason}`,
      async () => (await states.allInnerTexts()).find((text) => reason.test(text)),
      milliseconds,
    );
  }

  /** The Call Stack says that it runs. */
  async running() {
    await this.sidebar
      .locator(".debug-call-stack .state.label:text-is('Running')")
      .first()
      .waitFor();
  }

  /** What the editor says of the event that stopped, at its line. */
  async event() {
    return this.page.locator(".exception-widget").innerText();
  }

  async ended(milliseconds = 60_000) {
    const toolbar = this.page.locator(".debug-toolbar");
    await until("the session ends", async () => !(await toolbar.isVisible()), milliseconds);
  }

  async key(key) {
    await this.page.keyboard.press(key);
  }

  /** A section of the side bar by the beginning of its title, opened. */
  async pane(title) {
    const pane = this.page.locator(".pane", {
      has: this.page.locator(`.pane-header[aria-label^="${title}"]`),
    });
    const header = pane.locator(".pane-header");
    await header.waitFor();
    if ((await header.getAttribute("aria-expanded")) === "false") await header.click();
    return pane;
  }

  async collapse(title) {
    const header = this.page.locator(`.pane-header[aria-label^="${title}"]`);
    if ((await header.getAttribute("aria-expanded")) === "true") await header.click();
  }

  /** Texts of a pane's visible rows that match, once there are some. */
  async rows(title, pattern = /./) {
    const rows = (await this.pane(title)).locator(".monaco-list-row");
    return until(`${title} has a row like ${pattern}`, async () => {
      const found = (await rows.evaluateAll(texts)).filter((text) => pattern.test(text));
      return found.length > 0 && found;
    });
  }

  /** Waits until all of a pane's visible rows match, and there are some. */
  async allRows(title, pattern) {
    const rows = (await this.pane(title)).locator(".monaco-list-row");
    await until(`every row of ${title} is like ${pattern}`, async () => {
      const found = (await rows.evaluateAll(texts)).filter((text) => text !== "");
      return found.length > 0 && found.every((text) => pattern.test(text));
    });
  }

  /** One row by its text, scrolled to when it is further down. */
  async row(title, pattern) {
    const pane = await this.pane(title);
    const rows = pane.locator(".monaco-list-row");
    let last = "";
    let direction = 1;
    const index = await until(`${title} has a row like ${pattern}`, async () => {
      const found = await rows.evaluateAll(texts);
      const at = found.findIndex((text) => pattern.test(text));
      if (at >= 0 || found.length === 0) return at >= 0 && { at };
      await pane.locator(".pane-body").hover();
      // At either end nothing moves any more: turn round.
      if (found.join("\n") === last) direction = -direction;
      last = found.join("\n");
      await this.page.mouse.wheel(0, 100 * direction);
      return false;
    });
    return rows.nth(index.at);
  }

  /** Opens a row of a tree. */
  async expand(title, pattern) {
    const row = await this.row(title, pattern);
    if ((await row.getAttribute("aria-expanded")) === "false") {
      await row.locator(".monaco-tl-twistie").click();
    }
  }

  /** Clicks an inline action of a row. */
  async inline(title, pattern, action) {
    const row = await this.row(title, pattern);
    await row.hover();
    await row.locator(`.action-label[aria-label^="${action}"]`).click();
  }

  /** The hover of a row, which matches like the row: not one that is still there of another. */
  async hover(title, pattern) {
    const row = await this.row(title, pattern);
    const hover = this.page.locator(".workbench-hover-container .hover-contents:visible").first();
    return until(`a hover of ${pattern}`, async () => {
      await row.hover();
      const text = await hover.innerText({ timeout: 1000 }).catch(() => "");
      if (pattern.test(text)) return text;
      await this.page.mouse.move(0, 0);
      return undefined;
    });
  }

  /** Shows only the coroutines that match. */
  async filterCoroutines(filter) {
    await this.command("AsyncOS: Filter Coroutines...");
    await this.page.locator(".quick-input-widget:visible input.input").fill(filter);
    await this.page.keyboard.press("Enter");
  }

  /** Stops, or not, at a scheduling event, by its check box in the Breakpoints section. */
  async stopAt(label, on, condition) {
    const row = await this.row("Breakpoints", new RegExp(`^${label}(?!\\p{L})`, "u"));
    const isOn = async () => (await row.getAttribute("aria-checked")) === "true";
    // The second is that of older VS Codes.
    const box = row.locator(".monaco-checkbox, input[type=checkbox]").first();
    if ((await isOn()) !== on) await box.click();
    await until(`${label} is ${on ? "on" : "off"}`, async () => (await isOn()) === on);
    if (condition === undefined) return;
    await row.hover();
    await row.locator('.action-label[aria-label^="Edit Condition"]').click();
    await this.page.keyboard.type(condition);
    await this.page.keyboard.press("Enter");
    await until(`${label} has its condition`, async () =>
      (await row.innerText()).includes(condition),
    );
  }

  /** A view is no longer there. */
  async gone(title) {
    const header = this.page.locator(`.pane-header[aria-label^="${title}"]`);
    await until(`${title} goes`, async () => (await header.count()) === 0);
  }

  /** The code lens above the line that begins with this text. */
  async lens(line) {
    const index = await until(`a code lens above ${line}`, async () => {
      const above = await this.page.locator(".codelens-decoration").evaluateAll(linesBelow);
      const found = above.findIndex((text) => text?.startsWith(line));
      return found >= 0 && { found };
    });
    return this.page.locator(".codelens-decoration").nth(index.found);
  }

  /** The text of a modal dialog. */
  async dialog() {
    return this.page.locator(".monaco-dialog-box .dialog-message-container").innerText();
  }

  async closeDialog() {
    await this.page.locator(".monaco-dialog-box").getByRole("button", { name: "Cancel" }).click();
  }

  /** The visible text of the debug console, once it matches. */
  async console(pattern) {
    await this.command("Debug Console: Focus on Debug Console View");
    return until(`the console says ${pattern}`, async () => {
      const text = (await this.page.locator(".repl .monaco-list-row").allInnerTexts()).join("\n");
      return pattern.test(text) && text;
    });
  }
}

/** Runs in a page; both images are base 64. */
async function toWebp(png) {
  const image = new Image();
  image.src = `data:image/png;base64,${png}`;
  await image.decode();
  const canvas = document.createElement("canvas");
  canvas.width = image.width;
  canvas.height = image.height;
  canvas.getContext("2d").drawImage(image, 0, 0);
  return canvas.toDataURL("image/webp", 0.8).split(",")[1];
}

/** Runs in the page: the texts of rows, their parts set off by spaces; none of rows scrolled out of sight. */
function texts(rows) {
  return rows.map((row) => {
    // A row that was replaced meanwhile is in no list.
    const list = row.closest(".monaco-list")?.getBoundingClientRect();
    if (list === undefined) return "";
    const { top, bottom } = row.getBoundingClientRect();
    const middle = (top + bottom) / 2;
    if (middle < list.top || middle > list.bottom) return "";
    const walker = document.createTreeWalker(row, NodeFilter.SHOW_TEXT);
    const parts = [];
    while (walker.nextNode()) parts.push(walker.currentNode.textContent.trim());
    return parts.filter((part) => part !== "").join(" ");
  });
}

/** Runs in the page: the line of source below each lens; none for one out of sight. */
function linesBelow(lenses) {
  const lines = [...document.querySelectorAll(".monaco-editor .view-line")].map((line) => ({
    top: line.getBoundingClientRect().top,
    // The editor sets no-break spaces.
    text: line.textContent.replaceAll("\u00a0", " "),
  }));
  lines.sort((a, b) => a.top - b.top);
  return lenses.map((lens) => {
    const { bottom, height } = lens.getBoundingClientRect();
    return height > 0 ? lines.find(({ top }) => top >= bottom - 4)?.text : undefined;
  });
}
