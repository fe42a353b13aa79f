/** Where coroutines are written: by the names that users know them by. */
import type { Modules } from "../inspect/api.ts";
import { userName } from "../inspect/names.ts";
import type { SourceLocation, StructType, SymbolFile } from "../symbols/api.ts";

/** By image: every coroutine type by its name, made when it is first asked for. */
const known = new WeakMap<SymbolFile, ReadonlyMap<string, StructType>>();

/** The declaration of an async fn, or where an async block or another coroutine begins. */
export function definition(modules: Modules, name: string): SourceLocation | undefined {
  for (const { symbols } of modules.modules) {
    const type = typesOf(symbols).get(name);
    const body = type?.variants?.variants.find(({ name: stage }) => stage === "Unresumed");
    if (!type || !body?.declaration) continue;
    // What the type itself says is where the body begins, which may be lines below `async fn`.
    const found = symbols
      .declarationsIn(body.declaration.path)
      .find(({ environments }) => environments.includes(type));
    return found?.location ?? body.declaration;
  }
  return undefined;
}

function typesOf(symbols: SymbolFile): ReadonlyMap<string, StructType> {
  let types = known.get(symbols);
  if (!types) {
    const made = new Map<string, StructType>();
    for (const type of symbols.coroutineTypes()) {
      const { name, suffix } = userName(type.name);
      const title = suffix === " (async)" ? name : name + suffix;
      // Instances of one generic function are one to who reads the source.
      if (!made.has(title)) made.set(title, type);
    }
    types = made;
    known.set(symbols, types);
  }
  return types;
}
