/** What boxes of stacks say, as text. */
import { heard } from "../base/heard.ts";
import { counted, number, t } from "../base/words.ts";
import type { Counts, StackBox, StackFrame } from "./messages.ts";

/** `2 harts, 198 coroutines`. */
export function counts({ coroutines, harts, threads }: Counts): string {
  const parts = [
    ...(harts > 0 ? [counted(harts, "{0} hart", "{0} harts")] : []),
    ...(threads > 0 ? [counted(threads, "{0} thread", "{0} threads")] : []),
    ...(coroutines > 0 ? [counted(coroutines, "{0} coroutine", "{0} coroutines")] : []),
  ];
  return parts.join(", ");
}

/** `198 waiting: 2, 3, 5, ...`; undefined where no coroutine stands in the box. */
export function coroutinesHere({ coroutines }: StackBox): string | undefined {
  if (!coroutines) return undefined;
  const { ids, ready, unknown, waiting } = coroutines;
  const states = Object.entries({ ready, waiting, unknown })
    .filter(([, count]) => count > 0)
    .map(([state, count]) => `${number(count)} ${heard(state)}`);
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
    filtered ? t("{0} found", counts(found) || t("nothing")) : counts(total),
    ...(polled > 0
      ? [counted(polled, "{0} coroutine being polled", "{0} coroutines being polled")]
      : []),
    ...(notShown.stacks > 0
      ? [counted(notShown.stacks, "{0} stack ({1}) not shown", "{0} stacks ({1}) not shown", left)]
      : []),
  ];
  return parts.filter((part) => part !== "").join(" · ");
}
