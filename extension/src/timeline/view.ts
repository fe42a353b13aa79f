/**
 * The Timeline view: carries the page's questions to the session and the answers back. It asks nothing
 * by itself, and while the page is out of sight it says nothing to it.
 */
import * as vscode from "vscode";
import type { Passing } from "../debug/phase.ts";
import { DEBUG_TYPE, type Session, type Sessions } from "../debug/sessions.ts";
import type { Place } from "../wire.ts";
import { timelinePage } from "./html.ts";
import type {
  ExportBody,
  FromPage,
  PageCommand,
  PagePhase,
  TimelineBody,
  TimelineQuery,
  ToPage,
} from "./messages.ts";

const TIMELINE_VIEW = "asyncos.timeline";

/** Kinds whose own code says little: what they are about says more. */
const ABOUT_COROUTINE = new Set(["spawn", "wake", "poll", "pending", "complete", "migrate"]);

/** All of a run that has ended, for whoever looks at it then. */
const WHOLE: TimelineQuery = { width: 1600, lanes: { start: 0, count: 100 } };

interface EventBody {
  readonly event: { readonly kind: string };
  readonly at?: Place;
  readonly definition?: Place;
}

export class TimelineView implements vscode.WebviewViewProvider, vscode.Disposable {
  readonly #sessions: Sessions;
  readonly #root: vscode.Uri;
  readonly #subscriptions: readonly vscode.Disposable[];
  #view: vscode.WebviewView | undefined;
  /** The last session that was shown, and its last answer: what is drawn when it has ended. */
  #last: { readonly id: string; body: TimelineBody | undefined } | undefined;
  #told: { readonly phase: PagePhase; readonly session: string; readonly of: unknown } | undefined;

  /** `root`: the extension's folder. */
  constructor(sessions: Sessions, root: vscode.Uri) {
    this.#sessions = sessions;
    this.#root = vscode.Uri.joinPath(root, "dist");
    this.#subscriptions = [
      vscode.window.registerWebviewViewProvider(TIMELINE_VIEW, this),
      sessions.onDidChange(() => this.#tell()),
      vscode.debug.registerDebugAdapterTrackerFactory(DEBUG_TYPE, {
        createDebugAdapterTracker: (debug) => ({
          onDidSendMessage: ({ event }: Passing) => {
            if (event === "exited") void this.#keepWhole(debug);
          },
        }),
      }),
    ];
  }

  dispose(): void {
    for (const each of this.#subscriptions) each.dispose();
  }

  resolveWebviewView(view: vscode.WebviewView): void {
    this.#view = view;
    this.#told = undefined;
    const { webview } = view;
    webview.options = { enableScripts: true, localResourceRoots: [this.#root] };
    const uri = (name: string): string =>
      webview.asWebviewUri(vscode.Uri.joinPath(this.#root, name)).toString();
    webview.onDidReceiveMessage((message: FromPage) => this.#receive(message));
    view.onDidChangeVisibility(() => this.#tell());
    view.onDidDispose(() => {
      this.#view = undefined;
    });
    webview.html = timelinePage({
      script: uri("timeline.js"),
      style: uri("timeline-style.css"),
      source: webview.cspSource,
      nonce: crypto.randomUUID().replaceAll("-", ""),
    });
  }

  /** What a button of the title does; opens the view where it is not in sight. */
  async run(command: PageCommand): Promise<void> {
    if (!this.#view?.visible) await vscode.commands.executeCommand(`${TIMELINE_VIEW}.focus`);
    else if (command === "find") this.#view.show(false);
    this.#post({ type: "command", command });
  }

  /** Writes the recording to a file that Perfetto opens. */
  async export(): Promise<void> {
    const session = this.#session;
    if (!session) throw new Error("No AsyncOS session runs. Start one with F5.");
    const folder = vscode.workspace.workspaceFolders?.[0]?.uri;
    const uri = await vscode.window.showSaveDialog({
      title: "Export the timeline",
      filters: { "Chrome trace events": ["json"] },
      ...(folder && { defaultUri: vscode.Uri.joinPath(folder, "timeline.json") }),
    });
    if (!uri) return;
    const title = "Exporting the timeline";
    const location = vscode.ProgressLocation.Notification;
    const whole = await vscode.window.withProgress(
      { location, title, cancellable: true },
      async (progress, cancelled) => {
        const pieces: string[] = [];
        for (let more = true; more; ) {
          const args = { piece: pieces.length };
          const body: ExportBody = await session.debug.customRequest(
            "asyncos/timelineExport",
            args,
          );
          if (cancelled.isCancellationRequested) return undefined;
          pieces.push(body.text);
          more = body.more;
          progress.report({ message: `${pieces.length} MB` });
        }
        return pieces.join("");
      },
    );
    if (whole === undefined) return;
    await vscode.workspace.fs.writeFile(uri, new TextEncoder().encode(whole));
    await vscode.window.showInformationMessage(
      "The timeline is written. Open it at ui.perfetto.dev or chrome://tracing; an instruction is shown as a nanosecond.",
    );
  }

  get #session(): Session | undefined {
    return this.#sessions.shown;
  }

  /** Only what has changed since it was told last. */
  #tell(): void {
    if (!this.#view?.visible) return;
    const session = this.#session;
    if (session) {
      const { debug, phase, snapshot } = session;
      if (this.#last?.id !== debug.id) this.#last = { id: debug.id, body: undefined };
      this.#say(phase, debug.id, snapshot);
    } else {
      this.#say(this.#last ? "ended" : "none", this.#last?.id ?? "", undefined);
    }
  }

  #say(phase: PagePhase, session: string, of: unknown): void {
    const told = this.#told;
    if (told?.phase === phase && told.session === session && told.of === of) return;
    this.#told = { phase, session, of };
    if (told?.phase === phase && told.session === session) this.#post({ type: "changed" });
    else this.#post({ type: "phase", phase, session });
  }

  /** The session is about to be gone: this is the last that it can be asked. */
  async #keepWhole(debug: vscode.DebugSession): Promise<void> {
    try {
      const body: TimelineBody = await debug.customRequest("asyncos/timeline", WHOLE);
      this.#last = { id: debug.id, body };
      if (this.#view?.visible) this.#post({ type: "kept", body });
    } catch {
      // It was gone already; what was drawn last stays.
    }
  }

  #post(message: ToPage): void {
    void this.#view?.webview.postMessage(message);
  }

  #receive(message: FromPage): void {
    switch (message.type) {
      case "ready":
        this.#told = undefined;
        this.#tell();
        if (this.#told && !this.#session && this.#last?.body) {
          this.#post({ type: "kept", body: this.#last.body });
        }
        break;
      case "ask":
        void this.#ask(message.id, message.command, message.args);
        break;
      case "open":
        void this.#open(message.event);
        break;
      case "start":
        void vscode.commands.executeCommand("asyncos.debugBundledKernel");
        break;
    }
  }

  async #ask(id: number, command: string, args: object): Promise<void> {
    const session = this.#session;
    try {
      if (!session) throw new Error("The session has ended.");
      const body = await session.debug.customRequest(command, args);
      if (command === "asyncos/timeline" && this.#last?.id === session.debug.id) {
        this.#last.body = body as TimelineBody;
      }
      this.#post({ type: "answer", id, body });
    } catch (error) {
      this.#post({ type: "refused", id, message: (error as Error).message });
    }
  }

  /** The source of an event: of the coroutine that it is about, or where it happened. */
  async #open(event: number): Promise<void> {
    const session = this.#session;
    if (!session) return;
    try {
      const body: EventBody = await session.debug.customRequest("asyncos/timelineEvent", { event });
      const about = ABOUT_COROUTINE.has(body.event.kind) ? body.definition : undefined;
      const place = about ?? body.at;
      if (!place)
        throw new Error("Where this happened is not known: no debug information covers it.");
      await vscode.commands.executeCommand("asyncos.showPlace", place);
    } catch (error) {
      await vscode.window.showInformationMessage((error as Error).message);
    }
  }
}
