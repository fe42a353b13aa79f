/**
 * A workbench window as a user has it: editors, sections, sessions, pictures. Every reading waits
 * until what it reads is there; nothing sleeps.
 */
import { mkdir, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { chromium } from "playwright-core";
import { Keyboard, Mouse } from "./hands.mjs";
import { viewNamed } from "./manifest.mjs";
import { leave, Pane } from "./pane.mjs";
import { appears, QuickInput } from "./quick-input.mjs";
import { linesBelow, threadOfSelection } from "./texts.mjs";
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
    window.quickInput.offers(language === "zh-cn" ? "AsyncOS: 显示日志" : "AsyncOS: Show Log"),
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
    this.quickInput = new QuickInput(page);
    this.mouse = new Mouse(this);
    this.keyboard = new Keyboard(this);
    this.sidebar = page.locator('div[id="workbench.view.debug"]');
  }

  async close() {
    await this.page.close();
  }

  // Pictures

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
    await leave(this.page);
    const moving = this.page.locator(".monaco-progress-container.active:visible");
    // Behind a dialog progress may go on for as long as the dialog is there.
    await until("progress ends", async () => (await moving.count()) === 0, 3000).catch(() => {});
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

  async resize(size = SIZE) {
    await this.page.setViewportSize(size);
  }

  // Parts of the workbench

  /** A section by the beginning of its title. */
  pane(title) {
    return new Pane(this.page, title);
  }

  /** A view of ours by its id, or a section of VS Code's by its title. */
  view(view) {
    return this.pane(view.startsWith("asyncos.") ? viewNamed(view).name : view);
  }

  /** A page in a webview that is in front. */
  get webview() {
    return this.page.frameLocator("iframe.webview.ready").frameLocator("#active-frame");
  }

  /** VS Code's own command by its whole title. */
  async command(title) {
    await this.quickInput.run(title);
  }

  async key(key) {
    await this.page.keyboard.press(key);
  }

  async type(text) {
    await this.page.keyboard.type(text);
  }

  async openFile(path, line) {
    const name = path.split("/").at(-1);
    await this.quickInput.choose(path, name);
    await this.editor(name);
    if (line !== undefined) await this.goToLine(line);
  }

  async goToLine(line) {
    await until(`the cursor stands in line ${line}`, async () => {
      await this.quickInput.open(`:${line}`);
      await this.quickInput.input.press("Enter", { timeout: 2000 }).catch(() => {});
      return appears(this.#status(line));
    });
  }

  /** Waits until the cursor stands there. */
  async cursorIn(line) {
    await this.#status(line).waitFor();
  }

  #status(line) {
    return this.page.locator(".statusbar").filter({ hasText: `Ln ${line},` });
  }

  /** Waits until the editor of a file is in front, by a part of its name. */
  async editor(name) {
    await this.page.locator(`.tab.active[aria-label*="${name}"]`).first().waitFor();
  }

  /** Whether the text of the editor in front matches. */
  async editorSays(pattern) {
    const lines = await this.page.locator(".editor-instance .view-line").allInnerTexts();
    return pattern.test(lines.join("\n").replaceAll("\u00a0", " "));
  }

  /** What the editor says of a word under the pointer, once it matches; `line`: a part of its line. */
  async hover(line, word, pattern) {
    const token = this.page
      .locator(".editor-instance .view-line", { hasText: line })
      .locator("span span", { hasText: new RegExp(`^\\s*${word}\\s*$`) })
      .first();
    const hover = this.page.locator(".monaco-editor .monaco-hover:visible");
    const said = await until(`a hover of ${word} says ${pattern}`, async () => {
      await leave(this.page);
      await token.hover({ timeout: 2000 }).catch(() => {});
      const found = hover.filter({ hasText: pattern }).first();
      return found.innerText({ timeout: 3000 }).catch(() => false);
    });
    await leave(this.page);
    return said;
  }

  /** The code lens above the line that begins with this text. */
  async lens(line, saying = /./) {
    const lenses = this.page.locator(".codelens-decoration");
    return until(`a code lens above ${line} says ${saying}`, async () => {
      const above = await lenses.evaluateAll(linesBelow);
      const found = above.findIndex((text) => text?.startsWith(line));
      if (found < 0) return false;
      const lens = lenses.nth(found);
      return saying.test(await lens.innerText({ timeout: 1000 }).catch(() => "")) && lens;
    });
  }

  /** Waits for a message in the corner, and closes it; answers what it says. */
  async notification(text) {
    const item = this.page.locator(".notification-list-item", { hasText: text });
    const said = await item.locator(".notification-list-item-message").innerText();
    await this.command("Notifications: Clear All Notifications");
    return said;
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

  // Debugging

  /** Starts a launch configuration by its name. */
  async debug(name) {
    await this.quickInput.choose(`debug ${name}`, name);
  }

  /** F5 where nothing is configured: chooses a debugger by its name. */
  async start(debuggerName) {
    const { input } = this.quickInput;
    await until(`F5 offers ${debuggerName}`, async () => {
      await this.page.keyboard.press("F5");
      // A second F5 would close the list that the first one opens.
      if (!(await appears(input, 5000))) return false;
      return input.fill(debuggerName, { timeout: 1000 }).then(
        () => appears(this.quickInput.row(debuggerName)),
        () => false,
      );
    });
    await this.quickInput.row(debuggerName).click();
  }

  /**
   * Continues, once VS Code takes the command: a moment after it shows a stop. F5 says nothing when it
   * comes too early, the palette offers the command from then on.
   */
  async goOn() {
    await this.command("Debug: Continue");
  }

  /** Sets a breakpoint in the line of the cursor. */
  async setBreakpoint() {
    // F9 does nothing until the languages of breakpoints are registered; pressed twice it undoes.
    await until("the breakpoint's glyph appears", async () => {
      await this.page.keyboard.press("F9");
      return appears(this.#glyphs.first(), 3000);
    });
  }

  /** The same, with a condition, in the editor's own box. */
  async setConditionalBreakpoint(condition) {
    await this.command("Debug: Add Conditional Breakpoint...");
    await this.page.locator(".breakpoint-widget .monaco-editor.focused").waitFor();
    await this.type(condition);
    await this.key("Enter");
    await this.#glyphs.first().waitFor();
  }

  /** Where the breakpoint in the line of the cursor counts, in the same box. */
  async setBreakpointMode(label) {
    // The context menu has it too, but in older VS Codes only after the last row drawn was a breakpoint.
    await this.command("Debug: Add Conditional Breakpoint...");
    const widget = this.page.locator(".breakpoint-widget");
    await widget.locator("select", { hasText: label }).selectOption({ label });
    await widget.locator(".monaco-editor").click();
    await this.key("Enter");
    await widget.waitFor({ state: "detached" });
  }

  get #glyphs() {
    return this.page.locator(
      ".editor-instance .glyph-margin-widgets [class*=codicon-debug-breakpoint]",
    );
  }

  /** The stopped thread in the Call Stack says why; answers that text. */
  async stopped(reason, milliseconds = 60_000) {
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

  /** Clicks Pause, if there is something to pause. */
  async pauseWhatRuns() {
    const button = this.page.locator(".codicon-debug-pause:visible").first();
    if ((await button.count()) > 0) await button.click({ timeout: 2000 }).catch(() => {});
  }

  /** Waits until the frame in focus belongs to the thread with this name in the Call Stack. */
  async focusIsOn(thread) {
    const rows = this.pane("Call Stack").rows;
    await until(`the focus is on ${thread}`, async () =>
      thread.test(await rows.evaluateAll(threadOfSelection).catch(() => "")),
    );
  }

  /** What the editor says of the event that stopped, at its line, once it matches. */
  async event(pattern = /./) {
    const widget = this.page.locator(".exception-widget");
    return until(`the editor says ${pattern}`, async () => {
      const text = await widget.innerText({ timeout: 5000 }).catch(() => "");
      return pattern.test(text) && text;
    });
  }

  /** Whether the Run and Debug view has something to stop or leave. */
  async debugging() {
    const buttons = ".codicon-debug-stop:visible, .codicon-debug-disconnect:visible";
    return (await this.page.locator(".part.sidebar").locator(buttons).count()) > 0;
  }

  async ended(milliseconds = 60_000) {
    await until("the session ends", async () => !(await this.debugging()), milliseconds);
  }

  /** Stops, or not, at a scheduling event, by its check box in the Breakpoints section. */
  async stopAt(label, on, condition) {
    const pane = this.pane("Breakpoints");
    await pane.expand();
    const row = new RegExp(`^${label}(?!\\p{L})`, "u");
    await pane.on(row, on ? "checking" : "unchecking", async (found) => {
      if ((await found.getAttribute("aria-checked", { timeout: 1000 })) === String(on)) return true;
      await leave(this.page);
      // The second is that of older VS Codes.
      const box = found.locator(".monaco-checkbox, input[type=checkbox]").first();
      await box.click({ timeout: 2000 });
      return false;
    });
    if (condition === undefined) return;
    const input = this.page.locator(
      ".breakpoint-widget, .debug-breakpoints .monaco-inputbox input",
    );
    await pane.on(row, "Edit Condition", async (found) => {
      await leave(this.page);
      await found.hover({ timeout: 2000, position: { x: 60, y: 8 } });
      await found.locator('.action-label[aria-label^="Edit Condition"]').click({ timeout: 2000 });
      return appears(input.first(), 3000);
    });
    await this.type(condition);
    await this.key("Enter");
    await pane.on(row, "the condition", async (found) =>
      (await found.innerText({ timeout: 1000 })).includes(condition),
    );
  }

  /** A view is no longer there. */
  async gone(title) {
    const header = this.page.locator(`.pane-header[aria-label^="${title}"]`);
    await until(`${title} goes`, async () => (await header.count()) === 0);
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
