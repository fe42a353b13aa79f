/**
 * `npm run bench [-- SECTION ...]`: bundles the benchmarks and runs them. Sections: engine, snapshots,
 * speed, wakes, events, lists, session, stops, timeline, activation. Figures are printed, with ratios
 * where QEMU is installed; nothing here passes or fails.
 */
import { pathToFileURL } from "node:url";
import { bundle, root } from "../bundle.mjs";

const outfile = await bundle("tests/bench/main.ts", "bench/bench.mjs");
const { main } = await import(pathToFileURL(outfile).href);
await main(root, process.argv.slice(2));
