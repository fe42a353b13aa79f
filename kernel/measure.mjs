#!/usr/bin/env node
// Measures what the designs of the executor cost, in instructions on the debugger's machine: prints
// the tables of README.md. The machine is deterministic, so the same image gives the same numbers.
//
//   node measure.mjs [HARTS ...]

import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { bundle, root } from "../tests/bundle.mjs";

const outfile = await bundle("tests/kernel/measure.ts", "kernel/measure.mjs");
const { main } = await import(pathToFileURL(outfile).href);
main(join(root, "kernel/prebuilt"), process.argv.slice(2).map(Number));
