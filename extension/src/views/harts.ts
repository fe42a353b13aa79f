/** The Harts view: what each hart does, and where. */
import type { Hart } from "../wire.ts";
import type { Icon, Roots, Row } from "./row.ts";
import { join, shortName, shortPlace } from "./row.ts";
import { instructions } from "./waits.ts";

export const hartRoots: Roots = async (snapshot) => (await snapshot.harts()).map(hartRow);

export function hartRow(hart: Hart): Row {
  const place =
    hart.path !== undefined && hart.line !== undefined
      ? { path: hart.path, line: hart.line }
      : undefined;
  const state = hart.frozen ? `${hart.state}, frozen` : hart.state;
  // A hart that was not started is nowhere.
  const started = hart.state !== "stopped";
  const doing = join(
    !started ? undefined : hart.name === undefined ? hart.pc : shortName(hart.name),
    hart.coroutine === undefined ? undefined : `coroutine ${hart.coroutine}`,
    place && shortPlace(place),
    started ? `${instructions(Number(hart.instructions))} instr` : undefined,
  );
  return {
    id: `hart:${hart.id}`,
    label: `Hart ${hart.id}`,
    // The icon says that it runs, which most do.
    description: state === "running" ? doing : join(state, doing),
    spoken: join(state, doing),
    tooltip: [
      `Hart ${hart.id}: ${started ? hart.state : "not started, or stopped by the kernel"}${hart.frozen ? ", frozen: stands still while others run" : ""}`,
      started ? join(hart.name, place && shortPlace(place), `pc ${hart.pc}`) : "",
      `Privilege ${hart.privilege}, ${Number(hart.instructions).toLocaleString("en")} instructions retired`,
      join(
        hart.process === undefined ? undefined : `process ${hart.process}`,
        hart.thread === undefined ? undefined : `thread ${hart.thread}`,
        hart.coroutine === undefined ? undefined : `coroutine ${hart.coroutine}`,
      ),
    ].filter((line) => line !== ""),
    icon: icon(hart),
    // Without a thread of its own in the session a hart cannot be addressed.
    context:
      hart.threadId === undefined
        ? "hart"
        : `hart addressable ${hart.frozen ? "frozen" : "thawed"}`,
    target: { kind: "hart", hart },
    ...(place && { place }),
  };
}

function icon(hart: Hart): Icon {
  if (hart.frozen) return { id: "lock", color: "charts.blue" };
  if (hart.state === "running") return { id: "vm-running", color: "charts.green" };
  if (hart.state === "waiting") return { id: "vm-outline" };
  return { id: "vm" };
}
