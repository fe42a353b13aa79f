/** Debug adapters that live in the daemon, one WebSocket for each session. */
import * as vscode from "vscode";
import type { JsonSocket } from "../base/json-socket.ts";
import type { ProtocolMessage } from "./bridge.ts";
import { Bridge } from "./bridge.ts";
import { connected } from "./starting.ts";

/** Opens a connection to the daemon, starting it when needed; rejects with a sentence. */
export type Connect = () => Promise<JsonSocket>;

export class AdapterFactory implements vscode.DebugAdapterDescriptorFactory {
  readonly #connect: Connect;

  constructor(connect: Connect) {
    this.#connect = connect;
  }

  async createDebugAdapterDescriptor(
    debug: vscode.DebugSession,
  ): Promise<vscode.DebugAdapterDescriptor> {
    const socket = await connected(debug, this.#connect());
    return new vscode.DebugAdapterInlineImplementation(new DaemonAdapter(socket));
  }
}

class DaemonAdapter implements vscode.DebugAdapter {
  readonly #sent = new vscode.EventEmitter<vscode.DebugProtocolMessage>();
  readonly #bridge: Bridge;
  readonly onDidSendMessage = this.#sent.event;

  constructor(socket: JsonSocket) {
    this.#bridge = new Bridge(socket, (message) => this.#sent.fire(message));
  }

  handleMessage(message: vscode.DebugProtocolMessage): void {
    this.#bridge.handle(message as ProtocolMessage);
  }

  dispose(): void {
    this.#bridge.dispose();
    this.#sent.dispose();
  }
}
