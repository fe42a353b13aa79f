/**
 * The Executors view: for each executor what it polls now, its ready queues with their bits, and
 * its waker cache.
 */
import { heard } from "../base/heard.ts";
import { counted, t } from "../base/words.ts";
import type { Snapshot } from "../debug/snapshot.ts";
import type { Executor } from "../wire.ts";
import {
  type Change,
  callbackKey,
  callbacksChange,
  changeText,
  executorKey,
  executorThen,
  queueChange,
  wakersChange,
} from "./changes.ts";
import { coroutineRow } from "./coroutines.ts";
import type { Roots, Row } from "./row.ts";
import { addressIn, coroutinesText, hiddenRows, join, wakersText } from "./row.ts";

type Queue = Executor["queues"][number];

export const executorRoots: Roots = async (snapshot) =>
  (await snapshot.executors()).map((each) => executorRow(each, snapshot));

function executorRow(executor: Executor, snapshot: Snapshot): Row {
  const id = `executor:${executorKey(executor)}`;
  const ready = executor.queues.reduce((sum, queue) => sum + queue.count, 0);
  const then = executorThen(executor, snapshot.executorsBefore);
  return {
    id,
    label:
      executor.process === undefined
        ? executor.name
        : t("{0} of process {1}", executor.name, executor.process),
    description: join(heard(executor.mode), readyText(ready)),
    tooltip: [
      t("Executor {0}: {1}, {2}", executor.id, executor.name, heard(executor.mode)),
      t("{0} in ready queues, {1} cached", coroutinesText(ready), wakersText(executor.wakerCount)),
      ...(executor.callbacks === undefined
        ? []
        : [
            counted(
              executor.callbacks,
              "{0} callback of system calls unread",
              "{0} callbacks of system calls unread",
            ),
          ]),
    ],
    icon: { id: "layers" },
    context: "executor",
    expanded: true,
    children: async () => [
      ...(await currentRows(id, executor.current, then, snapshot)),
      ...executor.queues
        .map((queue) => ({ queue, change: queueChange(queue, then) }))
        .filter(({ change, queue }) => worthShowing(queue, change))
        .map(({ change, queue }) => queueRow(id, queue, change, snapshot)),
      wakersRow(id, executor, wakersChange(executor, then), snapshot),
      ...callbackRows(id, executor, callbacksChange(executor, then)),
    ],
  };
}

async function currentRows(
  parent: string,
  current: Executor["current"],
  then: Executor | undefined,
  snapshot: Snapshot,
): Promise<readonly Row[]> {
  if (current === undefined) return [];
  const found = await snapshot.coroutinesById([current]);
  return found.map((each) => {
    const row = coroutineRow(`${parent}/current/`, each, snapshot);
    const isNew = then !== undefined && then.current !== current;
    return { ...(isNew ? marked(row) : row), label: t("polls {0}", row.label) };
  });
}

const readyText = (many: number): string => counted(many, "{0} ready", "{0} ready");

/** Empty queues say nothing, unless their bit disagrees, or they have just become empty. */
function worthShowing(queue: Queue, change: Change): boolean {
  return queue.count > 0 || queue.bit === true || change.went > 0;
}

/** A row that was not there at the last stop. */
const marked = (row: Row): Row => ({
  ...row,
  description: join(t("new"), row.description),
  spoken: join(t("new"), row.spoken ?? row.description),
});

/** What a list's row says of it, to eyes and ears. */
const since = (changed: string | undefined): string | undefined =>
  changed && t("{0} since the last stop", changed);

function queueRow(parent: string, queue: Queue, change: Change, snapshot: Snapshot): Row {
  const id = `${parent}/queue:${queue.priority}`;
  const length = queue.count;
  const changed = changeText(change);
  const bit = queue.bit === undefined ? undefined : queue.bit ? t("bit set") : t("bit clear");
  return {
    id,
    label: t("Priority {0}", queue.priority),
    description: join(bit, readyText(length), changed),
    spoken: join(bit, readyText(length), since(changed)),
    tooltip: [
      t("Ready queue of priority {0}: {1}", queue.priority, coroutinesText(length)),
      ...(changed === undefined ? [] : [t("{0} since the last stop", changed)]),
    ],
    icon:
      queue.bit === true ? { id: "circle-filled", color: "charts.yellow" } : { id: "list-ordered" },
    ...(length > 0 && {
      children: async () => {
        const members = await snapshot.coroutinesById(queue.coroutines);
        return [
          ...members.map((each) => {
            const row = coroutineRow(`${id}/`, each, snapshot, true);
            return change.came.has(each.id) ? marked(row) : row;
          }),
          ...hiddenRows(id, length - queue.coroutines.length),
        ];
      },
    }),
  };
}

/** Results of system calls that nobody has read; no row where there are none. */
function callbackRows(
  parent: string,
  { unread = [] }: Executor,
  change: Change<string>,
): readonly Row[] {
  if (unread.length === 0) return [];
  const changed = changeText(change);
  const id = `${parent}/callbacks`;
  const rows = unread.map((callback, index) => {
    const { coroutine, error, result } = callback;
    const label = coroutine === undefined ? t("a coroutine") : t("coroutine {0}", coroutine);
    const description = error ?? (result === undefined ? undefined : t("result {0}", result));
    const row = {
      id: `${id}/${index}`,
      label,
      description,
      tooltip: [
        join(t("A system call of {0} is done, and it has not been told", label), description),
      ],
      icon: { id: error === undefined ? "pass" : "error" },
    };
    return change.came.has(callbackKey(callback)) ? marked(row) : row;
  });
  return [
    {
      id,
      label: t("Unread callbacks"),
      description: join(counted(unread.length, "{0} callback", "{0} callbacks"), changed),
      spoken: join(counted(unread.length, "{0} callback", "{0} callbacks"), since(changed)),
      icon: { id: "inbox" },
      children: async () => rows,
    },
  ];
}

function wakersRow(parent: string, executor: Executor, change: Change, snapshot: Snapshot): Row {
  const id = `${parent}/wakers`;
  const { process, wakers, wakerCount } = executor;
  const changed = changeText(change);
  return {
    id,
    label: t("Waker cache"),
    description: join(wakersText(wakerCount), changed),
    spoken: join(wakersText(wakerCount), since(changed)),
    icon: { id: "bell" },
    ...(wakers.length > 0 && {
      children: async () => {
        const owners = await snapshot.coroutinesById(wakers.map((waker) => waker.coroutine));
        const names = new Map(owners.map((each) => [each.id, each.name]));
        const rows = wakers.map(({ address, coroutine }, index) => {
          const row = {
            id: `${id}/${index}`,
            label: `${coroutine} ${names.get(coroutine) ?? ""}`.trim(),
            description: address,
            tooltip: [t("Waker of coroutine {0} at {1}", coroutine, address)],
            icon: { id: "bell-dot" },
            context: "address",
            target: { kind: "address" as const, address: addressIn(process, address) },
          };
          return change.came.has(coroutine) ? marked(row) : row;
        });
        return [...rows, ...hiddenRows(id, wakerCount - wakers.length)];
      },
    }),
  };
}
