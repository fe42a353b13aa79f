/**
 * What a session's ELFs say of sources, whatever runs: where async fns and wakers are written. Done a
 * file at a time, so that nobody waits for it.
 */
import { userName } from "../inspect/names.ts";
import type { SourceLocation, StructType, SymbolFile } from "../symbols/api.ts";
import { argumentsOf, environmentForm, plainPath, segments } from "../symbols/names.ts";
import type { Annotations, Environment } from "./api.ts";
import type { Sources } from "./sources.ts";

type Code = NonNullable<Annotations["code"]>;

interface Written {
  readonly name: string;
  readonly form: string;
  readonly location: SourceLocation;
  readonly size?: number;
  readonly awaits?: readonly number[];
}

/** Sources of the language's own libraries. */
const LIBRARY = /^\/rustc\//;

/** Each image is looked through once. */
const known = new WeakMap<SymbolFile, Promise<readonly Written[]>>();

/** Paths are the host's; what is not on this host is left out. */
export async function codeIndex(
  images: readonly SymbolFile[],
  sources: Sources,
  { defer }: Environment,
): Promise<Code> {
  const functions: Code["functions"][number][] = [];
  const wakers: Code["wakers"][number][] = [];
  const pause = (): Promise<void> => new Promise((resolve) => defer(resolve));
  for (const symbols of images) {
    let written = known.get(symbols);
    if (!written) {
      written = look(symbols, pause);
      known.set(symbols, written);
    }
    for (const { form, location, name, ...coroutine } of await written) {
      const { host: path } = await sources.find(location.path);
      if (path === undefined) continue;
      const { line } = location;
      if (form === "waker") wakers.push({ path, line, name });
      else functions.push({ path, line, name, form, ...coroutine });
    }
  }
  return { functions, wakers };
}

async function look(symbols: SymbolFile, pause: () => Promise<void>): Promise<readonly Written[]> {
  const methods = wakerMethods(symbols);
  const found: Written[] = [];
  for (const path of symbols.sourceFiles().filter((file) => !LIBRARY.test(file))) {
    await pause();
    for (const { environments, location, name } of symbols.declarationsIn(path)) {
      const [type] = environments;
      // Methods may be inlined everywhere: their declarations are what is sure to be there.
      if (methods.has(name)) found.push({ name, form: "waker", location });
      else if (type) found.push({ ...coroutineFacts(environments), form: formOf(type), location });
    }
  }
  return found;
}

/** Of the instances of a generic one the largest. */
function coroutineFacts(types: readonly StructType[]): Omit<Written, "form" | "location"> {
  const [type] = [...types].sort((a, b) => b.size - a.size);
  const awaits = (type!.variants?.variants ?? [])
    .filter(({ name }) => name.startsWith("Suspend"))
    .flatMap(({ declaration }) => (declaration ? [declaration.line] : []));
  return { name: userName(type!.name).name, size: type!.size, awaits };
}

const formOf = (type: StructType): string =>
  environmentForm(segments(type.name).at(-1) ?? "") ?? "async block";

/** The methods of each `impl Wake for T` of which the image has a waker. */
function wakerMethods(symbols: SymbolFile): ReadonlySet<string> {
  const methods = new Set<string>();
  for (const name of ["wake", "wake_by_ref", "clone_waker", "drop_waker"]) {
    for (const fn of symbols.functionsNamed(`alloc::task::raw_waker::${name}`)) {
      const [type] = argumentsOf(segments(fn.name).at(-1) ?? "");
      if (type === undefined) continue;
      methods.add(`${plainPath(type)}::wake`);
      methods.add(`${plainPath(type)}::wake_by_ref`);
    }
  }
  return methods;
}
