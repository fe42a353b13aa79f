/**
 * The language client: one for the window, over the same daemon, from the first session on. It is
 * large, so it is a bundle of its own, with a copy of what it imports.
 */
import type * as vscode from "vscode";
import {
  BaseLanguageClient,
  CloseAction,
  ErrorAction,
  type MessageTransports,
  RevealOutputChannelOn,
} from "vscode-languageclient/node";
import type { JsonSocket } from "../base/json-socket.ts";
import { type Language, speak } from "../base/words.ts";
import { IN_USERS_WORDS } from "./hearing.ts";
import type { KernelFiles } from "./kernels.ts";
import { transports } from "./transport.ts";

export interface RunningClient {
  stop(): Promise<void>;
  /** The kernels of the window's folders, and their files as they are now. */
  tell(kernels: readonly KernelFiles[]): void;
}

class DaemonClient extends BaseLanguageClient {
  readonly #socket: JsonSocket;

  constructor(socket: JsonSocket, log: vscode.LogOutputChannel, lost: () => void) {
    super("asyncos", "AsyncOS", {
      documentSelector: [
        { scheme: "file", language: "rust" },
        { scheme: "file", pattern: "**/{asyncos-profile,*.asyncos-profile}.json" },
        { scheme: "file", pattern: "**/.vscode/launch.json" },
      ],
      outputChannel: log,
      revealOutputChannelOn: RevealOutputChannelOn.Never,
      // Makes the lenses of the server lead into the Coroutines view.
      initializationOptions: { showCoroutines: "asyncos.showCoroutines" },
      middleware: IN_USERS_WORDS,
      // A lost connection is a lost daemon: its sessions say so, and the next one connects again.
      errorHandler: {
        error: () => ({ action: ErrorAction.Continue, handled: true }),
        closed: () => {
          lost();
          return { action: CloseAction.DoNotRestart, handled: true };
        },
      },
    });
    this.#socket = socket;
  }

  protected override createMessageTransports(): Promise<MessageTransports> {
    return Promise.resolve(transports(this.#socket));
  }
}

/** Stopping it closes the connection; `lost` is called when that went by itself. */
export async function startLanguageClient(
  socket: JsonSocket,
  language: Language,
  log: vscode.LogOutputChannel,
  lost: () => void,
): Promise<RunningClient> {
  speak(language);
  const client = new DaemonClient(socket, log, lost);
  await client.start();
  return {
    stop: () => client.stop(),
    tell: (kernels) => void client.sendNotification("asyncos/kernels", { kernels }),
  };
}
