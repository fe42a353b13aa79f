/**
 * The boxes of stacks as nested lists, from the outermost frame at the left to the innermost at the
 * right: what a screen reader reads, and what is seen, are the same. Keys move between the buttons.
 */
import { heard } from "../../base/heard.ts";
import { t } from "../../base/words.ts";
import type { FromStacks, StackBox, StackFrame } from "../messages.ts";
import { coroutinesHere, counts, placeText } from "../words.ts";

type Say = (message: FromStacks) => void;

export class Forest {
  readonly #root: HTMLElement;
  readonly #say: Say;
  /** What stays in focus from stop to stop. */
  #current: string | undefined;

  constructor(root: HTMLElement, say: Say) {
    this.#root = root;
    this.#say = say;
    root.addEventListener("keydown", (event) => this.#key(event));
    root.addEventListener("focusin", ({ target }) => this.#reach(target as HTMLElement));
  }

  show(boxes: readonly StackBox[]): void {
    const focused = this.#root.contains(document.activeElement);
    const children = new Map<number | undefined, StackBox[]>();
    for (const box of boxes) {
      const siblings = children.get(box.parent);
      if (siblings) siblings.push(box);
      else children.set(box.parent, [box]);
    }
    this.#root.replaceChildren(this.#list(children, undefined, ""));
    const buttons = this.#buttons();
    const again = buttons.find(({ dataset }) => dataset.key === this.#current) ?? buttons[0];
    if (!again) return;
    again.tabIndex = 0;
    if (focused) again.focus();
  }

  #list(
    children: ReadonlyMap<number | undefined, readonly StackBox[]>,
    parent: number | undefined,
    path: string,
  ): HTMLElement {
    const list = document.createElement("ul");
    for (const [index, box] of (children.get(parent) ?? []).entries()) {
      const item = document.createElement("li");
      const key = `${path}/${box.frames.at(-1)?.name ?? index}`;
      item.append(this.#box(box, key));
      if (children.has(box.id)) item.append(this.#list(children, box.id, key));
      list.append(item);
    }
    return list;
  }

  #box(box: StackBox, key: string): HTMLElement {
    const section = document.createElement("div");
    const title = counts(box.through);
    section.className = "box";
    section.setAttribute("role", "group");
    section.setAttribute("aria-label", title);
    const head = document.createElement("div");
    head.className = "count";
    head.textContent = title;
    section.append(head, ...this.#members(box, key));
    for (const [index, frame] of box.frames.entries()) {
      section.append(this.#frame(frame, `${key}#${index}`));
    }
    return section;
  }

  /** Who stands in the innermost frame. */
  *#members(box: StackBox, key: string): Generator<HTMLElement> {
    for (const { coroutine, id, threadId } of box.harts) {
      const who =
        coroutine === undefined ? t("hart {0}", id) : t("hart {0} polls {1}", id, coroutine);
      yield this.#member(who, `${key}@hart${id}`, focusOn(threadId));
    }
    for (const { id, name, state, threadId } of box.threads) {
      yield this.#member(
        t("thread {0} {1}, {2}", id, name, heard(state)),
        `${key}@thread${id}`,
        focusOn(threadId),
      );
    }
    const waiting = coroutinesHere(box);
    if (waiting !== undefined) {
      const message = { type: "coroutines", ids: box.coroutines!.ids } as const;
      yield this.#member(waiting, `${key}@coroutines`, message);
    }
  }

  #member(text: string, key: string, message: FromStacks | undefined): HTMLElement {
    const button = this.#button(text, key, message);
    button.classList.add("member");
    return button;
  }

  #frame(frame: StackFrame, key: string): HTMLElement {
    const place = placeText(frame);
    const message =
      place === undefined
        ? undefined
        : ({ type: "open", place: { path: frame.path!, line: frame.line! } } as const);
    const button = this.#button(frame.name, key, message);
    button.classList.add("frame");
    const note = frame.note && heard(frame.note);
    const more = [place, note].filter((part) => part !== undefined).join(", ");
    button.title = [frame.name, frame.path && `${frame.path}:${frame.line}`, note]
      .filter((part) => part)
      .join("\n");
    if (more === "") return button;
    const where = document.createElement("span");
    where.className = "where";
    where.textContent = ` ${more}`;
    button.append(where);
    return button;
  }

  #button(text: string, key: string, message: FromStacks | undefined): HTMLButtonElement {
    const button = document.createElement("button");
    button.textContent = text;
    button.dataset.key = key;
    button.tabIndex = -1;
    if (message) button.addEventListener("click", () => this.#say(message));
    else button.setAttribute("aria-disabled", "true");
    return button;
  }

  #buttons(): HTMLButtonElement[] {
    return [...this.#root.querySelectorAll("button")];
  }

  /** One button of all is in the order of tabs: the one that was reached last. */
  #reach(target: HTMLElement): void {
    for (const button of this.#buttons()) button.tabIndex = button === target ? 0 : -1;
    this.#current = target.dataset.key;
    target.scrollIntoView({ block: "nearest", inline: "nearest" });
  }

  #key(event: KeyboardEvent): void {
    const here = event.target as HTMLElement;
    const next = this.#next(event.key, here);
    if (next === undefined) return;
    event.preventDefault();
    next?.focus();
  }

  /** Undefined: the key means nothing here; null: there is nothing in that direction. */
  #next(key: string, here: HTMLElement): HTMLElement | null | undefined {
    const buttons = this.#buttons();
    const at = buttons.indexOf(here as HTMLButtonElement);
    const item = here.closest("li");
    switch (key) {
      case "ArrowDown":
        return buttons[at + 1] ?? null;
      case "ArrowUp":
        return buttons[at - 1] ?? null;
      case "ArrowRight":
        return item?.querySelector<HTMLElement>(":scope > ul button") ?? null;
      case "ArrowLeft":
        return (
          item?.parentElement?.closest("li")?.querySelector<HTMLElement>(":scope > .box button") ??
          null
        );
      case "Home":
        return buttons[0] ?? null;
      case "End":
        return buttons.at(-1) ?? null;
      default:
        return undefined;
    }
  }
}

const focusOn = (threadId: number | undefined): FromStacks | undefined =>
  threadId === undefined ? undefined : { type: "focus", threadId };
