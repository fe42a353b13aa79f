/**
 * Bundles the daemon with esbuild: `dist/asyncos.mjs` (command line and server), `dist/session.mjs`
 * (the worker that holds one debug session, or looks at a kernel), and what both share. The same sources give
 * the same bytes.
 */
import { mkdirSync, readdirSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";

const daemon = join(dirname(fileURLToPath(import.meta.url)), "..");
const dist = join(daemon, "dist");

const result = await build({
  absWorkingDir: daemon,
  entryPoints: {
    asyncos: "src/cli/main.ts",
    session: "src/server/worker.ts",
  },
  outdir: dist,
  outExtension: { ".js": ".mjs" },
  bundle: true,
  splitting: true,
  // Names stay: whoever reads a stack trace finds the function.
  minifyWhitespace: true,
  minifySyntax: true,
  platform: "node",
  format: "esm",
  target: "node20",
  sourcemap: "linked",
  sourcesContent: false,
  legalComments: "eof",
  // Dependencies in CommonJS ask for Node's own modules by `require`, which ESM does not have.
  banner: {
    js: 'import { createRequire as asyncosRequire } from "node:module";\nconst require = asyncosRequire(import.meta.url);',
  },
  logLevel: "warning",
  write: false,
}).catch(() => process.exit(1));

// Written aside and renamed, so that a daemon which starts meanwhile never reads half a file.
mkdirSync(dist, { recursive: true });
for (const file of result.outputFiles) {
  const target = join(dist, basename(file.path));
  const draft = `${target}.${process.pid}.tmp`;
  writeFileSync(draft, file.contents);
  renameSync(draft, target);
}
// Parts of earlier builds, whose names say what is in them.
const made = new Set(result.outputFiles.map(({ path }) => basename(path)));
for (const name of readdirSync(dist)) {
  if (/-[0-9A-Z]{8}\.mjs(\.map)?$/.test(name) && !made.has(name)) rmSync(join(dist, name));
}
