/** Bundles the extension and the pages of its views into dist; `--watch` keeps doing so, `--production` for the package. */
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import * as esbuild from "esbuild";

const root = join(dirname(fileURLToPath(import.meta.url)), "..");
const production = process.argv.includes("--production");

const common = {
  absWorkingDir: root,
  bundle: true,
  minify: production,
  sourcemap: production ? false : "linked",
  logLevel: "warning",
};

/** Views that are pages in webviews. */
const PAGES = ["stacks", "timeline"];

const bundles = [
  {
    ...common,
    entryPoints: ["src/extension.ts"],
    outfile: "dist/extension.cjs",
    platform: "node",
    format: "cjs",
    // The Node of the oldest VS Code in `engines`.
    target: "node20",
    external: ["vscode"],
  },
  {
    ...common,
    entryPoints: Object.fromEntries(
      PAGES.flatMap((name) => [
        [name, `src/${name}/page/main.ts`],
        [`${name}-style`, `src/${name}/page/${name}.css`],
      ]),
    ),
    outdir: "dist",
    platform: "browser",
    format: "iife",
    // The Chromium of the oldest VS Code in `engines`.
    target: "chrome120",
  },
];

for (const options of bundles) {
  if (process.argv.includes("--watch")) {
    const context = await esbuild.context(options);
    await context.watch();
  } else {
    await esbuild.build(options);
  }
}
