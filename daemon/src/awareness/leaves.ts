/** Where a hand-written future is polled: the declaration of its `poll`, where DWARF has it. */
import type { Modules } from "../inspect/api.ts";
import type { SourceLocation } from "../symbols/api.ts";
import { plainPath } from "../symbols/names.ts";
import type { FutureKind } from "./kinds.ts";

export function leafLocations(modules: Modules): (kind: FutureKind) => SourceLocation | undefined {
  const cache = new Map<FutureKind, SourceLocation | undefined>();
  return (kind) => {
    if (!cache.has(kind)) cache.set(kind, find(modules, kind));
    return cache.get(kind);
  };
}

function find(modules: Modules, { type }: FutureKind): SourceLocation | undefined {
  const path = `${plainPath(type.name)}::poll`;
  for (const module of modules.modules) {
    const fn = module.symbols.functionsNamed(path).find(({ declaration }) => declaration);
    if (fn) return fn.declaration;
  }
  return undefined;
}
