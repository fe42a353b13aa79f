/**
 * "Open Memory at...": in the hex editor where one is installed, else in a read-only document that
 * follows the stops.
 */
import * as vscode from "vscode";
import { counted, t } from "../base/words.ts";
import type { Session, Sessions } from "../debug/sessions.ts";
import { bytesOf, dump } from "./dump.ts";

const SCHEME = "asyncos-memory";
/** The scheme under which VS Code gives a session's memory to editors. */
const DEBUG_MEMORY = "vscode-debug-memory";
const HEX_EDITOR = { extension: "ms-vscode.hexeditor", editor: "hexEditor.hexedit" };
const BYTES = 4096;

export class MemoryDocuments implements vscode.TextDocumentContentProvider, vscode.Disposable {
  readonly #sessions: Sessions;
  readonly #changed = new vscode.EventEmitter<vscode.Uri>();
  readonly #subscriptions: readonly vscode.Disposable[];
  readonly onDidChange = this.#changed.event;

  constructor(sessions: Sessions) {
    this.#sessions = sessions;
    this.#subscriptions = [
      this.#changed,
      vscode.workspace.registerTextDocumentContentProvider(SCHEME, this),
      sessions.onDidChange(() => this.#follow()),
    ];
  }

  dispose(): void {
    for (const each of this.#subscriptions) each.dispose();
  }

  /** `given`: an address or an expression; left out: asks for one. */
  async open(session: Session, given?: string): Promise<void> {
    const text = given ?? (await ask());
    if (!text) return;
    const address = await resolve(session, text);
    if (vscode.extensions.getExtension(HEX_EDITOR.extension)) {
      const uri = vscode.Uri.from({
        scheme: DEBUG_MEMORY,
        authority: session.debug.id,
        path: `/${encodeURIComponent(address)}/memory.bin`,
      });
      await vscode.commands.executeCommand("vscode.openWith", uri, HEX_EDITOR.editor);
      return;
    }
    const uri = vscode.Uri.from({ scheme: SCHEME, path: `/${address}.txt`, query: address });
    const document = await vscode.workspace.openTextDocument(uri);
    await vscode.window.showTextDocument(document, { preview: true });
  }

  async provideTextDocumentContent({ query }: vscode.Uri): Promise<string> {
    const session = this.#sessions.shown;
    if (session?.phase !== "stopped")
      return `${t("Memory is read while the machine stands: pause it.")}\n`;
    const { data, unreadableBytes = 0 } = await session.debug.customRequest("readMemory", {
      memoryReference: query,
      count: BYTES,
    });
    const bytes = data === undefined ? new Uint8Array() : bytesOf(data);
    const rest =
      unreadableBytes > 0
        ? counted(
            unreadableBytes,
            "The byte that follows cannot be read.",
            "The {0} bytes that follow cannot be read.",
          )
        : "";
    return `${dump(BigInt(query.split("@")[0]!), bytes)}\n${rest && `${rest}\n`}`;
  }

  /** What is open shows the memory of the stop. */
  #follow(): void {
    if (this.#sessions.shown?.phase !== "stopped") return;
    for (const { uri } of vscode.workspace.textDocuments) {
      if (uri.scheme === SCHEME) this.#changed.fire(uri);
    }
  }
}

function ask(): Thenable<string | undefined> {
  return vscode.window.showInputBox({
    title: t("Open memory"),
    prompt: t("An address, or an expression of the selected frame."),
    placeHolder: "0x80200000, $sp, executor::EXECUTOR",
  });
}

/** An address, where the hart in focus or a process has it (`0x1000@3`). */
const REFERENCE = /^0x[0-9a-f]+(@\d+)?$/i;

/** Where a value stands; of pointers and registers, what they point to. */
async function resolve(session: Session, text: string): Promise<string> {
  const expression = text.trim();
  if (REFERENCE.test(expression)) return expression;
  const item = vscode.debug.activeStackItem;
  const frameId = item instanceof vscode.DebugStackFrame ? item.frameId : undefined;
  const { memoryReference, result } = await session.debug.customRequest("evaluate", {
    expression,
    frameId,
    context: "watch",
  });
  const pointed = /^0x[0-9a-f]+/i.exec(result)?.[0];
  // A number that stands nowhere, as of `$sp + 16`, is an address itself.
  const number = /^\d+$/.test(result) ? `0x${BigInt(result).toString(16)}` : undefined;
  const address = pointed ?? memoryReference ?? number;
  if (address === undefined)
    throw new Error(t("{0} is not in memory, and is no address.", expression));
  return address;
}
