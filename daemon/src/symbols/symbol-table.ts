/** ELF symbols: what covers an address, and where a name is. All there is for code without DWARF. */
import type { FunctionInfo } from "./api.ts";
import { demangle, readable } from "./demangle.ts";
import type { Elf, ElfSymbol } from "./elf.ts";
import { lastName, plainPath } from "./names.ts";
import { far, lastNotAbove, type NearAddress } from "./positions.ts";
import { lazily } from "./types.ts";

/** Symbol types of `st_info`. */
const Type = { none: 0, object: 1, function: 2, thread: 6 } as const;
const SHN_UNDEF = 0;
const SHN_ABS = 0xfff1;
const SHF_EXECUTE = 4;

interface Index {
  readonly symbols: readonly ElfSymbol[];
  readonly addresses: Float64Array;
  /** Where the symbol's extent ends: by its size, else at the next symbol or the section's end. */
  readonly ends: Float64Array;
}

export class SymbolTable {
  readonly #elf: Elf;
  readonly #index = lazily(() => this.#build());
  readonly #byName = lazily(() => {
    const { symbols } = this.#index();
    return new Map([...symbols].reverse().map((symbol) => [symbol.name, symbol]));
  });
  readonly #functions = new Map<ElfSymbol, FunctionInfo>();

  constructor(elf: Elf) {
    this.#elf = elf;
  }

  get empty(): boolean {
    return this.#elf.section(".symtab") === undefined;
  }

  at(pc: NearAddress): { symbol: ElfSymbol; offset: number } | undefined {
    const { symbols, addresses, ends } = this.#index();
    let row = lastNotAbove(addresses, pc, addresses.length);
    // Symbols at one address are sorted best first; of those that reach pc the nearest one counts.
    for (let looked = 0; row >= 0 && looked < 8; row--, looked++) {
      if (pc >= ends[row]!) continue;
      while (row > 0 && addresses[row - 1] === addresses[row] && pc < ends[row - 1]!) row--;
      const symbol = symbols[row]!;
      return { symbol, offset: pc - symbol.address };
    }
    return undefined;
  }

  named(name: string): ElfSymbol | undefined {
    return this.#byName().get(name);
  }

  /** The function symbol over pc as a function. */
  functionAt(pc: NearAddress): FunctionInfo | undefined {
    const found = this.at(pc)?.symbol;
    return found && this.#isCode(found) ? this.#function(found) : undefined;
  }

  /** Function symbols whose last name is `name`. */
  *functionsCalled(name: string): Generator<FunctionInfo> {
    for (const symbol of this.#index().symbols) {
      if (!symbol.name.includes(name) || !this.#isCode(symbol)) continue;
      const info = this.#function(symbol);
      if (lastName(info.name) === name) yield info;
    }
  }

  #isCode({ type, section }: ElfSymbol): boolean {
    const isCode = ((this.#elf.sections[section]?.flags ?? 0) & SHF_EXECUTE) !== 0;
    return isCode && (type === Type.function || type === Type.none);
  }

  #function(symbol: ElfSymbol): FunctionInfo {
    let info = this.#functions.get(symbol);
    if (info === undefined) {
      const { addresses, ends } = this.#index();
      const row = lastNotAbove(addresses, symbol.address, addresses.length);
      const entry = far(symbol.address);
      const high = symbol.size > 0 ? symbol.address + symbol.size : ends[row]!;
      info = {
        name: functionName(symbol.name),
        linkageName: symbol.name,
        ranges: [{ low: entry, high: far(high as NearAddress) }],
        entry,
        declaration: undefined,
      };
      this.#functions.set(symbol, info);
    }
    return info;
  }

  #build(): Index {
    const symbols = this.#elf.symbols().filter(isPlace);
    symbols.sort((a, b) => a.address - b.address || rank(a) - rank(b));
    const addresses = Float64Array.from(symbols, (symbol) => symbol.address);
    const ends = new Float64Array(symbols.length);
    let next = Number.POSITIVE_INFINITY;
    for (let row = symbols.length - 1; row >= 0; row--) {
      const symbol = symbols[row]!;
      const section = this.#elf.sections[symbol.section];
      const limit = section ? section.address + section.size : symbol.address;
      const reach = Math.min(next, limit);
      ends[row] = symbol.size > 0 ? symbol.address + symbol.size : reach;
      if (row > 0 && addresses[row - 1] !== addresses[row]) next = symbol.address;
    }
    return { symbols, addresses, ends };
  }
}

/** Not a file's or a section's name, not the compiler's own label, not one that only marks the kind of code. */
function isPlace({ name, type, section }: ElfSymbol): boolean {
  if (section === SHN_UNDEF || section === SHN_ABS) return false;
  if (type !== Type.none && type !== Type.object && type !== Type.function) return false;
  return name !== "" && !name.startsWith(".L") && !name.startsWith("$");
}

/** Of several at one address: functions and objects with a size before labels, global before local. */
const rank = ({ type, size, binding }: ElfSymbol): number =>
  (type === Type.none ? 4 : 0) + (size === 0 ? 2 : 0) + (binding === 0 ? 1 : 0);

/** As DWARF's names read: `<T>::f` and `<T as Trait>::f` are `T::f` where T is a path. */
function functionName(symbol: string): string {
  const impl = demangle(symbol)?.impl;
  const name = readable(symbol);
  if (impl === undefined || !/^\w+(::\w+)+(<.*>)?$/.test(impl.self)) return name;
  const written = impl.trait === undefined ? `<${impl.self}>` : `<${impl.self} as ${impl.trait}>`;
  return name.startsWith(written) ? plainPath(impl.self) + name.slice(written.length) : name;
}
