/** JSON-RPC over a `JsonSocket`, as the language client wants it. */
import type {
  DataCallback,
  Disposable,
  Message,
  MessageReader,
  MessageTransports,
  MessageWriter,
} from "vscode-languageclient";
import { AbstractMessageReader, AbstractMessageWriter } from "vscode-languageclient";
import type { JsonSocket } from "../base/json-socket.ts";

export function transports(socket: JsonSocket): MessageTransports {
  return { reader: new Reader(socket), writer: new Writer(socket) };
}

class Reader extends AbstractMessageReader implements MessageReader {
  readonly #socket: JsonSocket;

  constructor(socket: JsonSocket) {
    super();
    this.#socket = socket;
    socket.onClose(() => this.fireClose());
  }

  listen(callback: DataCallback): Disposable {
    this.#socket.onMessage((message) => callback(message as Message));
    return { dispose: () => this.#socket.close() };
  }
}

class Writer extends AbstractMessageWriter implements MessageWriter {
  readonly #socket: JsonSocket;

  constructor(socket: JsonSocket) {
    super();
    this.#socket = socket;
    socket.onClose(() => this.fireClose());
  }

  write(message: Message): Promise<void> {
    this.#socket.send(message);
    return Promise.resolve();
  }

  end(): void {
    this.#socket.close();
  }
}
