/**
 * A view that is a page in a webview: it tells the page of the session's phase and stops, carries the
 * page's questions to the session and the answers back. It asks nothing by itself, and while the page
 * is out of sight it says nothing to it.
 */
import * as vscode from "vscode";
import { heard } from "../base/heard.ts";
import { t } from "../base/words.ts";
import type { Session, Sessions } from "../debug/sessions.ts";
import { type PageResources, pageHtml } from "./html.ts";
import type { FromAnyPage, PagePhase, ToAnyPage } from "./messages.ts";

export interface PageAbout {
  /** The view's id in the manifest. */
  readonly view: string;
  /** Of its bundles in `dist`: NAME.js and NAME-style.css. */
  readonly name: string;
  readonly title: string;
  readonly body: string;
  /** What the page may ask the session. */
  readonly requests: readonly string[];
}

export abstract class PageView<
  ToPage extends { readonly type: string },
  FromPage extends { readonly type: string },
> implements vscode.WebviewViewProvider, vscode.Disposable
{
  readonly #sessions: Sessions;
  readonly #root: vscode.Uri;
  readonly #about: PageAbout;
  readonly #subscriptions: vscode.Disposable[];
  #view: vscode.WebviewView | undefined;
  /** The last session that was shown. */
  #last: string | undefined;
  #told: { readonly phase: PagePhase; readonly session: string; readonly of: unknown } | undefined;

  /** `root`: the extension's folder. */
  constructor(sessions: Sessions, root: vscode.Uri, about: PageAbout) {
    this.#sessions = sessions;
    this.#root = vscode.Uri.joinPath(root, "dist");
    this.#about = about;
    this.#subscriptions = [
      vscode.window.registerWebviewViewProvider(about.view, this),
      sessions.onDidChange(() => this.#tell()),
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
    webview.onDidReceiveMessage((message: FromAnyPage | FromPage) => this.#receive(message));
    view.onDidChangeVisibility(() => this.#tell());
    view.onDidDispose(() => {
      this.#view = undefined;
    });
    webview.html = pageHtml(this.#resources(webview), this.#about);
  }

  #resources(webview: vscode.Webview): PageResources {
    const uri = (name: string): string =>
      webview.asWebviewUri(vscode.Uri.joinPath(this.#root, name)).toString();
    return {
      script: uri(`${this.#about.name}.js`),
      style: uri(`${this.#about.name}-style.css`),
      source: webview.cspSource,
      nonce: crypto.randomUUID().replaceAll("-", ""),
    };
  }

  // For what is a page of its own

  protected get session(): Session | undefined {
    return this.#sessions.shown;
  }

  protected get visible(): boolean {
    return this.#view?.visible === true;
  }

  /** Lives as long as the view. */
  protected register(subscription: vscode.Disposable): void {
    this.#subscriptions.push(subscription);
  }

  /** Brings the view to the front, with the focus. */
  protected async show(): Promise<void> {
    if (this.visible) this.#view!.show(false);
    else await vscode.commands.executeCommand(`${this.#about.view}.focus`);
  }

  protected post(message: ToPage | ToAnyPage): void {
    void this.#view?.webview.postMessage(message);
  }

  /** A message that only this page sends. */
  protected abstract receive(message: FromPage): void;

  /** An answer that the page gets now. */
  protected answered(_session: Session, _command: string, _body: unknown): void {}

  /** The page is there, and knows the phase. */
  protected told(): void {}

  // Phases

  /** Only what has changed since it was told last. */
  #tell(): void {
    if (!this.visible) return;
    const session = this.session;
    if (session) {
      const { debug, phase, snapshot } = session;
      this.#last = debug.id;
      this.#say(phase, debug.id, snapshot);
    } else {
      this.#say(this.#last === undefined ? "none" : "ended", this.#last ?? "", undefined);
    }
  }

  #say(phase: PagePhase, session: string, of: unknown): void {
    const told = this.#told;
    if (told?.phase === phase && told.session === session && told.of === of) return;
    this.#told = { phase, session, of };
    if (told?.phase === phase && told.session === session) this.post({ type: "changed" });
    else this.post({ type: "phase", phase, session });
  }

  #receive(message: FromAnyPage | FromPage): void {
    const known = message as FromAnyPage;
    switch (known.type) {
      case "ready":
        this.#told = undefined;
        this.#tell();
        this.told();
        break;
      case "ask":
        void this.#ask(known.id, known.command, known.args);
        break;
      case "start":
        void vscode.commands.executeCommand("asyncos.debugBundledKernel");
        break;
      default:
        this.receive(message as FromPage);
    }
  }

  async #ask(id: number, command: string, args: object): Promise<void> {
    const session = this.session;
    try {
      if (!session) throw new Error(t("The session has ended."));
      if (!this.#about.requests.includes(command))
        throw new Error(`assertion failed: ${command} is asked here`);
      const body: unknown = await session.debug.customRequest(command, args);
      this.answered(session, command, body);
      this.post({ type: "answer", id, body });
    } catch (error) {
      this.post({ type: "refused", id, message: heard((error as Error).message) });
    }
  }
}
