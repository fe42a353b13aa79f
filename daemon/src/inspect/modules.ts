/** The ELFs of a session and which of them a hart sees at an address. */
import type { Address } from "../base/brand.ts";
import type { SymbolFile, Vtable } from "../symbols/api.ts";
import type { Module, ModuleTable } from "./api.ts";
import type { World } from "./datum.ts";

type Options = NonNullable<Parameters<ModuleTable["add"]>[1]>;

export function createModuleTable(): ModuleTable {
  const modules: Module[] = [];
  return {
    modules,
    add(symbols, options = {}) {
      const bias = options.bias ?? 0n;
      const owns = options.owns ?? ownsPrivileged(symbols, bias);
      const module = { id: modules.length + 1, name: symbols.name, symbols, bias, owns };
      modules.push(module);
      return module;
    },
    at(hart, pc) {
      for (let i = modules.length - 1; i >= 0; i--) {
        if (modules[i]!.owns(hart, pc)) return modules[i];
      }
      return undefined;
    },
  };
}

/** A kernel: S-mode code in its executable segments, and M-mode code too where virtual is physical. */
function ownsPrivileged(symbols: SymbolFile, bias: bigint): NonNullable<Options["owns"]> {
  const ranges = symbols.segments
    .filter(({ flags }) => flags.execute)
    .map(({ virtual, size }) => ({ low: virtual + bias, high: virtual + bias + BigInt(size) }));
  const identity = isIdentityMapped(symbols) && bias === 0n;
  return (hart, pc) => {
    if (hart.privilege === "U" || (hart.privilege === "M" && !identity)) return false;
    return ranges.some(({ low, high }) => pc >= low && pc < high);
  };
}

/** Linked where it is loaded: its virtual addresses are physical ones too. */
export function isIdentityMapped(symbols: SymbolFile): boolean {
  return symbols.segments.every(({ virtual, physical }) => virtual === physical);
}

/** Address of a module's own numbering for one of the guest. */
export const inModule = (module: Module, at: bigint): Address =>
  BigInt.asUintN(64, at - module.bias) as Address;

/** What all modules together know of an address. */
export function worldOf(table: ModuleTable): World {
  const first = <T>(ask: (module: Module) => T | undefined): T | undefined => {
    for (const module of table.modules) {
      const answer = ask(module);
      if (answer !== undefined) return answer;
    }
    return undefined;
  };
  return {
    vtableAt: (at): Vtable | undefined =>
      first((module) => module.symbols.vtableAt(inModule(module, at))),
    symbolAt: (at) =>
      first((module) => {
        const symbol = module.symbols.symbolAt(inModule(module, at));
        if (!symbol) return undefined;
        return symbol.offset === 0 ? symbol.name : `${symbol.name}+0x${symbol.offset.toString(16)}`;
      }),
  };
}
