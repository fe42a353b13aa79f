/** The ELFs of a session and which of them a hart sees at an address. */
import type { Address } from "../base/brand.ts";
import type { SymbolFile, Vtable } from "../symbols/api.ts";
import type { BodyRule, Module, ModuleTable } from "./api.ts";
import type { World } from "./datum.ts";

export function createModuleTable(): ModuleTable {
  const modules: Module[] = [];
  return {
    modules,
    add(symbols, options = {}) {
      const { bias = 0n, user } = options;
      const module: Module = {
        id: modules.length + 1,
        name: symbols.name,
        symbols,
        bias,
        user: user !== undefined,
        includes: user ?? (() => true),
        owns: user ? ownsUser(symbols, bias, user) : ownsPrivileged(symbols, bias),
      };
      modules.push(module);
      return module;
    },
    at(space, pc) {
      for (let i = modules.length - 1; i >= 0; i--) {
        if (modules[i]!.owns(space, pc)) return modules[i];
      }
      return undefined;
    },
    under(satp) {
      const there = modules.filter((module) => module.includes(satp));
      return there.every(({ user }) => !user)
        ? there
        : there.sort((a, b) => Number(b.user) - Number(a.user));
    },
  };
}

/** A kernel: S-mode code in its executable segments, and M-mode code too where virtual is physical. */
function ownsPrivileged(symbols: SymbolFile, bias: bigint): Module["owns"] {
  const holds = codeOf(symbols, bias);
  const identity = isIdentityMapped(symbols) && bias === 0n;
  return (space, pc) => {
    if (space.privilege === "U" || (space.privilege === "M" && !identity)) return false;
    return holds(pc);
  };
}

function ownsUser(
  symbols: SymbolFile,
  bias: bigint,
  includes: (satp: bigint) => boolean,
): Module["owns"] {
  const holds = codeOf(symbols, bias);
  return (space, pc) => space.privilege === "U" && holds(pc) && includes(space.satp);
}

/** Whether an address is in an executable segment. */
function codeOf(symbols: SymbolFile, bias: bigint): (pc: Address) => boolean {
  const ranges = symbols.segments
    .filter(({ flags }) => flags.execute)
    .map(({ virtual, size }) => ({ low: virtual + bias, high: virtual + bias + BigInt(size) }));
  return (pc) => ranges.some(({ low, high }) => pc >= low && pc < high);
}

/** Linked where it is loaded: its virtual addresses are physical ones too. */
export function isIdentityMapped(symbols: SymbolFile): boolean {
  return symbols.segments.every(({ virtual, physical }) => virtual === physical);
}

/** Address of a module's own numbering for one of the guest. */
export const inModule = (module: Module, at: bigint): Address =>
  BigInt.asUintN(64, at - module.bias) as Address;

/** What these modules together know of an address. */
export function worldOf(modules: readonly Module[], bodyAt: BodyRule = () => undefined): World {
  const first = <T>(ask: (module: Module) => T | undefined): T | undefined => {
    for (const module of modules) {
      const answer = ask(module);
      if (answer !== undefined) return answer;
    }
    return undefined;
  };
  return {
    bodyAt,
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
