/**
 * The two ways to everything that the extension contributes: the mouse and the keyboard. Each notes
 * which command or view it has used, so that a scenario cannot say more than it does.
 */
import { titleOf, viewNamed } from "./manifest.mjs";
import { leave } from "./pane.mjs";
import { appears, click } from "./quick-input.mjs";
import { focusedItem } from "./texts.mjs";
import { until } from "./until.mjs";

const PATIENCE = { timeout: 5000 };
const MORE = '.action-label[aria-label*="More Actions"]';

class Hand {
  /** Ids of commands and views, in the order in which they were first used. */
  used = new Set();

  constructor(window) {
    this.window = window;
    this.page = window.page;
    this.panel = this.page.locator('[id="workbench.parts.panel"]');
    this.menuItems = this.page.locator(".monaco-menu .action-menu-item:visible");
  }

  /** In a menu that is open, by its whole title. */
  item(title) {
    return this.menuItems.filter({ hasText: exactly(title) });
  }

  /** Closes a menu, if there is one; answers that nothing was chosen. */
  async leaveMenu() {
    await this.page.keyboard.press("Escape");
    return false;
  }
}

export class Mouse extends Hand {
  /** Opens a view by its tab in the panel, and by its header where it has one. */
  async open(view) {
    const { alone, name, tab } = viewNamed(view);
    const tabs = this.panel.locator(".composite-bar");
    const label = tabs.locator(".action-label:visible", { hasText: exactly(tab) });
    const front = tabs.locator("[aria-selected=true]", { hasText: exactly(tab) });
    await until(`the tab ${tab} is in front`, async () => {
      if ((await front.count()) > 0) return true;
      await leave(this.page);
      // Behind the last of the tabs that there is room for.
      const more = this.panel.locator('.action-label[aria-label="Additional Views"]:visible');
      if ((await label.count()) > 0) await label.click(PATIENCE).catch(() => {});
      else if ((await more.count()) > 0) await this.#item(tab, () => more.click());
      return false;
    });
    if (!alone) await this.window.pane(name).expand();
    this.used.add(view);
  }

  /** Clicks a button that a row shows under the pointer. */
  async inline(view, row, command) {
    const pane = this.window.view(view);
    await pane.on(row, titleOf(command), async (found) => {
      await leave(this.page);
      await found.hover({ ...PATIENCE, position: { x: 60, y: 8 } });
      await found.locator(labelled(command)).click(PATIENCE);
      return true;
    });
    this.used.add(command);
  }

  /** Chooses a command in the context menu of a row; `pane`: a view of ours, or a title of VS Code's. */
  async menu(pane, row, command) {
    const view = this.window.view(pane);
    await this.#item(titleOf(command), () => view.click(row, { button: "right" }));
    this.used.add(command);
  }

  /** Clicks a button in a view's title, or an item of the menu behind its last one. */
  async title(view, command) {
    const { alone, name } = viewNamed(view);
    const bar = alone
      ? this.panel.locator(".title")
      : this.window.pane(name).header.locator(".actions");
    const button = bar.locator(labelled(command));
    await leave(this.page);
    if (!alone) await this.window.pane(name).header.hover({ position: { x: 60, y: 8 } });
    await bar.locator(".action-item").first().waitFor();
    if ((await button.count()) > 0) await button.click();
    else {
      await this.#item(titleOf(command), () => bar.locator(MORE).first().click());
    }
    this.used.add(command);
  }

  /** Clicks a button of a page or a welcome text that runs this command. */
  async button(button, command) {
    await button.click();
    this.used.add(command);
  }

  /** Clicks what the palette offers. */
  async palette(command) {
    await this.window.quickInput.run(command, click);
    this.used.add(command);
  }

  /** Clicks a row that runs this command. */
  async row(view, row, command) {
    await this.window.view(view).click(row);
    this.used.add(command);
  }

  /** Opens a menu and clicks an item; opens it again when something took the focus, which closes it, before. */
  async #item(title, open) {
    const item = this.item(title);
    await until(`${title} is chosen in a menu`, async () => {
      await open();
      if (!(await appears(item, PATIENCE.timeout))) return this.leaveMenu();
      await this.page.evaluate(menuListens);
      return item.click(PATIENCE).then(
        () => true,
        () => false,
      );
    });
    await item.waitFor({ state: "hidden" });
  }
}

export class Keyboard extends Hand {
  /** Runs a command with the palette. */
  async palette(command) {
    await this.window.quickInput.run(command);
    this.used.add(command);
  }

  /** Goes to a view, which has the focus then. */
  async open(view) {
    await this.window.quickInput.run(`${view}.focus`);
    this.used.add(view);
  }

  /** Goes down to a row of a view; begins again when the editor took the focus, as it does at a stop. */
  async to(view, row) {
    const { pane, rows, title } = this.window.view(view);
    const list = pane.locator(".monaco-list:focus");
    const focused = rows.and(this.page.locator(".monaco-list:focus .focused"));
    await until(`the row like ${row} of ${title} is reached`, async () => {
      await this.open(view);
      if (!(await appears(list, 2000))) return false;
      await this.page.keyboard.press("Home");
      for (let last = ""; (await list.count()) > 0; ) {
        const [found] = await focused.evaluateAll(places);
        if (found !== undefined && row.test(found.name)) return true;
        // Nothing comes after the last row.
        if (found?.index === last) return false;
        last = found?.index;
        await this.page.keyboard.press("ArrowDown");
      }
      return false;
    });
  }

  /** Chooses a command in the context menu of a row. */
  async menu(view, row, command) {
    const title = titleOf(command);
    await until(`${title} is chosen in the menu of the row like ${row}`, async () => {
      await this.to(view, row);
      await this.page.keyboard.press("Shift+F10");
      if (!(await appears(this.item(title), PATIENCE.timeout))) return this.leaveMenu();
      for (let steps = await this.menuItems.count(); steps >= 0; steps--) {
        if ((await this.page.evaluate(focusedItem)) === title) {
          await this.page.keyboard.press("Enter");
          return true;
        }
        await this.page.keyboard.press("ArrowDown");
      }
      return this.leaveMenu();
    });
    await until("the menu closes", async () => (await this.menuItems.count()) === 0);
    this.used.add(command);
  }

  /** Presses Enter at a button of a page that runs this command. */
  async button(button, command) {
    await button.focus();
    await this.page.keyboard.press("Enter");
    this.used.add(command);
  }

  /** Presses Enter on a row that runs this command. */
  async row(view, row, command) {
    await this.to(view, row);
    await this.page.keyboard.press("Enter");
    this.used.add(command);
  }
}

/** Runs in the page: a menu takes no click in its first 100 ms, by a timer of its own that this one comes after. */
const menuListens = () => new Promise((resolve) => setTimeout(resolve, 150));

/** Runs in the page. */
const places = (rows) =>
  rows.map((row) => ({ name: row.getAttribute("aria-label"), index: row.dataset.index }));

const labelled = (command) => `.action-label[aria-label^=${JSON.stringify(titleOf(command))}]`;

const exactly = (text) => new RegExp(`^\\s*${text.replaceAll(/[.*+?^${}()|[\]\\]/g, "\\$&")}\\s*$`);
