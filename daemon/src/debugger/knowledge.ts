/**
 * What is known of a kernel that nobody runs: where its async fns and wakers are written and how large
 * its coroutines are, and what of its profile does not fit it.
 */
import { detectProfile, type Profile, parseProfile } from "../awareness/profile.ts";
import { FormatError, UserError } from "../base/errors.ts";
import type { SymbolFile } from "../symbols/api.ts";
import { openSymbols } from "../symbols/symbols.ts";
import type { Environment, Knowledge } from "./api.ts";
import { codeIndex } from "./code-index.ts";
import { Sources } from "./sources.ts";
import { MACHINE_DEFAULTS, openTarget } from "./target.ts";

/** The files of a launch configuration that say something of the kernel. */
export interface KernelFiles {
  /** Undefined: the kernel in the box. */
  readonly program?: string | undefined;
  readonly profile?: string | undefined;
  readonly symbolFiles?: readonly string[] | undefined;
  readonly sourceMap?: Readonly<Record<string, string>> | undefined;
}

/** Throws UserError and FormatError for what cannot be read. */
export async function knowledgeOf(
  environment: Environment,
  kernel: KernelFiles,
): Promise<Knowledge> {
  const { findings, images, profile } = await opened(environment, kernel);
  const files = images.flatMap((image) => image.sourceFiles());
  const sources = new Sources(environment, kernel.sourceMap ?? {}, files);
  return { code: await codeIndex(images, sources, environment), profile, findings };
}

/** Where a profile is no profile; undefined where it is one. */
export function profileProblem(text: string): Knowledge["findings"][number] | undefined {
  try {
    parseProfile(text, "");
    return undefined;
  } catch (error) {
    if (!(error instanceof FormatError)) throw error;
    const { message, place } = error;
    return { place, problem: message.slice(message.indexOf(place) + place.length + 2) };
  }
}

interface Opened extends Omit<Knowledge, "code"> {
  readonly images: readonly SymbolFile[];
}

/** A machine that stands at reset binds the profile; what does not boot can still be looked at. */
async function opened(environment: Environment, kernel: KernelFiles): Promise<Opened> {
  const { profile: path, program, symbolFiles = [] } = kernel;
  try {
    const target = await openTarget(environment, {
      ...MACHINE_DEFAULTS,
      program,
      profile: path,
      symbolFiles,
    });
    const { awareness, inspector } = target;
    return {
      images: inspector.modules.modules.map(({ symbols }) => symbols),
      profile: awareness.profile?.name,
      findings: (awareness.profile?.gaps ?? []).map(found),
    };
  } catch (error) {
    if (!(error instanceof FormatError || error instanceof UserError)) throw error;
    const file = program ?? environment.bundled.kernel;
    const name = file.split(/[\\/]/).at(-1)!;
    const symbols = openSymbols(await environment.readFile(file), name);
    const profile: Profile | undefined = path
      ? undefined
      : detectProfile(symbols, environment.profiles);
    return { images: [symbols], profile: profile?.name, findings: [] };
  }
}

/** `bitmaps[0].word: it is no word`: what a gap is about, and what is wrong with it. */
function found(gap: string): Knowledge["findings"][number] {
  const [, place = "", problem = gap] = /^([\w.[\]]+): ([\s\S]+)$/.exec(gap) ?? [];
  return { place, problem };
}
