/**
 * How many coroutines stand in each async fn, in which state, and at which `.await`: its own ones and
 * those that await it.
 */
import type { SourceLocation } from "../symbols/api.ts";
import type { Awareness, CoroutineState } from "./api.ts";
import { type ChainLink, linksOf } from "./chains.ts";
import type { FutureKind } from "./kinds.ts";
import type { Roster } from "./roster.ts";

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
  /** Of the coroutines whose own body it is; NaN where one of them does not say. */
  polls: number;
  /** By place. */
  readonly awaits: Map<string, Site>;
}

const emptyRow = (): Row => ({
  counts: { ready: 0, running: 0, waiting: 0, done: 0 },
  polls: 0,
  awaits: new Map(),
});

export function takeCensus(rosters: readonly Roster[]): Census {
  const rows = new Map<FutureKind, Row>();
  const rowOf = (kind: FutureKind): Row => {
    const known = rows.get(kind);
    if (known) return known;
    const row = emptyRow();
    rows.set(kind, row);
    return row;
  };
  for (const roster of rosters) {
    const { polled, polls, suspended } = tally(roster);
    for (const [kind, count] of polled) rowOf(kind).counts.running += count;
    for (const [kind, count] of polls) rowOf(kind).polls += count;
    for (const [innermost, { ids, ready, waiting }] of suspended) {
      // As far as they are async fns and blocks, from the outermost inwards.
      for (const { kind, state } of [...linksOf(innermost)].reverse()) {
        if (!kind?.coroutine) break;
        const row = rowOf(kind);
        row.counts.ready += ready;
        row.counts.waiting += waiting;
        const site = state?.stage === "suspended" && siteAt(row.awaits, state.location);
        if (!site) continue;
        site.count += ready + waiting;
        site.coroutines.push(...ids.slice(0, MAX_IDS - site.coroutines.length));
      }
    }
  }
  return merged(rows);
}

/** Coroutines with the same await chain are counted together. */
interface Tally {
  ready: number;
  waiting: number;
  /** The first few. */
  readonly ids: number[];
}

/** The frame in memory of one that is polled is stale: only its own body is certain. */
function tally(roster: Roster): {
  readonly polled: ReadonlyMap<FutureKind, number>;
  readonly polls: ReadonlyMap<FutureKind, number>;
  readonly suspended: ReadonlyMap<ChainLink, Tally>;
} {
  const polled = new Map<FutureKind, number>();
  const polls = new Map<FutureKind, number>();
  const suspended = new Map<ChainLink, Tally>();
  for (const { chains, ids, kinds, polls: times, states } of roster.pieces()) {
    for (let index = 0; index < states.length; index++) {
      const state = states[index]!;
      const kind = kinds[index];
      if (state === "running" && kind?.coroutine) polled.set(kind, (polled.get(kind) ?? 0) + 1);
      if (kind?.coroutine) polls.set(kind, (polls.get(kind) ?? 0) + times[index]!);
      const chain = chains[index];
      if (!chain || (state !== "ready" && state !== "waiting")) continue;
      let same = suspended.get(chain);
      if (!same) {
        same = { ready: 0, waiting: 0, ids: [] };
        suspended.set(chain, same);
      }
      same[state]++;
      if (same.ids.length < MAX_IDS) same.ids.push(ids[index]!);
    }
  }
  return { polled, polls, suspended };
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
    sum.polls += row.polls;
    for (const { location, count, coroutines } of row.awaits.values()) {
      const site = siteAt(sum.awaits, location)!;
      site.count += count;
      site.coroutines.push(...coroutines.slice(0, MAX_IDS - site.coroutines.length));
    }
  }
  return [...functions.values()].map(({ name, location, counts, polls, awaits }) => ({
    name,
    location,
    counts,
    polls: Number.isNaN(polls) ? undefined : polls,
    awaits: [...awaits.values()],
  }));
}
