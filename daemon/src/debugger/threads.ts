/**
 * What is shown as a thread, and under which number. Harts are 1 to N; kernel threads that no hart
 * runs are 10,000 + their id; coroutines that are pinned or part of the stop are 1,000,000 + their id,
 * those of processes 2^30 + process x 2^20 + their id there. A number means the same thing for the whole session.
 */
import type { Awareness, CoroutineInfo, ThreadInfo } from "../awareness/api.ts";
import { coroutineId, ownId, processOf, shownId } from "../awareness/ids.ts";
import type { Hart } from "../machine/api.ts";
import type { StackOwner } from "./stacks.ts";

const THREADS = 10_000;
const COROUTINES = 1_000_000;
/** Kernel threads beyond this are only in their tree; the same for coroutines. */
const MAX_THREADS = 64;
const MAX_COROUTINES = 32;
const OF_PROCESSES = 2 ** 30;
/** Coroutines of one process that have numbers. */
const OF_PROCESS = 2 ** 20;
/** DAP's numbers are 32-bit integers. */
const END = 2 ** 31;

export interface ThreadRow {
  readonly number: number;
  readonly owner: StackOwner;
  readonly name: string;
}

/** The number of what has one; undefined for ids out of range. */
export function threadNumber({ kind, id }: StackOwner): number | undefined {
  if (kind === "hart") return id + 1;
  const process = kind === "coroutine" ? processOf(id) : undefined;
  if (process !== undefined) {
    const number = OF_PROCESSES + process * OF_PROCESS + ownId(id);
    return ownId(id) < OF_PROCESS && number < END ? number : undefined;
  }
  const [base, end] = kind === "thread" ? [THREADS, COROUTINES] : [COROUTINES, OF_PROCESSES];
  return Number.isSafeInteger(id) && id >= 0 && base + id < end ? base + id : undefined;
}

/** What a number stands for, whether or not it exists. */
export function threadOwner(number: number): StackOwner | undefined {
  if (!Number.isSafeInteger(number) || number < 1) return undefined;
  if (number >= OF_PROCESSES) {
    const process = Math.floor((number - OF_PROCESSES) / OF_PROCESS);
    return { kind: "coroutine", id: coroutineId(process, number % OF_PROCESS) };
  }
  if (number >= COROUTINES) return { kind: "coroutine", id: number - COROUTINES };
  if (number >= THREADS) return { kind: "thread", id: number - THREADS };
  return { kind: "hart", id: number - 1 };
}

/** All rows while stopped; `coroutines` are the pinned ones and those of the stop, in this order. */
export function listThreads(
  harts: readonly Hart[],
  awareness: Awareness,
  coroutines: Iterable<number>,
): readonly ThreadRow[] {
  const threads = awareness.threads();
  const byId = new Map(threads.map((thread) => [thread.id, thread]));
  return [
    ...harts.map((hart) => row({ kind: "hart", id: hart.id }, hartName(hart, awareness, byId))),
    ...threads
      .filter((thread) => thread.hart === undefined)
      .slice(0, MAX_THREADS)
      .map((thread) => row({ kind: "thread", id: thread.id }, threadName(thread))),
    ...[...new Set(coroutines)]
      .slice(0, MAX_COROUTINES)
      .flatMap((id) => awareness.coroutine(id) ?? [])
      .map((info) => row({ kind: "coroutine", id: info.id }, coroutineName(info))),
  ].filter((entry): entry is ThreadRow => entry.number !== undefined);
}

/** Harts alone: what can be said while the machine runs. */
export const listHarts = (harts: readonly Hart[]): readonly ThreadRow[] =>
  harts.map((hart) => ({
    number: hart.id + 1,
    owner: { kind: "hart", id: hart.id },
    name: `hart ${hart.id}`,
  }));

const row = (owner: StackOwner, name: string) => ({ number: threadNumber(owner), owner, name });

function hartName(
  hart: Hart,
  awareness: Awareness,
  threads: ReadonlyMap<number, ThreadInfo>,
): string {
  const state = `hart ${hart.id}: ${hart.state}${hart.frozen ? ", frozen" : ""}`;
  if (hart.state === "stopped") return state;
  const { thread, coroutine } = awareness.current(hart);
  const parts = [state];
  if (thread !== undefined) parts.push(`thread ${threads.get(thread)?.name ?? thread}`);
  if (coroutine !== undefined) {
    const info = awareness.coroutine(coroutine);
    const title = `coroutine ${shownId(coroutine)}`;
    parts.push(info ? `${title} ${info.name}` : title);
  }
  return parts.join(", ");
}

const threadName = ({ id, name, state }: ThreadInfo): string => `thread ${id} ${name}: ${state}`;

const coroutineName = ({ id, name, state }: CoroutineInfo): string =>
  `coroutine ${shownId(id)} ${name}: ${state}`;
