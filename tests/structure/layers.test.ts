/**
 * Holds the daemon's layers: what each may import, and that nothing below the entry point touches
 * the host. The tables are the architecture; change them on purpose only.
 */
import { readdirSync, readFileSync } from "node:fs";
import { dirname, join, normalize, relative, sep } from "node:path";
import { describe, expect, it } from "vitest";

const root = join(import.meta.dirname, "../..");
const daemon = join(root, "daemon/src");

/** Bottom first. A layer imports itself and those listed beside it. */
const layers: Record<string, readonly string[]> = {
  base: [],
  isa: ["base"],
  symbols: ["base", "isa"],
  machine: ["base", "isa"],
  inspect: ["base", "isa", "symbols", "machine"],
  awareness: ["base", "isa", "symbols", "machine", "inspect"],
  trace: ["base", "symbols", "machine", "inspect", "awareness"],
  debugger: ["base", "isa", "symbols", "machine", "inspect", "awareness", "trace"],
  dap: ["base", "isa", "symbols", "machine", "inspect", "awareness", "trace", "debugger"],
  lsp: ["base", "debugger"],
  server: ["base", "debugger", "dap", "lsp"],
  cli: [
    "base",
    "symbols",
    "machine",
    "inspect",
    "awareness",
    "trace",
    "debugger",
    "dap",
    "lsp",
    "server",
  ],
};

/** Packages that a layer may import, beside those of the language itself. */
const packages: Record<string, readonly string[]> = {
  symbols: ["fflate", "fzstd"],
  awareness: ["zod"],
  dap: ["zod", "@vscode/debugadapter", "@vscode/debugprotocol"],
  lsp: ["vscode-languageserver"],
  server: ["ws", "vscode-languageserver", "@vscode/debugprotocol"],
  cli: ["commander", "ws", "@vscode/debugprotocol"],
};

/** Layers that may use Node and the host's clock. */
const atTheHost = new Set(["server", "cli"]);

/** Whatever would let the host's time, chance or environment into a run. */
const hostWords =
  /\b(Date\.now|new Date|Math\.random|performance\.now|process\.(env|hrtime|cwd)|setTimeout|setInterval|crypto\.)/;

function* sources(folder: string): Generator<string> {
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) yield* sources(path);
    else if (path.endsWith(".ts")) yield path;
  }
}

const stripComments = (text: string): string =>
  text.replace(/\/\*[\s\S]*?\*\//g, "").replace(/(^|\s)\/\/.*$/gm, "$1");

function imports(text: string): string[] {
  const found: string[] = [];
  const pattern =
    /(?:^|\n|;)\s*(?:import|export)\b[^"';]*?\bfrom\s*["']([^"']+)["']|\bimport\s*\(\s*["']([^"']+)["']|(?:^|\n)\s*import\s+["']([^"']+)["']/g;
  for (const match of text.matchAll(pattern)) found.push(match[1] ?? match[2] ?? match[3]!);
  return found;
}

const files = [...sources(daemon)].map((path) => ({
  path,
  name: relative(root, path).split(sep).join("/"),
  layer: relative(daemon, path).split(sep)[0]!,
  text: readFileSync(path, "utf8"),
}));

describe("layers", () => {
  it("finds the sources", () => {
    expect(files.length).toBeGreaterThan(20);
    expect(new Set(files.map((file) => file.layer)).size).toBeGreaterThan(3);
  });

  it("imports only go down", () => {
    const wrong: string[] = [];
    for (const file of files) {
      const allowed = layers[file.layer];
      if (!allowed) {
        wrong.push(`${file.name}: ${file.layer} is not a layer`);
        continue;
      }
      for (const target of imports(stripComments(file.text))) {
        if (target.startsWith(".")) {
          const layer = relative(daemon, normalize(join(dirname(file.path), target))).split(
            sep,
          )[0]!;
          if (layer !== file.layer && !allowed.includes(layer))
            wrong.push(`${file.name} imports ${target}`);
        } else if (target.startsWith("node:")) {
          if (!atTheHost.has(file.layer)) wrong.push(`${file.name} imports ${target}`);
        } else {
          const name = target
            .split("/")
            .slice(0, target.startsWith("@") ? 2 : 1)
            .join("/");
          if (!packages[file.layer]?.includes(name)) wrong.push(`${file.name} imports ${target}`);
        }
      }
    }
    expect(wrong).toEqual([]);
  });

  it("nothing below the entry point reads the host", () => {
    const wrong = files
      .filter((file) => !atTheHost.has(file.layer))
      .flatMap((file) => {
        const match = hostWords.exec(stripComments(file.text));
        return match ? [`${file.name}: ${match[0]}`] : [];
      });
    expect(wrong).toEqual([]);
  });

  it("every file opens with its purpose", () => {
    const wrong = files.filter((file) => !/^(#!.*\n)?\/\*\*?/.test(file.text)).map((f) => f.name);
    expect(wrong).toEqual([]);
  });

  it("files have names in kebab case", () => {
    const wrong = files
      .map((file) => file.path.split(sep).at(-1)!)
      .filter((name) => !/^[a-z0-9]+(-[a-z0-9]+)*(\.d)?\.ts$/.test(name));
    expect(wrong).toEqual([]);
  });
});
