/**
 * The language server: while sessions are stopped, a code lens at each `async fn` says how many of
 * its coroutines live and in which state, a mark at each `.await` which of them are suspended
 * there, and a hover what a variable holds in the selected one. Without a session, what is known of
 * the kernels that the client names (`asyncos/kernels`): outlines, sizes and awaits of async fns,
 * implementations of wakers, and in profiles what does not fit. Clients are told to ask again only
 * when something changed in a file that they have open, and no kernel is looked at while none is.
 */
import {
  type CodeLens,
  CodeLensRefreshRequest,
  type Connection,
  createConnection,
  createProtocolConnection,
  type Diagnostic,
  type DocumentSymbol,
  DocumentSymbolRequest,
  type Hover,
  type InitializeParams,
  type InitializeResult,
  type InlayHint,
  InlayHintRefreshRequest,
  type Location,
  type MessageReader,
  type MessageWriter,
  NotificationType,
  type Position,
  type ProtocolRequestType0,
  TextDocumentSyncKind,
} from "vscode-languageserver";
import type { Disposable } from "../base/disposable.ts";
import type { KernelFiles } from "../debugger/knowledge.ts";
import type { AnnotatedAwait, Code, LiveAnnotations } from "./annotations.ts";
import { awaitHints, awaitHover } from "./awaits.ts";
import { outline, wakerImplementations, wordAt, writtenHover } from "./code.ts";
import { ClientKernels, type Kernels } from "./kernels.ts";
import { isLaunch, launchDiagnostics } from "./launches.ts";
import { lensesOf, writtenLenses } from "./lenses.ts";
import { isProfile, profileDiagnostics } from "./profiles.ts";
import { valueHover } from "./values.ts";

export interface LanguageClient {
  readonly reader: MessageReader;
  readonly writer: MessageWriter;
}

export interface LanguageHost extends Kernels {
  readonly annotations: LiveAnnotations;
  /** The host's path of a `file:` URI; undefined for any other. */
  pathOf(uri: string): string | undefined;
  /** The other way. */
  uriOf(path: string): string;
}

/** The kernels of the client's folders, and their files as they are now. */
const KernelsNotification = new NotificationType<{ readonly kernels: readonly KernelFiles[] }>(
  "asyncos/kernels",
);

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
  const kernels = new ClientKernels(host, () => renew());
  const open = new OpenFiles(host, kernels);
  const lenses = new Refresher(connection, CodeLensRefreshRequest.type);
  const hints = new Refresher(connection, InlayHintRefreshRequest.type);
  const outlines = new Outlines(connection);

  connection.onInitialize((params) => {
    const { workspace } = params.capabilities;
    lenses.supported = workspace?.codeLens?.refreshSupport === true;
    hints.supported = workspace?.inlayHint?.refreshSupport === true;
    open.command = showCommand(params);
    outlines.dynamic =
      params.capabilities.textDocument?.documentSymbol?.dynamicRegistration === true;
    return outlines.dynamic
      ? CAPABILITIES
      : {
          ...CAPABILITIES,
          capabilities: { ...CAPABILITIES.capabilities, documentSymbolProvider: true },
        };
  });
  connection.onInitialized(() => outlines.renew());
  connection.onDidOpenTextDocument(({ textDocument }) => {
    open.add(textDocument.uri, textDocument.text);
    kernels.need();
    host.annotations.want(open, open.anySource);
    check(textDocument.uri);
  });
  connection.onDidChangeTextDocument(({ textDocument, contentChanges }) => {
    const last = contentChanges.at(-1);
    // The client asks for lenses again by itself after an edit.
    if (last) open.add(textDocument.uri, last.text);
    check(textDocument.uri);
  });
  connection.onDidCloseTextDocument(({ textDocument }) => {
    open.remove(textDocument.uri);
    host.annotations.want(open, open.anySource);
    if (isJudged(textDocument.uri)) say(textDocument.uri, []);
  });
  connection.onNotification(KernelsNotification, (told) =>
    kernels.set(Array.isArray(told?.kernels) ? told.kernels : [], open.any),
  );
  connection.onCodeLens(({ textDocument }) => open.lenses(textDocument.uri));
  connection.languages.inlayHint.on(({ textDocument, range }) =>
    open.hints(textDocument.uri, range.start.line, range.end.line),
  );
  connection.onHover(({ textDocument, position }) => open.hover(textDocument.uri, position));
  connection.onDocumentSymbol(({ textDocument }) => open.outline(textDocument.uri));
  connection.onImplementation(({ textDocument, position }) =>
    open.implementations(textDocument.uri, position),
  );
  const say = (uri: string, diagnostics: Diagnostic[]): void =>
    void connection.sendDiagnostics({ uri, diagnostics }).catch(() => {});
  const check = (uri: string): void => {
    if (isJudged(uri)) say(uri, open.diagnostics(uri));
  };
  const refresh = (): void => {
    const changed = open.changed();
    if (changed.lenses) lenses.refresh();
    if (changed.hints) hints.refresh();
    if (changed.outline) outlines.renew();
  };
  const renew = (): void => {
    refresh();
    for (const uri of open.uris) check(uri);
  };
  const subscription = host.annotations.changed.on(refresh);
  connection.listen();
  return {
    dispose() {
      subscription.dispose();
      host.annotations.want(open, false);
      kernels.dispose();
      lenses.supported = false;
      hints.supported = false;
      connection.dispose();
    },
  };
}

const CAPABILITIES: InitializeResult = {
  serverInfo: { name: "AsyncOS Debugger" },
  capabilities: {
    textDocumentSync: { openClose: true, change: TextDocumentSyncKind.Full },
    codeLensProvider: { resolveProvider: false },
    inlayHintProvider: true,
    hoverProvider: true,
    implementationProvider: true,
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
  outline: string;
}

/** Files that have diagnostics. */
const isJudged = (uri: string): boolean => isProfile(uri) || isLaunch(uri);

/** The files that a client has open, and what is to be shown in them. */
class OpenFiles {
  command: string | undefined;
  readonly #host: LanguageHost;
  readonly #kernels: ClientKernels;
  readonly #files = new Map<string, OpenFile>();

  constructor(host: LanguageHost, kernels: ClientKernels) {
    this.#host = host;
    this.#kernels = kernels;
  }

  get any(): boolean {
    return this.#files.size > 0;
  }

  /** Any that shows what sessions know. */
  get anySource(): boolean {
    return this.uris.some((uri) => !isJudged(uri));
  }

  get uris(): readonly string[] {
    return [...this.#files.keys()];
  }

  get #codes(): readonly Code[] {
    return this.#kernels.known.map(({ knowledge }) => knowledge.code);
  }

  add(uri: string, text: string): void {
    const file = { lines: text.split("\n"), lenses: "", hints: "", outline: "" };
    this.#files.set(uri, file);
    file.lenses = fingerprint(this.lenses(uri));
    file.hints = fingerprint(this.hints(uri));
    file.outline = fingerprint(this.outline(uri));
  }

  remove(uri: string): void {
    this.#files.delete(uri);
  }

  /** Whether any open file shows something else now. */
  changed(): { readonly lenses: boolean; readonly hints: boolean; readonly outline: boolean } {
    const changed = { lenses: false, hints: false, outline: false };
    for (const [uri, file] of this.#files) {
      const lenses = fingerprint(this.lenses(uri));
      const hints = fingerprint(this.hints(uri));
      changed.lenses ||= lenses !== file.lenses;
      changed.hints ||= hints !== file.hints;
      const outlined = fingerprint(this.outline(uri));
      changed.outline ||= outlined !== file.outline;
      file.lenses = lenses;
      file.hints = hints;
      file.outline = outlined;
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

  /** What a variable of the selected coroutine holds, and who waits in this line. */
  hover(uri: string, position: Position): Hover | null {
    const path = this.#host.pathOf(uri);
    const lines = this.#files.get(uri)?.lines;
    const selected = this.#host.annotations.selected();
    const value = path !== undefined && lines ? valueHover(selected, path, lines, position) : null;
    return (
      value ??
      awaitHover(this.awaits(uri), position.line) ??
      (path !== undefined && lines
        ? writtenHover(this.#host.annotations.symbolsIn(path, this.#codes), lines, position.line)
        : null)
    );
  }

  /**
   * Of a profile: what is wrong with it, and what does not fit the kernel that it is given for. Of launch
   * configurations: kernels that no profile fits.
   */
  diagnostics(uri: string): Diagnostic[] {
    const path = this.#host.pathOf(uri);
    const text = this.#files.get(uri)?.lines.join("\n");
    if (path === undefined || text === undefined) return [];
    if (isLaunch(path)) return launchDiagnostics(text, this.#kernels.known);
    const findings = this.#kernels.known
      .filter(({ kernel }) => kernel.profile === path)
      .flatMap(({ knowledge }) => knowledge.findings);
    return profileDiagnostics(text, findings);
  }

  outline(uri: string): DocumentSymbol[] {
    const path = this.#host.pathOf(uri);
    if (path === undefined) return [];
    const { annotations } = this.#host;
    const lines = this.#files.get(uri)?.lines ?? [];
    return outline(annotations.symbolsIn(path, this.#codes), annotations.functionsIn(path), lines);
  }

  implementations(uri: string, { character, line }: Position): Location[] {
    const word = wordAt(this.#files.get(uri)?.lines[line] ?? "", character);
    const { annotations } = this.#host;
    return wakerImplementations(word, annotations.wakers(this.#codes), (path) =>
      this.#host.uriOf(path),
    );
  }

  lenses(uri: string): CodeLens[] {
    const path = this.#host.pathOf(uri);
    if (path === undefined) return [];
    const lines = this.#files.get(uri)?.lines ?? [];
    const { annotations } = this.#host;
    const live = annotations.functionsIn(path);
    return [
      ...lensesOf(live, lines, this.command),
      ...writtenLenses(annotations.symbolsIn(path, this.#codes), live, lines),
    ];
  }
}

const fingerprint = (shown: readonly object[]): string => JSON.stringify(shown);

/**
 * Clients have no request to be told that outlines are others now. Those that take registrations
 * look again when one comes, so it is made anew.
 */
class Outlines {
  dynamic = false;
  readonly #connection: Connection;
  #registered: Promise<Disposable> | undefined;

  constructor(connection: Connection) {
    this.#connection = connection;
  }

  renew(): void {
    if (!this.dynamic) return;
    const before = this.#registered;
    this.#registered = Promise.resolve(before)
      .then((registration) => registration?.dispose())
      .then(() => this.#connection.client.register(DocumentSymbolRequest.type));
    // A client that is gone looks at nothing.
    this.#registered.catch(() => {
      this.#registered = undefined;
    });
  }
}

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
