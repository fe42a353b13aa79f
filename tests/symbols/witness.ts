/** Other tools that read ELF and DWARF, as witnesses: LLVM's, where they are installed. */
import { execFileSync } from "node:child_process";

/** How to run a tool of LLVM, or undefined when it is not installed. */
export function llvm(
  tool: string,
): ((args: readonly string[], input?: string) => string) | undefined {
  for (const command of [tool, `${tool}-19`]) {
    const run = (args: readonly string[], input?: string) =>
      execFileSync(command, [...args], { input, maxBuffer: 1 << 30 }).toString();
    try {
      run(["--version"]);
      return run;
    } catch {}
  }
  return undefined;
}

/** An entry of `llvm-dwarfdump --debug-info`, with its attributes as they are printed. */
export interface Entry {
  readonly offset: number;
  readonly tag: string;
  readonly attributes: Map<string, string>;
  readonly parent: Entry | undefined;
  readonly children: Entry[];
}

/** Takes the printed tree apart by its indentation. */
export function parseEntries(text: string): Entry[] {
  const entries: Entry[] = [];
  const open: { indent: number; entry: Entry }[] = [];
  let attribute = "";
  for (const line of text.split("\n")) {
    const head = /^0x([0-9a-f]+):(\s+)(DW_TAG_\w+)/.exec(line);
    const field = /^\s+(DW_AT_\w+)\t\((.*?)\)?$/.exec(line);
    if (head) {
      const indent = head[2]!.length;
      while (open.length > 0 && open.at(-1)!.indent >= indent) open.pop();
      const parent = open.at(-1)?.entry;
      const offset = Number.parseInt(head[1]!, 16);
      const entry: Entry = { offset, tag: head[3]!, attributes: new Map(), parent, children: [] };
      parent?.children.push(entry);
      entries.push(entry);
      open.push({ indent, entry });
    } else if (field) {
      attribute = field[1]!;
      entries.at(-1)?.attributes.set(attribute, field[2]!);
    } else if (line.trim() !== "" && !line.startsWith("0x")) {
      const known = entries.at(-1)?.attributes;
      known?.set(attribute, `${known.get(attribute)} ${line.trim().replace(/\)\)$/, ")")}`);
    }
  }
  return entries;
}

export const quoted = (text: string | undefined): string | undefined =>
  text === undefined ? undefined : /^"(.*)"$/.exec(text)?.[1];

/** `[0x10, 0x20)` and the like, anywhere in a text. */
export function printedRanges(text: string): { low: bigint; high: bigint }[] {
  return [...text.matchAll(/\[(0x[0-9a-f]+), (0x[0-9a-f]+)\)/g)].map(([, low, high]) => ({
    low: BigInt(low!),
    high: BigInt(high!),
  }));
}
