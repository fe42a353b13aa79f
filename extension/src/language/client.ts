/** The language client: one for the window, over the same daemon, alive while a session is. */
import type * as vscode from "vscode";
import { BaseLanguageClient, type MessageTransports } from "vscode-languageclient/node";
import type { Connect } from "../debug/adapter.ts";
import { transports } from "./transport.ts";

class DaemonClient extends BaseLanguageClient {
  readonly #connect: Connect;

  constructor(connect: Connect, outputChannel: vscode.LogOutputChannel) {
    super("asyncos", "AsyncOS", {
      documentSelector: [{ scheme: "file", language: "rust" }],
      outputChannel,
      // Makes the lenses of the server lead into the Coroutines view.
      initializationOptions: { showCoroutines: "asyncos.showCoroutines" },
    });
    this.#connect = connect;
  }

  protected override async createMessageTransports(): Promise<MessageTransports> {
    return transports(await this.#connect());
  }
}

/** Starts a client; stopping it closes its connection. */
export async function startLanguageClient(
  connect: Connect,
  log: vscode.LogOutputChannel,
): Promise<{ stop(): Promise<void> }> {
  const client = new DaemonClient(connect, log);
  await client.start();
  return client;
}
