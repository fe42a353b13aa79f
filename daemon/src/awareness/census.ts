/** How many coroutines stand in each async fn, in which state: its own ones and those that await it. */
import type { AccessContext } from "../inspect/expression/accessor.ts";
import type { Awareness, CoroutineState } from "./api.ts";
import type { Coroutines } from "./coroutines.ts";
import type { FutureKind } from "./kinds.ts";

const MAX_DEPTH = 200;

export function takeCensus(
  coroutines: Coroutines,
  context: AccessContext,
): ReturnType<Awareness["census"]> {
  const counts = new Map<FutureKind, Record<CoroutineState, number>>();
  const count = (kind: FutureKind, state: CoroutineState): void => {
    let row = counts.get(kind);
    if (!row) {
      row = { ready: 0, running: 0, waiting: 0, done: 0 };
      counts.set(kind, row);
    }
    row[state]++;
  };
  coroutines.each(({ record }) => {
    const state = coroutines.stateOf(record);
    if (state === "unknown" || state === "done") return true;
    let link = coroutines.future(record);
    for (let depth = 0; link?.kind.coroutine && depth < MAX_DEPTH; depth++) {
      count(link.kind, state);
      // The frame in memory of a running coroutine is stale: only its own body is certain.
      if (state === "running") break;
      const shape = link.kind.coroutine.state(context, link.at);
      link = shape?.stage === "suspended" ? shape.next(context, link.at) : undefined;
    }
    return true;
  });
  return merged(counts);
}

/** Instances of one generic async fn are one function to who reads the source. */
function merged(
  counts: ReadonlyMap<FutureKind, Record<CoroutineState, number>>,
): ReturnType<Awareness["census"]> {
  const rows = new Map<string, ReturnType<Awareness["census"]>[number]>();
  for (const [{ declared, name }, row] of counts) {
    if (!declared) continue;
    const key = `${declared.path}:${declared.line}:${declared.column}`;
    const known = rows.get(key)?.counts;
    const sum = {
      ready: row.ready + (known?.ready ?? 0),
      running: row.running + (known?.running ?? 0),
      waiting: row.waiting + (known?.waiting ?? 0),
      done: row.done + (known?.done ?? 0),
    };
    rows.set(key, { name, location: declared, counts: sum });
  }
  return [...rows.values()];
}
