/**
 * All coroutines of a realm, with what lists, filters, counts and chains are made of. They are kept
 * from stop to stop in pieces of the executors' collections: a piece is read again only when a page
 * that it was read from has been written, so that a stop costs as much as has changed.
 */
import type { CoroutineState } from "./api.ts";
import { ChainFinder, type ChainLink } from "./chains.ts";
import type { Task } from "./coroutines.ts";
import type { Basis, Footprint } from "./footprint.ts";
import type { FutureKind } from "./kinds.ts";
import type { Realm } from "./realm.ts";
import type { RecordPiece } from "./records.ts";

/** Some coroutines of one executor; what is known of one has the same index in each list. */
export interface Piece {
  readonly executor: number;
  readonly records: readonly number[];
  /** NaN where it cannot be read; priorities and polls too. */
  readonly ids: readonly number[];
  readonly priorities: readonly number[];
  /** How often each was polled. */
  readonly polls: readonly number[];
  readonly states: readonly (CoroutineState | "unknown")[];
  /** What they run; undefined where that is not known. */
  readonly kinds: readonly (FutureKind | undefined)[];
  /** The innermost links of their await chains; undefined of those that are polled or done. */
  readonly chains: readonly (ChainLink | undefined)[];
}

interface Kept {
  readonly piece: Piece;
  readonly basis: Basis;
  /** The collection is damaged there: what follows is not to be found. */
  readonly damaged: boolean;
}

/** By executor, in the order in which they come, and key. */
type Shelf = readonly ReadonlyMap<number, Kept>[];

export class Roster {
  readonly realm: Realm;
  readonly #footprint: Footprint;
  readonly #chains: ChainFinder;
  #shelf: Shelf = [];
  #pieces: readonly Piece[] = [];
  #mark: number | undefined;
  #through = "";

  /** The realm reads through the footprint. */
  constructor(realm: Realm, footprint: Footprint) {
    this.realm = realm;
    this.#footprint = footprint;
    this.#chains = new ChainFinder(realm);
  }

  /** As memory is now, in the order of the executors' collections. */
  pieces(): readonly Piece[] {
    const mark = this.#footprint.mark();
    const through = this.realm.through();
    if (mark === this.#mark && through === this.#through) return this.#pieces;
    this.#refresh(mark, through === this.#through ? this.#shelf : []);
    this.#mark = mark;
    this.#through = through;
    return this.#pieces;
  }

  find(id: number): Task | undefined {
    for (const { executor, ids, records } of this.pieces()) {
      const index = ids.indexOf(id);
      if (index >= 0) return { record: records[index]!, executor };
    }
    return undefined;
  }

  #refresh(mark: number, before: Shelf): void {
    const shelf: ReadonlyMap<number, Kept>[] = [];
    const pieces: Piece[] = [];
    this.realm.executors.tasks((executor, walk) => {
      const known = before[shelf.length];
      const met = new Map<number, Kept>();
      shelf.push(met);
      walk((key, each) => {
        // Of a piece without a key there is no telling whether it is the same one.
        let kept = Number.isNaN(key) ? undefined : known?.get(key);
        if (kept?.piece.executor !== executor || !this.#footprint.holds(kept.basis)) {
          kept = this.#read(executor, each, mark);
        }
        met.set(key, kept);
        pieces.push(kept.piece);
        return kept.damaged ? Number.NaN : kept.piece.records.length;
      });
    });
    this.#shelf = shelf;
    this.#pieces = pieces;
  }

  #read(executor: number, each: Parameters<RecordPiece>[1], mark: number): Kept {
    const { coroutines } = this.realm;
    const records: number[] = [];
    const piece = {
      executor,
      records,
      ids: [] as number[],
      priorities: [] as number[],
      polls: [] as number[],
      states: [] as Piece["states"][number][],
      kinds: [] as Piece["kinds"][number][],
      chains: [] as Piece["chains"][number][],
    };
    let damaged = false;
    const basis = this.#footprint.of(mark, () => {
      damaged = !each((record) => records.push(record));
      for (const record of records) {
        const state = coroutines.stateOf(record);
        const future = coroutines.future(record);
        const stands = state === "running" || state === "done";
        piece.ids.push(coroutines.idOf(record));
        piece.priorities.push(coroutines.priorityOf(record));
        piece.polls.push(coroutines.pollsOf(record));
        piece.states.push(state);
        piece.kinds.push(future?.kind);
        piece.chains.push(stands ? undefined : this.#chains.of(future));
      }
    });
    return { piece, basis, damaged };
  }
}
