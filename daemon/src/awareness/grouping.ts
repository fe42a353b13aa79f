/** What coroutines have in common: the keys and names of groups. */
import type { CoroutineGroup, Grouping } from "./api.ts";
import type { Coroutines } from "./coroutines.ts";
import type { CoroutineFilter } from "./filter.ts";
import { matching } from "./matching.ts";
import type { Piece, Roster } from "./roster.ts";

const UNKNOWN = "";
const STATES = ["running", "ready", "waiting", "done", "unknown"];

const text = (value: number): string => (Number.isNaN(value) ? UNKNOWN : String(value));

/** The same for coroutines of one group; also of several realms. */
export function groupKey(
  by: Grouping,
  { process }: Coroutines,
  { executor, kinds, priorities, states }: Piece,
  index: number,
): string {
  switch (by) {
    case "executor":
      return `${process ?? "kernel"}/${executor}`;
    case "state":
      return states[index]!;
    case "priority":
      return text(priorities[index]!);
    case "process":
      return String(process ?? "kernel");
    case "function":
      return kinds[index]?.name ?? UNKNOWN;
  }
}

/** `processes`: their names by id. */
export function groupsOf(
  by: Grouping,
  filter: CoroutineFilter,
  rosters: readonly Roster[],
  processes: ReadonlyMap<number, string>,
): readonly CoroutineGroup[] {
  const groups = new Map<string, { label: string; count: number }>();
  for (const roster of rosters) {
    const { coroutines, executors } = roster.realm;
    const names = by === "executor" ? executors.names() : new Map<number, string>();
    matching(roster, filter, undefined, (piece, index) => {
      const key = groupKey(by, coroutines, piece, index);
      const group = groups.get(key);
      if (group) group.count++;
      else
        groups.set(key, { label: label(by, key, coroutines, piece, names, processes), count: 1 });
    });
  }
  const all = [...groups].map(([key, group]) => ({ key, ...group }));
  return all.sort((a, b) => order(by, a, b));
}

function label(
  by: Grouping,
  key: string,
  { process }: Coroutines,
  { executor }: Piece,
  executors: ReadonlyMap<number, string>,
  processes: ReadonlyMap<number, string>,
): string {
  const owner =
    process === undefined ? "kernel" : `process ${process} ${processes.get(process) ?? ""}`.trim();
  switch (by) {
    case "executor": {
      const name = `${executors.get(executor) ?? "executor"} ${executor}`;
      return process === undefined ? name : `${name} of ${owner}`;
    }
    case "priority":
      return key === UNKNOWN ? "priority unknown" : `priority ${key}`;
    case "process":
      return owner;
    case "function":
      return key === UNKNOWN ? "(unknown)" : key;
    case "state":
      return key;
  }
}

function order(by: Grouping, a: CoroutineGroup, b: CoroutineGroup): number {
  if (by === "state") return STATES.indexOf(a.key) - STATES.indexOf(b.key);
  // What many do comes first.
  if (by === "function") return b.count - a.count || a.label.localeCompare(b.label);
  return a.key.localeCompare(b.key, "en", { numeric: true });
}
