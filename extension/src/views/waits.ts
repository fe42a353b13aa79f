/** What a coroutine waits for, in a few words. */
import { heard } from "../base/heard.ts";
import { number, t } from "../base/words.ts";
import type { Wait } from "../wire.ts";

/** `coroutine 17`, `a timer in 3.2 ms`, `a message or a timer in 1 h`. */
export function waitText(wait: Wait): string {
  switch (wait.kind) {
    case "any":
      return wait.of && wait.of.length > 0
        ? wait.of.map(waitText).join(t(" or "))
        : t("several futures");
    case "call":
      return called(t("system call {0}", wait.what ?? ""), wait);
    case "coroutine":
      return wait.coroutine === undefined ? t("a coroutine") : t("coroutine {0}", wait.coroutine);
    case "device":
      return heard(wait.what ?? "") || t("a device");
    case "event":
      return heard(wait.what ?? "") || t("an event");
    case "lock":
      return held(heard(wait.what ?? "") || t("a lock"), wait);
    case "timer":
      return timerText(wait);
    case "turn":
      return t("its next turn");
  }
}

function held(lock: string, { coroutine, thread }: Wait): string {
  if (coroutine !== undefined) return t("{0} held by coroutine {1}", lock, coroutine);
  return thread === undefined ? lock : t("{0} held by thread {1}", lock, thread);
}

function called(call: string, { coroutine }: Wait): string {
  return coroutine === undefined
    ? call
    : t("{0}, done by coroutine {1} of the kernel", call, coroutine);
}

function timerText({ deadline, left }: Wait): string {
  if (left !== undefined)
    return left <= 0 ? t("a timer that is due") : t("a timer in {0}", duration(left));
  return deadline === undefined ? t("a timer") : t("a timer at {0}", deadline);
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
  return `${number(left / unit.size, { maximumFractionDigits: 1 })} ${unit.name}`;
}

/** Instructions, as few digits as tell magnitudes apart. */
export function instructions(many: number): string {
  const format = { notation: "compact", maximumSignificantDigits: 3 } as const;
  // Thousands and millions, as the Timeline has them, in every language.
  return many < 10_000 ? number(many) : many.toLocaleString("en", format);
}
