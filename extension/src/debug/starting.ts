/**
 * A start that takes its time (a large image is read, the daemon comes up) is told, and can be called
 * off.
 */
import * as vscode from "vscode";
import { t } from "../base/words.ts";
import type { Sessions } from "./sessions.ts";

/** A start that is shorter needs no words. */
const PATIENCE_MILLISECONDS = 1500;

export class Starting implements vscode.Disposable {
  readonly #sessions: Sessions;
  readonly #subscriptions: readonly vscode.Disposable[];
  readonly #waiting = new Map<string, ReturnType<typeof setTimeout>>();

  constructor(sessions: Sessions) {
    this.#sessions = sessions;
    this.#subscriptions = [sessions.onDidChange(() => this.#follow())];
  }

  dispose(): void {
    for (const timer of this.#waiting.values()) clearTimeout(timer);
    for (const each of this.#subscriptions) each.dispose();
  }

  #follow(): void {
    for (const debug of this.#sessions.starting) {
      if (this.#waiting.has(debug.id)) continue;
      const timer = setTimeout(() => void this.#tell(debug), PATIENCE_MILLISECONDS);
      this.#waiting.set(debug.id, timer);
    }
    for (const [id, timer] of this.#waiting) {
      if (this.#isStarting(id)) continue;
      clearTimeout(timer);
      this.#waiting.delete(id);
    }
  }

  #isStarting(id: string): boolean {
    return this.#sessions.starting.some((debug) => debug.id === id);
  }

  async #tell(debug: vscode.DebugSession): Promise<void> {
    const { program } = debug.configuration as { readonly program?: string };
    const title =
      program === undefined
        ? t("Starting the bundled kernel")
        : t(
            "Reading {0}",
            program.slice(Math.max(program.lastIndexOf("/"), program.lastIndexOf("\\")) + 1),
          );
    await vscode.window.withProgress(
      { location: vscode.ProgressLocation.Notification, title, cancellable: true },
      (_, cancelled) =>
        new Promise<void>((resolve) => {
          const done = this.#sessions.onDidChange(() => {
            if (this.#isStarting(debug.id)) return;
            done.dispose();
            resolve();
          });
          cancelled.onCancellationRequested(() => void vscode.debug.stopDebugging(debug));
          if (!this.#isStarting(debug.id)) {
            done.dispose();
            resolve();
          }
        }),
    );
  }
}
