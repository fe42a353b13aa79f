/** What is known of an ELF without running it: image, debugging information, coroutines, wakers, profile. */
import { hex } from "../../base/brand.ts";
import { FormatError, UserError } from "../../base/errors.ts";
import type { Environment } from "../../debugger/api.ts";
import { openTarget, type TargetOptions } from "../../debugger/target.ts";
import { userName } from "../../inspect/names.ts";
import type { SourceLocation, StructType, SymbolFile } from "../../symbols/api.ts";
import { Dwarf } from "../../symbols/dwarf.ts";
import { Elf } from "../../symbols/elf.ts";
import { argumentsOf, segments } from "../../symbols/names.ts";
import { openSymbols } from "../../symbols/symbols.ts";

export interface Facts {
  readonly file: string;
  readonly entry: string;
  readonly segments: readonly {
    readonly address: string;
    readonly size: number;
    readonly flags: string;
  }[];
  readonly sections: readonly {
    readonly name: string;
    readonly address: string;
    readonly size: number;
  }[];
  /** Versions that occur, and how many units have each. */
  readonly dwarf: readonly { readonly version: number; readonly units: number }[];
  readonly sources: number;
  readonly coroutines: readonly CoroutineFact[];
  /** Types whose wakers the debugger hooks. */
  readonly wakers: readonly { readonly type: string; readonly functions: readonly string[] }[];
  readonly profile: string | null;
  /** Event kinds that can be reported, and why the others cannot. */
  readonly events: { readonly known: readonly string[]; readonly unknown: Record<string, string> };
  readonly gaps: readonly string[];
}

export interface CoroutineFact {
  /** As users name it: `ring::pass`. */
  readonly name: string;
  /** The type as DWARF has it, with its whole path and generic arguments. */
  readonly type: string;
  readonly kind: "async fn" | "async block";
  /** Bytes of the suspended coroutine. */
  readonly size: number;
  readonly declared: SourceLocation | null;
  /** Lines of its `.await`s in the order of its states. */
  readonly awaits: readonly number[];
  /** Whether there is code that polls it behind `dyn Future`: it can be spawned as it is. */
  readonly dynamic: boolean;
}

/** The raw waker's functions that the `Wake` trait's `Waker`s come down to. */
const RAW_WAKER = ["clone_waker", "wake", "wake_by_ref", "drop_waker"];

export async function collectFacts(
  environment: Environment,
  options: TargetOptions,
): Promise<Facts> {
  const path = options.program ?? environment.bundled.kernel;
  const bytes = await environment.readFile(path);
  const name = path.split(/[\\/]/).at(-1) as string;
  const symbols = openSymbols(bytes, name);
  const elf = new Elf(bytes, name);
  const aware = await awarenessOf(environment, options, name);
  return {
    file: path,
    entry: hex(symbols.entry),
    segments: symbols.segments.map(({ virtual, size, flags }) => ({
      address: hex(virtual),
      size,
      flags: `${flags.read ? "r" : "-"}${flags.write ? "w" : "-"}${flags.execute ? "x" : "-"}`,
    })),
    sections: elf.sections
      .filter((section) => section.name !== "")
      .map((section) => ({
        name: section.name,
        address: hex(section.address),
        size: section.size,
      })),
    dwarf: dwarfVersions(elf),
    sources: symbols.sourceFiles().length,
    coroutines: coroutinesOf(symbols),
    wakers: wakersOf(symbols),
    profile: aware.profile,
    events: aware.events,
    gaps: [...symbols.gaps, ...aware.gaps],
  };
}

/** A machine that stands at reset says what its kernel's profile leaves open. */
async function awarenessOf(
  environment: Environment,
  options: TargetOptions,
  name: string,
): Promise<Pick<Facts, "profile" | "events" | "gaps">> {
  try {
    const { awareness, notes } = await openTarget(environment, options);
    const kinds = [...awareness.available];
    return {
      profile: awareness.profile?.name ?? null,
      events: {
        known: kinds.filter(([, why]) => why === true).map(([kind]) => kind),
        unknown: Object.fromEntries(kinds.filter(([, why]) => why !== true)) as Record<
          string,
          string
        >,
      },
      // The ELF's own gaps are listed already.
      gaps: [
        ...notes.filter((note) => !note.startsWith(`${name}: `)),
        ...(awareness.profile?.gaps ?? []),
      ],
    };
  } catch (error) {
    // A user program, or a kernel linked elsewhere: it can still be looked at.
    const ofImage = error instanceof FormatError && error.source === name;
    if (!(ofImage || error instanceof UserError) || options.profile) throw error;
    const gaps = [`It does not boot on this machine: ${error.message}`];
    return { profile: null, events: { known: [], unknown: {} }, gaps };
  }
}

function dwarfVersions(elf: Elf): Facts["dwarf"] {
  const counts = new Map<number, number>();
  for (const { version } of new Dwarf(elf).units) {
    counts.set(version, (counts.get(version) ?? 0) + 1);
  }
  return [...counts].sort(([a], [b]) => a - b).map(([version, units]) => ({ version, units }));
}

function coroutinesOf(symbols: SymbolFile): CoroutineFact[] {
  const dynamic = new Set(
    symbols
      .vtables()
      .filter(({ trait }) => /(^|::)Future\b/.test(trait))
      .map(({ concrete }) => concrete),
  );
  const facts = symbols.coroutineTypes().flatMap((type): CoroutineFact[] => {
    const kind = type.environment;
    if (kind !== "async fn" && kind !== "async block") return [];
    const { name } = userName(type.name);
    const { declared, awaits } = placesOf(type);
    const known = { name, type: type.name, kind, size: type.size, declared, awaits };
    return [{ ...known, dynamic: dynamic.has(type) }];
  });
  return facts.sort((a, b) => {
    const byPath = (a.declared?.path ?? "").localeCompare(b.declared?.path ?? "", "en");
    return byPath || (a.declared?.line ?? 0) - (b.declared?.line ?? 0);
  });
}

function placesOf(type: StructType): Pick<CoroutineFact, "declared" | "awaits"> {
  const variants = type.variants?.variants ?? [];
  return {
    declared: variants.find(({ name }) => name === "Unresumed")?.declaration ?? null,
    awaits: variants
      .filter(({ name }) => name.startsWith("Suspend"))
      .flatMap(({ declaration }) => (declaration ? [declaration.line] : [])),
  };
}

function wakersOf(symbols: SymbolFile): Facts["wakers"] {
  const byType = new Map<string, string[]>();
  for (const part of RAW_WAKER) {
    for (const { name } of symbols.functionsNamed(`raw_waker::${part}`)) {
      const [type = "unknown"] = argumentsOf(segments(name).at(-1) ?? "");
      byType.set(type, [...(byType.get(type) ?? []), part]);
    }
  }
  return [...byType].map(([type, functions]) => ({ type, functions }));
}
