/** The Coroutines view with its filter, its groups, its order and its growing pages. */
import * as vscode from "vscode";
import type { Sessions } from "../debug/sessions.ts";
import type { Grouping } from "../wire.ts";
import { coroutineRoots } from "./coroutines.ts";
import { RowTree } from "./tree.ts";

const VIEW = "asyncos.coroutines";

/** Kept from window to window of a workspace. */
const GROUP_BY = "coroutines.groupBy";
const BY_READY_AGE = "coroutines.byReadyAge";

const GROUPINGS: readonly { readonly label: string; readonly by: Grouping | undefined }[] = [
  { label: "No Groups", by: undefined },
  { label: "Executor", by: "executor" },
  { label: "State", by: "state" },
  { label: "Priority", by: "priority" },
  { label: "Process", by: "process" },
  { label: "Function", by: "function" },
];

export class CoroutinesView implements vscode.Disposable {
  readonly #tree: RowTree;
  readonly #memory: vscode.Memento;
  #filter = "";
  /** By group; undefined: those without one. */
  readonly #pages = new Map<string | undefined, number>();
  #total: number | undefined;

  constructor(sessions: Sessions, memory: vscode.Memento) {
    this.#memory = memory;
    this.#tree = new RowTree({
      view: VIEW,
      sessions,
      roots: async ({ snapshot }) => {
        const { rows, total } = await coroutineRoots(snapshot, {
          filter: this.#filter,
          groupBy: this.#groupBy,
          byReadyAge: this.#byReadyAge,
          limit: (group) => (this.#pages.get(group) ?? 1) * pageSize(),
        });
        this.#total = total;
        return rows;
      },
      selected: async ({ debug }, row) => {
        const coroutine = row?.target?.kind === "coroutine" ? row.target.coroutine.id : null;
        await debug.customRequest("asyncos/select", { coroutine });
      },
      describe: () => this.#describe(),
    });
  }

  dispose(): void {
    this.#tree.dispose();
  }

  /** Of the group with that key, or of all where there are no groups. */
  showMore(group?: string): void {
    this.#pages.set(group, (this.#pages.get(group) ?? 1) + 1);
    this.#tree.refresh();
  }

  async setFilter(filter: string): Promise<void> {
    this.#filter = filter.trim();
    this.#pages.clear();
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

  async askGrouping(): Promise<void> {
    const items = GROUPINGS.map(({ by, label }) => ({
      label,
      by,
      ...(by === this.#groupBy && { description: "now" }),
    }));
    const title = "Group coroutines by";
    const chosen = await vscode.window.showQuickPick(items, { title, placeHolder: title });
    if (!chosen) return;
    this.#pages.clear();
    await this.#memory.update(GROUP_BY, chosen.by);
    this.#tree.refresh();
  }

  async askOrder(): Promise<void> {
    const items = [
      { label: "As the Executors Keep Them", byReadyAge: false },
      { label: "Ready Longest First", byReadyAge: true },
    ].map((item) => ({
      ...item,
      ...(item.byReadyAge === this.#byReadyAge && { description: "now" }),
    }));
    const title = "Sort coroutines";
    const chosen = await vscode.window.showQuickPick(items, { title, placeHolder: title });
    if (!chosen) return;
    await this.#memory.update(BY_READY_AGE, chosen.byReadyAge);
    this.#tree.refresh();
  }

  /** Opens the view with that filter. */
  async show(filter: string): Promise<void> {
    await this.setFilter(filter);
    await vscode.commands.executeCommand(`${VIEW}.focus`);
  }

  get #groupBy(): Grouping | undefined {
    return this.#memory.get<Grouping>(GROUP_BY);
  }

  get #byReadyAge(): boolean {
    return this.#memory.get(BY_READY_AGE, false);
  }

  #describe(): string | undefined {
    const total = this.#total?.toLocaleString("en");
    const filter = this.#filter === "" ? undefined : `with "${this.#filter}"`;
    const group = this.#groupBy && `by ${this.#groupBy}`;
    const parts = [total, filter, group, this.#byReadyAge ? "ready longest first" : undefined];
    const known = parts.filter((part) => part !== undefined);
    return known.length > 0 ? known.join(" ") : undefined;
  }
}

function pageSize(): number {
  return vscode.workspace.getConfiguration("asyncos").get("coroutines.pageSize", 200);
}
