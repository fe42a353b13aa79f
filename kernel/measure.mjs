#!/usr/bin/env node
// Measures what the designs of the executor cost, in instructions on the debugger's machine: prints
// the tables of README.md. The machine is deterministic, so the same image gives the same numbers.
//
//   node measure.mjs [HARTS ...]

import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { build } from "esbuild";

const root = join(import.meta.dirname, "..");
const folder = join(root, ".cache/kernel");
mkdirSync(folder, { recursive: true });
const outfile = join(folder, "measure.mjs");
await build({
  absWorkingDir: root,
  entryPoints: ["tests/kernel/measure.ts"],
  outfile,
  bundle: true,
  platform: "node",
  format: "esm",
  target: "node20",
  packages: "external",
  logLevel: "warning",
});
const { main } = await import(pathToFileURL(outfile).href);
main(join(root, "kernel/prebuilt"), process.argv.slice(2).map(Number));
