#!/usr/bin/env node
/** Starts the bundled command line; says how to make the bundle where there is none, or an old one. */
import { existsSync, readdirSync, statSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const bundle = new URL("../dist/asyncos.mjs", import.meta.url);
const sources = fileURLToPath(new URL("../src", import.meta.url));

const problem = problemOf(fileURLToPath(bundle));
if (problem) {
  process.stderr.write(
    `asyncos: daemon/dist/asyncos.mjs ${problem}: run \`npm run setup\` in the repository\n`,
  );
  process.exit(1);
}
await import(bundle.href);

/** In a checkout a bundle of other sources would read today's profiles and images by yesterday's rules. */
function problemOf(file) {
  if (!existsSync(file)) return "is missing";
  if (!existsSync(sources)) return undefined;
  const built = statSync(file).mtimeMs;
  const newer = readdirSync(sources, { recursive: true }).some(
    (name) => statSync(join(sources, name)).mtimeMs > built,
  );
  return newer ? "is older than daemon/src" : undefined;
}
