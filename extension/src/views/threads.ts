/**
 * The Threads and Processes view: the kernel's thread pool by state, processes with their address
 * spaces and threads, and the ELFs of the session with where they are loaded.
 */
import type { Snapshot } from "../debug/snapshot.ts";
import type { Module, Process, Thread } from "../wire.ts";
import type { Icon, Roots, Row } from "./row.ts";
import { count, join } from "./row.ts";

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
    label: "Thread pool",
    description: states.map(({ state, threads: some }) => `${some.length} ${state}`).join(" · "),
    icon: { id: "list-tree" },
    expanded: true,
    children: async () =>
      states.map(({ state, threads: some }) => ({
        id: `pool/${state}`,
        label: `${state.charAt(0).toUpperCase()}${state.slice(1)}`,
        description: count(some.length, "thread"),
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
    label: `${thread.id} ${thread.name}`,
    description: join(
      thread.state,
      thread.priority === undefined ? undefined : `prio ${thread.priority}`,
      thread.hart === undefined ? undefined : `hart ${thread.hart}`,
      thread.coroutine === undefined ? undefined : `coroutine ${thread.coroutine}`,
    ),
    tooltip: [
      `Thread ${thread.id}: ${thread.name}, ${thread.state}`,
      join(thread.kind, thread.process === undefined ? undefined : `process ${thread.process}`),
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
    label: "Processes",
    description: `${processes.length.toLocaleString("en")} process${processes.length === 1 ? "" : "es"}`,
    icon: { id: "server-process" },
    expanded: true,
    children: async () =>
      processes.map((process) => processRow(process, threads, modules, snapshot)),
  };
}

function processRow(
  process: Process,
  threads: readonly Thread[],
  modules: readonly Module[],
  snapshot: Snapshot,
): Row {
  const id = `process:${process.id}`;
  const own = threads.filter((thread) => thread.process === process.id);
  const program = modules.find((module) => module.id === process.module);
  const exit = process.exitCode === undefined ? undefined : `exit code ${process.exitCode}`;
  return {
    id,
    label: `${process.id} ${process.name}`,
    description: join(
      process.state,
      process.root === undefined ? undefined : `root ${process.root}`,
      exit,
    ),
    tooltip: [
      `Process ${process.id}: ${process.name}, ${process.state}`,
      process.path === undefined ? "" : `runs ${process.path}`,
      process.root === undefined ? "" : `root page table at physical ${process.root}`,
      process.parent === undefined ? "" : `made by process ${process.parent}`,
      program ? "" : "The symbols of its program are not known.",
    ].filter((line) => line !== ""),
    icon: { id: "server-process" },
    context: "process",
    children: async () => [
      ...own.map((thread) => threadRow(thread, `${id}/`)),
      ...(await coroutinesOf(id, process, snapshot)),
      ...(program ? [moduleRow(program, `${id}/`)] : []),
    ],
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
      label: count(total, "coroutine"),
      description: "show",
      icon: { id: "type-hierarchy" },
      action: { command: "asyncos.showCoroutines", argument: filter },
    },
  ];
}

function modulesRow(modules: readonly Module[]): Row {
  return {
    id: "modules",
    label: "Modules",
    description: `${modules.length.toLocaleString("en")} loaded`,
    icon: { id: "package" },
    children: async () => modules.map((module) => moduleRow(module, "")),
  };
}

function moduleRow(module: Module, parent: string): Row {
  const id = `${parent}module:${module.id}`;
  const whose =
    module.processes.length > 0
      ? `process${module.processes.length > 1 ? "es" : ""} ${module.processes.join(", ")}`
      : module.user
        ? "program"
        : undefined;
  return {
    id,
    label: module.name,
    description: join(whose, module.symbolStatus),
    tooltip: [module.name, module.symbolStatus, ...(whose === undefined ? [] : [whose])],
    icon: { id: "file-binary" },
    children: async () =>
      module.ranges.map(({ end, flags, start }, index) => ({
        id: `${id}/${index}`,
        label: `${start} - ${end}`,
        description: flags,
        tooltip: [`${start} - ${end}, ${flags}`],
        icon: { id: "memory" },
        // A program's addresses mean something in its own address space only.
        ...(!module.user && {
          context: "address",
          target: { kind: "address" as const, address: start },
        }),
      })),
  };
}

function icon(state: string): Icon {
  if (state === "running") return { id: "play-circle", color: "charts.green" };
  if (state === "ready") return { id: "circle-filled", color: "charts.yellow" };
  if (state === "blocked") return { id: "watch" };
  return { id: "circle-outline" };
}
