/** The functions and async fns that a source file declares, whether or not they have code of their own. */
import type { SourceLocation, StructType } from "./api.ts";
import { At } from "./constants.ts";
import { Die } from "./die.ts";
import type { Dwarf } from "./dwarf.ts";
import type { Functions } from "./functions.ts";
import { type AsyncForm, environmentForm, logicalName, plainPath } from "./names.ts";
import type { Paths } from "./paths.ts";
import type { InfoOffset } from "./positions.ts";

export interface Declaration {
  readonly name: string;
  readonly location: SourceLocation;
  readonly async: boolean;
  readonly environments: readonly StructType[];
}

interface Draft {
  readonly name: string;
  readonly location: SourceLocation;
  async: boolean;
  readonly environments: Set<StructType>;
}

/** A function's entry or a coroutine's type, and where it is declared; not named yet. */
interface Found {
  readonly what: Die | StructType;
  readonly location: SourceLocation;
}

/** What each source file declares. Names are worked out for the files that are asked for. */
export class Declarations {
  readonly #dwarf: Dwarf;
  readonly #paths: Paths;
  readonly #found: ReadonlyMap<string, readonly Found[]>;
  readonly #named = new Map<string, readonly Declaration[]>();

  constructor(dwarf: Dwarf, paths: Paths, functions: Functions, coroutines: readonly StructType[]) {
    this.#dwarf = dwarf;
    this.#paths = paths;
    this.#found = findDeclarations(dwarf, functions, coroutines);
  }

  /** By line; instances of a generic function count once. */
  in(path: string): readonly Declaration[] {
    const known = this.#named.get(path);
    if (known) return known;
    const found = this.#found.get(path);
    if (!found) return [];
    const declarations = nameDeclarations(this.#dwarf, this.#paths, found);
    this.#named.set(path, declarations);
    return declarations;
  }
}

function findDeclarations(
  dwarf: Dwarf,
  functions: Functions,
  coroutines: readonly StructType[],
): Map<string, Found[]> {
  const byPath = new Map<string, Found[]>();
  const add = (what: Found["what"], location: SourceLocation | undefined): void => {
    if (location === undefined) return;
    const list = byPath.get(location.path);
    if (list) list.push({ what, location });
    else byPath.set(location.path, [{ what, location }]);
  };
  for (const unit of dwarf.units) {
    const { subprograms } = dwarf.tolerate(() => unit.index, NOTHING);
    for (const offset of subprograms) {
      dwarf.tolerate(() => {
        const die = unit.die(offset);
        // Only entries that say it themselves: copies with code repeat what their origins declare.
        if (die.has(At.declLine) && die.has(At.name)) add(die, functions.declarationOf(die));
      }, undefined);
    }
  }
  for (const type of coroutines) {
    dwarf.tolerate(() => add(type, type.variants?.variants[0]?.declaration), undefined);
  }
  return byPath;
}

function nameDeclarations(dwarf: Dwarf, paths: Paths, found: readonly Found[]): Declaration[] {
  const drafts = new Map<string, Draft>();
  const draft = (path: string, form: AsyncForm | undefined, location: SourceLocation): Draft => {
    const key = `${location.line} ${path}`;
    const known = drafts.get(key) ?? {
      name: path,
      location,
      async: false,
      environments: new Set(),
    };
    if (form === "async fn" || form === "async block") known.async = true;
    drafts.set(key, known);
    return known;
  };
  for (const { what, location } of found) {
    dwarf.tolerate(() => {
      if (!(what instanceof Die)) {
        const { name, form } = logicalName(what.name);
        draft(plainPath(name), form, location).environments.add(what);
        return;
      }
      const { name, form } = logicalName(paths.of(what));
      if (name !== "" && form !== "closure") draft(plainPath(name), form, location);
    }, undefined);
  }
  return joined(drafts.values())
    .map((one) => ({ ...one, environments: [...one.environments] }))
    .sort((a, b) => a.location.line - b.location.line);
}

const NOTHING: { readonly subprograms: readonly InfoOffset[] } = { subprograms: [] };

/** A signature over more lines than this is not one. */
const MAX_SIGNATURE_LINES = 40;

/**
 * The body of an async fn is declared where its brace opens; the function that makes the coroutine, where DWARF
 * still has it, at the `fn` some lines above. They are one declaration.
 */
function joined(drafts: Iterable<Draft>): Draft[] {
  const all = [...drafts];
  const makers = new Map<string, Draft[]>();
  for (const draft of all) {
    if (!draft.async) makers.set(draft.name, [...(makers.get(draft.name) ?? []), draft]);
  }
  const used = new Set<Draft>();
  const merged = all.map((draft) => {
    const { line } = draft.location;
    const maker = (draft.async ? (makers.get(draft.name) ?? []) : []).find(
      ({ location }) => location.line <= line && line - location.line < MAX_SIGNATURE_LINES,
    );
    if (maker === undefined) return draft;
    used.add(maker);
    return { ...draft, location: maker.location };
  });
  return merged.filter((draft) => !used.has(draft));
}

/** Whether a last name is that of an async fn's or block's environment. */
export const isCoroutine = (name: string): boolean => {
  const form = name.includes("_env#") ? environmentForm(name) : undefined;
  return form === "async fn" || form === "async block";
};
