/** The DAP thread behind what VS Code hands to commands of the Call Stack's context menu. */

/** Takes `7` (a thread's item hands that over), `{ threadId: 7 }` or `{ threadId: "thread:SESSION:7" }`. */
export function threadIdOf(item: unknown): number | undefined {
  if (typeof item === "number") return item;
  if (typeof item !== "object" || item === null) return undefined;
  const { threadId } = item as { threadId?: unknown };
  if (typeof threadId === "number") return threadId;
  if (typeof threadId !== "string") return undefined;
  const number = /^thread:.*:(\d+)$/.exec(threadId)?.[1];
  return number === undefined ? undefined : Number(number);
}
