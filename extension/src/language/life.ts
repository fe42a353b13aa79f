/**
 * Starts and stops the language client, one change at a time: with the first session, or when a Rust
 * file or a profile is open in a window whose folders have a kernel.
 */
import * as vscode from "vscode";
import { spoken } from "../base/words.ts";
import type { Connect } from "../debug/adapter.ts";
import type { RunningClient } from "./client.ts";
import { type KernelFiles, WorkspaceKernels } from "./kernels.ts";

export class LanguageLife implements vscode.Disposable {
  readonly #connect: Connect;
  readonly #log: vscode.LogOutputChannel;
  readonly #kernels = new WorkspaceKernels();
  readonly #subscriptions: readonly vscode.Disposable[];
  #wanted = false;
  #client: RunningClient | undefined;
  #busy = false;
  #looked = false;

  constructor(connect: Connect, log: vscode.LogOutputChannel) {
    this.#connect = connect;
    this.#log = log;
    this.#subscriptions = [
      this.#kernels,
      this.#kernels.onDidChange((kernels) => this.#tell(kernels)),
      vscode.workspace.onDidOpenTextDocument((document) => void this.#opened(document)),
    ];
    for (const document of vscode.workspace.textDocuments) void this.#opened(document);
  }

  want(wanted: boolean): void {
    this.#wanted = wanted;
    void this.#settle();
  }

  dispose(): void {
    for (const each of this.#subscriptions) each.dispose();
    this.want(false);
  }

  /** The folders are looked through with the first file that has something to show. */
  async #opened({ fileName, languageId, uri }: vscode.TextDocument): Promise<void> {
    const shows = languageId === "rust" || /asyncos-profile\.json$/.test(fileName);
    if (this.#looked || uri.scheme !== "file" || !shows || !isOn()) return;
    this.#looked = true;
    this.#tell(await this.#kernels.look());
  }

  /** A client that starts is told by itself. */
  #tell(kernels: readonly KernelFiles[]): void {
    if (this.#client) this.#client.tell(kernels);
    else if (kernels.length > 0) this.want(true);
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
      const { startLanguageClient } = await import("./client.ts");
      this.#client = await startLanguageClient(await this.#connect(), spoken(), this.#log, () => {
        this.#client = undefined;
        this.#wanted = false;
      });
      if (isOn()) this.#client.tell(this.#kernels.found);
    } catch (error) {
      this.#log.error(`The language client failed: ${error}`);
      // Debugging goes on without it; the next session tries again.
      this.#wanted = false;
    }
  }
}

const isOn = (): boolean =>
  vscode.workspace.getConfiguration("asyncos").get("annotateSources") !== "debugging";
