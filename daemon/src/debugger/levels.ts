/**
 * Stepping by line through inlined code. A place in the program is its chain of levels, the physical
 * function first and each function inlined into it after. Where a step may end is decided from two
 * chains alone: the one it began at and the one of the place reached.
 */
export interface Level {
  /** Start address of this very copy of the function: tells two inlined copies apart. */
  readonly copy: bigint;
  readonly path: string;
  /** Where execution stands in this level: the call's line for all but the innermost. 0: unknown. */
  readonly line: number;
  /** Line on which the body of an async fn or block is declared; undefined for all other functions. */
  readonly asyncLine: number | undefined;
}

export type StepKind = "over" | "into" | "out";

/**
 * How many levels are shown where the step ends (those inlined into them are about to be entered,
 * and stay hidden until the user steps into them), or undefined when it goes on.
 * `start` holds only the levels that are shown at the start; `enters` says which functions are
 * worth stepping into.
 */
export function endOfStep(
  kind: StepKind,
  start: readonly Level[],
  place: readonly Level[],
  enters: (level: Level) => boolean = () => true,
): number | undefined {
  const entered = (from: number): number | undefined => {
    const index = place.findIndex((level, at) => at >= from && enters(level));
    return index < 0 ? undefined : index + 1;
  };
  let common = 0;
  while (
    common < start.length &&
    common < place.length &&
    start[common]!.copy === place[common]!.copy
  ) {
    common += 1;
  }
  if (common === 0) return undefined;
  const from = start[common - 1]!;
  const to = place[common - 1]!;
  const moved = (from.line !== to.line || from.path !== to.path) && !dispatches(to);
  if (common < start.length) {
    // A copy was left. Its last instructions mingle with the rest of the caller's line, and an async
    // body also leaves it to suspend: the caller's next line is what counts.
    const asynchronous = start[common]!.asyncLine !== undefined;
    if (moved || (kind === "out" && !asynchronous && !dispatches(to))) return common;
    return kind === "into" ? entered(common) : undefined;
  }
  if (kind === "out") return undefined;
  if (moved) return common;
  return kind === "into" ? entered(common) : undefined;
}

/** The head of an async body is run by every poll, only to jump to where the last one ended. */
const dispatches = (level: Level): boolean => level.line === 0 || level.asyncLine === level.line;
