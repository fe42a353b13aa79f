/** The kernel's world out of the machine's, by a profile: what `api.ts` promises. */
import type { Address } from "../base/brand.ts";
import { UserError } from "../base/errors.ts";
import type { AddressSpace, Inspector, MemoryView, Modules, StackFrame } from "../inspect/api.ts";
import { toAddress } from "../inspect/memory.ts";
import { isIdentityMapped } from "../inspect/modules.ts";
import { spaceMemory } from "../inspect/space.ts";
import type { Hart, Machine } from "../machine/api.ts";
import type { Type } from "../symbols/api.ts";
import { environmentForm, segments } from "../symbols/names.ts";
import {
  type AwaitFrame,
  type Awareness,
  EVENT_KINDS,
  type EventKind,
  type ExecutorInfo,
} from "./api.ts";
import { awaitFrames } from "./await-stack.ts";
import { bindProfile } from "./binding.ts";
import { Bitmaps } from "./bitmaps.ts";
import { takeCensus } from "./census.ts";
import { chainsOf } from "./chains.ts";
import type { Task } from "./coroutines.ts";
import { Events } from "./events.ts";
import { parseFilter } from "./filter.ts";
import { Footprint } from "./footprint.ts";
import { groupsOf } from "./grouping.ts";
import { processOf, shownId } from "./ids.ts";
import { FutureKinds } from "./kinds.ts";
import { listCoroutines } from "./listing.ts";
import { kernelMemory } from "./memory.ts";
import { Processes } from "./processes.ts";
import type { Profile } from "./profile.ts";
import { Programs } from "./programs.ts";
import { Realm } from "./realm.ts";
import { Roster } from "./roster.ts";
import { SLOT } from "./slots.ts";
import { collectSources } from "./sources.ts";
import { Threads } from "./threads.ts";
import { trapFrameRules } from "./trap-frames.ts";

/** The kernel's modules are looked at as they are now: add them to the inspector first. */
export function createAwareness(
  machine: Machine,
  inspector: Inspector,
  profile: Profile | undefined,
): Awareness {
  const modules: Modules = { modules: inspector.modules.modules.filter(({ user }) => !user) };
  const binding = profile && bindProfile(profile, modules);
  const identity = modules.modules.every(
    ({ bias, symbols }) => bias === 0n && isIdentityMapped(symbols),
  );
  const memory = kernelMemory(machine, machine.harts, identity);
  /** What lists are made of is kept while the pages that it was read from are not written. */
  const footprint = new Footprint(machine);
  const kinds = new FutureKinds(modules);
  const parts = { binding, modules, kinds, memory, owner: { process: undefined } };
  const kernel = new Realm({
    ...parts,
    memory: kernelMemory(footprint, machine.harts, identity),
  });
  const { context, scope } = kernel;
  const threads = new Threads(binding, context, scope);
  // Hooks run inside the machine, lists outside of it: neither disturbs the other's slots.
  const inHooks = new Realm(parts);
  const hookedThreads = new Threads(binding, inHooks.context, scope);
  const processes = new Processes(machine, binding, new Realm(parts).context, scope);
  const sources = collectSources({
    machine,
    modules,
    memory,
    binding,
    processes,
    coroutines: inHooks.coroutines,
    context: inHooks.context,
    enter(hart) {
      inHooks.context.hart = hart;
      inHooks.context.slots[SLOT.hart] = hart.id;
    },
  });
  /** Of threads or, where the profile does not say, of the address space. */
  const processOn = (using: Threads, hart: number): number => {
    const said = using.current("process", hart);
    if (!Number.isNaN(said) || binding?.harts.process) return said;
    return processes.bySatp(machine.harts[hart]!.satp)?.id ?? Number.NaN;
  };
  const events = new Events(
    sources.byKind,
    {
      time: () => machine.time,
      thread: (hart) => hookedThreads.current("thread", hart),
      process: (hart) => processOn(hookedThreads, hart),
    },
    (hart) => [...upTo(inspector.stack(hart), 1)][0],
  );
  const programs = new Programs({
    machine,
    memory: footprint,
    profile,
    processes,
    kernel: modules,
    addModule: (symbols, options) => inspector.modules.add(symbols, options),
    addSource: (kind, source) => events.add(kind, source),
  });
  for (const rule of trapFrameRules(binding, modules, new Realm(parts).context)) {
    inspector.addUnwindRule(rule);
  }

  inspector.addBodyRule(({ hart }, index, type) => (hart ? bodyOn(hart, index, type) : undefined));

  const realmOf = (process: number | undefined): Realm | undefined => {
    if (process === undefined) return kernel;
    const found = processes.find(process);
    return found && programs.realm(found);
  };
  const realms = (): readonly Realm[] => [
    kernel,
    ...processes.all().flatMap((process) => programs.realm(process) ?? []),
  ];
  const rosterOf = remembered((realm: Realm) => new Roster(realm, footprint));
  const rosters = (): readonly Roster[] => realms().map(rosterOf);
  /** A coroutine by its id, and where it lives. */
  const find = (id: number): { readonly realm: Realm; readonly task: Task } | undefined => {
    const realm = realmOf(processOf(id));
    const task = realm && rosterOf(realm).find(id);
    return realm && task && { realm, task };
  };

  const known = (value: number): number | undefined => (Number.isNaN(value) ? undefined : value);
  const current = ({ id }: Hart) => {
    const process = known(processOn(threads, id));
    const own = threads.current("coroutine", id);
    const user = Number.isNaN(own) && process !== undefined ? realmOf(process) : undefined;
    const coroutine = user ? user.coroutines.unique(user.running(id)) : own;
    return { thread: known(threads.current("thread", id)), process, coroutine: known(coroutine) };
  };
  /** Where a thread's registers and stack mean something: its process's address space. */
  const surroundings = (thread: number): { memory: MemoryView; space: AddressSpace } => {
    const id = threads.processOf(thread);
    const process = id === undefined ? undefined : processes.find(id);
    if (!process || process.root === 0) {
      return { memory: memory.view, space: { privilege: "S", satp: 0n } };
    }
    const satp = processes.satpOf(process);
    const own = spaceMemory(machine, satp).view;
    return {
      memory: {
        read: (at, length) => own.read(at, length) ?? memory.view.read(at, length),
        write: (at, bytes) => own.write(at, bytes) || memory.view.write(at, bytes),
      },
      space: { privilege: "S", satp },
    };
  };
  const threadStack = (id: number): Iterable<StackFrame> => {
    const running = machine.harts.find((hart) => current(hart).thread === id);
    if (running) return inspector.stack(running);
    const saved = threads.saved(id, memory.view);
    if (typeof saved === "string") throw new UserError(saved);
    const { memory: view, space } = surroundings(id);
    return inspector.stackFrom(saved, view, space);
  };
  const onStack = (id: number, { coroutines }: Realm, { record }: Task): readonly AwaitFrame[] => {
    const running = machine.harts.find((hart) => current(hart).coroutine === id);
    if (running) {
      return machineFrames(inspector, inspector.stack(running), `running on hart ${running.id}`);
    }
    const thread =
      coroutines.stateOf(record) === "running" ? coroutines.lastThread(record) : Number.NaN;
    // Half-run: forced off its hart, its frames are on a thread's stack.
    return Number.isNaN(thread)
      ? []
      : machineFrames(inspector, threadStack(thread), `half-run on thread ${thread}`);
  };
  /** The outermost body of the coroutine that a hart polls is the future in the coroutine's record. */
  const bodyOn = (hart: Hart, index: number, type: Type): Address | undefined => {
    const found = find(current(hart).coroutine ?? Number.NaN);
    const future = found?.realm.coroutines.future(found.task.record);
    if (future?.kind.type !== type) return undefined;
    return outermostBody(inspector.stack(hart))?.index === index ? toAddress(future.at) : undefined;
  };
  const awaitStack = (id: number): readonly AwaitFrame[] => {
    const found = find(id);
    if (!found) throw new UserError(`there is no coroutine ${shownId(id)}, or it is done`);
    const { realm, task } = found;
    // Before its poll has entered the body, and after it has left, there is nothing on the stack, and
    // what memory says is not stale.
    const polled = onStack(id, realm, task);
    if (polled.length > 0) return polled;
    const future = realm.coroutines.future(task.record);
    if (!future) return [];
    return awaitFrames(future, realm.kinds, realm.context, realm.scope, realm.leaves);
  };
  const executors = (members?: number): readonly ExecutorInfo[] =>
    realms().flatMap((realm) => realm.executors.list(members));
  const bitmaps = new Bitmaps({
    ...{ binding, memory, context, executors },
    processes: () => processes.all(),
  });

  return {
    get profile() {
      return binding && { name: binding.profile.name, gaps: [...binding.gaps, ...programs.gaps()] };
    },
    threads: () => threads.list(machine.harts),
    processes: () => processes.all().map((process) => processes.info(process)),
    programOf: (id) => {
      const process = processes.find(id);
      return process && programs.of(process)?.module;
    },
    spaceOf(id) {
      const process = processes.find(id);
      return process && process.root !== 0 ? processes.satpOf(process) : undefined;
    },
    addProgram: (name, symbols) => programs.add(name, symbols),
    addLibrary: (name, symbols) => programs.addLibrary(name, symbols),
    onProcess: (listener) => processes.met.on(listener),
    forget: () => processes.forget(),
    coroutines: (query = {}) => listCoroutines(rosters(), query),
    groups: (by, filter) => {
      const names = new Map(
        processes.all().map((process) => [process.id, processes.info(process).name]),
      );
      return groupsOf(by, parseFilter(filter), rosters(), names);
    },
    coroutine(id) {
      const found = find(id);
      return found?.realm.coroutines.info(found.task);
    },
    executors,
    bitmaps: () => bitmaps.list(),
    checkBitmaps: () => bitmaps.check(),
    current,
    awaitStack,
    chains(samples) {
      const found = rosters().map((roster) => chainsOf(roster, samples));
      return {
        polled: found.reduce((sum, { polled }) => sum + polled, 0),
        chains: found.flatMap(({ chains }) => chains),
      };
    },
    threadStack,
    census: () => takeCensus(rosters()),
    available: new Map(
      EVENT_KINDS.map((kind): [EventKind, true | string] => [
        kind,
        sources.missing.get(kind) ?? true,
      ]),
    ),
    listen: (wanted, listener, where) => events.listen(wanted, listener, where),
    count: (wanted) => events.count(wanted),
  };
}

/** Makes it once for each. */
function remembered<K extends object, V>(make: (key: K) => V): (key: K) => V {
  const known = new WeakMap<K, V>();
  return (key) => {
    let value = known.get(key);
    if (value === undefined) {
      value = make(key);
      known.set(key, value);
    }
    return value;
  };
}

function* upTo<T>(items: Iterable<T>, most: number): Generator<T> {
  let count = 0;
  for (const item of items) {
    yield item;
    if (++count >= most) return;
  }
}

const MAX_FRAMES = 200;

/** The last frame that is the body of an async fn or block. */
function outermostBody(stack: Iterable<StackFrame>): StackFrame | undefined {
  let last: StackFrame | undefined;
  for (const frame of upTo(stack, MAX_FRAMES)) {
    const form = frame.logical && environmentForm(segments(frame.logical.name).at(-1) ?? "");
    if (form === "async fn" || form === "async block") last = frame;
  }
  return last;
}

/** The frames of a coroutine that is being polled, from the machine stack: down to its outermost body. */
function machineFrames(
  inspector: Inspector,
  stack: Iterable<StackFrame>,
  note: string,
): AwaitFrame[] {
  const frames = [...upTo(stack, MAX_FRAMES)];
  const last = outermostBody(frames)?.index ?? -1;
  return frames.slice(0, last + 1).map((frame, index) => ({
    name: frame.name,
    location: frame.location,
    address: frame.pc,
    note: index === 0 ? note : frame.note,
    environment: undefined,
    variables: () => inspector.variables(frame),
  }));
}
