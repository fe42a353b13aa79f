/** What a coroutine waits for, in a few words. */
import type { Wait } from "../wire.ts";

/** `coroutine 17`, `a timer in 3.2 ms`, `a message or a timer in 1 h`. */
export function waitText(wait: Wait): string {
  switch (wait.kind) {
    case "any":
      return wait.of && wait.of.length > 0 ? wait.of.map(waitText).join(" or ") : "several futures";
    case "call":
      return `system call ${wait.what ?? ""}${doer(wait)}`;
    case "coroutine":
      return wait.coroutine === undefined ? "a coroutine" : `coroutine ${wait.coroutine}`;
    case "device":
      return wait.what ?? "a device";
    case "event":
      return wait.what ?? "an event";
    case "lock":
      return `${wait.what ?? "a lock"}${holder(wait)}`;
    case "timer":
      return timerText(wait);
    case "turn":
      return "its next turn";
  }
}

function doer({ coroutine }: Wait): string {
  return coroutine === undefined ? "" : `, done by coroutine ${coroutine} of the kernel`;
}

function holder({ coroutine, thread }: Wait): string {
  if (coroutine !== undefined) return ` held by coroutine ${coroutine}`;
  return thread === undefined ? "" : ` held by thread ${thread}`;
}

function timerText({ deadline, left }: Wait): string {
  if (left !== undefined) return left <= 0 ? "a timer that is due" : `a timer in ${duration(left)}`;
  return deadline === undefined ? "a timer" : `a timer at ${deadline}`;
}

const UNITS = [
  { size: 3_600_000_000, name: "h" },
  { size: 60_000_000, name: "min" },
  { size: 1_000_000, name: "s" },
  { size: 1_000, name: "ms" },
] as const;

/** Of microseconds. */
function duration(left: number): string {
  const unit = UNITS.find(({ size }) => left >= size);
  if (!unit) return `${left} µs`;
  return `${(left / unit.size).toLocaleString("en", { maximumFractionDigits: 1 })} ${unit.name}`;
}

/** Instructions, as few digits as tell magnitudes apart. */
export function instructions(number: number): string {
  const format = { notation: "compact", maximumSignificantDigits: 3 } as const;
  return number < 10_000 ? number.toLocaleString("en") : number.toLocaleString("en", format);
}
