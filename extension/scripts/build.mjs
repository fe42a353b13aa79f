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

/** The language client is most of the code and no part of activation: a bundle of its own. */
const separate = {
  name: "separate",
  setup: ({ onResolve }) =>
    onResolve({ filter: /^\.\/client\.ts$/ }, ({ kind }) =>
      kind === "dynamic-import" ? { path: "./language.cjs", external: true } : undefined,
    ),
};

const bundles = [
  {
    ...common,
    entryPoints: { extension: "src/extension.ts", language: "src/language/client.ts" },
    outdir: "dist",
    outExtension: { ".js": ".cjs" },
    platform: "node",
    format: "cjs",
    // The Node of the oldest VS Code in `engines`; it loads further bundles as it did the first.
    target: "node20",
    supported: { "dynamic-import": false },
    external: ["vscode"],
    plugins: [separate],
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
