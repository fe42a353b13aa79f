/** Pages of the coroutines that a query lets through, in its order. */
import type { Awareness, CoroutineInfo, CoroutineQuery } from "./api.ts";
import type { Task } from "./coroutines.ts";
import { parseFilter } from "./filter.ts";
import type { Realm } from "./realm.ts";

const DEFAULT_COUNT = 1_000;

/** `total` counts what the query lets through, not what is listed. */
export function listCoroutines(
  realms: readonly Realm[],
  { count = DEFAULT_COUNT, filter, group, rank, start = 0 }: CoroutineQuery,
): ReturnType<Awareness["coroutines"]> {
  const parsed = parseFilter(filter);
  if (rank) return ranked(realms, parsed, { count, group, rank, start });
  const rows: CoroutineInfo[] = [];
  let total = 0;
  for (const { coroutines } of realms) {
    const shown: Task[] = [];
    coroutines.matching(
      parsed,
      (task) => {
        if (total >= start && total < start + count) shown.push(task);
        total++;
      },
      group,
    );
    rows.push(...shown.map((task) => coroutines.info(task)));
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
  realms: readonly Realm[],
  filter: ReturnType<typeof parseFilter>,
  { count, group, rank, start }: Ranked,
): ReturnType<Awareness["coroutines"]> {
  const found: { readonly realm: Realm; readonly task: Task; readonly rank: number }[] = [];
  for (const realm of realms) {
    const { coroutines } = realm;
    const add = (task: Task): void => {
      const at = rank(coroutines.idOf(task.record)) ?? Number.POSITIVE_INFINITY;
      found.push({ realm, task, rank: at });
    };
    coroutines.matching(filter, add, group);
  }
  found.sort((a, b) => (a.rank === b.rank ? 0 : a.rank - b.rank));
  return {
    total: found.length,
    coroutines: found
      .slice(start, start + count)
      .map(({ realm, task }) => realm.coroutines.info(task)),
  };
}
