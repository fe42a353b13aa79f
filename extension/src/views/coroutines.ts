/**
 * The Coroutines view: one row for each coroutine that matches the filter, below groups where the
 * user wants some; below it the await stack, innermost first, with the values that each frame holds,
 * and where it was spawned.
 */

import type { Snapshot } from "../debug/snapshot.ts";
import type { AwaitFrame, Coroutine, CoroutineGroup, Grouping } from "../wire.ts";
import type { Icon, Row } from "./row.ts";
import { count, join, shortPlace, variableRow } from "./row.ts";
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
    label: group.label,
    description: count(group.count, "coroutine"),
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
    label: `${hidden.toLocaleString("en")} not shown`,
    description: "show more",
    tooltip: [`${count(hidden, "coroutine")} more. Click to show more, or filter the list.`],
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
      ? `hart ${coroutine.hart}`
      : join(awaiting && shortPlace(awaiting), waitsFor && `for ${waitText(waitsFor)}`);
  const priority = coroutine.priority === undefined ? undefined : `prio ${coroutine.priority}`;
  const age = readyFor === undefined ? undefined : `for ${instructions(readyFor)} instr`;
  const state = age === undefined ? coroutine.state : `${coroutine.state} ${age}`;
  const marks = join(breakOn && `● ${breakOn.join(", ")}`, pinned === true ? "pinned" : undefined);
  const full = join(marks, state, priority, where);
  const spoken = join(
    breakOn && `breaks on ${breakOn.join(", ")}`,
    pinned === true ? "pinned" : undefined,
    state,
    priority,
    where,
  );
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
    `Coroutine ${coroutine.id}: ${coroutine.name}, ${coroutine.state}`,
    join(
      coroutine.priority === undefined ? undefined : `priority ${coroutine.priority}`,
      coroutine.executor === undefined ? undefined : `executor ${coroutine.executor}`,
      coroutine.process === undefined ? undefined : `process ${coroutine.process}`,
      coroutine.thread === undefined ? undefined : `thread ${coroutine.thread}`,
      coroutine.hart === undefined ? undefined : `hart ${coroutine.hart}`,
    ),
    join(
      polls === undefined ? undefined : `polled ${count(polls, "time")}`,
      wakes === undefined ? undefined : `woken ${count(wakes, "time")}`,
    ),
    readyFor === undefined ? "" : `ready since ${readyFor.toLocaleString("en")} instructions`,
    awaiting ? `waits at ${awaiting.path}:${awaiting.line}` : "",
    waitsFor ? `waits for ${waitText(waitsFor)}` : "",
    spawnedAt ? `spawned at ${spawnedAt.path}:${spawnedAt.line}` : "",
    breakOn ? `breaks on its ${breakOn.join(", ")}` : "",
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
    label: frame.name,
    description: join(place && shortPlace(place), frame.note),
    tooltip: [frame.name, ...(place ? [`${place.path}:${place.line}`] : [])],
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
