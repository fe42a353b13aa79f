/**
 * The Coroutines view: one row for each coroutine that matches the filter, below groups where the
 * user wants some; below it the await stack, innermost first, with the values that each frame holds,
 * and where it was spawned.
 */

import { heard } from "../base/heard.ts";
import { counted, number, t } from "../base/words.ts";
import type { Snapshot } from "../debug/snapshot.ts";
import type { AwaitFrame, Coroutine, CoroutineGroup, Grouping } from "../wire.ts";
import type { Icon, Row } from "./row.ts";
import { coroutinesText, join, shortPlace, variableRow } from "./row.ts";
import { instructions, waitText } from "./waits.ts";

export interface Listing {
  /** As the daemon takes it, e.g. `state:waiting prio:<3 hart:1 ring`; empty: all. */
  readonly filter: string;
  /** How many rows to show at most: of the group with that key, or of all. */
  readonly limit: (group?: string) => number;
  readonly groupBy?: Grouping | undefined;
  readonly byReadyAge?: boolean | undefined;
}

/** Groups of so few coroutines together are open from the beginning. */
const OPEN = 12;

export async function coroutineRoots(
  snapshot: Snapshot,
  listing: Listing,
): Promise<{ total: number; rows: readonly Row[] }> {
  const { filter, groupBy } = listing;
  if (groupBy === undefined) return page(snapshot, listing);
  const { groups, total } = await snapshot.coroutineGroups({
    by: groupBy,
    ...(filter !== "" && { filter }),
  });
  const open = total <= OPEN;
  return { total, rows: groups.map((group) => groupRow(snapshot, listing, group, open)) };
}

async function page(
  snapshot: Snapshot,
  { byReadyAge, filter, groupBy, limit }: Listing,
  group?: CoroutineGroup,
): Promise<{ total: number; rows: readonly Row[] }> {
  const { coroutines, total } = await snapshot.coroutines({
    ...(filter !== "" && { filter }),
    ...(group && groupBy && { group: { by: groupBy, key: group.key } }),
    ...(byReadyAge && { sort: "readyAge" as const }),
    start: 0,
    count: limit(group?.key),
  });
  const parent = group ? `group:${group.key}/` : "";
  const rows = coroutines.map((each) => coroutineRow(parent, each, snapshot));
  const hidden = total - rows.length;
  if (hidden > 0) rows.push(moreRow(parent, hidden, group?.key));
  return { total, rows };
}

function groupRow(
  snapshot: Snapshot,
  listing: Listing,
  group: CoroutineGroup,
  expanded: boolean,
): Row {
  return {
    id: `group:${listing.groupBy}:${group.key}`,
    // A function's name is the program's.
    label: listing.groupBy === "function" ? group.label : heard(group.label),
    description: coroutinesText(group.count),
    icon: { id: GROUP_ICONS[listing.groupBy!] },
    context: "group",
    expanded,
    children: async () => (await page(snapshot, listing, group)).rows,
  };
}

const GROUP_ICONS: Readonly<Record<Grouping, string>> = {
  executor: "layers",
  state: "pulse",
  priority: "list-ordered",
  process: "server-process",
  function: "symbol-method",
};

function moreRow(parent: string, hidden: number, group: string | undefined): Row {
  return {
    id: `${parent}more`,
    label: counted(hidden, "{0} not shown", "{0} not shown"),
    description: t("show more"),
    tooltip: [
      counted(
        hidden,
        "{0} coroutine more. Click to show more, or filter the list.",
        "{0} coroutines more. Click to show more, or filter the list.",
      ),
    ],
    icon: { id: "ellipsis" },
    action: { command: "asyncos.showMoreCoroutines", argument: group },
  };
}

/**
 * `parent` sets rows for the same coroutine at several places of one tree apart. In a queue the
 * row need not repeat what the queue says.
 */
export function coroutineRow(
  parent: string,
  coroutine: Coroutine,
  snapshot: Snapshot,
  inQueue = false,
): Row {
  const { awaiting, breakOn, pinned, readyFor, spawnedAt, waitsFor } = coroutine;
  const id = `${parent}coroutine:${coroutine.id}`;
  const where =
    coroutine.state === "running" && coroutine.hart !== undefined
      ? t("hart {0}", coroutine.hart)
      : join(awaiting && shortPlace(awaiting), waitsFor && t("for {0}", waitText(waitsFor)));
  const priority = coroutine.priority === undefined ? undefined : t("prio {0}", coroutine.priority);
  const age = readyFor === undefined ? undefined : t("for {0} instr", instructions(readyFor));
  const word = heard(coroutine.state);
  const state = age === undefined ? word : `${word} ${age}`;
  const breaks = breakOn?.map(heard).join(", ");
  const isPinned = pinned === true ? t("pinned") : undefined;
  const marks = join(breaks && `● ${breaks}`, isPinned);
  const full = join(marks, state, priority, where);
  const spoken = join(breaks && t("breaks on {0}", breaks), isPinned, state, priority, where);
  return {
    id,
    label: `${coroutine.id} ${coroutine.name}`,
    description: inQueue && coroutine.state === "ready" ? join(marks, age, where) : full,
    spoken,
    tooltip: tooltip(coroutine),
    icon: icon(coroutine),
    context: [
      "coroutine",
      awaiting && "awaiting",
      spawnedAt && "spawned",
      pinned ? "pinned" : "unpinned",
      breakOn && "breaks",
    ]
      .filter((word) => word !== undefined)
      .join(" "),
    target: { kind: "coroutine", coroutine },
    ...(awaiting && { place: awaiting }),
    children: async () =>
      (await snapshot.awaitStack(coroutine.id)).map((frame, depth) =>
        frameRow(`${id}/${depth}`, frame, snapshot),
      ),
  };
}

function tooltip(coroutine: Coroutine): readonly string[] {
  const { awaiting, breakOn, polls, readyFor, spawnedAt, waitsFor, wakes } = coroutine;
  return [
    t("Coroutine {0}: {1}, {2}", coroutine.id, coroutine.name, heard(coroutine.state)),
    join(
      coroutine.priority === undefined ? undefined : t("priority {0}", coroutine.priority),
      coroutine.executor === undefined ? undefined : t("executor {0}", coroutine.executor),
      coroutine.process === undefined ? undefined : t("process {0}", coroutine.process),
      coroutine.thread === undefined ? undefined : t("thread {0}", coroutine.thread),
      coroutine.hart === undefined ? undefined : t("hart {0}", coroutine.hart),
    ),
    join(
      polls === undefined ? undefined : counted(polls, "polled {0} time", "polled {0} times"),
      wakes === undefined ? undefined : counted(wakes, "woken {0} time", "woken {0} times"),
    ),
    readyFor === undefined ? "" : t("ready since {0} instructions", number(readyFor)),
    awaiting ? t("waits at {0}", `${awaiting.path}:${awaiting.line}`) : "",
    waitsFor ? t("waits for {0}", waitText(waitsFor)) : "",
    spawnedAt ? t("spawned at {0}", `${spawnedAt.path}:${spawnedAt.line}`) : "",
    breakOn ? t("breaks on its {0}", breakOn.map(heard).join(", ")) : "",
  ].filter((line) => line !== "");
}

function icon({ breakOn, state }: Coroutine): Icon {
  if (breakOn) return { id: "debug-breakpoint-function", color: "debugIcon.breakpointForeground" };
  if (state === "running") return { id: "play-circle", color: "charts.green" };
  if (state === "ready") return { id: "circle-filled", color: "charts.yellow" };
  if (state === "waiting") return { id: "watch" };
  if (state === "done") return { id: "pass" };
  return { id: "question" };
}

function frameRow(id: string, frame: AwaitFrame, snapshot: Snapshot): Row {
  const place =
    frame.path !== undefined && frame.line !== undefined
      ? { path: frame.path, line: frame.line }
      : undefined;
  const reference = frame.variablesReference ?? 0;
  return {
    id,
    // A remark between frames is the daemon's own, a frame's name the program's.
    label: frame.label ? heard(frame.name) : frame.name,
    description: join(place && shortPlace(place), frame.note && heard(frame.note)),
    tooltip: [
      frame.label ? heard(frame.name) : frame.name,
      ...(place ? [`${place.path}:${place.line}`] : []),
    ],
    icon: { id: frame.label ? "git-commit" : "debug-stackframe-dot" },
    ...(place && { place }),
    ...(frame.address !== undefined && {
      context: "address",
      target: { kind: "address" as const, address: frame.address },
    }),
    ...(reference > 0 && {
      children: async () =>
        (await snapshot.variables(reference)).map((each) => variableRow(id, each, snapshot)),
    }),
  };
}
