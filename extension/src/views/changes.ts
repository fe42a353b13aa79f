/** What is another since the last stop, where the daemon was asked at both. */
import type { Callback, CoroutineId, Executor } from "../wire.ts";

type Queue = Executor["queues"][number];

export interface Change<Member = CoroutineId> {
  readonly came: ReadonlySet<Member>;
  readonly went: number;
}

const NONE: Change<never> = { came: new Set(), went: 0 };

export const executorKey = ({ id, process }: Executor): string => `${process ?? ""}/${id}`;

/** The same executor at the last stop; undefined: it was not asked for then, or was not there. */
export const executorThen = (
  executor: Executor,
  before: readonly Executor[],
): Executor | undefined => before.find((each) => executorKey(each) === executorKey(executor));

export function queueChange(now: Queue, then: Executor | undefined): Change {
  const queue = then?.queues.find(({ priority }) => priority === now.priority);
  return queue ? changeOf(listOf(now), listOf(queue)) : NONE;
}

const listOf = ({ coroutines, count }: Queue) => ({ members: coroutines, count });

/** Whose wakers came and went. */
export function wakersChange(now: Executor, then: Executor | undefined): Change {
  const list = ({ wakerCount, wakers }: Executor) => ({
    members: wakers.map(({ coroutine }) => coroutine),
    count: wakerCount,
  });
  return then ? changeOf(list(now), list(then)) : NONE;
}

/** Results of system calls that came, and that were read. */
export function callbacksChange(now: Executor, then: Executor | undefined): Change<string> {
  const list = ({ unread = [] }: Executor) => ({
    members: unread.map(callbackKey),
    count: unread.length,
  });
  return then ? changeOf(list(now), list(then)) : NONE;
}

export const callbackKey = (callback: Callback): string => JSON.stringify(callback);

interface Listed<Member> {
  readonly members: readonly Member[];
  readonly count: number;
}

function changeOf<Member>(now: Listed<Member>, then: Listed<Member>): Change<Member> {
  const were = new Set(then.members);
  const are = new Set(now.members);
  // Of a list that was cut, who is new at the end is not known.
  const whole = then.count === then.members.length && now.count === now.members.length;
  if (!whole) return { came: new Set(), went: 0 };
  return {
    came: new Set(now.members.filter((member) => !were.has(member))),
    went: then.members.filter((member) => !are.has(member)).length,
  };
}

/** `+2 −1`; undefined where nothing changed. */
export function changeText({ came, went }: Change<unknown>): string | undefined {
  const parts = [...(came.size > 0 ? [`+${came.size}`] : []), ...(went > 0 ? [`−${went}`] : [])];
  return parts.length === 0 ? undefined : parts.join(" ");
}
