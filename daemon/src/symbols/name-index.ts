/**
 * Entries by their last name without generic arguments, built at the first question of a kind: so that a
 * path is put together only for the few entries that a pattern may mean.
 */
import { At } from "./constants.ts";
import type { Die } from "./die.ts";
import type { Dwarf } from "./dwarf.ts";
import { lastName, withoutArguments } from "./names.ts";
import type { UnitIndex } from "./scan.ts";

export type IndexedKind = "functions" | "inlined" | "types" | "statics";

export class NameIndex {
  readonly #dwarf: Dwarf;
  readonly #kinds = new Map<IndexedKind, Map<string, Die[]>>();

  constructor(dwarf: Dwarf) {
    this.#dwarf = dwarf;
  }

  /** Entries of a kind with this last name, in the order of their units. */
  named(kind: IndexedKind, last: string): readonly Die[] {
    return this.#names(kind).get(last) ?? [];
  }

  /** Entries of a kind whose last name `accepts`. */
  *matching(kind: IndexedKind, accepts: (last: string) => boolean): Generator<Die> {
    for (const [name, dies] of this.#names(kind)) if (accepts(name)) yield* dies;
  }

  #names(kind: IndexedKind): Map<string, Die[]> {
    let names = this.#kinds.get(kind);
    if (names === undefined) {
      names = this.#build(kind);
      this.#kinds.set(kind, names);
    }
    return names;
  }

  #build(kind: IndexedKind): Map<string, Die[]> {
    const names = new Map<string, Die[]>();
    for (const unit of this.#dwarf.units) {
      const index = this.#dwarf.tolerate<UnitIndex | undefined>(() => unit.index, undefined);
      for (const offset of index?.[kind] ?? []) {
        this.#dwarf.tolerate(() => {
          const die = unit.die(offset);
          const name = die.inherited((each) => each.string(At.name));
          if (name === undefined) return;
          // rustc writes some names with their whole path: `alloc::boxed::Box<dyn Future>`.
          const last = name.includes("::") ? lastName(name) : withoutArguments(name);
          const known = names.get(last);
          if (known) known.push(die);
          else names.set(last, [die]);
        }, undefined);
      }
    }
    return names;
  }
}
