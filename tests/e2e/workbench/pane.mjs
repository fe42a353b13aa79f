/**
 * A section of the side bar or the panel, its rows by their names: what a screen reader says of
 * them. VS Code renders rows anew at each stop, and only those in sight, so nothing here holds one:
 * an action looks for its row, and looks again as long as it has not happened.
 */
import { names } from "./texts.mjs";
import { until } from "./until.mjs";

/** An action that cannot begin in this time (a row went, a hover covers it) looks anew. */
const PATIENCE = { timeout: 5000 };

export class Pane {
  #page;

  /** `title`: what its header begins with. */
  constructor(page, title) {
    this.#page = page;
    this.title = title;
    this.header = page.locator(`.pane-header[aria-label^=${JSON.stringify(title)}]`);
    this.pane = page.locator(".pane", { has: this.header });
    this.rows = this.pane.locator(".monaco-list-row");
  }

  async expand() {
    await this.header.waitFor();
    await until(`${this.title} is open`, async () => {
      const expanded = await this.header.getAttribute("aria-expanded");
      if (expanded === "true") return true;
      await this.header.click(PATIENCE).catch(() => {});
      return false;
    });
  }

  async collapse() {
    if ((await this.header.getAttribute("aria-expanded")) === "true") await this.header.click();
  }

  /** Names of the rows in sight that match, once there are some. */
  async names(pattern = /./) {
    let seen = [];
    return until(
      () => `${this.title} has a row like ${pattern}; it has: ${seen.join(" | ")}`,
      async () => {
        seen = await this.#inSight();
        const found = seen.filter((name) => name !== "" && pattern.test(name));
        return found.length > 0 && found;
      },
    );
  }

  /** Waits until all rows in sight match, and there are some. */
  async all(pattern) {
    let seen = [];
    await until(
      () => `every row of ${this.title} is like ${pattern}; it has: ${seen.join(" | ")}`,
      async () => {
        seen = (await this.#inSight()).filter((name) => name !== "");
        return seen.length > 0 && seen.every((name) => pattern.test(name));
      },
    );
  }

  /** Waits until no row in sight matches. */
  async none(pattern) {
    await until(`${this.title} has no row like ${pattern}`, async () =>
      (await this.#inSight()).every((name) => !pattern.test(name)),
    );
  }

  /** The name of a row that matches, brought into sight; waits for it when there is none yet. */
  async find(pattern) {
    let name;
    await this.on(pattern, "sight", async (row) => {
      name = await row.getAttribute("aria-label", PATIENCE);
      return true;
    });
    return name;
  }

  /** The same, now or never: undefined when there is none. */
  async glimpse(pattern) {
    const row = await this.#bring(pattern);
    return (await row?.getAttribute("aria-label", PATIENCE)) ?? undefined;
  }

  /** Waits until the title says more, like this. */
  async says(pattern) {
    await until(`the title of ${this.title} says ${pattern}`, async () =>
      pattern.test((await this.header.textContent()) ?? ""),
    );
  }

  /** Does something to the row that matches: `action` gets it, and says whether it was done. */
  async on(pattern, what, action) {
    await until(
      `${what} of the row like ${pattern} in ${this.title}`,
      async () => {
        const row = await this.#bring(pattern);
        return row !== undefined && (await action(row).catch(() => false));
      },
      60_000,
    );
  }

  /** Opens or closes a row of a tree. */
  async unfold(pattern, open = true) {
    await this.on(pattern, open ? "opening" : "closing", async (row) => {
      const state = await row.getAttribute("aria-expanded", PATIENCE);
      if (state === String(open)) return true;
      await this.leave();
      await row.locator(".monaco-tl-twistie").click(PATIENCE);
      return false;
    });
  }

  async click(pattern, options) {
    await this.on(pattern, "a click", async (row) => {
      await this.leave();
      // At its beginning: buttons appear at its end.
      await row.locator(".monaco-tl-contents").click({ ...PATIENCE, position: LEFT, ...options });
      return true;
    });
  }

  /** The hover of a row, which matches like `text`: not one that is still there of another. */
  async hover(pattern, text = pattern) {
    let found;
    await this.on(pattern, "a hover", async (row) => {
      await this.leave();
      await row.hover({ ...PATIENCE, position: { x: 60, y: 8 } });
      const hover = this.#page.locator(".workbench-hover-container .hover-contents:visible");
      found = await hover.first().innerText(PATIENCE);
      return text.test(found);
    });
    await this.leave();
    return found;
  }

  /** Takes the pointer away: a hover that stays would cover what comes next. */
  async leave() {
    await leave(this.#page);
  }

  async #inSight() {
    // A row may be replaced between being found and being read.
    return this.rows.evaluateAll(names).catch(() => []);
  }

  /** The first row that matches, scrolled wholly into sight; undefined: not now. */
  async #bring(pattern) {
    let last = "";
    let direction = 1;
    for (let turns = 0; turns < 2; ) {
      const found = await this.#inSight();
      const name = found.find((each) => each !== "" && pattern.test(each));
      if (name !== undefined) {
        return this.pane.locator(`.monaco-list-row[aria-label=${JSON.stringify(name)}]`).first();
      }
      const now = found.join("\n");
      if (now === "") return undefined;
      // At either end nothing moves any more: turn round.
      if (now === last) {
        direction = -direction;
        turns += 1;
      }
      last = now;
      const box = await this.pane.locator(".pane-body").boundingBox();
      if (box === null) return undefined;
      await this.#page.mouse.move(box.x + box.width / 2, box.y + box.height / 2);
      await this.#page.mouse.wheel(0, 66 * direction);
      await this.#page.evaluate(nextFrames);
    }
    return undefined;
  }
}

const LEFT = { x: 24, y: 8 };

/** Runs in the page: what was scrolled is drawn. */
function nextFrames() {
  return new Promise((resolve) =>
    requestAnimationFrame(() => requestAnimationFrame(() => resolve(undefined))),
  );
}

/** To where nothing is, until no hover is left. */
export async function leave(page) {
  await page.mouse.move(4, 4);
  const hovers = page.locator(".workbench-hover-container:visible");
  await until("hovers go", async () => (await hovers.count()) === 0, 5000).catch(() => {});
}
