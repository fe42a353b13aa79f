/** What is another since the last stop, where the daemon was asked at both. */
import type { CoroutineId, Executor } from "../wire.ts";

type Queue = Executor["queues"][number];

export interface QueueChange {
  readonly came: ReadonlySet<CoroutineId>;
  readonly went: number;
}

const NONE: QueueChange = { came: new Set(), went: 0 };

export const executorKey = ({ id, process }: Executor): string => `${process ?? ""}/${id}`;

export function queueChange(
  now: Queue,
  executor: Executor,
  before: readonly Executor[],
): QueueChange {
  const then = before
    .find((each) => executorKey(each) === executorKey(executor))
    ?.queues.find(({ priority }) => priority === now.priority);
  if (!then) return NONE;
  const were = new Set(then.coroutines);
  const are = new Set(now.coroutines);
  // Of a queue that was not listed to its end, who is new at the end is not known.
  const whole = then.count === then.coroutines.length && now.count === now.coroutines.length;
  if (!whole) return NONE;
  return {
    came: new Set(now.coroutines.filter((id) => !were.has(id))),
    went: then.coroutines.filter((id) => !are.has(id)).length,
  };
}

/** `+2 −1`; undefined where nothing changed. */
export function changeText({ came, went }: QueueChange): string | undefined {
  const parts = [...(came.size > 0 ? [`+${came.size}`] : []), ...(went > 0 ? [`−${went}`] : [])];
  return parts.length === 0 ? undefined : parts.join(" ");
}
