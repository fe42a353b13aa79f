/**
 * `npm run bench [-- SECTION ...]`: bundles the benchmarks and runs them. Sections: engine, snapshots, speed, wakes,
 * lists, session, stops, timeline, activation. Figures are printed, with ratios where QEMU is installed; nothing here passes or fails.
 */
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { build } from "esbuild";

const root = join(import.meta.dirname, "../..");
const folder = join(root, ".cache/bench");
mkdirSync(folder, { recursive: true });
const outfile = join(folder, "bench.mjs");
await build({
  absWorkingDir: root,
  entryPoints: ["tests/bench/main.ts"],
  outfile,
  bundle: true,
  platform: "node",
  format: "esm",
  target: "node20",
  packages: "external",
  logLevel: "warning",
});
const { main } = await import(pathToFileURL(outfile).href);
await main(root, process.argv.slice(2));
