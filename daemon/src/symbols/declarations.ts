/** The functions and async fns that a source file declares, whether or not they have code of their own. */
import type { SourceLocation, StructType } from "./api.ts";
import { At } from "./constants.ts";
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

/** All declarations, by path; instances of a generic function count once. */
export function declarationsByPath(
  dwarf: Dwarf,
  paths: Paths,
  functions: Functions,
  coroutines: readonly StructType[],
): Map<string, Declaration[]> {
  const drafts = new Map<string, Draft>();
  const draft = (path: string, form: AsyncForm | undefined, location: SourceLocation): Draft => {
    const key = `${location.path}:${location.line} ${path}`;
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
  for (const unit of dwarf.units) {
    const { subprograms } = dwarf.tolerate(() => unit.index, NOTHING);
    for (const offset of subprograms) {
      dwarf.tolerate(() => {
        const die = unit.die(offset);
        // Only entries that say it themselves: copies with code repeat what their origins declare.
        if (!die.has(At.declLine) || !die.has(At.name)) return;
        const location = functions.declarationOf(die);
        const { name, form } = logicalName(paths.of(die));
        if (location === undefined || name === "" || form === "closure") return;
        draft(plainPath(name), form, location);
      }, undefined);
    }
  }
  for (const type of coroutines) {
    dwarf.tolerate(() => {
      const location = type.variants?.variants[0]?.declaration;
      const { name, form } = logicalName(type.name);
      if (location !== undefined) draft(plainPath(name), form, location).environments.add(type);
    }, undefined);
  }
  return group(drafts.values());
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
    const { path, line } = draft.location;
    const maker = (draft.async ? (makers.get(draft.name) ?? []) : []).find(
      ({ location }) =>
        location.path === path &&
        location.line <= line &&
        line - location.line < MAX_SIGNATURE_LINES,
    );
    if (maker === undefined) return draft;
    used.add(maker);
    return { ...draft, location: maker.location };
  });
  return merged.filter((draft) => !used.has(draft));
}

function group(drafts: Iterable<Draft>): Map<string, Declaration[]> {
  const byPath = new Map<string, Declaration[]>();
  for (const { name, location, async, environments } of joined(drafts)) {
    const declaration = { name, location, async, environments: [...environments] };
    const list = byPath.get(location.path);
    if (list) list.push(declaration);
    else byPath.set(location.path, [declaration]);
  }
  for (const list of byPath.values()) list.sort((a, b) => a.location.line - b.location.line);
  return byPath;
}

/** Whether a last name is that of an async fn's or block's environment. */
export const isCoroutine = (name: string): boolean => {
  const form = name.includes("_env#") ? environmentForm(name) : undefined;
  return form === "async fn" || form === "async block";
};
