/** Starts and stops the language client, one change at a time. */
import type * as vscode from "vscode";
import type { Connect } from "../debug/adapter.ts";
import type { RunningClient } from "./client.ts";

export class LanguageLife implements vscode.Disposable {
  readonly #connect: Connect;
  readonly #log: vscode.LogOutputChannel;
  #wanted = false;
  #client: RunningClient | undefined;
  #busy = false;

  constructor(connect: Connect, log: vscode.LogOutputChannel) {
    this.#connect = connect;
    this.#log = log;
  }

  want(wanted: boolean): void {
    this.#wanted = wanted;
    void this.#settle();
  }

  dispose(): void {
    this.want(false);
  }

  async #settle(): Promise<void> {
    if (this.#busy) return;
    this.#busy = true;
    while (this.#wanted !== (this.#client !== undefined)) await this.#change();
    this.#busy = false;
  }

  async #change(): Promise<void> {
    const client = this.#client;
    try {
      if (client !== undefined) {
        this.#client = undefined;
        await client.stop();
        return;
      }
      // The client is large: it is loaded with the first session, not with the extension.
      const { startLanguageClient } = await import("./client.ts");
      this.#client = await startLanguageClient(await this.#connect(), this.#log, () => {
        this.#client = undefined;
        this.#wanted = false;
      });
    } catch (error) {
      this.#log.error(`The language client failed: ${error}`);
      // Debugging goes on without it; the next session tries again.
      this.#wanted = false;
    }
  }
}
