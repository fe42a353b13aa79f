/**
 * The Coroutines view: one row for each coroutine that matches the filter; below it the await
 * stack, innermost first, with the values that each frame holds, and where it was spawned.
 */

import type { Snapshot } from "../debug/snapshot.ts";
import type { AwaitFrame, Coroutine } from "../wire.ts";
import type { Icon, Row } from "./row.ts";
import { count, join, shortPlace, variableRow } from "./row.ts";

export interface Listing {
  /** As the daemon takes it, e.g. `state:waiting prio:<3 hart:1 ring`; empty: all. */
  readonly filter: string;
  /** How many rows to show at most. */
  readonly limit: number;
}

export async function coroutineRoots(
  snapshot: Snapshot,
  listing: Listing,
): Promise<{ total: number; rows: readonly Row[] }> {
  const page = await snapshot.coroutines({
    ...(listing.filter !== "" && { filter: listing.filter }),
    start: 0,
    count: listing.limit,
  });
  const rows = page.coroutines.map((each) => coroutineRow("", each, snapshot));
  const hidden = page.total - rows.length;
  if (hidden > 0) rows.push(moreRow(hidden));
  return { total: page.total, rows };
}

function moreRow(hidden: number): Row {
  return {
    id: "more",
    label: `${hidden.toLocaleString("en")} not shown`,
    description: "show more",
    tooltip: [`${count(hidden, "coroutine")} more. Click to show more, or filter the list.`],
    icon: { id: "ellipsis" },
    command: "asyncos.showMoreCoroutines",
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
  const { awaiting, spawnedAt } = coroutine;
  const id = `${parent}coroutine:${coroutine.id}`;
  const where =
    coroutine.state === "running" && coroutine.hart !== undefined
      ? `hart ${coroutine.hart}`
      : join(awaiting && shortPlace(awaiting));
  const priority = coroutine.priority === undefined ? undefined : `prio ${coroutine.priority}`;
  const full = join(coroutine.state, priority, where);
  return {
    id,
    label: `${coroutine.id} ${coroutine.name}`,
    description: inQueue && coroutine.state === "ready" ? where : full,
    spoken: full,
    tooltip: tooltip(coroutine),
    icon: icon(coroutine.state),
    context: ["coroutine", awaiting && "awaiting", spawnedAt && "spawned"]
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
  const { awaiting, spawnedAt, polls, wakes } = coroutine;
  return [
    `Coroutine ${coroutine.id}: ${coroutine.name}, ${coroutine.state}`,
    join(
      coroutine.priority === undefined ? undefined : `priority ${coroutine.priority}`,
      coroutine.executor === undefined ? undefined : `executor ${coroutine.executor}`,
      coroutine.thread === undefined ? undefined : `thread ${coroutine.thread}`,
      coroutine.hart === undefined ? undefined : `hart ${coroutine.hart}`,
    ),
    join(
      polls === undefined ? undefined : `polled ${count(polls, "time")}`,
      wakes === undefined ? undefined : `woken ${count(wakes, "time")}`,
    ),
    awaiting ? `waits at ${awaiting.path}:${awaiting.line}` : "",
    spawnedAt ? `spawned at ${spawnedAt.path}:${spawnedAt.line}` : "",
  ].filter((line) => line !== "");
}

function icon(state: string): Icon {
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
    ...(reference > 0 && {
      children: async () =>
        (await snapshot.variables(reference)).map((each) => variableRow(id, each, snapshot)),
    }),
  };
}
