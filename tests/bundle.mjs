/** Tools in TypeScript are bundled before they run, as Node does not read it. */
import { join } from "node:path";
import { build } from "esbuild";

export const root = join(import.meta.dirname, "..");

/** `entry`: a module of this repository; `outfile`: where its bundle goes, below `.cache`. Answers its path. */
export async function bundle(entry, outfile) {
  const path = join(root, ".cache", outfile);
  await build({
    absWorkingDir: root,
    entryPoints: [entry],
    outfile: path,
    bundle: true,
    platform: "node",
    format: "esm",
    target: "node20",
    packages: "external",
    logLevel: "warning",
  });
  return path;
}
