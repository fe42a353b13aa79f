/** VS Code's quick input: the palette, lists to pick from, boxes to type into. */
import { titleOf, viewNamed } from "./manifest.mjs";
import { until } from "./until.mjs";

const PATIENCE = { timeout: 5000 };
const OURS = /^asyncos\./;
const FOCUS = /^(asyncos\.\w+)\.focus$/;

export class QuickInput {
  #page;

  constructor(page) {
    this.#page = page;
    this.widget = page.locator(".quick-input-widget:visible");
    this.input = this.widget.locator("input.input");
    this.rows = this.widget.locator(".quick-input-list .monaco-list-row");
  }

  /** The row whose label begins with this text. */
  row(label) {
    return this.rows.and(this.#page.locator(`[aria-label^=${JSON.stringify(label)}]`)).first();
  }

  /**
   * Runs a command with the palette: ours by id, which the palette finds in every language, VS Code's
   * by title. `how` chooses the row that is offered. The palette makes its list when it opens, which
   * may be before a command is enabled, and closes when a part of the workbench takes the focus: then
   * it is opened again, as nothing was chosen yet.
   */
  async run(command, how = enter) {
    await this.choose(`>${command}`, OURS.test(command) ? ourTitle(command) : command, how);
  }

  async choose(text, label, how = enter) {
    await until(`${label} is offered`, async () => {
      await this.open(text);
      const row = this.row(label);
      const chosen = (await appears(row, 2000)) && (await how(this.input, row));
      if (!chosen) await this.close();
      return chosen;
    });
  }

  /** Opens it with this text; one that is just closing does not count. */
  async open(text) {
    await until("the quick input opens", async () => {
      await this.#page.keyboard.press("F1");
      const quick = { timeout: 1000 };
      await this.input.fill(text, quick).catch(() => {});
      return (await this.input.inputValue(quick).catch(() => undefined)) === text;
    });
  }

  async close() {
    await this.#page.keyboard.press("Escape");
  }

  /** Whether the palette offers a command by its whole title. */
  async offers(title) {
    await this.open(`>${title}`);
    const found = await appears(this.row(title), 1000);
    await this.close();
    return found;
  }

  /** Answers an open list with the row that begins with this text. */
  async pick(label, how = enter) {
    await this.input.waitFor();
    await this.input.fill(label);
    const row = this.row(label);
    await row.waitFor();
    await until(`${label} is picked`, () => how(this.input, row));
  }

  /** Checks a row of an open list of check boxes, and accepts the list. */
  async check(label, how = space) {
    const row = this.row(label);
    await row.waitFor();
    // The second is that of older VS Codes.
    const checked = () => row.locator("[aria-checked=true], input:checked").count();
    await until(`${label} is checked`, async () => {
      if ((await checked()) > 0) return true;
      await how(this.input, row);
      return false;
    });
    await this.input.press("Enter");
    await this.widget.waitFor({ state: "hidden" });
  }

  /** Answers an open box; `offered`: what it has in it before, if anything. */
  async answer(text, offered = /^/) {
    await this.input.waitFor();
    await until(`${offered} is offered`, async () => offered.test(await this.input.inputValue()));
    await this.input.fill(text);
    await this.input.press("Enter");
    await this.widget.waitFor({ state: "hidden" });
  }
}

/**
 * By keyboard: the list's focus goes to the row, and Enter chooses it. Keys go to the input, as long
 * as it is there: what closed in between must not get them.
 */
const enter = (input, row) =>
  down(row, "Enter", async (key) => {
    if (!(await input.evaluate(hasFocus, undefined, PATIENCE)))
      throw new Error("it lost the focus");
    await input.press(key, PATIENCE);
  }).catch(() => false);

/** Runs in the page. */
const hasFocus = (input) => input === document.activeElement;

/** By keyboard: Space checks the row. A list of check boxes takes the focus itself. */
const space = (input, row) => down(row, "Space", (key) => input.page().keyboard.press(key));

async function down(row, key, press) {
  const focused = row.and(row.page().locator(".focused"));
  for (let tries = 0; tries < 20; tries++) {
    if ((await focused.count()) > 0) {
      await press(key);
      return true;
    }
    await press("ArrowDown");
  }
  return false;
}

/** By mouse. */
export async function click(_input, row) {
  return row.click(PATIENCE).then(
    () => true,
    () => false,
  );
}

export async function appears(locator, timeout = 1000) {
  return locator.waitFor({ timeout }).then(
    () => true,
    () => false,
  );
}

function ourTitle(command) {
  const view = FOCUS.exec(command)?.[1];
  if (view === undefined) return `AsyncOS: ${titleOf(command)}`;
  const { name, tab } = viewNamed(view);
  return `${tab}: Focus on ${name} View`;
}
