/**
 * The language server: while sessions are stopped, a code lens at each `async fn` says how many of
 * its coroutines live and in which state, and a mark at each `.await` which of them are suspended
 * there. Clients are told to ask again only when that changed in a file that they have open.
 */
import {
  type CodeLens,
  CodeLensRefreshRequest,
  type Connection,
  createConnection,
  createProtocolConnection,
  type InitializeParams,
  type InitializeResult,
  type InlayHint,
  InlayHintRefreshRequest,
  type MessageReader,
  type MessageWriter,
  type ProtocolRequestType0,
  TextDocumentSyncKind,
} from "vscode-languageserver";
import type { Disposable } from "../base/disposable.ts";
import type {
  AnnotatedAwait,
  AnnotatedFunction,
  FunctionCounts,
  LiveAnnotations,
} from "./annotations.ts";
import { awaitHints, awaitHover } from "./awaits.ts";

export interface LanguageClient {
  readonly reader: MessageReader;
  readonly writer: MessageWriter;
}

export interface LanguageHost {
  readonly annotations: LiveAnnotations;
  /** The host's path of a `file:` URI; undefined for any other. */
  pathOf(uri: string): string | undefined;
}

/** Serves one client until `dispose`, or until the client says `exit`: then `left` is called. */
export function serveLanguageClient(
  client: LanguageClient,
  host: LanguageHost,
  left: () => void,
): Disposable {
  const connection = createConnection(
    (logger) => createProtocolConnection(client.reader, client.writer, logger),
    { shutdownReceived: false, initialize() {}, exit: left },
  );
  const open = new OpenFiles(host);
  const lenses = new Refresher(connection, CodeLensRefreshRequest.type);
  const hints = new Refresher(connection, InlayHintRefreshRequest.type);

  connection.onInitialize((params) => {
    const { workspace } = params.capabilities;
    lenses.supported = workspace?.codeLens?.refreshSupport === true;
    hints.supported = workspace?.inlayHint?.refreshSupport === true;
    open.command = showCommand(params);
    return CAPABILITIES;
  });
  connection.onDidOpenTextDocument(({ textDocument }) => {
    open.add(textDocument.uri, textDocument.text);
  });
  connection.onDidChangeTextDocument(({ textDocument, contentChanges }) => {
    const last = contentChanges.at(-1);
    // The client asks for lenses again by itself after an edit.
    if (last) open.add(textDocument.uri, last.text);
  });
  connection.onDidCloseTextDocument(({ textDocument }) => open.remove(textDocument.uri));
  connection.onCodeLens(({ textDocument }) => open.lenses(textDocument.uri));
  connection.languages.inlayHint.on(({ textDocument, range }) =>
    open.hints(textDocument.uri, range.start.line, range.end.line),
  );
  connection.onHover(({ textDocument, position }) =>
    awaitHover(open.awaits(textDocument.uri), position.line),
  );
  const subscription = host.annotations.changed.on(() => {
    const changed = open.changed();
    if (changed.lenses) lenses.refresh();
    if (changed.hints) hints.refresh();
  });
  connection.listen();
  return {
    dispose() {
      subscription.dispose();
      lenses.supported = false;
      hints.supported = false;
      connection.dispose();
    },
  };
}

/** `12 live: 3 ready, 1 running, 8 waiting`; states without a coroutine are left out. */
export function lensTitle(counts: FunctionCounts): string | undefined {
  const { ready, running, waiting, done } = counts;
  const live = ready + running + waiting;
  if (live + done === 0) return undefined;
  const states = Object.entries({ ready, running, waiting, done })
    .filter(([, count]) => count > 0)
    .map(([state, count]) => `${count} ${state}`);
  return `${live} live: ${states.join(", ")}`;
}

const CAPABILITIES: InitializeResult = {
  serverInfo: { name: "AsyncOS Debugger" },
  capabilities: {
    textDocumentSync: { openClose: true, change: TextDocumentSyncKind.Full },
    codeLensProvider: { resolveProvider: false },
    inlayHintProvider: true,
    hoverProvider: true,
  },
};

/**
 * The client's command that shows the coroutines of a function, whose name is its argument: from
 * `initializationOptions.showCoroutines`. Clients without one get plain text.
 */
function showCommand(params: InitializeParams): string | undefined {
  const options = params.initializationOptions as { showCoroutines?: unknown } | null | undefined;
  return typeof options?.showCoroutines === "string" ? options.showCoroutines : undefined;
}

interface OpenFile {
  readonly lines: readonly string[];
  /** What the client was last given the chance to see. */
  lenses: string;
  hints: string;
}

/** The files that a client has open, and what is to be shown in them. */
class OpenFiles {
  command: string | undefined;
  readonly #host: LanguageHost;
  readonly #files = new Map<string, OpenFile>();

  constructor(host: LanguageHost) {
    this.#host = host;
  }

  add(uri: string, text: string): void {
    const file = { lines: text.split("\n"), lenses: "", hints: "" };
    this.#files.set(uri, file);
    file.lenses = fingerprint(this.lenses(uri));
    file.hints = fingerprint(this.hints(uri));
  }

  remove(uri: string): void {
    this.#files.delete(uri);
  }

  /** Whether any open file shows something else now. */
  changed(): { readonly lenses: boolean; readonly hints: boolean } {
    const changed = { lenses: false, hints: false };
    for (const [uri, file] of this.#files) {
      const lenses = fingerprint(this.lenses(uri));
      const hints = fingerprint(this.hints(uri));
      changed.lenses ||= lenses !== file.lenses;
      changed.hints ||= hints !== file.hints;
      file.lenses = lenses;
      file.hints = hints;
    }
    return changed;
  }

  awaits(uri: string): readonly AnnotatedAwait[] {
    const path = this.#host.pathOf(uri);
    return path === undefined ? [] : this.#host.annotations.awaitsIn(path);
  }

  /** Lines count from 0. */
  hints(uri: string, first = 0, last = Number.POSITIVE_INFINITY): InlayHint[] {
    return awaitHints(this.awaits(uri), this.#files.get(uri)?.lines ?? [], first, last);
  }

  lenses(uri: string): CodeLens[] {
    const path = this.#host.pathOf(uri);
    if (path === undefined) return [];
    const lines = this.#files.get(uri)?.lines ?? [];
    return this.#host.annotations.functionsIn(path).flatMap((entry) => {
      return lens(entry, signatureLine(lines, entry), this.command);
    });
  }
}

/** How many lines a signature may have. */
const MAX_SIGNATURE = 32;

/**
 * The line (from 0) of the `fn`: debugging information tells where the body opens, and a signature
 * may be written over several lines.
 */
function signatureLine(lines: readonly string[], { line, name }: AnnotatedFunction): number {
  const pattern = new RegExp(`\\bfn\\s+${name.split("::").at(-1)?.replace(/\W.*/, "")}\\b`);
  for (let at = line - 1; at >= 0 && at > line - 1 - MAX_SIGNATURE; at--) {
    if (pattern.test(lines[at] ?? "")) return at;
  }
  return line - 1;
}

function lens(
  { name, counts }: AnnotatedFunction,
  line: number,
  command: string | undefined,
): CodeLens[] {
  const title = lensTitle(counts);
  if (title === undefined) return [];
  const position = { line, character: 0 };
  // A command without a name is text that cannot be clicked.
  const action = command ? { title, command, arguments: [name] } : { title, command: "" };
  return [{ range: { start: position, end: position }, command: action }];
}

const fingerprint = (shown: readonly object[]): string => JSON.stringify(shown);

/** Sends one refresh at a time; what changes meanwhile is one more refresh after the answer. */
class Refresher {
  supported = false;
  readonly #connection: Connection;
  readonly #request: ProtocolRequestType0<void, void, void, void>;
  #asked = false;
  #again = false;

  constructor(connection: Connection, request: ProtocolRequestType0<void, void, void, void>) {
    this.#connection = connection;
    this.#request = request;
  }

  refresh(): void {
    if (!this.supported) return;
    if (this.#asked) {
      this.#again = true;
      return;
    }
    this.#asked = true;
    this.#connection
      .sendRequest(this.#request)
      // A client that cannot refresh just now (or is gone) loses nothing: it asks when it shows the file.
      .catch(() => {})
      .finally(() => {
        this.#asked = false;
        if (!this.#again) return;
        this.#again = false;
        this.refresh();
      });
  }
}
