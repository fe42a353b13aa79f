/** The Coroutines view with its filter, its groups, its order and its growing pages. */
import * as vscode from "vscode";
import { number, t } from "../base/words.ts";
import type { Sessions } from "../debug/sessions.ts";
import type { Grouping } from "../wire.ts";
import { coroutineRoots } from "./coroutines.ts";
import { RowTree } from "./tree.ts";

const VIEW = "asyncos.coroutines";

/** Kept from window to window of a workspace. */
const GROUP_BY = "coroutines.groupBy";
const BY_READY_AGE = "coroutines.byReadyAge";

const groupings = (): readonly {
  readonly label: string;
  readonly by: Grouping | undefined;
  /** In the title of the view. */
  readonly told?: string;
}[] => [
  { label: t("No Groups"), by: undefined },
  { label: t("Executor"), by: "executor", told: t("by executor") },
  { label: t("State"), by: "state", told: t("by state") },
  { label: t("Priority"), by: "priority", told: t("by priority") },
  { label: t("Process"), by: "process", told: t("by process") },
  { label: t("Function"), by: "function", told: t("by function") },
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
      title: t("Filter coroutines"),
      value: this.#filter,
      prompt: t(
        "Text of the name, state:waiting, prio:<3, hart:1, thread:2, executor:1, process:3 or id:17; all must match.",
      ),
      placeHolder: "state:waiting prio:<3",
    });
    if (filter !== undefined) await this.setFilter(filter);
  }

  async askGrouping(): Promise<void> {
    const items = groupings().map(({ by, label }) => ({
      label,
      by,
      ...(by === this.#groupBy && { description: t("now") }),
    }));
    const title = t("Group coroutines by");
    const chosen = await vscode.window.showQuickPick(items, { title, placeHolder: title });
    if (!chosen) return;
    this.#pages.clear();
    await this.#memory.update(GROUP_BY, chosen.by);
    this.#tree.refresh();
  }

  async askOrder(): Promise<void> {
    const items = [
      { label: t("As the Executors Keep Them"), byReadyAge: false },
      { label: t("Ready Longest First"), byReadyAge: true },
    ].map((item) => ({
      ...item,
      ...(item.byReadyAge === this.#byReadyAge && { description: t("now") }),
    }));
    const title = t("Sort coroutines");
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
    const total = this.#total === undefined ? undefined : number(this.#total);
    const filter = this.#filter === "" ? undefined : t('with "{0}"', this.#filter);
    const group = groupings().find(({ by }) => by === this.#groupBy)?.told;
    const order = this.#byReadyAge ? t("ready longest first") : undefined;
    const parts = [total, filter, group, order];
    const known = parts.filter((part) => part !== undefined);
    return known.length > 0 ? known.join(" ") : undefined;
  }
}

function pageSize(): number {
  return vscode.workspace.getConfiguration("asyncos").get("coroutines.pageSize", 200);
}
