/** The Harts view: what each hart does, and where; below it whom it runs for, and its registers' essence. */
import { heard } from "../base/heard.ts";
import { number, t } from "../base/words.ts";
import type { Snapshot } from "../debug/snapshot.ts";
import type { Hart } from "../wire.ts";
import { coroutineRow } from "./coroutines.ts";
import type { Icon, Roots, Row } from "./row.ts";
import { addressIn, join, shortName, shortPlace } from "./row.ts";
import { processLabel, threadRow } from "./threads.ts";
import { instructions } from "./waits.ts";

export const hartRoots: Roots = async (snapshot) =>
  (await snapshot.harts()).map((hart) => hartRow(hart, snapshot));

export function hartRow(hart: Hart, snapshot: Snapshot): Row {
  const id = `hart:${hart.id}`;
  const place =
    hart.path !== undefined && hart.line !== undefined
      ? { path: hart.path, line: hart.line }
      : undefined;
  const state = hart.frozen ? t("{0}, frozen", heard(hart.state)) : heard(hart.state);
  // A hart that was not started is nowhere.
  const started = hart.state !== "stopped";
  const doing = join(
    !started ? undefined : hart.name === undefined ? hart.pc : shortName(hart.name),
    runs(hart),
    place && shortPlace(place),
    started ? t("{0} instr", instructions(Number(hart.instructions))) : undefined,
  );
  return {
    id,
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
    ...(started && { children: () => detailRows(id, hart, snapshot) }),
  };
}

/** Whom it runs for, the closest first: a coroutine's id says its process. */
function runs({ coroutine, process, thread }: Hart): string | undefined {
  if (coroutine !== undefined) return t("coroutine {0}", coroutine);
  return join(
    process === undefined ? undefined : t("process {0}", process),
    thread === undefined ? undefined : t("thread {0}", thread),
  );
}

async function detailRows(id: string, hart: Hart, snapshot: Snapshot): Promise<readonly Row[]> {
  const { coroutine, instructions: retired, pc, privilege, process, thread } = hart;
  const coroutines = coroutine === undefined ? [] : await snapshot.coroutinesById([coroutine]);
  const threads = thread === undefined ? [] : await snapshot.threads();
  const processes = process === undefined ? [] : await snapshot.processes();
  return [
    ...coroutines.map((each) => coroutineRow(`${id}/`, each, snapshot)),
    ...threads.filter((each) => each.id === thread).map((each) => threadRow(each, `${id}/`)),
    ...processes
      .filter((each) => each.id === process)
      .map((each) => ({
        id: `${id}/process`,
        label: processLabel(each),
        description: heard(each.state),
        icon: { id: "server-process" },
      })),
    {
      id: `${id}/privilege`,
      label: t("Privilege"),
      description: join(privilege, privilegeName(privilege)),
      icon: { id: "shield" },
    },
    {
      id: `${id}/pc`,
      label: "pc",
      description: pc,
      icon: { id: "symbol-variable" },
      context: "address",
      // A program's address means something in its own address space only.
      target: { kind: "address", address: addressIn(privilege === "U" ? process : undefined, pc) },
    },
    {
      id: `${id}/instructions`,
      label: t("Instructions retired"),
      description: number(Number(retired)),
      icon: { id: "dashboard" },
    },
  ];
}

function privilegeName(privilege: string): string | undefined {
  if (privilege === "M") return t("machine: firmware");
  if (privilege === "S") return t("supervisor: the kernel");
  return privilege === "U" ? t("user: a program") : undefined;
}

function icon(hart: Hart): Icon {
  if (hart.frozen) return { id: "lock", color: "charts.blue" };
  if (hart.state === "running") return { id: "vm-running", color: "charts.green" };
  if (hart.state === "waiting") return { id: "vm-outline" };
  return { id: "vm" };
}
