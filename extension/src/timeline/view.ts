/**
 * The Timeline view: what it says beside a page's questions and answers, the export of the recording,
 * and the picture of a run that has ended.
 */
import * as vscode from "vscode";
import { heard } from "../base/heard.ts";
import { t } from "../base/words.ts";
import { DEBUG_TYPE } from "../debug/paths.ts";
import type { Passing } from "../debug/phase.ts";
import type { Session, Sessions } from "../debug/sessions.ts";
import { PageView } from "../webview/view.ts";
import type { Place } from "../wire.ts";
import { timelineBody } from "./html.ts";
import type {
  ExportBody,
  FromTimeline,
  PageCommand,
  TimelineBody,
  TimelineQuery,
  ToTimeline,
} from "./messages.ts";

/** Kinds whose own code says little: what they are about says more. */
const ABOUT_COROUTINE = new Set(["spawn", "wake", "poll", "pending", "complete", "migrate"]);

/** All of a run that has ended, for whoever looks at it then. */
const WHOLE: TimelineQuery = { width: 1600, lanes: { start: 0, count: 100 } };

interface EventBody {
  readonly event: { readonly kind: string };
  readonly at?: Place;
  readonly definition?: Place;
}

export class TimelineView extends PageView<ToTimeline, FromTimeline> {
  /** The last session's last answer: what is drawn when it has ended. */
  #last: { readonly id: string; readonly body: TimelineBody } | undefined;

  /** `root`: the extension's folder. */
  constructor(sessions: Sessions, root: vscode.Uri) {
    super(sessions, root, {
      view: "asyncos.timeline",
      name: "timeline",
      title: t("Timeline"),
      body: timelineBody(),
      requests: ["asyncos/timeline", "asyncos/timelineStatistics"],
    });
    this.register(
      vscode.debug.registerDebugAdapterTrackerFactory(DEBUG_TYPE, {
        createDebugAdapterTracker: (debug) => ({
          onDidSendMessage: ({ event }: Passing) => {
            if (event === "exited") void this.#keepWhole(debug);
          },
        }),
      }),
    );
  }

  /** What a button of the title does; opens the view where it is not in sight. */
  async run(command: PageCommand): Promise<void> {
    if (!this.visible || command === "find") await this.show();
    this.post({ type: "command", command });
  }

  /** Writes the recording to a file that Perfetto opens. */
  async export(): Promise<void> {
    const session = this.session;
    if (!session) throw new Error(t("No AsyncOS session runs. Start one with F5."));
    const folder = vscode.workspace.workspaceFolders?.[0]?.uri;
    const uri = await vscode.window.showSaveDialog({
      title: t("Export the timeline"),
      filters: { [t("Chrome trace events")]: ["json"] },
      ...(folder && { defaultUri: vscode.Uri.joinPath(folder, "timeline.json") }),
    });
    if (!uri) return;
    const title = t("Exporting the timeline");
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
      t(
        "The timeline is written. Open it at ui.perfetto.dev or chrome://tracing; an instruction is shown as a nanosecond.",
      ),
    );
  }

  /** The session is about to be gone: this is the last that it can be asked. */
  async #keepWhole(debug: vscode.DebugSession): Promise<void> {
    try {
      const body: TimelineBody = await debug.customRequest("asyncos/timeline", WHOLE);
      this.#last = { id: debug.id, body };
      if (this.visible) this.post({ type: "kept", body });
    } catch {
      // It was gone already; what was drawn last stays.
    }
  }

  protected override told(): void {
    if (!this.session && this.#last) this.post({ type: "kept", body: this.#last.body });
  }

  protected override answered({ debug }: Session, command: string, body: unknown): void {
    if (command !== "asyncos/timeline") return;
    const last = this.#last;
    const next = { id: debug.id, body: body as TimelineBody };
    // What only came to what the page held says less than that.
    const same = last?.id === next.id && last.body.end === next.body.end;
    if (!same || rangeOf(next.body) >= rangeOf(last.body)) this.#last = next;
  }

  protected receive(message: FromTimeline): void {
    void this.#open(message.event);
  }

  /** The source of an event: of the coroutine that it is about, or where it happened. */
  async #open(event: number): Promise<void> {
    const session = this.session;
    if (!session) return;
    try {
      const body: EventBody = await session.debug.customRequest("asyncos/timelineEvent", { event });
      const about = ABOUT_COROUTINE.has(body.event.kind) ? body.definition : undefined;
      const place = about ?? body.at;
      if (!place)
        throw new Error(t("Where this happened is not known: no debug information covers it."));
      await vscode.commands.executeCommand("asyncos.showPlace", place);
    } catch (error) {
      await vscode.window.showInformationMessage(heard((error as Error).message));
    }
  }
}

const rangeOf = ({ from, to }: TimelineBody): number => Number(to) - Number(from);
