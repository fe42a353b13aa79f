/** The Coroutines view with its filter and its growing page. */
import * as vscode from "vscode";
import type { Sessions } from "../debug/sessions.ts";
import { coroutineRoots } from "./coroutines.ts";
import { RowTree } from "./tree.ts";

const VIEW = "asyncos.coroutines";

export class CoroutinesView implements vscode.Disposable {
  readonly #tree: RowTree;
  #filter = "";
  #pages = 1;
  #total: number | undefined;

  constructor(sessions: Sessions) {
    this.#tree = new RowTree({
      view: VIEW,
      sessions,
      roots: async ({ snapshot }) => {
        const listing = { filter: this.#filter, limit: this.#pages * pageSize() };
        const { total, rows } = await coroutineRoots(snapshot, listing);
        this.#total = total;
        return rows;
      },
      describe: () => this.#describe(),
    });
  }

  dispose(): void {
    this.#tree.dispose();
  }

  showMore(): void {
    this.#pages += 1;
    this.#tree.refresh();
  }

  async setFilter(filter: string): Promise<void> {
    this.#filter = filter.trim();
    this.#pages = 1;
    await vscode.commands.executeCommand(
      "setContext",
      "asyncos.coroutinesFiltered",
      this.#filter !== "",
    );
    this.#tree.refresh();
  }

  async askFilter(): Promise<void> {
    const filter = await vscode.window.showInputBox({
      title: "Filter coroutines",
      value: this.#filter,
      prompt:
        "Text of the name, state:waiting, prio:<3, hart:1, executor:1 or id:17; all must match.",
      placeHolder: "state:waiting prio:<3",
    });
    if (filter !== undefined) await this.setFilter(filter);
  }

  /** Opens the view with that filter. */
  async show(filter: string): Promise<void> {
    await this.setFilter(filter);
    await vscode.commands.executeCommand(`${VIEW}.focus`);
  }

  #describe(): string | undefined {
    const total = this.#total?.toLocaleString("en");
    if (this.#filter === "") return total;
    return total === undefined ? `"${this.#filter}"` : `${total} with "${this.#filter}"`;
  }
}

function pageSize(): number {
  return vscode.workspace.getConfiguration("asyncos").get("coroutines.pageSize", 200);
}
