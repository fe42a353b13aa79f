/**
 * Vtables: for each, rustc writes a variable `<T as Trait>::{vtable}` whose type names T by
 * DW_AT_containing_type. Its address leads from a `dyn Trait` to what is really there.
 */

import { address } from "../base/brand.ts";
import type { Vtable } from "./api.ts";
import { At } from "./constants.ts";
import type { Die } from "./die.ts";
import type { Dwarf } from "./dwarf.ts";
import { littleEndian } from "./expression-values.ts";
import { far, type InfoOffset, type NearAddress } from "./positions.ts";
import { staticAddress } from "./statics.ts";
import { lazily, type Types } from "./types.ts";

/** drop_in_place, size and align come before the methods. */
const HEADER_WORDS = 3;
const MAX_METHODS = 4096;

export class Vtables {
  readonly #dwarf: Dwarf;
  readonly #types: Types;
  readonly #all = lazily(() => this.#read());

  constructor(dwarf: Dwarf, types: Types) {
    this.#dwarf = dwarf;
    this.#types = types;
  }

  all(): readonly Vtable[] {
    return [...this.#all().values()];
  }

  at(pc: NearAddress): Vtable | undefined {
    return this.#all().get(pc);
  }

  #read(): Map<NearAddress, Vtable> {
    const found: { at: NearAddress; vtable: Vtable }[] = [];
    for (const unit of this.#dwarf.units) {
      const { statics } = this.#dwarf.tolerate(() => unit.index, NOTHING);
      for (const offset of statics) {
        const read = () => this.#readOne(unit.die(offset));
        const one = this.#dwarf.tolerate(read, undefined);
        if (one !== undefined) found.push(one);
      }
    }
    found.sort((a, b) => a.at - b.at);
    return new Map(found.map(({ at, vtable }) => [at, vtable]));
  }

  #readOne(die: Die): { at: NearAddress; vtable: Vtable } | undefined {
    const name = die.string(At.name);
    if (name === undefined || !name.endsWith("::{vtable}")) return undefined;
    const at = staticAddress(die);
    const table = die.reference(At.type);
    const concrete = table?.reference(At.containingType);
    if (at === undefined || table === undefined || concrete === undefined) return undefined;
    const size = table.number(At.byteSize) ?? 0;
    const methods = lazily(() => this.#methods(at, size));
    const vtable: Vtable = {
      address: far(at),
      concrete: this.#types.from(concrete),
      trait: traitOf(name),
      size,
      get methods() {
        return methods();
      },
    };
    return { at, vtable };
  }

  #methods(at: NearAddress, size: number) {
    const count = Math.min(MAX_METHODS, Math.floor(size / 8) - HEADER_WORDS);
    const start = (at + HEADER_WORDS * 8) as NearAddress;
    const bytes = count > 0 ? this.#dwarf.elf.image(start, count * 8) : undefined;
    if (bytes === undefined) return [];
    return Array.from({ length: count }, (_, index) =>
      address(littleEndian(bytes.subarray(index * 8, index * 8 + 8))),
    );
  }
}

const NOTHING: { readonly statics: readonly InfoOffset[] } = { statics: [] };

/** The trait of `<T as Trait>::{vtable}`; T may itself hold `as`. */
function traitOf(name: string): string {
  const inner = name.slice(1, name.lastIndexOf(">::{vtable}"));
  let depth = 0;
  for (let index = 0; index < inner.length; index++) {
    const char = inner[index]!;
    if ("<([{".includes(char)) depth++;
    else if (")]}".includes(char) || (char === ">" && inner[index - 1] !== "-")) depth--;
    else if (depth === 0 && inner.startsWith(" as ", index)) return inner.slice(index + 4);
  }
  return "";
}
