/**
 * What the Timeline's page and the extension say to each other, and the shapes of the daemon's
 * answers (docs/dap.md, Timeline). Times in rows are instructions since the answer's `from`.
 */

/** [start, end, coroutine or thread, 1 while it goes on, event] */
export type ManyBar = readonly [number, number, number | null, number, number];
/** [time, polls, instructions, who longest, for how long] */
export type ManyCell = readonly [number, number, number, number | null, number | null];
export type State = "ready" | "running" | "preempted";
/** [start, end, state, hart, 1 while it goes on, event] */
export type StateBar = readonly [number, number, State, number | null, number, number];
/** [time, polls, running, ready, preempted] */
export type StateCell = readonly [number, number, number, number, number];
/** [time, kind, value, event] */
export type HartMark = readonly [number, string, string | null, number];
/** [time, hart, coroutine that did it, event] */
export type WakeMark = readonly [number, number | null, number | null, number];
/** [time, old, new, hart, event] */
export type BitmapMark = readonly [number, string | null, string | null, number | null, number];
/** [time, count, event] */
export type MarkCell = readonly [number, number, number];
/** [time, count, event, word at the end] */
export type BitmapCell = readonly [number, number, number, string | null];

export interface HartRow {
  readonly kind: "hart";
  readonly id: number;
  readonly polls: { readonly bars: readonly ManyBar[]; readonly cells: readonly ManyCell[] };
  readonly threads: { readonly bars: readonly ManyBar[]; readonly cells: readonly ManyCell[] };
  readonly marks: { readonly alone: readonly HartMark[]; readonly cells: readonly MarkCell[] };
}
export interface CoroutineRow {
  readonly kind: "coroutine";
  readonly id: number;
  readonly name?: string;
  readonly prio?: number;
  readonly polls: { readonly bars: readonly StateBar[]; readonly cells: readonly StateCell[] };
  readonly wakes: { readonly alone: readonly WakeMark[]; readonly cells: readonly MarkCell[] };
}
export interface BitmapRow {
  readonly kind: "bitmap";
  readonly name: string;
  readonly before: string | null;
  readonly changes: {
    readonly alone: readonly BitmapMark[];
    readonly cells: readonly BitmapCell[];
  };
}
export type TimelineRow = HartRow | CoroutineRow | BitmapRow;

export type CalledBy = Readonly<Record<string, readonly (number | string)[]>>;

export interface TimelineBody {
  readonly begin: string;
  readonly end: string;
  readonly from: string;
  readonly to: string;
  readonly cell: number;
  readonly dropped: number;
  readonly recorded: readonly string[];
  readonly total: number;
  readonly start: number;
  readonly rows: readonly TimelineRow[];
  /** Of coroutines that rows name by id, as far as they are known: by name the ids of all that are called so. */
  readonly names: CalledBy;
  /** Of threads, by id. */
  readonly threads: Readonly<Record<string, string>>;
}

export interface TimelineQuery {
  /** Left out: all that is held. */
  readonly from?: number;
  readonly to?: number;
  readonly width: number;
  readonly lanes: {
    readonly start: number;
    readonly count: number;
    readonly filter?: string;
    readonly active?: boolean;
  };
}

export interface StatisticsBody {
  readonly from: string;
  readonly to: string;
  readonly harts: number;
  readonly busy: number;
  readonly latency: readonly {
    readonly prio?: number;
    readonly count: number;
    readonly p50: number;
    readonly p99: number;
    readonly max: number;
  }[];
  readonly shares: readonly {
    readonly coroutine: number;
    readonly name?: string;
    readonly time: number;
    readonly polls: number;
  }[];
  readonly others: { readonly time: number; readonly polls: number };
  readonly queue: {
    readonly average: readonly (number | null)[];
    readonly most: readonly (number | null)[];
  };
}

export interface ExportBody {
  readonly text: string;
  readonly more: boolean;
}

/** What the buttons of the view's title do. */
export type PageCommand = "zoomIn" | "zoomOut" | "fit" | "find" | "statistics";

/** Told to this page only. */
export type ToTimeline =
  /** The last answer of a session that has ended. */
  | { readonly type: "kept"; readonly body: TimelineBody }
  | { readonly type: "command"; readonly command: PageCommand };

export type FromTimeline = { readonly type: "open"; readonly event: number };
