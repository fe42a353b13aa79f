/**
 * Whom a hart ran longest in each cell of machine time, for cells of 2^n instructions that begin at
 * multiples of that. Each width has an array of its own; a cell is counted once, when it is over, and
 * passes its sums on to the cell of twice its width. The narrowest width grows so that a cell holds
 * two bars or more on the average: what is narrower is counted from the bars themselves.
 */
import { type Growing, growingDoubles } from "./growing.ts";

/** Nobody ran, or it is not known. */
export interface Dominant {
  readonly who: number;
  readonly time: number;
}

interface Level {
  /** Of the cell that is not over yet. */
  index: number;
  readonly open: Map<number, number>;
  /** By cell from `origin` on: who, and for how long; NaN where nobody ran. */
  origin: number;
  readonly who: Growing<Float64Array>;
  readonly time: Growing<Float64Array>;
}

/** Cells of 64 instructions are the first ones. */
const FIRST_WIDTH = 6;
/** So many cells are kept whatever the number of bars. */
const SMALL = 4096;

export class Dominance {
  readonly #levels: Level[] = [];
  /** Width of the first level's cells is 2^#narrowest. */
  #narrowest = FIRST_WIDTH;
  #bars = 0;

  /** Whether cells of 2^width instructions are counted here. */
  covers(width: number): boolean {
    return width >= this.#narrowest;
  }

  /** Bars come in the order of time and do not overlap. */
  add(start: number, end: number, who: number): void {
    if (end <= start) return;
    this.#bars += 1;
    this.#widen(start, end);
    const size = 2 ** this.#narrowest;
    const level = this.#level(0, Math.floor(start / size));
    for (let cell = Math.floor(start / size); cell * size < end; cell++) {
      this.#roll(0, cell);
      const time = Math.min(end, (cell + 1) * size) - Math.max(start, cell * size);
      level.open.set(who, (level.open.get(who) ?? 0) + time);
    }
  }

  /**
   * The longest in a cell of 2^width instructions; `open` is a bar that goes on and was not added,
   * clipped to the cell.
   */
  of(width: number, cell: number, open?: Dominant): Dominant | undefined {
    const at = width - this.#narrowest;
    const level = this.#levels[Math.min(at, this.#levels.length - 1)];
    if (level && at < this.#levels.length && cell < level.index) {
      const index = cell - level.origin;
      if (index < level.who.first || index >= level.who.end) return undefined;
      const who = level.who.at(index);
      return Number.isNaN(who) ? undefined : { who, time: level.time.at(index) };
    }
    const sums = new Map<number, number>();
    for (let i = Math.min(at, this.#levels.length - 1); i >= 0; i--) {
      const { index, open: running } = this.#levels[i]!;
      if (Math.floor(index / 2 ** (at - i)) === cell) merge(running, sums);
    }
    if (open) sums.set(open.who, (sums.get(open.who) ?? 0) + open.time);
    return longest(sums);
  }

  /** Cells before this time may be forgotten. */
  drop(time: number): void {
    for (const [i, level] of this.#levels.entries()) {
      const index = Math.floor(time / 2 ** (this.#narrowest + i)) - level.origin;
      level.who.drop(index);
      level.time.drop(index);
    }
  }

  #level(at: number, index: number): Level {
    this.#levels[at] ??= {
      index,
      open: new Map(),
      origin: index,
      who: growingDoubles(),
      time: growingDoubles(),
    };
    return this.#levels[at];
  }

  /** Ends the cells of a level before `cell`. */
  #roll(at: number, cell: number): void {
    const level = this.#levels[at]!;
    if (cell === level.index) return;
    const { who, time } = longest(level.open) ?? { who: Number.NaN, time: 0 };
    level.who.push(who);
    level.time.push(time);
    for (let gap = level.index + 1; gap < cell; gap++) {
      level.who.push(Number.NaN);
      level.time.push(0);
    }
    if (level.open.size > 0) {
      const above = Math.floor(level.index / 2);
      this.#level(at + 1, above);
      this.#roll(at + 1, above);
      merge(level.open, this.#levels[at + 1]!.open);
      level.open.clear();
    }
    level.index = cell;
  }

  /** Keeps the first level at no more cells than half the bars, also where the first bar is a long one. */
  #widen(start: number, end: number): void {
    for (;;) {
      const size = 2 ** this.#narrowest;
      const [level] = this.#levels;
      const cells = Math.ceil(end / size) - (level?.origin ?? Math.floor(start / size));
      if (cells <= SMALL || cells <= this.#bars / 2) return;
      if (!level) {
        this.#narrowest += 1;
        continue;
      }
      const above = Math.floor(level.index / 2);
      this.#level(1, above);
      this.#roll(1, above);
      merge(level.open, this.#levels[1]!.open);
      this.#levels.shift();
      this.#narrowest += 1;
    }
  }
}

function merge(from: ReadonlyMap<number, number>, into: Map<number, number>): void {
  for (const [who, time] of from) into.set(who, (into.get(who) ?? 0) + time);
}

/** The lower number of two that are equal, so that the answer does not depend on the order. */
function longest(sums: ReadonlyMap<number, number>): Dominant | undefined {
  let best: Dominant | undefined;
  for (const [who, time] of sums) {
    if (!best || time > best.time || (time === best.time && who < best.who)) best = { who, time };
  }
  return best;
}
