#!/usr/bin/env node
/** Starts the bundled command line; says how to make the bundle where there is none. */
import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";

const bundle = new URL("../dist/asyncos.mjs", import.meta.url);
if (!existsSync(fileURLToPath(bundle))) {
  process.stderr.write(
    "asyncos: daemon/dist/asyncos.mjs is missing: run `npm run setup` in the repository once\n",
  );
  process.exit(1);
}
await import(bundle.href);
