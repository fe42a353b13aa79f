/**
 * The Executors view: for each executor what it polls now, its ready queues with their bits, and
 * its waker cache.
 */
import { heard } from "../base/heard.ts";
import { counted, t } from "../base/words.ts";
import type { Snapshot } from "../debug/snapshot.ts";
import type { Executor } from "../wire.ts";
import { changeText, executorKey, queueChange } from "./changes.ts";
import { coroutineRow } from "./coroutines.ts";
import type { Roots, Row } from "./row.ts";
import { coroutinesText, hiddenRows, join, wakersText } from "./row.ts";

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
    return { ...row, label: t("polls {0}", row.label) };
  });
}

const readyText = (many: number): string => counted(many, "{0} ready", "{0} ready");

/** Empty queues say nothing, unless their bit disagrees. */
function worthShowing(queue: Queue): boolean {
  return queue.count > 0 || queue.bit === true;
}

function queueRow(parent: string, executor: Executor, queue: Queue, snapshot: Snapshot): Row {
  const id = `${parent}/queue:${queue.priority}`;
  const length = queue.count;
  const change = queueChange(queue, executor, snapshot.executorsBefore);
  const changed = changeText(change);
  const bit = queue.bit === undefined ? undefined : queue.bit ? t("bit set") : t("bit clear");
  return {
    id,
    label: t("Priority {0}", queue.priority),
    description: join(bit, readyText(length), changed),
    spoken: join(bit, readyText(length), changed && t("{0} since the last stop", changed)),
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
            return change.came.has(each.id)
              ? { ...row, description: join(t("new"), row.description) }
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
    const label = coroutine === undefined ? t("a coroutine") : t("coroutine {0}", coroutine);
    const description = error ?? (result === undefined ? undefined : t("result {0}", result));
    return {
      id: `${id}/${index}`,
      label,
      description,
      tooltip: [
        join(t("A system call of {0} is done, and it has not been told", label), description),
      ],
      icon: { id: error === undefined ? "pass" : "error" },
    };
  });
  return [
    {
      id,
      label: t("Unread callbacks"),
      description: counted(unread.length, "{0} callback", "{0} callbacks"),
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
    label: t("Waker cache"),
    description: wakersText(wakerCount),
    icon: { id: "bell" },
    ...(wakers.length > 0 && {
      children: async () => {
        const owners = await snapshot.coroutinesById(wakers.map((waker) => waker.coroutine));
        const names = new Map(owners.map((each) => [each.id, each.name]));
        const rows = wakers.map((waker, index) => ({
          id: `${id}/${index}`,
          label: `${waker.coroutine} ${names.get(waker.coroutine) ?? ""}`.trim(),
          description: waker.address,
          tooltip: [t("Waker of coroutine {0} at {1}", waker.coroutine, waker.address)],
          icon: { id: "bell-dot" },
        }));
        return [...rows, ...hiddenRows(id, wakerCount - wakers.length)];
      },
    }),
  };
}
