/** The coroutines that a filter lets through. */
import type { CoroutineQuery } from "./api.ts";
import type { Coroutines, Task } from "./coroutines.ts";
import type { CoroutineFilter, Numbers } from "./filter.ts";
import { groupKey } from "./grouping.ts";
import type { Piece, Roster } from "./roster.ts";

/** Visits them in the roster's order. */
export function matching(
  roster: Roster,
  { ids, name, numbers }: CoroutineFilter,
  group: CoroutineQuery["group"],
  visit: (piece: Piece, index: number) => void,
): void {
  const { coroutines } = roster.realm;
  const listed = new ListedNumbers(coroutines);
  for (const piece of roster.pieces()) {
    listed.piece = piece;
    for (let index = 0; index < piece.records.length; index++) {
      listed.index = index;
      if (ids && !ids.has(piece.ids[index]!)) continue;
      if (numbers && !numbers(listed)) continue;
      if (name && !name(piece.kinds[index]?.name ?? "")) continue;
      if (group && groupKey(group.by, coroutines, piece, index) !== group.key) continue;
      visit(piece, index);
    }
  }
}

export const taskOf = ({ executor, records }: Piece, index: number): Task => ({
  executor,
  record: records[index]!,
});

/** One for a whole scan, which moves it on: what is not kept is read when it is tested. */
class ListedNumbers implements Numbers {
  piece!: Piece;
  index = 0;
  readonly #coroutines: Coroutines;

  constructor(coroutines: Coroutines) {
    this.#coroutines = coroutines;
  }

  get process(): number {
    return this.#coroutines.process ?? 0;
  }

  get executor(): number {
    return this.piece.executor;
  }

  get id(): number {
    return this.piece.ids[this.index]!;
  }

  get state(): Piece["states"][number] {
    return this.piece.states[this.index]!;
  }

  get prio(): number {
    return this.piece.priorities[this.index]!;
  }

  get hart(): number {
    return this.#coroutines.lastHart(this.piece.records[this.index]!);
  }

  get thread(): number {
    return this.#coroutines.lastThread(this.piece.records[this.index]!);
  }
}
