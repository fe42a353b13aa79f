/**
 * The Threads and Processes view: the kernel's thread pool by state, processes with their address
 * spaces and threads, and the ELFs of the session with where they are loaded.
 */
import { heard } from "../base/heard.ts";
import { counted, t } from "../base/words.ts";
import type { Snapshot } from "../debug/snapshot.ts";
import type { Module, Process, Thread } from "../wire.ts";
import type { Icon, Roots, Row } from "./row.ts";
import { addressIn, coroutinesText, hiddenRows, join, threadsText } from "./row.ts";

/** In this order; others follow. */
const STATES = ["running", "ready", "blocked"];
/** More threads of one state than this are not open from the beginning. */
const OPEN = 20;

export const threadRoots: Roots = async (snapshot) => {
  const [threads, processes, modules] = await Promise.all([
    snapshot.threads(),
    snapshot.processes(),
    snapshot.modules(),
  ]);
  return [
    ...(threads.length > 0 ? [poolRow(threads)] : []),
    ...(processes.length > 0 ? [processesRow(processes, threads, modules, snapshot)] : []),
    ...(modules.length > 0 ? [modulesRow(modules)] : []),
  ];
};

function poolRow(threads: readonly Thread[]): Row {
  const states = [...new Set([...STATES, ...threads.map(({ state }) => state)])]
    .map((state) => ({ state, threads: threads.filter((each) => each.state === state) }))
    .filter((group) => group.threads.length > 0);
  return {
    id: "pool",
    label: t("Thread pool"),
    description: states
      .map(({ state, threads: some }) => `${some.length} ${heard(state)}`)
      .join(" · "),
    icon: { id: "list-tree" },
    expanded: true,
    children: async () =>
      states.map(({ state, threads: some }) => ({
        id: `pool/${state}`,
        label: capital(heard(state)),
        description: threadsText(some.length),
        icon: icon(state),
        expanded: some.length <= OPEN,
        children: async () => some.map((thread) => threadRow(thread)),
      })),
  };
}

/** `parent` sets rows for the same thread at several places apart. */
export function threadRow(thread: Thread, parent = ""): Row {
  return {
    id: `${parent}thread:${thread.id}`,
    // Its bare number before a name such as `coroutines` would read as how many there are.
    label: t("Thread {0} {1}", thread.id, thread.name),
    description: join(
      heard(thread.state),
      thread.priority === undefined ? undefined : t("prio {0}", thread.priority),
      thread.hart === undefined ? undefined : t("hart {0}", thread.hart),
      thread.coroutine === undefined ? undefined : t("coroutine {0}", thread.coroutine),
    ),
    tooltip: [
      t("Thread {0}: {1}, {2}", thread.id, thread.name, heard(thread.state)),
      join(
        heard(thread.kind),
        thread.process === undefined ? undefined : t("process {0}", thread.process),
      ),
    ].filter((line) => line !== ""),
    icon: icon(thread.state),
    context: thread.threadId === undefined ? "thread" : "thread focusable",
    target: { kind: "thread", thread },
  };
}

function processesRow(
  processes: readonly Process[],
  threads: readonly Thread[],
  modules: readonly Module[],
  snapshot: Snapshot,
): Row {
  return {
    id: "processes",
    label: t("Processes"),
    description: counted(processes.length, "{0} process", "{0} processes"),
    icon: { id: "server-process" },
    expanded: true,
    children: async () =>
      processes.map((process) => processRow(process, threads, modules, snapshot)),
  };
}

export const processLabel = ({ id, name }: Process): string => t("Process {0} {1}", id, name);

function processRow(
  process: Process,
  threads: readonly Thread[],
  modules: readonly Module[],
  snapshot: Snapshot,
): Row {
  const id = `process:${process.id}`;
  const own = threads.filter((thread) => thread.process === process.id);
  const program = modules.find((module) => module.id === process.module);
  const exit = process.exitCode === undefined ? undefined : t("exit code {0}", process.exitCode);
  return {
    id,
    label: processLabel(process),
    description: join(
      heard(process.state),
      process.root === undefined ? undefined : t("root {0}", process.root),
      exit,
    ),
    tooltip: [
      t("Process {0}: {1}, {2}", process.id, process.name, heard(process.state)),
      process.path === undefined ? "" : t("runs {0}", process.path),
      process.root === undefined ? "" : t("root page table at physical {0}", process.root),
      process.parent === undefined ? "" : t("made by process {0}", process.parent),
      program ? "" : t("The symbols of its program are not known."),
    ].filter((line) => line !== ""),
    icon: { id: "server-process" },
    context: "process",
    children: async () => [
      ...own.map((thread) => threadRow(thread, `${id}/`)),
      ...(await coroutinesOf(id, process, snapshot)),
      ...(program ? [moduleRow(program, `${id}/`, process.id)] : []),
      ...(process.root === undefined ? [] : [spaceRow(id, process, snapshot)]),
    ],
  };
}

/** What its page table maps. */
function spaceRow(parent: string, { id: process, root }: Process, snapshot: Snapshot): Row {
  const id = `${parent}/space`;
  return {
    id,
    label: t("Address space"),
    description: t("root {0}", root!),
    tooltip: [t("root page table at physical {0}", root!)],
    icon: { id: "map" },
    children: async () => {
      const { ranges, total } = await snapshot.addressSpace(process);
      return [
        ...ranges.map(({ end, flags, physical, start, user }) => {
          const whose = user ? t("user") : t("kernel");
          const where = physical === undefined ? undefined : t("at physical {0}", physical);
          return {
            id: `${id}/${start}`,
            label: `${start} - ${end}`,
            description: join(flags, whose, where),
            tooltip: [`${start} - ${end}`, join(flags, whose, where)],
            icon: { id: "memory" },
            context: "address",
            target: { kind: "address" as const, address: addressIn(process, start) },
          };
        }),
        ...hiddenRows(id, total - ranges.length),
      ];
    },
  };
}

/** How many coroutines it has; listed in their own view. */
async function coroutinesOf(
  parent: string,
  { id }: Process,
  snapshot: Snapshot,
): Promise<readonly Row[]> {
  const filter = `process:${id}`;
  const { total } = await snapshot.coroutines({ filter, start: 0, count: 0 });
  if (total === 0) return [];
  return [
    {
      id: `${parent}/coroutines`,
      label: coroutinesText(total),
      description: t("show"),
      icon: { id: "type-hierarchy" },
      action: { command: "asyncos.showCoroutines", argument: filter },
    },
  ];
}

function modulesRow(modules: readonly Module[]): Row {
  return {
    id: "modules",
    label: t("Modules"),
    description: counted(modules.length, "{0} loaded", "{0} loaded"),
    icon: { id: "package" },
    children: async () => modules.map((module) => moduleRow(module, "")),
  };
}

/** `whoseMemory`: the process below which it stands. */
function moduleRow(module: Module, parent: string, whoseMemory?: number): Row {
  const id = `${parent}module:${module.id}`;
  const whose =
    module.processes.length > 0
      ? module.processes.length > 1
        ? t("processes {0}", module.processes.join(", "))
        : t("process {0}", module.processes[0]!)
      : module.user
        ? t("program")
        : undefined;
  return {
    id,
    label: module.name,
    description: join(whose, heard(module.symbolStatus)),
    tooltip: [module.name, heard(module.symbolStatus), ...(whose === undefined ? [] : [whose])],
    icon: { id: "file-binary" },
    children: async () =>
      module.ranges.map(({ end, flags, start }, index) => ({
        id: `${id}/${index}`,
        label: `${start} - ${end}`,
        description: flags,
        tooltip: [`${start} - ${end}, ${flags}`],
        icon: { id: "memory" },
        // A program's addresses mean something in its own address spaces only.
        ...((!module.user || module.processes.length > 0) && {
          context: "address",
          target: {
            kind: "address" as const,
            address: addressIn(
              module.user ? (whoseMemory ?? module.processes[0]) : undefined,
              start,
            ),
          },
        }),
      })),
  };
}

const capital = (word: string): string => `${word.charAt(0).toUpperCase()}${word.slice(1)}`;

function icon(state: string): Icon {
  if (state === "running") return { id: "play-circle", color: "charts.green" };
  if (state === "ready") return { id: "circle-filled", color: "charts.yellow" };
  if (state === "blocked") return { id: "watch" };
  return { id: "circle-outline" };
}
