/** A language client for tests. */
import { pathToFileURL } from "node:url";
import { WebSocket } from "ws";

interface Told {
  readonly message: string;
  readonly range: { readonly start: { readonly line: number } };
}

type Message = {
  id?: number;
  method?: string;
  params?: unknown;
  result?: unknown;
  error?: unknown;
};

/** A language client as small as can be; refresh requests are answered when the test says so. */
export class Editor {
  readonly refreshes: number[] = [];
  readonly hintRefreshes: number[] = [];
  /** The last ones of each file. */
  readonly diagnostics = new Map<string, readonly Told[]>();
  readonly #socket: WebSocket;
  readonly #answers = new Map<number, (message: Message) => void>();
  #id = 0;

  static async open(
    server: { readonly url: string; readonly token: string },
    initialize: object = {},
    refreshSupport = true,
  ): Promise<Editor> {
    const socket = new WebSocket(`${server.url}/lsp`, {
      headers: { authorization: `Bearer ${server.token}` },
    });
    await new Promise((resolve, reject) => {
      socket.once("open", resolve);
      socket.once("error", reject);
    });
    const editor = new Editor(socket);
    await editor.request("initialize", {
      processId: null,
      rootUri: null,
      capabilities: {
        workspace: { codeLens: { refreshSupport }, inlayHint: { refreshSupport } },
      },
      ...initialize,
    });
    editor.notify("initialized", {});
    return editor;
  }

  constructor(socket: WebSocket) {
    this.#socket = socket;
    socket.on("message", (data) => {
      const message = JSON.parse(data.toString()) as Message;
      if (message.method === "workspace/codeLens/refresh") this.refreshes.push(message.id!);
      else if (message.method === "workspace/inlayHint/refresh") {
        this.hintRefreshes.push(message.id!);
      } else if (message.method === "textDocument/publishDiagnostics") {
        const told = message.params as { uri: string; diagnostics: readonly Told[] };
        this.diagnostics.set(told.uri, told.diagnostics);
      } else if (message.id !== undefined) this.#answers.get(message.id)?.(message);
    });
  }

  request(method: string, params: object): Promise<Message> {
    const id = ++this.#id;
    const answer = new Promise<Message>((resolve) => this.#answers.set(id, resolve));
    this.send({ id, method, params });
    return answer;
  }

  notify(method: string, params: object): void {
    this.send({ method, params });
  }

  send(message: object): void {
    this.#socket.send(JSON.stringify({ jsonrpc: "2.0", ...message }));
  }

  sendText(text: string): void {
    this.#socket.send(text);
  }

  edit(path: string, text = ""): void {
    const uri = pathToFileURL(path).href;
    this.notify("textDocument/didOpen", {
      textDocument: { uri, languageId: "rust", version: 1, text },
    });
  }

  /** `line title` for each lens, lines from 0 as the protocol counts. */
  async lenses(path: string): Promise<string[]> {
    const uri = pathToFileURL(path).href;
    const answer = await this.request("textDocument/codeLens", { textDocument: { uri } });
    const found = answer.result as {
      range: { start: { line: number } };
      command: { title: string };
    }[];
    return found.map((lens) => `${lens.range.start.line} ${lens.command.title}`);
  }

  /** `line:character label` for each mark, counting from 0. */
  async hints(path: string, first = 0, last = 100_000): Promise<string[]> {
    const range = {
      start: { line: first, character: 0 },
      end: { line: last, character: 0 },
    };
    const textDocument = { uri: pathToFileURL(path).href };
    const { result } = await this.request("textDocument/inlayHint", { textDocument, range });
    return (result as { position: { line: number; character: number }; label: string }[]).map(
      ({ position: { line, character }, label }) => `${line}:${character} ${label}`,
    );
  }

  async hover(path: string, line: number): Promise<string | undefined> {
    const { result } = await this.request("textDocument/hover", {
      textDocument: { uri: pathToFileURL(path).href },
      position: { line, character: 0 },
    });
    return (result as { contents: { value: string } } | null)?.contents.value;
  }

  close(): void {
    this.#socket.close();
  }
}
