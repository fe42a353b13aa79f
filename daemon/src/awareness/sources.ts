/**
 * Where each kind of event comes from: the machine itself, the words of bitmaps, raw waker
 * functions, and the program points that a profile names.
 */
import { type Address, address } from "../base/brand.ts";
import { type Disposable, disposable } from "../base/disposable.ts";
import type { Module, Modules } from "../inspect/api.ts";
import {
  type Access,
  type AccessContext,
  type AccessNames,
  registerWord,
} from "../inspect/expression/accessor.ts";
import { POINTER_SIZE } from "../inspect/types.ts";
import type { Hart, Machine, TrapEvent, WatchEvent } from "../machine/api.ts";
import type { FunctionInfo, Type } from "../symbols/api.ts";
import { argumentsOf, segments } from "../symbols/names.ts";
import type { EventKind } from "./api.ts";
import type { Binding, BitmapBinding } from "./binding.ts";
import type { Coroutines } from "./coroutines.ts";
import type { FieldReaders } from "./draft.ts";
import type { Emit, Source } from "./events.ts";
import type { KernelMemory } from "./memory.ts";
import { parametersAt } from "./parameters.ts";
import type { Process, Processes } from "./processes.ts";
import { recordAt } from "./records.ts";
import { SLOT } from "./slots.ts";

/** What sources are built from. */
export interface Parts {
  readonly machine: Machine;
  readonly modules: Modules;
  readonly binding: Binding | undefined;
  readonly coroutines: Coroutines;
  /** For evaluating inside hooks. */
  readonly context: AccessContext;
  /** Makes `context` that of a hart. */
  readonly enter: (hart: Hart) => void;
}

/** What the sources of the kernel are built from. */
export interface KernelParts extends Parts {
  readonly memory: KernelMemory;
  readonly processes: Processes;
}

export interface Sources {
  readonly byKind: Map<EventKind, Source[]>;
  /** Why a kind has no source. */
  readonly missing: ReadonlyMap<EventKind, string>;
}

/** What a program reports by itself: its wakers, and the program points of the profile's user part. */
export function* programSources(parts: Parts): Generator<readonly [EventKind, Source]> {
  yield* wakerSources(parts);
  yield* pointSources(parts);
}

export function collectSources(parts: KernelParts): Sources {
  const byKind = new Map<EventKind, Source[]>();
  const add = (kind: EventKind, source: Source): void => {
    const list = byKind.get(kind);
    if (list) list.push(source);
    else byKind.set(kind, [source]);
  };
  addMachineSources(parts.machine, add);
  for (const [kind, source] of programSources(parts)) add(kind, source);
  for (const source of bitmapSources(parts)) add("bitmap", source);
  for (const source of panicSources(parts)) add("panic", source);
  return { byKind, missing: missing(byKind, parts.binding) };
}

function missing(
  byKind: ReadonlyMap<EventKind, unknown>,
  binding: Binding | undefined,
): Map<EventKind, string> {
  const result = new Map<EventKind, string>();
  const user = binding?.profile.user;
  const later = new Set<EventKind>(user?.events?.map(({ kind }) => kind));
  if (user?.wakers) for (const kind of Object.values(RAW_WAKERS)) later.add(kind);
  const say = (kind: EventKind, reason: string): void => {
    // Programs that are not running yet will report it.
    if (!byKind.has(kind) && !later.has(kind))
      result.set(kind, binding ? reason : `no profile: ${reason}`);
  };
  for (const kind of ["wake", "waker.clone", "waker.drop"] as const) {
    say(kind, "the image has no raw waker functions that are known");
  }
  say("bitmap", "no bitmap is described");
  say("panic", "no panic function is known");
  say("migrate", "it takes program points for poll, and the hart that polled a coroutine last");
  for (const kind of [
    "spawn",
    "poll",
    "pending",
    "complete",
    "thread.switch",
    "thread.block",
  ] as const) {
    say(kind, `no program point says when ${kind} happens`);
  }
  return result;
}

const SYSCALL = 8;

function addMachineSources(machine: Machine, add: (kind: EventKind, source: Source) => void): void {
  const onTrap =
    (wanted: (event: TrapEvent) => boolean, value: (event: TrapEvent) => number | bigint): Source =>
    (emit) => {
      let event: TrapEvent;
      const readers: FieldReaders = {
        old: () => event.tval,
        new: () => value(event),
        pc: () => event.pc,
      };
      return machine.onTrap((now) => {
        if (!wanted(now)) return false;
        event = now;
        return emit(now.hart, readers);
      });
    };
  const isSyscall = ({ interrupt, cause }: TrapEvent) => !interrupt && cause === SYSCALL;
  add(
    "interrupt",
    onTrap(
      ({ interrupt }) => interrupt,
      ({ cause }) => cause,
    ),
  );
  add(
    "syscall",
    onTrap(isSyscall, ({ hart }) => hart.x(17)),
  );
  add(
    "trap",
    onTrap(
      (event) => !event.interrupt && !isSyscall(event),
      ({ cause }) => cause,
    ),
  );
  add("ipi", (emit) =>
    machine.onIpi(({ from, to }) =>
      emit(from, { old: () => from?.id ?? Number.NaN, new: () => to.id }),
    ),
  );
  add("process.switch", (emit) =>
    machine.onAddressSpace((event) =>
      emit(event.hart, { old: () => event.old, new: () => event.new }),
    ),
  );
}

function* bitmapSources(parts: KernelParts): Generator<Source> {
  const { context, processes } = parts;
  for (const bitmap of parts.binding?.bitmaps ?? []) {
    const install = bitmapWatch(bitmap, parts);
    if (!bitmap.each) {
      yield (emit) => install(emit, undefined);
      continue;
    }
    yield (emit) => {
      const watches = new Map<number, Disposable>();
      const add = ({ id, record }: Process): void => {
        watches.get(id)?.dispose();
        context.slots[SLOT.process] = record;
        watches.set(id, install(emit, id));
      };
      for (const process of processes.all()) add(process);
      const met = processes.met.on((process) => {
        add(process);
        // What a process had is given to others once it is gone.
        for (const [id, watch] of watches) {
          if (processes.find(id)) continue;
          watch.dispose();
          watches.delete(id);
        }
      });
      return disposable(() => {
        met.dispose();
        for (const watch of watches.values()) watch.dispose();
      });
    };
  }
}

/** Watches the word where it stands now. */
function bitmapWatch(
  { name, size, word }: BitmapBinding,
  { context, machine, memory }: KernelParts,
): (emit: Emit, process: number | undefined) => Disposable {
  return (emit, process) => {
    const at = memory.physical(word.address(context));
    if (at === undefined) return disposable(() => {});
    let event: WatchEvent;
    const bit = () => lowestBit(event.old ^ event.new);
    const readers: FieldReaders = {
      old: () => event.old,
      new: () => event.new,
      bit,
      prio: bit,
      pc: () => event.pc,
      bitmap: name,
      process: process === undefined ? undefined : () => process,
    };
    return machine.watch({ address: at, size, access: "write" }, (now) => {
      // A store of the same value changes nothing.
      if (now.old === now.new) return false;
      event = now;
      return emit(now.hart, readers);
    });
  };
}

function lowestBit(word: bigint): number {
  const low = Number(word & 0xffff_ffffn);
  if (low !== 0) return 31 - Math.clz32(low & -low);
  const high = Number((word >> 32n) & 0xffff_ffffn);
  return 63 - Math.clz32(high & -high);
}

function* panicSources({ binding, machine, modules }: Parts): Generator<Source> {
  const wanted = binding?.profile.panic ?? "rust_begin_unwind";
  for (const [module, fn] of functionsOf(modules, wanted)) {
    const readers = atEntry(module, fn, {});
    yield (emit) => hook(machine, module, fn, (hart) => emit(hart, readers));
  }
  if (!binding?.profile.panic) return;
  if (functionsOf(modules, wanted).length === 0)
    binding.miss(`panic: no function is named \`${wanted}\``);
}

const RAW_WAKERS: Readonly<Record<string, EventKind>> = {
  wake: "wake",
  wake_by_ref: "wake",
  clone_waker: "waker.clone",
  drop_waker: "waker.drop",
};
const A0 = 10;

/** Every instance of the raw waker functions that `impl Wake` gives, and those that a profile names. */
function* wakerSources(parts: Parts): Generator<readonly [EventKind, Source]> {
  const { binding, modules } = parts;
  for (const [name, kind] of Object.entries(RAW_WAKERS)) {
    for (const [module, fn] of functionsOf(modules, `alloc::task::raw_waker::${name}`)) {
      const woken = argumentsOf(segments(fn.name).at(-1) ?? "")[0];
      const index = (binding?.profile.wakers ?? []).findIndex(
        ({ type }) => type !== undefined && woken !== undefined && endsWithPath(woken, type),
      );
      const readers = index < 0 ? {} : wakerReaders(index, typeNamed(module, woken!), parts);
      yield [kind, pointSource(parts, module, fn, undefined, readers)];
    }
  }
  for (const [index, waker] of (binding?.profile.wakers ?? []).entries()) {
    const { clone, drop, wake, wakeByRef } = waker.functions ?? {};
    const named: [EventKind, string | undefined][] = [
      ["wake", wake],
      ["wake", wakeByRef],
      ["waker.clone", clone],
      ["waker.drop", drop],
    ];
    for (const [kind, path] of named) {
      for (const [module, fn] of path === undefined ? [] : functionsOf(modules, path)) {
        const readers = wakerReaders(index, undefined, parts);
        yield [kind, pointSource(parts, module, fn, undefined, readers)];
      }
    }
  }
}

/** `data` is what the raw waker points to: a `T` where its type is known, else an address. */
function wakerReaders(index: number, type: Type | undefined, parts: Parts): FieldReaders {
  const waker = parts.binding!.profile.wakers![index]!;
  const target: Type = type ?? { kind: "base", name: "u8", size: 1, encoding: "unsigned" };
  const pointer: Type = {
    kind: "pointer",
    name: `*const ${target.name}`,
    size: POINTER_SIZE,
    target: () => target,
  };
  const names: AccessNames = (name) => (name === "data" ? registerWord(A0, pointer) : undefined);
  return readersOf(`wakers[${index}]`, waker, names, parts);
}

function typeNamed(module: Module, name: string): Type | undefined {
  return module.symbols.typeNamed(name).find((type) => type.name === name);
}

const endsWithPath = (full: string, pattern: string): boolean =>
  full === pattern || full.endsWith(`::${pattern}`);

function* pointSources(parts: Parts): Generator<readonly [EventKind, Source]> {
  const { binding, modules } = parts;
  const specs = binding?.profile.events ?? [];
  const migrates = specs.some(({ kind }) => kind === "migrate");
  for (const [index, spec] of specs.entries()) {
    const place = `events[${index}]`;
    const found = functionsOf(modules, spec.at);
    if (found.length === 0) {
      binding!.miss(
        `${place}.at: no function is named \`${spec.at}\` (or it is inlined everywhere)`,
      );
    }
    for (const [module, fn] of found) {
      const names = parametersAt(module, fn);
      const readers = {
        ...readersOf(place, spec, names, parts),
        ...nameOf(place, spec, names, parts),
      };
      const when = spec.when && binding!.compile(`${place}.when`, spec.when, names);
      yield [spec.kind, pointSource(parts, module, fn, when || undefined, readers)];
      if (spec.kind === "poll" && !migrates && spec.task !== undefined) {
        const source = migrationSource(place, spec.task, names, readers, module, fn, parts);
        if (source) yield ["migrate", source];
      }
    }
  }
}

/** Who comes to life: later, when it is done, nothing else says its name. */
function nameOf(
  place: string,
  { kind, task }: { readonly kind: EventKind; readonly task?: string | undefined },
  names: AccessNames,
  parts: Parts,
): FieldReaders {
  if (kind !== "spawn" || task === undefined) return {};
  const record = recordReader(place, task, names, parts);
  return record ? { name: () => parts.coroutines.future(record())?.kind.name } : {};
}

/** A poll on another hart than the last one. At the entry the record still names the last. */
function migrationSource(
  place: string,
  task: string,
  names: AccessNames,
  readers: FieldReaders,
  module: Module,
  fn: FunctionInfo,
  parts: Parts,
): Source | undefined {
  const { binding, coroutines, enter, machine } = parts;
  const record = recordReader(place, task, names, parts);
  if (!record || !binding?.coroutines?.hart) return undefined;
  return (emit) => {
    let before = Number.NaN;
    let now = Number.NaN;
    const moved = atEntry(module, fn, { ...readers, old: () => before, new: () => now });
    return hook(machine, module, fn, (hart) => {
      enter(hart);
      before = coroutines.lastHart(record());
      now = hart.id;
      if (Number.isNaN(before) || before === now) return false;
      return emit(hart, moved);
    });
  };
}

function pointSource(
  { context, enter, machine }: Parts,
  module: Module,
  fn: FunctionInfo,
  when: Access | undefined,
  readers: FieldReaders,
): Source {
  const here = atEntry(module, fn, readers);
  return (emit: Emit) =>
    hook(machine, module, fn, (hart) => {
      enter(hart);
      // Unknown is not true.
      if (when && !(Math.abs(when.number(context)) > 0)) return false;
      return emit(hart, here);
    });
}

const entryOf = (module: Module, fn: FunctionInfo): Address => address(fn.entry + module.bias);

function atEntry(module: Module, fn: FunctionInfo, readers: FieldReaders): FieldReaders {
  const pc = entryOf(module, fn);
  return { ...readers, pc: () => pc };
}

type FieldSpec = {
  readonly [key in "task" | "coroutine" | "prio" | "thread" | "old" | "new"]?: string | undefined;
};

function readersOf(place: string, spec: FieldSpec, names: AccessNames, parts: Parts): FieldReaders {
  const { binding, context, coroutines } = parts;
  const field = (key: keyof FieldSpec) => {
    const text = spec[key];
    const access =
      text === undefined ? undefined : binding!.compile(`${place}.${key}`, text, names);
    return access && (() => access.number(context));
  };
  const own = field("coroutine");
  const record = spec.task === undefined ? undefined : recordReader(place, spec.task, names, parts);
  return {
    coroutine: own ? () => coroutines.unique(own()) : record && (() => coroutines.idOf(record())),
    prio: field("prio") ?? (record && (() => coroutines.priorityOf(record()))),
    thread: field("thread"),
    old: field("old"),
    new: field("new"),
  };
}

/** The address of the coroutine's record that an expression leads to. */
function recordReader(
  place: string,
  text: string,
  names: AccessNames,
  { binding, context }: Parts,
): (() => number) | undefined {
  const access = binding!.compile(`${place}.task`, text, names);
  const type = binding!.coroutines?.type;
  if (!access?.type || !type || access.node.kind === "number") return undefined;
  const record = recordAt(access, type);
  if (!record) {
    binding!.miss(`${place}.task: \`${text}\` leads to no ${type.name}`);
    return undefined;
  }
  return () => record(context);
}

function functionsOf(modules: Modules, path: string): (readonly [Module, FunctionInfo])[] {
  return modules.modules.flatMap((module) =>
    module.symbols.functionsNamed(path).map((fn) => [module, fn] as const),
  );
}

function hook(
  machine: Machine,
  module: Module,
  fn: FunctionInfo,
  listener: (hart: Hart) => boolean,
): Disposable {
  const at = entryOf(module, fn);
  // The same address means something else in another address space.
  return machine.hook(at, (hart) => (module.owns(hart, at) ? listener(hart) : false));
}
