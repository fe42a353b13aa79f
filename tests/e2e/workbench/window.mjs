/**
 * A workbench window as a user has it: commands, panes, rows, editors. Every reading waits until
 * what it reads is there; nothing sleeps.
 */
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
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

export async function openWindow(browser, address, screenshots) {
  const page = await browser.newPage({ viewport: SIZE });
  await page.goto(address);
  const window = new Window(page, screenshots);
  await page.locator(".monaco-workbench .activitybar").waitFor();
  // Contributions of extensions have registered once its commands can be found.
  await until("the extension's commands are in the palette", () =>
    window.hasCommand("AsyncOS: Show Log"),
  );
  return window;
}

export class Window {
  constructor(page, screenshots) {
    this.page = page;
    this.screenshots = screenshots;
    this.sidebar = page.locator('div[id="workbench.view.debug"]');
  }

  async close() {
    await this.page.close();
  }

  async screenshot(name) {
    await mkdir(this.screenshots, { recursive: true });
    await this.page.screenshot({ path: join(this.screenshots, `${name}.png`) });
  }

  // Quick input

  async #quickInput(text) {
    const input = this.page.locator(".quick-input-widget:visible input.input");
    await until("the quick input opens", async () => {
      await this.page.keyboard.press("F1");
      return input.isVisible();
    });
    await input.fill(text);
    return this.page.locator(".quick-input-widget:visible .quick-input-list .monaco-list-row");
  }

  /** The row of the quick input for a whole title. */
  #choice(title) {
    return this.page
      .locator(`.quick-input-widget:visible .monaco-list-row[aria-label^="${title}"]`)
      .first();
  }

  /** Whether the palette offers a command by its whole title. */
  async hasCommand(title) {
    await this.#quickInput(`>${title}`);
    const found = await this.#choice(title)
      .waitFor({ timeout: 1000 })
      .then(
        () => true,
        () => false,
      );
    await this.page.keyboard.press("Escape");
    return found;
  }

  async command(title) {
    await this.#quickInput(`>${title}`);
    await this.#choice(title).click();
  }

  /** Starts a launch configuration by its name. */
  async debug(name) {
    const rows = await this.#quickInput(`debug ${name}`);
    await rows.filter({ hasText: name }).first().click();
  }

  async openFile(path, line) {
    const rows = await this.#quickInput(path);
    await rows.first().waitFor();
    await this.page.keyboard.press("Enter");
    await this.page.locator(`.tab.active[aria-label^="${path.split("/").at(-1)}"]`).waitFor();
    if (line !== undefined) await this.goToLine(line);
  }

  async goToLine(line) {
    await this.#quickInput(`:${line}`);
    await this.page.keyboard.press("Enter");
    await until(`the cursor stands in line ${line}`, async () =>
      (await this.page.locator(".statusbar").innerText()).includes(`Ln ${line},`),
    );
  }

  /** Answers an open quick pick with the row that has this text. */
  async pick(text) {
    const rows = this.page.locator(
      ".quick-input-widget:visible .quick-input-list .monaco-list-row",
    );
    await rows.filter({ hasText: text }).first().click();
  }

  // Debugging

  /** Sets a breakpoint in the line of the cursor. */
  async toggleBreakpoint() {
    const glyphs = this.page.locator(
      ".editor-instance .glyph-margin-widgets [class*=codicon-debug-breakpoint]",
    );
    const before = await glyphs.count();
    await until("the breakpoint's glyph appears", async () => {
      await this.page.keyboard.press("F9");
      await this.page.waitForTimeout(200);
      return (await glyphs.count()) !== before;
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
      const texts = (await rows.allInnerTexts()).map((text) => text.replace(/\s+/g, " ").trim());
      const found = texts.filter((text) => pattern.test(text));
      return found.length > 0 && found;
    });
  }

  /** One row by its text. */
  async row(title, pattern) {
    await this.rows(title, pattern);
    return (await this.pane(title))
      .locator(".monaco-list-row")
      .filter({ hasText: pattern })
      .first();
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

  /** The hover of a row. */
  async hover(title, pattern) {
    const row = await this.row(title, pattern);
    const hover = this.page.locator(".workbench-hover-container .hover-contents:visible");
    return until(`a hover of ${pattern}`, async () => {
      await this.page.mouse.move(0, 0);
      await row.hover();
      return hover
        .first()
        .innerText({ timeout: 2000 })
        .catch(() => undefined);
    });
  }

  /** Stops, or not, at a scheduling event, by its check box in the Breakpoints section. */
  async stopAt(label, on, condition) {
    const row = await this.row("Breakpoints", new RegExp(`^${label}\\b`));
    const box = row.locator("input[type=checkbox]");
    if ((await box.isChecked()) !== on) await box.click();
    if (condition === undefined) return;
    await row.hover();
    await row.locator('.action-label[aria-label^="Edit Condition"]').click();
    await this.page.keyboard.type(condition);
    await this.page.keyboard.press("Enter");
    await this.rows("Breakpoints", new RegExp(`^${label}.*`));
  }

  /** A view is no longer there. */
  async gone(title) {
    const header = this.page.locator(`.pane-header[aria-label^="${title}"]`);
    await until(`${title} goes`, async () => (await header.count()) === 0);
  }

  #lens(pattern) {
    return this.page.locator(".codelens-decoration").filter({ hasText: pattern }).first();
  }

  /** The text of a code lens in the active editor. */
  async lens(pattern) {
    return this.#lens(pattern).innerText();
  }

  async clickLens(pattern) {
    await this.#lens(pattern).locator("a").first().click();
  }

  /** The text of a modal dialog. */
  async dialog() {
    return this.page.locator(".monaco-dialog-box .dialog-message-container").innerText();
  }

  async closeDialog() {
    await this.page.locator(".monaco-dialog-box").getByRole("button", { name: "Cancel" }).click();
  }

  async editorTab() {
    return this.page.locator(".tab.active").first().getAttribute("aria-label");
  }

  async notifications() {
    return this.page.locator(".notifications-toasts .notification-list-item").allInnerTexts();
  }

  /** The visible text of the debug console, once it matches. */
  async console(pattern) {
    return until(`the console says ${pattern}`, async () => {
      const text = (await this.page.locator(".repl .monaco-list-row").allInnerTexts()).join("\n");
      return pattern.test(text) && text;
    });
  }
}
