/**
 * The Executors view: for each executor what it polls now, its ready queues with their bits, and
 * its waker cache.
 */
import type { Snapshot } from "../debug/snapshot.ts";
import type { Executor } from "../wire.ts";
import { changeText, executorKey, queueChange } from "./changes.ts";
import { coroutineRow } from "./coroutines.ts";
import type { Roots, Row } from "./row.ts";
import { count, hiddenRows, join } from "./row.ts";

type Queue = Executor["queues"][number];

export const executorRoots: Roots = async (snapshot) =>
  (await snapshot.executors()).map((each) => executorRow(each, snapshot));

function executorRow(executor: Executor, snapshot: Snapshot): Row {
  const id = `executor:${executorKey(executor)}`;
  const ready = executor.queues.reduce((sum, queue) => sum + queue.count, 0);
  return {
    id,
    label:
      executor.process === undefined
        ? executor.name
        : `${executor.name} of process ${executor.process}`,
    description: join(executor.mode, `${ready.toLocaleString("en")} ready`),
    tooltip: [
      `Executor ${executor.id}: ${executor.name}, ${executor.mode}`,
      `${count(ready, "coroutine")} in ready queues, ${count(executor.wakerCount, "waker")} cached`,
      ...(executor.callbacks === undefined
        ? []
        : [`${count(executor.callbacks, "callback")} of system calls unread`]),
    ],
    icon: { id: "layers" },
    context: "executor",
    expanded: true,
    children: async () => [
      ...(await currentRows(id, executor.current, snapshot)),
      ...executor.queues
        .filter(worthShowing)
        .map((queue) => queueRow(id, executor, queue, snapshot)),
      wakersRow(id, executor, snapshot),
      ...callbackRows(id, executor),
    ],
  };
}

async function currentRows(
  parent: string,
  current: Executor["current"],
  snapshot: Snapshot,
): Promise<readonly Row[]> {
  if (current === undefined) return [];
  const found = await snapshot.coroutinesById([current]);
  return found.map((each) => {
    const row = coroutineRow(`${parent}/current/`, each, snapshot);
    return { ...row, label: `polls ${row.label}` };
  });
}

/** Empty queues say nothing, unless their bit disagrees. */
function worthShowing(queue: Queue): boolean {
  return queue.count > 0 || queue.bit === true;
}

function queueRow(parent: string, executor: Executor, queue: Queue, snapshot: Snapshot): Row {
  const id = `${parent}/queue:${queue.priority}`;
  const length = queue.count;
  const change = queueChange(queue, executor, snapshot.executorsBefore);
  const changed = changeText(change);
  const bit = queue.bit === undefined ? undefined : queue.bit ? "bit set" : "bit clear";
  return {
    id,
    label: `Priority ${queue.priority}`,
    description: join(bit, `${length.toLocaleString("en")} ready`, changed),
    spoken: join(
      bit,
      `${length.toLocaleString("en")} ready`,
      changed && `${changed} since the last stop`,
    ),
    tooltip: [
      `Ready queue of priority ${queue.priority}: ${count(length, "coroutine")}`,
      ...(changed === undefined ? [] : [`${changed} since the last stop`]),
    ],
    icon:
      queue.bit === true ? { id: "circle-filled", color: "charts.yellow" } : { id: "list-ordered" },
    ...(length > 0 && {
      children: async () => {
        const members = await snapshot.coroutinesById(queue.coroutines);
        return [
          ...members.map((each) => {
            const row = coroutineRow(`${id}/`, each, snapshot, true);
            return change.came.has(each.id)
              ? { ...row, description: join("new", row.description) }
              : row;
          }),
          ...hiddenRows(id, length - queue.coroutines.length),
        ];
      },
    }),
  };
}

/** Results of system calls that nobody has read; no row where there are none. */
function callbackRows(parent: string, { unread = [] }: Executor): readonly Row[] {
  if (unread.length === 0) return [];
  const id = `${parent}/callbacks`;
  const rows = unread.map(({ coroutine, error, result }, index) => {
    const label = coroutine === undefined ? "a coroutine" : `coroutine ${coroutine}`;
    const description = error ?? (result === undefined ? undefined : `result ${result}`);
    return {
      id: `${id}/${index}`,
      label,
      description,
      tooltip: [join(`A system call of ${label} is done, and it has not been told`, description)],
      icon: { id: error === undefined ? "pass" : "error" },
    };
  });
  return [
    {
      id,
      label: "Unread callbacks",
      description: count(unread.length, "callback"),
      icon: { id: "inbox" },
      children: async () => rows,
    },
  ];
}

function wakersRow(parent: string, executor: Executor, snapshot: Snapshot): Row {
  const id = `${parent}/wakers`;
  const { wakers, wakerCount } = executor;
  return {
    id,
    label: "Waker cache",
    description: count(wakerCount, "waker"),
    icon: { id: "bell" },
    ...(wakers.length > 0 && {
      children: async () => {
        const owners = await snapshot.coroutinesById(wakers.map((waker) => waker.coroutine));
        const names = new Map(owners.map((each) => [each.id, each.name]));
        const rows = wakers.map((waker, index) => ({
          id: `${id}/${index}`,
          label: `${waker.coroutine} ${names.get(waker.coroutine) ?? ""}`.trim(),
          description: waker.address,
          tooltip: [`Waker of coroutine ${waker.coroutine} at ${waker.address}`],
          icon: { id: "bell-dot" },
        }));
        return [...rows, ...hiddenRows(id, wakerCount - wakers.length)];
      },
    }),
  };
}
