/**
 * How many coroutines stand in each async fn, in which state, and at which `.await`: its own ones and
 * those that await it.
 */
import type { SourceLocation } from "../symbols/api.ts";
import type { Awareness, CoroutineState } from "./api.ts";
import type { FutureKind } from "./kinds.ts";
import type { Realm } from "./realm.ts";

const MAX_DEPTH = 200;
/** Ids told of one `.await`: as many as fit behind a line. */
const MAX_IDS = 8;

type Census = ReturnType<Awareness["census"]>;

interface Site {
  readonly location: SourceLocation;
  count: number;
  readonly coroutines: number[];
}

interface Row {
  readonly counts: Record<CoroutineState, number>;
  /** By place. */
  readonly awaits: Map<string, Site>;
}

const emptyRow = (): Row => ({
  counts: { ready: 0, running: 0, waiting: 0, done: 0 },
  awaits: new Map(),
});

export function takeCensus(realms: readonly Realm[]): Census {
  const rows = new Map<FutureKind, Row>();
  const sites = new Map<object, Site>();
  const rowOf = (kind: FutureKind): Row => {
    const known = rows.get(kind);
    if (known) return known;
    const row = emptyRow();
    rows.set(kind, row);
    return row;
  };
  const visit = ({ context, coroutines }: Realm, record: number): void => {
    const state = coroutines.stateOf(record);
    if (state === "unknown" || state === "done") return;
    let link = coroutines.future(record);
    for (let depth = 0; link?.kind.coroutine && depth < MAX_DEPTH; depth++) {
      const row = rowOf(link.kind);
      row.counts[state]++;
      // The frame in memory of a running coroutine is stale: only its own body is certain.
      if (state === "running") break;
      const shape = link.kind.coroutine.state(context, link.at);
      if (shape?.stage !== "suspended") break;
      const site = sites.get(shape) ?? siteAt(row.awaits, shape.location);
      if (site) {
        sites.set(shape, site);
        site.count++;
        if (site.coroutines.length < MAX_IDS) site.coroutines.push(coroutines.idOf(record));
      }
      link = shape.next(context, link.at);
    }
  };
  for (const realm of realms) {
    realm.coroutines.each(({ record }) => {
      visit(realm, record);
      return true;
    });
  }
  return merged(rows);
}

function siteAt(sites: Map<string, Site>, location: SourceLocation | undefined): Site | undefined {
  if (!location) return undefined;
  const key = `${location.path}:${location.line}`;
  const known = sites.get(key);
  if (known) return known;
  const site = { location, count: 0, coroutines: [] };
  sites.set(key, site);
  return site;
}

/** Instances of one generic async fn are one function to who reads the source. */
function merged(rows: ReadonlyMap<FutureKind, Row>): Census {
  const functions = new Map<string, Row & { readonly name: string; location: SourceLocation }>();
  for (const [{ declared, name }, row] of rows) {
    if (!declared) continue;
    const key = `${declared.path}:${declared.line}:${declared.column}`;
    let sum = functions.get(key);
    if (!sum) {
      sum = { name, location: declared, ...emptyRow() };
      functions.set(key, sum);
    }
    for (const state of ["ready", "running", "waiting", "done"] as const) {
      sum.counts[state] += row.counts[state];
    }
    for (const { location, count, coroutines } of row.awaits.values()) {
      const site = siteAt(sum.awaits, location)!;
      site.count += count;
      site.coroutines.push(...coroutines.slice(0, MAX_IDS - site.coroutines.length));
    }
  }
  return [...functions.values()].map(({ name, location, counts, awaits }) => ({
    name,
    location,
    counts,
    awaits: [...awaits.values()],
  }));
}
