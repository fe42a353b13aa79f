/** Entry of the extension: makes the parts and wires them together. */
import * as vscode from "vscode";
import { speak } from "./base/words.ts";
import { registerCommands } from "./commands.ts";
import { findRoot, launchDaemon } from "./daemon/host.ts";
import { openSocket } from "./daemon/json-socket-ws.ts";
import { kernelFolder } from "./daemon/kernel-folder.ts";
import { Supervisor } from "./daemon/supervisor.ts";
import { AdapterFactory } from "./debug/adapter.ts";
import { ConfigurationProvider, InitialProvider, WorkloadProvider } from "./debug/configuration.ts";
import { DEBUG_TYPE } from "./debug/paths.ts";
import { Sessions } from "./debug/sessions.ts";
import { Starting } from "./debug/starting.ts";
import { LanguageLife } from "./language/life.ts";
import { MemoryDocuments } from "./memory/document.ts";
import { StacksView } from "./stacks/view.ts";
import { TimelineView } from "./timeline/view.ts";
import { bitmapRoots } from "./views/bitmaps.ts";
import { CoroutinesView } from "./views/coroutines-view.ts";
import { executorRoots } from "./views/executors.ts";
import { hartRoots } from "./views/harts.ts";
import type { Roots } from "./views/row.ts";
import { threadRoots } from "./views/threads.ts";
import { decorateWrongRows, RowTree } from "./views/tree.ts";

const START_MILLISECONDS = 20_000;

/** Views that show what their roots say, and no more. */
const PLAIN_VIEWS: Readonly<Record<string, Roots>> = {
  "asyncos.harts": hartRoots,
  "asyncos.executors": executorRoots,
  "asyncos.bitmaps": bitmapRoots,
  "asyncos.threads": threadRoots,
};

let supervisor: Supervisor | undefined;

export function activate(context: vscode.ExtensionContext): void {
  speak({ tag: vscode.env.language, texts: vscode.l10n.bundle ?? {} });
  const log = vscode.window.createOutputChannel("AsyncOS", { log: true });
  const root = findRoot(context.extensionPath);
  let folder = "";
  const kernel = once(async () => {
    folder = await kernelFolder(root, context.globalStorageUri.fsPath);
    return vscode.Uri.file(folder);
  });
  const daemon = new Supervisor({
    launch: () => launchDaemon(root, folder),
    log: (line) => log.info(line),
    patience: START_MILLISECONDS,
    later: (milliseconds, callback) => {
      const timer = setTimeout(callback, milliseconds);
      return () => clearTimeout(timer);
    },
  });
  supervisor = daemon;
  const connect = (path: "/dap" | "/lsp") => async () => {
    await kernel();
    return daemon.connect((endpoint) => openSocket(endpoint, path));
  };

  const sessions = new Sessions();
  const coroutines = new CoroutinesView(sessions, context.workspaceState);
  const memory = new MemoryDocuments(sessions);
  const stacks = new StacksView(sessions, context.extensionUri);
  const timeline = new TimelineView(sessions, context.extensionUri);
  const language = new LanguageLife(connect("/lsp"), log);
  const { Dynamic, Initial } = vscode.DebugConfigurationProviderTriggerKind;
  context.subscriptions.push(
    log,
    sessions,
    new Starting(sessions),
    coroutines,
    timeline,
    stacks,
    memory,
    decorateWrongRows(),
    ...Object.entries(PLAIN_VIEWS).map(
      ([view, roots]) => new RowTree({ view, sessions, roots: ({ snapshot }) => roots(snapshot) }),
    ),
    vscode.debug.registerDebugAdapterDescriptorFactory(
      DEBUG_TYPE,
      new AdapterFactory(connect("/dap")),
    ),
    vscode.debug.registerDebugConfigurationProvider(DEBUG_TYPE, new ConfigurationProvider(kernel)),
    vscode.debug.registerDebugConfigurationProvider(DEBUG_TYPE, new WorkloadProvider(), Dynamic),
    vscode.debug.registerDebugConfigurationProvider(DEBUG_TYPE, new InitialProvider(), Initial),
    registerCommands({
      sessions,
      coroutines,
      timeline,
      memory,
      log,
      extension: context.extension.id,
      kernel,
    }),
    // It stays when the session has ended: where things are written is known from then on.
    sessions.onDidChange(() => sessions.any && language.want(true)),
    sessions.onDidChange(showPhase(sessions)),
    language,
  );
}

/** Resolves when the daemon is gone. */
export async function deactivate(): Promise<void> {
  await supervisor?.end();
}

/** Does something at the first call only, unless it failed. */
function once<T>(action: () => Promise<T>): () => Promise<T> {
  let done: Promise<T> | undefined;
  return () => {
    done ??= action().catch((error) => {
      done = undefined;
      throw error;
    });
    return done;
  };
}

/**
 * Keeps what the `when` clauses of views, menus and welcome texts ask for. At the first stop the
 * views come to the front, once, and the focus stays where it is.
 */
function showPhase(sessions: Sessions): () => Promise<void> {
  let opened = false;
  return async () => {
    const { any, shown } = sessions;
    await vscode.commands.executeCommand("setContext", "asyncos.debugging", any);
    // Its last picture stays when the session has ended.
    if (any) await vscode.commands.executeCommand("setContext", "asyncos.timelineKept", true);
    await vscode.commands.executeCommand("setContext", "asyncos.phase", shown?.phase);
    if (opened || shown?.phase !== "stopped") return;
    opened = true;
    if (vscode.workspace.getConfiguration("asyncos").get("openViews") === "never") return;
    await vscode.commands.executeCommand("asyncos.harts.focus", { preserveFocus: true });
  };
}
