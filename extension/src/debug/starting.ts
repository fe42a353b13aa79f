/**
 * A start that takes its time is told, and can be called off: first until there is a daemon that
 * answers, then until it has read what is to be debugged.
 */
import * as vscode from "vscode";
import type { JsonSocket } from "../base/json-socket.ts";
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
    const title = titleOf(debug);
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

function titleOf({ configuration }: vscode.DebugSession): string {
  const { machine, program, request } = configuration as vscode.DebugConfiguration & {
    readonly machine?: string;
    readonly program?: string;
  };
  if (request === "attach") return t("Attaching to {0}", machine ?? "");
  return program === undefined
    ? t("Starting the bundled kernel")
    : t(
        "Reading {0}",
        program.slice(Math.max(program.lastIndexOf("/"), program.lastIndexOf("\\")) + 1),
      );
}

/** Waits for a connection to the daemon; rejects with a CancellationError when the user has waited enough. */
export function connected(
  debug: vscode.DebugSession,
  connecting: Promise<JsonSocket>,
): Promise<JsonSocket> {
  return new Promise((resolve, reject) => {
    const settled = connecting.then(resolve, reject);
    const timer = setTimeout(() => {
      void vscode.window.withProgress(
        {
          location: vscode.ProgressLocation.Notification,
          title: titleOf(debug),
          cancellable: true,
        },
        (_, cancelled) => {
          const called = new Promise<void>((off) => cancelled.onCancellationRequested(() => off()));
          return Promise.race([settled, called.then(() => callOff())]);
        },
      );
    }, PATIENCE_MILLISECONDS);
    void settled.then(() => clearTimeout(timer));
    const callOff = (): void => {
      reject(new vscode.CancellationError());
      // Nobody is there any more for one that comes late.
      connecting.then(
        (socket) => socket.close(),
        () => {},
      );
    };
  });
}
