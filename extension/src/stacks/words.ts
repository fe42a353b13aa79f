/** What boxes of stacks say, as text. */
import type { Counts, StackBox, StackFrame } from "./messages.ts";

const many = (count: number, noun: string): string =>
  `${count.toLocaleString("en")} ${noun}${count === 1 ? "" : "s"}`;

/** `2 harts, 198 coroutines`. */
export function counts({ coroutines, harts, threads }: Counts): string {
  const parts = [
    ...(harts > 0 ? [many(harts, "hart")] : []),
    ...(threads > 0 ? [many(threads, "thread")] : []),
    ...(coroutines > 0 ? [many(coroutines, "coroutine")] : []),
  ];
  return parts.join(", ");
}

/** `198 waiting: 2, 3, 5, ...`; undefined where no coroutine stands in the box. */
export function coroutinesHere({ coroutines }: StackBox): string | undefined {
  if (!coroutines) return undefined;
  const { ids, ready, unknown, waiting } = coroutines;
  const states = Object.entries({ ready, waiting, unknown })
    .filter(([, count]) => count > 0)
    .map(([state, count]) => `${count.toLocaleString("en")} ${state}`);
  if (states.length === 0) return undefined;
  const more = ready + waiting + unknown > ids.length;
  return `${states.join(", ")}: ${ids.join(", ")}${more ? ", ..." : ""}`;
}

/** `ring.rs:41`; undefined where the source is not known. */
export function placeText({ line, path }: StackFrame): string | undefined {
  if (path === undefined || line === undefined) return undefined;
  return `${path.slice(Math.max(path.lastIndexOf("/"), path.lastIndexOf("\\")) + 1)}:${line}`;
}

/** Where the words about all of it stand: what is not shown, and what the filter found. */
export function summary(
  body: {
    readonly total: Counts;
    readonly found: Counts;
    readonly polled: number;
    readonly notShown: {
      readonly stacks: number;
      readonly coroutines: number;
      readonly threads: number;
    };
  },
  filtered: boolean,
): string {
  const { found, notShown, polled, total } = body;
  const left = counts({ ...notShown, harts: 0 });
  const parts = [
    filtered ? `${counts(found) || "nothing"} found` : counts(total),
    ...(polled > 0 ? [`${many(polled, "coroutine")} being polled`] : []),
    ...(notShown.stacks > 0 ? [`${many(notShown.stacks, "stack")} (${left}) not shown`] : []),
  ];
  return parts.filter((part) => part !== "").join(" · ");
}
