/** Waits for a condition by asking again and again. */
import { setTimeout as sleep } from "node:timers/promises";

/**
 * Resolves to the first truthy answer; rejects with `what` (or what it says then) when there is none
 * in time.
 */
export async function until(what, ask, milliseconds = 30_000) {
  const deadline = performance.now() + milliseconds;
  let last;
  do {
    const answer = await ask();
    if (answer) return answer;
    last = answer;
    await sleep(100);
  } while (performance.now() < deadline);
  const said = typeof what === "function" ? what() : what;
  throw new Error(`did not happen in ${milliseconds / 1000} s: ${said} (last answer: ${last})`);
}
