/** How long the extension takes to activate in a real VS Code workbench, and that it waits until it is needed. */
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { print } from "./table.ts";
import { row } from "./views.ts";

export async function activation(root: string): Promise<void> {
  // Not bundled: it uses the end-to-end tests' workbench, which knows its files by where it stands.
  const { measureActivation }: typeof import("./activation.mjs") = await import(
    pathToFileURL(join(root, "tests/bench/activation.mjs")).href
  );
  const { before, times, version } = await measureActivation(root);
  const [cold, ...warm] = times.map((time) => time / 1000);
  print(`activation in VS Code ${version}, as it says itself`, [
    row("the first time", [cold!]),
    row("in later windows", warm),
    { what: "in a window that has not needed it", ours: before },
  ]);
}
