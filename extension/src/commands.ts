/** The commands, each a few lines over the session; registered as one table. */
import * as vscode from "vscode";
import { heard } from "./base/heard.ts";
import { Offer } from "./base/offer.ts";
import { t } from "./base/words.ts";
import { copyKernel } from "./debug/kernel-copy.ts";
import { BUNDLED_KERNEL } from "./debug/kernels.ts";
import { chooseBreaks, focusThread, pin, toggleBit, toggleBreak } from "./debug/picking.ts";
import type { Session, Sessions } from "./debug/sessions.ts";
import { threadIdOf } from "./debug/thread-id.ts";
import type { MemoryDocuments } from "./memory/document.ts";
import type { TimelineView } from "./timeline/view.ts";
import type { CoroutinesView } from "./views/coroutines-view.ts";
import type { Row } from "./views/row.ts";
import { breakInExample, openWalkthrough, stopAtNextWake } from "./walkthrough.ts";
import type { Hart, Place } from "./wire.ts";

export interface CommandContext {
  readonly sessions: Sessions;
  readonly coroutines: CoroutinesView;
  readonly timeline: TimelineView;
  readonly memory: MemoryDocuments;
  readonly log: vscode.LogOutputChannel;
  /** The extension's id. */
  readonly extension: string;
  /** The folder of the bundled kernel: sources and images. */
  readonly kernel: () => Promise<vscode.Uri>;
}

type Handler = (context: CommandContext, ...args: never[]) => unknown;

const COMMANDS: Readonly<Record<string, Handler>> = {
  "asyncos.debugBundledKernel": () =>
    vscode.debug.startDebugging(vscode.workspace.workspaceFolders?.[0], { ...BUNDLED_KERNEL }),
  "asyncos.copyKernel": async ({ kernel }) => copyKernel(await kernel()),
  "asyncos.openKernelSource": async ({ kernel }) => openKernelSource(await kernel()),
  "asyncos.walkthrough": ({ extension }) => openWalkthrough(extension),
  "asyncos.breakInExample": async ({ kernel, sessions }) =>
    breakInExample(await kernel(), sessions.shown),
  "asyncos.stopAtNextWake": async (context) =>
    stopAtNextWake(await context.kernel(), stopped(context)),
  "asyncos.showViews": (context) => showView(context, "asyncos.harts"),
  "asyncos.showTimeline": (context) => showView(context, "asyncos.timeline"),
  "asyncos.showLog": ({ log }) => log.show(),
  "asyncos.stepHart": (context, from: unknown) => onHart(context, from, "asyncos/stepHart"),
  "asyncos.runHart": (context, from: unknown) => onHart(context, from, "asyncos/runHart"),
  "asyncos.freezeHart": (context, from: unknown) => onHart(context, from, "asyncos/freeze"),
  "asyncos.thawHart": (context, from: unknown) => onHart(context, from, "asyncos/thaw"),
  "asyncos.focusHart": (context, from: unknown) => onHart(context, from, "asyncos/focus"),
  "asyncos.focusThread": (context, row: Row) => focusThread(stopped(context), row),
  "asyncos.openMemory": (context, from?: unknown) => openMemory(context, from),
  "asyncos.groupCoroutines": ({ coroutines }) => coroutines.askGrouping(),
  "asyncos.sortCoroutines": ({ coroutines }) => coroutines.askOrder(),
  "asyncos.breakOnCoroutine": (context, row: Row) => chooseBreaks(stopped(context), row),
  "asyncos.breakOnWake": (context, row: Row) => toggleBreak(stopped(context), row, "wake"),
  "asyncos.breakOnPoll": (context, row: Row) => toggleBreak(stopped(context), row, "poll"),
  "asyncos.breakOnCompletion": (context, row: Row) =>
    toggleBreak(stopped(context), row, "complete"),
  "asyncos.pinCoroutine": (context, row: Row) => pin(stopped(context), row, true),
  "asyncos.unpinCoroutine": (context, row: Row) => pin(stopped(context), row, false),
  "asyncos.toggleBitBreak": (context, row: Row) => toggleBit(stopped(context), row),
  "asyncos.clearPicked": (context) => stopped(context).debug.customRequest("asyncos/clearPicked"),
  "asyncos.filterCoroutines": ({ coroutines }) => coroutines.askFilter(),
  "asyncos.clearCoroutineFilter": ({ coroutines }) => coroutines.setFilter(""),
  "asyncos.showMoreCoroutines": ({ coroutines }, group?: string) => coroutines.showMore(group),
  "asyncos.showCoroutines": ({ coroutines }, filter: string) => coroutines.show(filter),
  "asyncos.goToAwait": (_, row: Row) =>
    row.target?.kind === "coroutine" && showPlace(row.target.coroutine.awaiting),
  "asyncos.goToSpawn": (_, row: Row) =>
    row.target?.kind === "coroutine" && showPlace(row.target.coroutine.spawnedAt),
  "asyncos.timelineZoomIn": ({ timeline }) => timeline.run("zoomIn"),
  "asyncos.timelineZoomOut": ({ timeline }) => timeline.run("zoomOut"),
  "asyncos.timelineFit": ({ timeline }) => timeline.run("fit"),
  "asyncos.timelineFind": ({ timeline }) => timeline.run("find"),
  "asyncos.timelineFigures": ({ timeline }) => timeline.run("statistics"),
  "asyncos.timelineExport": ({ timeline }) => timeline.export(),
  "asyncos.showPlace": (_, place: Place) => showPlace(place),
};

/** Failures of the daemon arrive as sentences and are shown as they are. */
export function registerCommands(context: CommandContext): vscode.Disposable {
  const registered = Object.entries(COMMANDS).map(([name, handler]) =>
    vscode.commands.registerCommand(name, async (...args: unknown[]) => {
      try {
        await handler(context, ...(args as never[]));
      } catch (error) {
        if (error instanceof vscode.CancellationError) return;
        const text = heard(error instanceof Error ? error.message : String(error));
        context.log.error(`${name}: ${text}`);
        const action = error instanceof Offer ? error.action : undefined;
        const chosen = await vscode.window.showErrorMessage(
          text,
          ...(action ? [action.title] : []),
        );
        if (action && chosen) await vscode.commands.executeCommand(action.command);
      }
    }),
  );
  return vscode.Disposable.from(...registered);
}

const noSession = (): Offer =>
  new Offer(t("No AsyncOS session runs. Start one with F5."), {
    title: t("Debug the Bundled Kernel"),
    command: "asyncos.debugBundledKernel",
  });

/** Views are there while a session is; the Timeline keeps its last picture. */
async function showView({ sessions }: CommandContext, view: string): Promise<void> {
  const isThere = view === "asyncos.timeline" ? sessions.ever : sessions.any;
  if (!isThere) throw noSession();
  await vscode.commands.executeCommand(`${view}.focus`);
}

/** For what can only be done while the machine stands. */
function stopped({ sessions }: CommandContext): Session {
  const session = sessions.shown;
  if (session === undefined) throw noSession();
  if (session.phase !== "stopped") {
    throw new Offer(t("The machine runs: pause it first."), {
      title: t("Pause"),
      command: "workbench.action.debug.pause",
    });
  }
  return session;
}

/** Of a row, of a variable in the Variables view, or wherever the user says. */
async function openMemory(context: CommandContext, from?: unknown): Promise<void> {
  const { target } = (from ?? {}) as Partial<Row>;
  const { variable } = (from ?? {}) as {
    readonly variable?: { readonly memoryReference?: string };
  };
  const address = target?.kind === "address" ? target.address : variable?.memoryReference;
  await context.memory.open(stopped(context), address);
}

/** Sends a request about one hart: that of a tree row, of the Call Stack, or the focused one. */
async function onHart(context: CommandContext, from: unknown, request: string): Promise<void> {
  const session = context.sessions.shown;
  if (session === undefined) throw noSession();
  const threadId = await chooseHart(session, from);
  if (threadId === undefined) return;
  const many = request === "asyncos/freeze" || request === "asyncos/thaw";
  await session.debug.customRequest(request, many ? { threadIds: [threadId] } : { threadId });
}

async function chooseHart(session: Session, from: unknown): Promise<number | undefined> {
  const row = from as Row | undefined;
  if (row?.target?.kind === "hart") return row.target.hart.threadId;
  const focused = threadIdOf(from) ?? vscode.debug.activeStackItem?.threadId;
  const harts = (await session.snapshot.harts()).filter((hart) => hart.threadId !== undefined);
  if (harts.some((hart) => hart.threadId === focused)) return focused;
  return pickHart(harts);
}

/** Asks when a thread is focused that is no hart. */
async function pickHart(harts: readonly Hart[]): Promise<number | undefined> {
  const items = harts.map((hart) => ({
    label: t("Hart {0}", hart.id),
    description: [heard(hart.state), hart.name].filter((part) => part !== undefined).join(" · "),
    threadId: hart.threadId,
  }));
  return (await vscode.window.showQuickPick(items, { placeHolder: t("Which hart?") }))?.threadId;
}

async function showPlace(place: Place | undefined): Promise<void> {
  if (place === undefined) return;
  const position = new vscode.Position(place.line - 1, 0);
  await vscode.window.showTextDocument(vscode.Uri.file(place.path), {
    selection: new vscode.Range(position, position),
    preview: true,
  });
}

async function openKernelSource(sources: vscode.Uri): Promise<void> {
  const files = await vscode.workspace.findFiles(
    new vscode.RelativePattern(sources, "**/*.{rs,S,ld}"),
  );
  const root = sources.path.length + 1;
  const items = files
    .map((uri) => ({ label: uri.path.slice(root), uri }))
    .sort((a, b) => a.label.localeCompare(b.label));
  const chosen = await vscode.window.showQuickPick(items, {
    placeHolder: t("A source file of the bundled kernel"),
  });
  if (chosen !== undefined) await vscode.window.showTextDocument(chosen.uri);
}
