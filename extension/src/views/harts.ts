/** The Harts view: what each hart does, and where. */
import { heard } from "../base/heard.ts";
import { number, t } from "../base/words.ts";
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
  const state = hart.frozen ? t("{0}, frozen", heard(hart.state)) : heard(hart.state);
  // A hart that was not started is nowhere.
  const started = hart.state !== "stopped";
  const doing = join(
    !started ? undefined : hart.name === undefined ? hart.pc : shortName(hart.name),
    hart.coroutine === undefined ? undefined : t("coroutine {0}", hart.coroutine),
    place && shortPlace(place),
    started ? t("{0} instr", instructions(Number(hart.instructions))) : undefined,
  );
  return {
    id: `hart:${hart.id}`,
    label: t("Hart {0}", hart.id),
    // The icon says that it runs, which most do.
    description: hart.state === "running" && !hart.frozen ? doing : join(state, doing),
    spoken: join(state, doing),
    tooltip: [
      t(
        "Hart {0}: {1}",
        hart.id,
        started ? heard(hart.state) : t("not started, or stopped by the kernel"),
      ),
      hart.frozen ? t("Frozen: it stands still while others run") : "",
      started ? join(hart.name, place && shortPlace(place), `pc ${hart.pc}`) : "",
      t(
        "Privilege {0}, {1} instructions retired",
        hart.privilege,
        number(Number(hart.instructions)),
      ),
      join(
        hart.process === undefined ? undefined : t("process {0}", hart.process),
        hart.thread === undefined ? undefined : t("thread {0}", hart.thread),
        hart.coroutine === undefined ? undefined : t("coroutine {0}", hart.coroutine),
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
