/** The Threads view: the kernel's threads, run or not. */
import type { Thread } from "../wire.ts";
import type { Icon, Roots, Row } from "./row.ts";
import { join } from "./row.ts";

export const threadRoots: Roots = async (snapshot) => (await snapshot.threads()).map(threadRow);

export function threadRow(thread: Thread): Row {
  return {
    id: `thread:${thread.id}`,
    label: `${thread.id} ${thread.name}`,
    description: join(
      thread.state,
      thread.priority === undefined ? undefined : `prio ${thread.priority}`,
      thread.hart === undefined ? undefined : `hart ${thread.hart}`,
      thread.coroutine === undefined ? undefined : `coroutine ${thread.coroutine}`,
    ),
    tooltip: [
      `Thread ${thread.id}: ${thread.name}, ${thread.state}`,
      join(thread.kind, thread.process === undefined ? undefined : `process ${thread.process}`),
    ],
    icon: icon(thread.state),
    context: "thread",
  };
}

function icon(state: string): Icon {
  if (state === "running") return { id: "play-circle", color: "charts.green" };
  if (state === "ready") return { id: "circle-filled", color: "charts.yellow" };
  if (state === "blocked") return { id: "watch" };
  return { id: "circle-outline" };
}
