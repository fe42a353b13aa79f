/**
 * The `stopped` events of one stop. A client shows the thread of the last one; what stopped another
 * hart while the user was stepping is told first, with the hint to keep the focus. Only the first says
 * that all threads stand: a client that hears so forgets the stacks of all, also those it has just asked.
 */
import type { DebugProtocol } from "@vscode/debugprotocol";
import {
  type Cause,
  describeCause,
  labelCause,
  type Reason,
  type Stop,
} from "../debugger/stops.ts";
import { wireEvent } from "../trace/wire.ts";
import { lookedAt } from "./changed.ts";

/** The most telling first: an editor shows one reason only. */
const reasons: readonly (readonly [Cause["kind"], string])[] = [
  ["event", "exception"],
  ["wedged", "exception"],
  ["breakpoint", "breakpoint"],
  ["data", "data breakpoint"],
  ["bit", "data breakpoint"],
  ["step", "step"],
  ["entry", "entry"],
  ["limit", "pause"],
  ["pause", "pause"],
];

type Body = DebugProtocol.StoppedEvent["body"] & { events?: readonly object[] };

export function stoppedEvents(stop: Stop): readonly Body[] {
  const here = stop.reasons.filter(({ hart }) => (hart ?? stop.focus) === stop.focus);
  const others = new Map<number, Reason[]>();
  for (const reason of stop.reasons) {
    const { hart } = reason;
    if (hart === undefined || hart === stop.focus) continue;
    others.set(hart, [...(others.get(hart) ?? []), reason]);
  }
  const first = [...others].map(([hart, list]) => ({
    ...body(hart, list),
    preserveFocusHint: true,
  }));
  const last = here.length > 0 ? body(stop.focus, here) : interrupted(stop);
  return [...first, last].map((event, index) => ({ ...event, allThreadsStopped: index === 0 }));
}

/** The user chose another thread to look at: told as a stop, which is how a client comes to show it. */
export function focusedEvent(stop: Stop, threadId: number): Body {
  const here = stop.reasons.filter(({ hart }) => (hart ?? stop.focus) + 1 === threadId);
  const told = here.length > 0 ? body(threadId - 1, here) : undefined;
  return { ...told, ...lookedAt(threadId, false), description: told?.description ?? "Paused" };
}

function body(hart: number, list: readonly Reason[]): Body {
  const causes = list.map(({ cause }) => cause);
  const [kind, reason] = reasons.find(([kind]) => causes.some((cause) => cause.kind === kind))!;
  const main = causes.find((cause) => cause.kind === kind)!;
  const functionOnly = main.kind === "breakpoint" && main.flavor !== "source";
  const hits = [...new Set(causes.flatMap((cause) => ("id" in cause ? [cause.id] : [])))];
  const events = causes.flatMap((cause) =>
    cause.kind === "event" || cause.kind === "bit" ? [wireEvent(cause.event)] : [],
  );
  const all = (describe: (cause: Cause) => string) => [...new Set(causes.map(describe))].join("; ");
  return {
    reason: functionOnly ? `${(main as { flavor: string }).flavor} breakpoint` : reason,
    // An editor has a badge's room for the description.
    description: capital(all(labelCause)),
    text: capital(all(describeCause)),
    threadId: hart + 1,
    hitBreakpointIds: hits.length > 0 ? hits : undefined,
    ...(events.length > 0 ? { events } : {}),
  };
}

/** The step of the focused hart was ended by what the events before this one tell. */
function interrupted(stop: Stop): Body {
  const text = stop.reasons
    .map(({ hart, cause }) => `${describeCause(cause)} (hart ${hart ?? "none"})`)
    .join("; ");
  return {
    reason: "pause",
    description: "Step interrupted",
    text: `Step interrupted: ${text}`,
    threadId: stop.focus + 1,
  };
}

const capital = (text: string): string => text.charAt(0).toUpperCase() + text.slice(1);
