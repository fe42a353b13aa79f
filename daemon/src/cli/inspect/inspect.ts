/** `asyncos inspect`: what we know of an ELF, as text or as one JSON document. */
import { MACHINE_DEFAULTS } from "../../debugger/target.ts";
import { displayType } from "../../inspect/names.ts";
import { createEnvironment } from "../../server/environment.ts";
import type { Layout } from "../../server/layout.ts";
import { columns } from "../columns.ts";
import { painter } from "../paint.ts";
import { type CoroutineFact, collectFacts, type Facts } from "./facts.ts";

export interface InspectOptions {
  readonly profile?: string;
  readonly json?: boolean;
}

/** Resolves to the exit code. */
export async function inspect(
  layout: Layout,
  program: string | undefined,
  { profile, json }: InspectOptions,
): Promise<number> {
  const target = { ...MACHINE_DEFAULTS, program, profile, symbolFiles: [] };
  const facts = await collectFacts(createEnvironment(layout), target);
  process.stdout.write(json ? `${JSON.stringify(facts, undefined, 2)}\n` : describe(facts));
  return 0;
}

function describe(facts: Facts): string {
  const paint = painter(process.stdout);
  const lines: string[] = [];
  const section = (title: string, rows: readonly string[]) => {
    lines.push("", paint("bold", title), ...rows.map((row) => `  ${row}`));
  };
  lines.push(`${paint("bold", facts.file)}: RISC-V ELF, entry ${facts.entry}`);
  section("Segments", segmentRows(facts));
  section("Debugging information", debugRows(facts));
  section(
    `Coroutine types (${facts.coroutines.length}; * can be spawned)`,
    coroutineRows(facts.coroutines),
  );
  section(
    "Wakers",
    facts.wakers.map(({ type, functions }) => `${displayType(type)}: ${functions.join(", ")}`),
  );
  section("Profile", [facts.profile ?? "none matches"]);
  section("Events", eventRows(facts));
  if (facts.gaps.length > 0) section("Gaps", facts.gaps);
  return `${lines.join("\n")}\n`;
}

function segmentRows({ segments }: Facts): string[] {
  return columns(segments.map(({ address, size, flags }) => [address, flags, `${size} bytes`]));
}

function debugRows({ dwarf, sources, sections }: Facts): string[] {
  const debug = sections.filter(({ name }) => name.startsWith(".debug_"));
  const versions = dwarf.map(({ version, units }) => `DWARF ${version} in ${units} units`);
  return [
    versions.length > 0 ? `${versions.join(", ")}; ${sources} source files` : "no DWARF",
    ...(debug.length > 0 ? [debug.map(({ name, size }) => `${name} ${size}`).join(", ")] : []),
  ];
}

/** By source file; a star marks those that are polled behind `dyn Future`, so can be spawned. */
function coroutineRows(coroutines: readonly CoroutineFact[]): string[] {
  const byFile = new Map<string, CoroutineFact[]>();
  for (const row of coroutines) {
    const path = row.declared?.path ?? "no source";
    byFile.set(path, [...(byFile.get(path) ?? []), row]);
  }
  const rows = columns(coroutines.map(coroutineRow));
  const shown = new Map(coroutines.map((row, index) => [row, rows[index] as string]));
  return [...byFile].flatMap(([path, inFile]) => [
    path,
    ...inFile.map((row) => `  ${shown.get(row)}`),
  ]);
}

function coroutineRow(row: CoroutineFact): string[] {
  const waits = row.awaits.length > 0 ? `awaits at ${row.awaits.join(", ")}` : "never waits";
  return [
    `:${row.declared?.line ?? "?"}`,
    row.dynamic ? "*" : "",
    row.name,
    row.kind,
    `${row.size} bytes`,
    waits,
  ];
}

function eventRows({ events }: Facts): string[] {
  const unknown = Object.entries(events.unknown).map(([kind, why]) => `${kind}: ${why}`);
  return [events.known.join(", ") || "none can be reported", ...unknown];
}
