/** The Parallel Stacks view: where the page's clicks lead. */
import * as vscode from "vscode";
import { heard } from "../base/heard.ts";
import { t } from "../base/words.ts";
import type { Sessions } from "../debug/sessions.ts";
import { PageView } from "../webview/view.ts";
import { stacksBody } from "./html.ts";
import type { FromStacks } from "./messages.ts";

export class StacksView extends PageView<never, FromStacks> {
  /** `root`: the extension's folder. */
  constructor(sessions: Sessions, root: vscode.Uri) {
    super(sessions, root, {
      view: "asyncos.stacks",
      name: "stacks",
      title: t("Parallel Stacks"),
      body: stacksBody(),
      requests: ["asyncos/parallelStacks"],
    });
  }

  protected receive(message: FromStacks): void {
    void this.#do(message);
  }

  async #do(message: FromStacks): Promise<void> {
    try {
      switch (message.type) {
        case "open":
          await vscode.commands.executeCommand("asyncos.showPlace", message.place);
          break;
        case "focus":
          await this.session?.debug.customRequest("asyncos/focus", { threadId: message.threadId });
          break;
        case "coroutines":
          await vscode.commands.executeCommand(
            "asyncos.showCoroutines",
            `id:${message.ids.join(",")}`,
          );
          break;
      }
    } catch (error) {
      await vscode.window.showInformationMessage(heard((error as Error).message));
    }
  }
}
