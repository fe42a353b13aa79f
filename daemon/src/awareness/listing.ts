/** Pages of the coroutines that a query lets through, in its order. */
import type { Awareness, CoroutineInfo, CoroutineQuery } from "./api.ts";
import type { Task } from "./coroutines.ts";
import { parseFilter } from "./filter.ts";
import { matching, taskOf } from "./matching.ts";
import type { Roster } from "./roster.ts";

const DEFAULT_COUNT = 1_000;

/** `total` counts what the query lets through, not what is listed. */
export function listCoroutines(
  rosters: readonly Roster[],
  { count = DEFAULT_COUNT, filter, group, rank, start = 0 }: CoroutineQuery,
): ReturnType<Awareness["coroutines"]> {
  const parsed = parseFilter(filter);
  if (rank) return ranked(rosters, parsed, { count, group, rank, start });
  const rows: CoroutineInfo[] = [];
  let total = 0;
  for (const roster of rosters) {
    const shown: Task[] = [];
    matching(roster, parsed, group, (piece, index) => {
      if (total >= start && total < start + count) shown.push(taskOf(piece, index));
      total++;
    });
    rows.push(...shown.map((task) => roster.realm.coroutines.info(task)));
  }
  return { total, coroutines: rows };
}

interface Ranked {
  readonly start: number;
  readonly count: number;
  readonly group: CoroutineQuery["group"];
  readonly rank: NonNullable<CoroutineQuery["rank"]>;
}

/** All that match are looked at before the first is listed. */
function ranked(
  rosters: readonly Roster[],
  filter: ReturnType<typeof parseFilter>,
  { count, group, rank, start }: Ranked,
): ReturnType<Awareness["coroutines"]> {
  const found: { readonly roster: Roster; readonly task: Task; readonly rank: number }[] = [];
  for (const roster of rosters) {
    matching(roster, filter, group, (piece, index) => {
      const at = rank(piece.ids[index]!) ?? Number.POSITIVE_INFINITY;
      found.push({ roster, task: taskOf(piece, index), rank: at });
    });
  }
  found.sort((a, b) => (a.rank === b.rank ? 0 : a.rank - b.rank));
  return {
    total: found.length,
    coroutines: found
      .slice(start, start + count)
      .map(({ roster, task }) => roster.realm.coroutines.info(task)),
  };
}
