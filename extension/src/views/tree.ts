/**
 * One tree view over rows. It asks only while it is visible; while the machine runs it keeps the
 * rows of the last stop and says so.
 */
import * as vscode from "vscode";
import { heard } from "../base/heard.ts";
import { t } from "../base/words.ts";
import type { Session, Sessions } from "../debug/sessions.ts";
import type { Row } from "./row.ts";

/** A machine that runs shorter than this (a step) leaves the title of the view alone. */
const RUNNING_MILLISECONDS = 500;

export interface RowsOptions {
  readonly view: string;
  readonly sessions: Sessions;
  readonly roots: (session: Session) => Promise<readonly Row[]>;
  /** A row is selected, or none. */
  readonly selected?: (session: Session, row: Row | undefined) => Promise<void>;
  /** Says more in the title, e.g. a filter. */
  readonly describe?: () => string | undefined;
}

export class RowTree implements vscode.TreeDataProvider<Row>, vscode.Disposable {
  readonly #options: RowsOptions;
  readonly #changed = new vscode.EventEmitter<undefined>();
  readonly #view: vscode.TreeView<Row>;
  readonly #subscriptions: readonly vscode.Disposable[];
  #last: { readonly session: string; readonly rows: readonly Row[] } | undefined;
  #stale = false;
  #empty = false;
  #timer: ReturnType<typeof setTimeout> | undefined;

  readonly onDidChangeTreeData = this.#changed.event;

  constructor(options: RowsOptions) {
    this.#options = options;
    this.#view = vscode.window.createTreeView(options.view, { treeDataProvider: this });
    this.#subscriptions = [
      this.#view,
      options.sessions.onDidChange(() => this.#follow()),
      this.#view.onDidChangeSelection(({ selection }) => this.#select(selection[0])),
      this.#view.onDidChangeVisibility(({ visible }) => {
        if (visible && this.#stale) this.refresh();
      }),
    ];
  }

  /** Asks again, now or when the view comes into sight. */
  refresh(): void {
    this.#stale = !this.#view.visible;
    this.#describe();
    if (this.#view.visible) this.#changed.fire(undefined);
  }

  getTreeItem(row: Row): vscode.TreeItem {
    return item(row);
  }

  /** The hover, when it opens. */
  async resolveTreeItem(rendered: vscode.TreeItem, row: Row): Promise<vscode.TreeItem> {
    // A tooltip that is there already would not be asked for.
    const more = (await row.more?.().catch(() => [])) ?? [];
    rendered.tooltip = [...(row.tooltip ?? [row.label]), ...more].join("\n");
    return rendered;
  }

  async getChildren(row?: Row): Promise<Row[]> {
    if (row !== undefined) return [...((await this.#guard(row)) ?? [])];
    const session = this.#options.sessions.shown;
    if (session === undefined) return [];
    if (session.phase === "stopped") {
      const rows = await this.#roots(session);
      this.#last = { session: session.debug.id, rows };
      await this.#tellEmpty(rows.length === 0);
    }
    return this.#last?.session === session.debug.id ? [...this.#last.rows] : [];
  }

  dispose(): void {
    clearTimeout(this.#timer);
    for (const each of this.#subscriptions) each.dispose();
    this.#changed.dispose();
  }

  #follow(): void {
    clearTimeout(this.#timer);
    const session = this.#options.sessions.shown;
    if (session?.phase === "running" && this.#last?.session === session.debug.id) {
      this.#timer = setTimeout(() => this.#describe(), RUNNING_MILLISECONDS);
    } else {
      this.refresh();
    }
  }

  /** What is selected while the machine runs is told at no time: the next stop has other rows. */
  #select(row: Row | undefined): void {
    const session = this.#options.sessions.shown;
    if (session?.phase !== "stopped") return;
    // Whoever cannot be told has other troubles, which are told elsewhere.
    this.#options.selected?.(session, row).catch(() => {});
  }

  /** For the welcome text: nothing there is something else than nothing asked yet. */
  async #tellEmpty(empty: boolean): Promise<void> {
    if (empty === this.#empty) return;
    this.#empty = empty;
    await vscode.commands.executeCommand("setContext", `${this.#options.view}.empty`, empty);
  }

  #describe(): void {
    const running = this.#options.sessions.shown?.phase === "running";
    const parts = [this.#options.describe?.(), running ? t("as of the last stop") : undefined];
    this.#view.description = parts.filter((part) => part !== undefined).join(" · ");
  }

  async #roots(session: Session): Promise<readonly Row[]> {
    try {
      const rows = await this.#options.roots(session);
      this.#view.message = undefined;
      this.#describe();
      return rows;
    } catch (error) {
      // The machine may have gone on meanwhile; then the next stop asks again.
      if (session.phase === "stopped") this.#view.message = sentence(error);
      return [];
    }
  }

  async #guard(row: Row): Promise<readonly Row[] | undefined> {
    try {
      return await row.children?.();
    } catch (error) {
      return [{ id: `${row.id}/error`, label: sentence(error), icon: { id: "info" } }];
    }
  }
}

function sentence(error: unknown): string {
  return heard(error instanceof Error ? error.message : String(error));
}

/** Rows with this address are in the colour of errors. */
const WRONG = vscode.Uri.from({ scheme: "asyncos", path: "/wrong" });

/** Colours the names of rows that are wrong; one for all trees. */
export function decorateWrongRows(): vscode.Disposable {
  return vscode.window.registerFileDecorationProvider({
    provideFileDecoration: (uri) =>
      uri.toString() === WRONG.toString()
        ? new vscode.FileDecoration(
            undefined,
            undefined,
            new vscode.ThemeColor("list.errorForeground"),
          )
        : undefined,
  });
}

function item(row: Row): vscode.TreeItem {
  const { None, Collapsed, Expanded } = vscode.TreeItemCollapsibleState;
  const state = row.children === undefined ? None : row.expanded ? Expanded : Collapsed;
  const rendered = new vscode.TreeItem(row.label, state);
  rendered.id = row.id;
  rendered.description = row.description;
  if (row.more === undefined) rendered.tooltip = (row.tooltip ?? [row.label]).join("\n");
  rendered.accessibilityInformation = {
    label: [row.label, row.spoken ?? row.description].filter((part) => part).join(", "),
  };
  if (row.icon !== undefined) {
    const color = row.icon.color === undefined ? undefined : new vscode.ThemeColor(row.icon.color);
    rendered.iconPath = new vscode.ThemeIcon(row.icon.id, color);
  }
  if (row.context !== undefined) rendered.contextValue = row.context;
  if (row.wrong === true) rendered.resourceUri = WRONG;
  if (row.action !== undefined) {
    const { argument, command } = row.action;
    const arguments_ = "argument" in row.action ? [argument] : [row];
    rendered.command = { command, title: row.label, arguments: arguments_ };
  } else if (row.place !== undefined) {
    rendered.command = { command: "asyncos.showPlace", title: t("Show"), arguments: [row.place] };
  }
  return rendered;
}
