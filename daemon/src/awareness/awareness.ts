/** The kernel's world out of the machine's, by a profile: what `api.ts` promises. */
import { UserError } from "../base/errors.ts";
import type { Inspector, StackFrame } from "../inspect/api.ts";
import type { Scope } from "../inspect/datum.ts";
import type { AccessContext } from "../inspect/expression/accessor.ts";
import { toAddress } from "../inspect/memory.ts";
import { isIdentityMapped, worldOf } from "../inspect/modules.ts";
import { bytesToUnsigned } from "../inspect/place.ts";
import type { Hart, Machine } from "../machine/api.ts";
import { environmentForm, segments } from "../symbols/names.ts";
import {
  type AwaitFrame,
  type Awareness,
  type BitmapInfo,
  EVENT_KINDS,
  type EventKind,
} from "./api.ts";
import { awaitFrames, type Leaves } from "./await-stack.ts";
import { type BitmapBinding, bindProfile } from "./binding.ts";
import { takeCensus } from "./census.ts";
import { ChainFinder } from "./chains.ts";
import { Coroutines, type Task } from "./coroutines.ts";
import { Events } from "./events.ts";
import { Executors } from "./executors.ts";
import { FutureKinds } from "./kinds.ts";
import { leafLocations } from "./leaves.ts";
import { type KernelMemory, kernelMemory } from "./memory.ts";
import type { Profile } from "./profile.ts";
import { makeSlots } from "./slots.ts";
import { collectSources } from "./sources.ts";
import { Threads } from "./threads.ts";
import { trapFrameRules } from "./trap-frames.ts";

/** Modules are looked at as they are now: add them to the inspector first. */
export function createAwareness(
  machine: Machine,
  inspector: Inspector,
  profile: Profile | undefined,
): Awareness {
  const { modules } = inspector;
  const binding = profile && bindProfile(profile, modules);
  const identity = modules.modules.every(
    ({ bias, symbols }) => bias === 0n && isIdentityMapped(symbols),
  );
  const memory = kernelMemory(machine, identity);
  const contextOf = (): AccessContext => ({ reader: memory, hart: undefined, slots: makeSlots() });
  const context = contextOf();
  const scope: Scope = { memory: memory.view, registers: undefined, world: worldOf(modules) };
  const kinds = new FutureKinds(modules);
  const executors = new Executors(binding, context);
  const coroutines = new Coroutines(binding, executors, kinds, context, scope);
  const threads = new Threads(binding, context, scope);
  // Hooks run inside the machine, lists outside of it: neither disturbs the other's slots.
  const inHooks = contextOf();
  const hooked = {
    coroutines: new Coroutines(binding, executors, kinds, inHooks, scope),
    threads: new Threads(binding, inHooks, scope),
  };
  const sources = collectSources({
    machine,
    modules,
    memory,
    binding,
    coroutines: hooked.coroutines,
    context: inHooks,
  });
  const events = new Events(
    sources.byKind,
    {
      time: () => machine.time,
      thread: (hart) => hooked.threads.current("thread", hart),
      process: (hart) => hooked.threads.current("process", hart),
    },
    (hart) => [...first(inspector.stack(hart))][0],
  );
  for (const rule of trapFrameRules(binding, modules, contextOf())) inspector.addUnwindRule(rule);

  const known = (value: number): number | undefined => (Number.isNaN(value) ? undefined : value);
  const current = ({ id }: Hart) => ({
    thread: known(threads.current("thread", id)),
    process: known(threads.current("process", id)),
    coroutine: known(threads.current("coroutine", id)),
  });
  const threadStack = (id: number): Iterable<StackFrame> => {
    const running = machine.harts.find((hart) => current(hart).thread === id);
    if (running) return inspector.stack(running);
    const saved = threads.saved(id, memory.view);
    if (typeof saved === "string") throw new UserError(saved);
    return inspector.stackFrom(saved, memory.view, machine.harts[0]!);
  };
  const leaves: Leaves = {
    location: leafLocations(modules),
    joined: (future) => known(coroutines.joinedBy(future)),
  };
  const chains = new ChainFinder(coroutines, kinds, context, scope, leaves);
  const onStack = (id: number, { record }: Task): readonly AwaitFrame[] => {
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
  const awaitStack = (id: number): readonly AwaitFrame[] => {
    const task = coroutines.find(id);
    if (!task) throw new UserError(`there is no coroutine ${id}, or it is done`);
    // Before its poll has entered the body, and after it has left, there is nothing on the stack, and
    // what memory says is not stale.
    const polled = onStack(id, task);
    if (polled.length > 0) return polled;
    const future = coroutines.future(task.record);
    return future ? awaitFrames(future, kinds, context, scope, leaves) : [];
  };

  return {
    profile: binding && { name: binding.profile.name, gaps: binding.gaps },
    threads: () => threads.list(machine.harts),
    coroutines: (query) => coroutines.query(query),
    coroutine(id) {
      const task = coroutines.find(id);
      return task && coroutines.info(task);
    },
    executors: () => executors.list(),
    bitmaps: () => (binding?.bitmaps ?? []).flatMap((one) => bitmapInfo(one, memory, context)),
    current,
    awaitStack,
    chains: (samples) => chains.find(samples),
    threadStack,
    census: () => takeCensus(coroutines, context),
    available: new Map(
      EVENT_KINDS.map((kind): [EventKind, true | string] => [
        kind,
        sources.missing.get(kind) ?? true,
      ]),
    ),
    listen: (wanted, listener, where) => events.listen(wanted, listener, where),
  };
}

function* first<T>(items: Iterable<T>): Generator<T> {
  for (const item of items) {
    yield item;
    return;
  }
}

const MAX_FRAMES = 200;

/** The frames of a coroutine that is being polled, from the machine stack: down to its outermost body. */
function machineFrames(
  inspector: Inspector,
  stack: Iterable<StackFrame>,
  note: string,
): AwaitFrame[] {
  const frames: StackFrame[] = [];
  let last = -1;
  for (const frame of stack) {
    const form = frame.logical && environmentForm(segments(frame.logical.name).at(-1) ?? "");
    if (form === "async fn" || form === "async block") last = frames.length;
    frames.push(frame);
    if (frames.length >= MAX_FRAMES) break;
  }
  return frames.slice(0, last + 1).map((frame, index) => ({
    name: frame.name,
    location: frame.location,
    address: frame.pc,
    note: index === 0 ? note : frame.note,
    environment: undefined,
    variables: () => inspector.variables(frame),
  }));
}

function bitmapInfo(
  { name, word, size, bits, owner }: BitmapBinding,
  memory: KernelMemory,
  context: AccessContext,
): BitmapInfo[] {
  const at = word.address(context);
  const bytes = Number.isNaN(at) ? undefined : memory.bytes(at, size);
  if (!bytes) return [];
  const value = bytesToUnsigned(bytes);
  const set: number[] = [];
  for (let bit = 0; bit < bits; bit++) if ((value >> BigInt(bit)) & 1n) set.push(bit);
  return [{ name, address: toAddress(at), value, bits: set, owner }];
}
