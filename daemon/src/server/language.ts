/** A language client's connection: JSON-RPC messages, one in each text frame. */
import { fileURLToPath, pathToFileURL } from "node:url";
import {
  AbstractMessageReader,
  AbstractMessageWriter,
  type DataCallback,
  type Message,
  type MessageReader,
  type MessageWriter,
} from "vscode-languageserver/node";
import type { LiveAnnotations } from "../lsp/annotations.ts";
import { serveLanguageClient } from "../lsp/server.ts";
import type { Inspection } from "./inspection.ts";
import { CLOSE, type Transport } from "./transport.ts";

const PARSE_ERROR = -32700;

export function serveLanguage(
  transport: Transport,
  annotations: LiveAnnotations,
  inspection: Inspection,
  log: (line: string) => void,
): void {
  const reader = new Reader(transport);
  const service = serveLanguageClient(
    { reader, writer: new Writer(transport) },
    {
      annotations,
      pathOf,
      uriOf: (path) => pathToFileURL(path).href,
      inspect: (kernel) => inspection.of(kernel),
    },
    () => transport.close(CLOSE.done),
  );
  reader.closed = (problem) => {
    service.dispose();
    if (problem) log(`a language client: ${problem}`);
  };
}

class Reader extends AbstractMessageReader implements MessageReader {
  readonly #transport: Transport;
  closed: (problem: string | undefined) => void = () => {};

  constructor(transport: Transport) {
    super();
    this.#transport = transport;
  }

  listen(callback: DataCallback) {
    this.#transport.receive({
      message: (text) => {
        const message = parse(text);
        if (message) callback(message);
        else this.#transport.send(PARSE_ERROR_TEXT);
      },
      closed: (problem) => {
        this.fireClose();
        this.closed(problem);
      },
    });
    return { dispose() {} };
  }
}

class Writer extends AbstractMessageWriter implements MessageWriter {
  readonly #transport: Transport;

  constructor(transport: Transport) {
    super();
    this.#transport = transport;
  }

  write(message: Message): Promise<void> {
    this.#transport.send(JSON.stringify(message));
    return Promise.resolve();
  }

  end(): void {}
}

const PARSE_ERROR_TEXT = JSON.stringify({
  jsonrpc: "2.0",
  id: null,
  error: { code: PARSE_ERROR, message: "The message is not a JSON object." },
});

function parse(text: string): Message | undefined {
  try {
    const message: unknown = JSON.parse(text);
    return typeof message === "object" && message !== null ? (message as Message) : undefined;
  } catch {
    return undefined;
  }
}

function pathOf(uri: string): string | undefined {
  try {
    return uri.startsWith("file:") ? fileURLToPath(uri) : undefined;
  } catch {
    return undefined;
  }
}
