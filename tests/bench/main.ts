/** Runs the benchmark sections by name; all of them when none is named. */
import { cpus } from "node:os";
import { join } from "node:path";
import { activation } from "./activation.ts";
import { engine } from "./engine.ts";
import { events } from "./events.ts";
import { lists } from "./lists.ts";
import { session } from "./session.ts";
import { snapshots } from "./snapshots.ts";
import { speed } from "./speed.ts";
import { stops } from "./stops.ts";
import { timeline } from "./timeline.ts";
import { wakes } from "./wakes.ts";

const sections: Record<string, (root: string, kernel: string) => Promise<void>> = {
  engine,
  snapshots,
  speed,
  events,
  wakes,
  lists,
  session,
  stops,
  timeline,
  activation,
};

export async function main(root: string, names: readonly string[]): Promise<void> {
  const kernel = join(root, "kernel/prebuilt/asyncos-kernel.elf");
  for (const name of names)
    if (!sections[name])
      throw new Error(`no benchmark ${name}; there are ${Object.keys(sections).join(", ")}`);
  console.log(
    `${cpus()[0]?.model ?? "unknown CPU"}, ${cpus().length} cores, Node ${process.version}`,
  );
  for (const name of names.length > 0 ? names : Object.keys(sections))
    await sections[name]!(root, kernel);
}
