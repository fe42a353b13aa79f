/** What the walkthrough shows, in the bundled kernel; and which coroutine a stop at a wake is for, in any. */
import type { Coroutine } from "./wire.ts";

/**
 * In the sources of the bundled kernel: where a place of the ring waits for the next token, once it has
 * had the first. All its variables have values there, and others wait. `woken`: who is woken soon, again
 * and again; first whom another thread wakes, in a line that the compiler has kept. Whether that one waits
 * just then is a matter of the kernel's build.
 */
export const EXAMPLE = {
  file: "src/workload/ring.rs",
  text: "inbox.receive().await",
  condition: "seen[0] > 0",
  woken: ["mix::echo", "ring::pass"],
} as const;

/**
 * Who of those that wait is woken soon, and is so again: one that stops there already, then those of the
 * example, then the one that was woken most often. Whoever waits for another coroutine to end may wait
 * until the kernel does.
 */
export function nextWoken(waiting: readonly Coroutine[]): Coroutine | undefined {
  const worth = ({ breakOn, name, waitsFor, wakes }: Coroutine): readonly number[] => [
    Number(waitsFor !== undefined && waitsFor.kind !== "coroutine"),
    Number(breakOn?.includes("wake") ?? false),
    rank(name),
    wakes ?? 0,
  ];
  // Equal ones stay in the order of the list.
  return waiting
    .map((coroutine) => ({ coroutine, worth: worth(coroutine) }))
    .sort((a, b) => compare(b.worth, a.worth))[0]?.coroutine;
}

/** Of a name among those of the example: 0 for all others. */
function rank(name: string | undefined): number {
  const names: readonly (string | undefined)[] = EXAMPLE.woken;
  const index = names.indexOf(name);
  return index < 0 ? 0 : names.length - index;
}

function compare(a: readonly number[], b: readonly number[]): number {
  const first = a.findIndex((each, at) => each !== b[at]);
  return first < 0 ? 0 : a[first]! - b[first]!;
}
