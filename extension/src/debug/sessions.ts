/**
 * The debug sessions of this window: their phase, the facts of their last stop, and which of them
 * the views show.
 */
import * as vscode from "vscode";
import { DEBUG_TYPE } from "./paths.ts";
import type { Passing, Phase } from "./phase.ts";
import { judge } from "./phase.ts";
import { Refresh } from "./refresh.ts";
import { Snapshot } from "./snapshot.ts";

export interface Session {
  readonly debug: vscode.DebugSession;
  readonly phase: Phase;
  readonly snapshot: Snapshot;
}

interface Tracked {
  readonly debug: vscode.DebugSession;
  phase: Phase;
  snapshot: Snapshot;
}

export class Sessions implements vscode.Disposable {
  readonly #tracked = new Map<string, Tracked>();
  readonly #changed = new vscode.EventEmitter<void>();
  readonly #refresh = new Refresh(() => this.#changed.fire());
  readonly #subscriptions: readonly vscode.Disposable[];
  #ever = false;

  /** The views should read `shown` again. */
  readonly onDidChange = this.#changed.event;

  constructor() {
    this.#subscriptions = [
      vscode.debug.registerDebugAdapterTrackerFactory(DEBUG_TYPE, {
        createDebugAdapterTracker: (debug) => this.#track(debug),
      }),
      vscode.debug.onDidTerminateDebugSession((debug) => this.#forget(debug)),
      vscode.debug.onDidChangeActiveDebugSession(() => this.#refresh.soon()),
    ];
  }

  /** The focused session when it is ours, else the newest of ours. */
  get shown(): Session | undefined {
    const active = this.#tracked.get(vscode.debug.activeDebugSession?.id ?? "");
    return active ?? [...this.#tracked.values()].at(-1);
  }

  get any(): boolean {
    return this.#tracked.size > 0;
  }

  /** There was one in this window. */
  get ever(): boolean {
    return this.#ever;
  }

  /** Those that are not ready yet to run. */
  get starting(): readonly vscode.DebugSession[] {
    return [...this.#tracked.values()]
      .filter(({ phase }) => phase === "starting")
      .map(({ debug }) => debug);
  }

  dispose(): void {
    this.#refresh.dispose();
    for (const each of this.#subscriptions) each.dispose();
    this.#changed.dispose();
  }

  #track(debug: vscode.DebugSession): vscode.DebugAdapterTracker {
    const snapshot = new Snapshot((command, body) =>
      Promise.resolve(debug.customRequest(command, body)),
    );
    const tracked: Tracked = { debug, phase: "starting", snapshot };
    return {
      onWillStartSession: () => {
        this.#tracked.set(debug.id, tracked);
        this.#ever = true;
        this.#refresh.soon();
      },
      onDidSendMessage: (message: Passing) => {
        if (message.command === "stackTrace") this.#refresh.stackCame();
        const { change, phase } = judge(tracked.phase, message);
        if (phase === tracked.phase && change === "none") return;
        if (change === "over") {
          this.#forget(debug);
          return;
        }
        // Several events tell of one stop: what came before it is told by the first.
        const again = change === "stop" && tracked.phase === "stopped";
        tracked.phase = phase;
        if (change === "renewed" || again) tracked.snapshot = tracked.snapshot.renewed();
        else if (change === "stop") tracked.snapshot = tracked.snapshot.followed();
        if (change === "stop") this.#refresh.afterStack();
        else this.#refresh.soon();
      },
      onExit: () => this.#forget(debug),
    };
  }

  #forget(debug: vscode.DebugSession): void {
    if (this.#tracked.delete(debug.id)) this.#refresh.soon();
  }
}
