/**
 * A profile bound to one image: every expression compiled against its DWARF. What the image does
 * not have becomes a gap, a sentence for the user; the rest works on.
 */
import { UserError } from "../base/errors.ts";
import type { Modules } from "../inspect/api.ts";
import {
  type Access,
  type AccessNames,
  collectionIn,
  compileAccess,
  type Node,
  slotNumber,
  slotPlace,
} from "../inspect/expression/accessor.ts";
import { displayType } from "../inspect/names.ts";
import { scalarOf } from "../inspect/types.ts";
import type { Type } from "../symbols/api.ts";
import type { Profile } from "./profile.ts";
import { type Records, recordsIn } from "./records.ts";
import { SLOT } from "./slots.ts";

/** A number and what its values are called. */
export interface NamedNumber {
  readonly access: Access;
  /** Undefined for a value that has no name. */
  name(value: number): string | undefined;
}

export type ThreadBinding = {
  readonly [key in "id" | "priority" | "hart" | "process" | "coroutine"]: Access | undefined;
} & {
  readonly type: Type;
  readonly records: Records | undefined;
  readonly name: Access | undefined;
  readonly kind: NamedNumber | undefined;
  readonly state: NamedNumber | undefined;
  readonly context:
    | {
        readonly pc: Access;
        readonly registers: ReadonlyMap<string, Access>;
        readonly saved: Access | undefined;
      }
    | undefined;
};

export type ProcessBinding = {
  readonly [key in "id" | "root" | "name" | "path" | "parent" | "exitCode"]: Access | undefined;
} & {
  readonly type: Type;
  readonly records: Records | undefined;
  readonly state: NamedNumber | undefined;
};

export type CoroutineBinding = {
  readonly [key in
    | "id"
    | "future"
    | "priority"
    | "spawnedAt"
    | "polls"
    | "wakes"
    | "hart"
    | "thread"]: Access | undefined;
} & {
  readonly type: Type;
  readonly state: NamedNumber | undefined;
};

export interface ExecutorBinding {
  readonly name: string;
  readonly mode: string;
  readonly each: Access | undefined;
  readonly id: Access | undefined;
  readonly tasks: Records | undefined;
  readonly queues: Access | undefined;
  readonly wakers: Access | undefined;
  readonly current: Access | undefined;
  readonly callbacks: CallbackBinding | undefined;
  /** Of queues that are linked through the records. */
  readonly first: Access | undefined;
  readonly next: Access | undefined;
}

/** A ring of callbacks. */
export interface CallbackBinding {
  readonly ring: Access;
  readonly read: Access;
  readonly written: Access;
  readonly coroutine: Access | undefined;
  readonly result: Access | undefined;
  /** Names of results that are errors. */
  readonly errors: ReadonlyMap<number, string>;
}

export interface BitmapBinding {
  readonly name: string;
  /** There is one for each process. */
  readonly each: boolean;
  readonly word: Access;
  /** In bytes. */
  readonly size: number;
  readonly bits: number;
  readonly owner: string;
  readonly meaning: string | undefined;
  /** Where they are not those of the executor that owns it. */
  readonly queues: Access | undefined;
  /** Not 0 while the word may lag behind its queues; who holds it then. */
  readonly lock: Access | undefined;
  readonly holder: Access | undefined;
}

export interface Binding {
  readonly profile: Profile;
  readonly gaps: readonly string[];
  readonly harts: { readonly [key in "thread" | "process" | "coroutine"]: Access | undefined };
  readonly threads: ThreadBinding | undefined;
  readonly processes: ProcessBinding | undefined;
  readonly coroutines: CoroutineBinding | undefined;
  readonly executors: readonly ExecutorBinding[];
  readonly bitmaps: readonly BitmapBinding[];
  /** Compiles an expression of an event or waker, where `local` names its parameters. */
  compile(place: string, text: string, local: AccessNames): Access | undefined;
  /** Says once more what is missing. */
  miss(gap: string): void;
}

export function bindProfile(profile: Profile, modules: Modules): Binding {
  const gaps: string[] = [];
  const binder = new Binder(modules, gaps);
  const coroutines = profile.coroutines && bindCoroutines(profile.coroutines, binder);
  const processes = profile.processes && bindProcesses(profile.processes, binder);
  const { harts } = profile;
  const hartNames: AccessNames = (name) => (name === "hart" ? slotNumber(SLOT.hart) : undefined);
  return {
    profile,
    gaps,
    harts: {
      thread: binder.compile("harts.thread", harts?.thread, hartNames),
      process: binder.compile("harts.process", harts?.process, hartNames),
      coroutine: binder.compile("harts.coroutine", harts?.coroutine, hartNames),
    },
    threads: profile.threads && bindThreads(profile.threads, binder),
    processes,
    coroutines,
    executors: (profile.executors ?? []).map((one, index) =>
      bindExecutor(one, `executors[${index}]`, coroutines?.type, binder),
    ),
    bitmaps: (profile.bitmaps ?? []).flatMap((one, index) =>
      bindBitmap(one, `bitmaps[${index}]`, processes?.type, binder),
    ),
    compile: (place, text, local) => binder.compile(place, text, local),
    miss: (gap) => {
      if (!gaps.includes(gap)) gaps.push(gap);
    },
  };
}

class Binder {
  readonly #modules: Modules;
  readonly #gaps: string[];

  constructor(modules: Modules, gaps: string[]) {
    this.#modules = modules;
    this.#gaps = gaps;
  }

  miss(place: string, problem: string): undefined {
    this.#gaps.push(`${place}: ${problem}`);
    return undefined;
  }

  compile(place: string, text: string | undefined, names: AccessNames): Access | undefined {
    if (text === undefined) return undefined;
    try {
      return compileAccess(text, this.#modules, names);
    } catch (error) {
      if (!(error instanceof UserError)) throw error;
      return this.miss(place, error.message);
    }
  }

  named(
    place: string,
    spec:
      | string
      | { readonly of: string; readonly names: Readonly<Record<string, string>> }
      | undefined,
    names: AccessNames,
  ): NamedNumber | undefined {
    if (spec === undefined) return undefined;
    const access = this.compile(place, typeof spec === "string" ? spec : spec.of, names);
    if (!access) return undefined;
    const given = typeof spec === "string" ? undefined : spec.names;
    const variants = variantNames(access.type);
    if (!given && variants.size === 0)
      return this.miss(place, "its values have no names: give `names`");
    const known = new Map<number, string>();
    for (const [value, variant] of variants) {
      known.set(value, given ? (given[variant] ?? "") : variant.toLowerCase());
    }
    for (const [key, name] of Object.entries(given ?? {})) {
      if (/^-?\d+$/.test(key)) known.set(Number(key), name);
    }
    return { access, name: (value) => known.get(value) || undefined };
  }

  type(place: string, path: string): Type | undefined {
    for (const module of this.#modules.modules) {
      const found = module.symbols.typeNamed(path).filter((type) => type.size > 0);
      const names = new Set(found.map((type) => type.name));
      if (names.size > 1) {
        const shown = [...names].slice(0, 3).map(displayType).join(", ");
        return this.miss(place, `\`${path}\` may be ${shown}: write more of the path`);
      }
      if (found[0]) return found[0];
    }
    return this.miss(place, `no type is named \`${path}\``);
  }
}

/** Of a plain enum; empty for any other type. */
export function variantNames(type: Type | undefined): Map<number, string> {
  const scalar = type && scalarOf(type);
  if (scalar?.type.kind !== "enum") return new Map();
  return new Map(scalar.type.enumerators.map(({ name, value }) => [Number(value), name]));
}

const named =
  (name: string, node: Node): AccessNames =>
  (asked) =>
    asked === name ? node : undefined;

function bindThreads(
  spec: NonNullable<Profile["threads"]>,
  binder: Binder,
): ThreadBinding | undefined {
  const type = binder.type("threads.type", spec.type);
  if (!type) return undefined;
  const names = named("thread", slotPlace(SLOT.thread, type));
  const field = (key: "id" | "name" | "priority" | "hart" | "process" | "coroutine") =>
    binder.compile(`threads.${key}`, spec[key], names);
  const pc = binder.compile("threads.context.pc", spec.context?.pc, names);
  const registers = new Map<string, Access>();
  for (const [register, text] of Object.entries(spec.context?.registers ?? {})) {
    const access = binder.compile(`threads.context.registers.${register}`, text, names);
    if (access) registers.set(register, access);
  }
  const saved = binder.compile("threads.context.saved", spec.context?.saved, names);
  const list = binder.compile("threads.in", spec.in, () => undefined);
  const records = list && recordsIn(list, type);
  if (typeof records === "string") binder.miss("threads.in", records);
  return {
    type,
    records: typeof records === "string" ? undefined : records,
    id: field("id"),
    name: field("name"),
    kind: binder.named("threads.kind", spec.kind, names),
    state: binder.named("threads.state", spec.state, names),
    priority: field("priority"),
    hart: field("hart"),
    process: field("process"),
    coroutine: field("coroutine"),
    context: pc && { pc, registers, saved },
  };
}

function bindProcesses(
  spec: NonNullable<Profile["processes"]>,
  binder: Binder,
): ProcessBinding | undefined {
  const type = binder.type("processes.type", spec.type);
  if (!type) return undefined;
  const names = named("process", slotPlace(SLOT.process, type));
  const field = (key: "id" | "root" | "name" | "path" | "parent" | "exitCode") =>
    binder.compile(`processes.${key}`, spec[key], names);
  const list = binder.compile("processes.in", spec.in, () => undefined);
  const records = list && recordsIn(list, type);
  if (typeof records === "string") binder.miss("processes.in", records);
  return {
    type,
    records: typeof records === "string" ? undefined : records,
    id: field("id"),
    root: field("root"),
    name: field("name"),
    path: field("path"),
    state: binder.named("processes.state", spec.state, names),
    parent: field("parent"),
    exitCode: field("exitCode"),
  };
}

function bindCoroutines(
  spec: NonNullable<Profile["coroutines"]>,
  binder: Binder,
): CoroutineBinding | undefined {
  const type = binder.type("coroutines.type", spec.type);
  if (!type) return undefined;
  const names = named("task", slotPlace(SLOT.task, type));
  const field = (
    key: "id" | "future" | "priority" | "spawnedAt" | "polls" | "wakes" | "hart" | "thread",
  ) => binder.compile(`coroutines.${key}`, spec[key], names);
  return {
    type,
    id: field("id"),
    future: field("future"),
    priority: field("priority"),
    state: binder.named("coroutines.state", spec.state, names),
    spawnedAt: field("spawnedAt"),
    polls: field("polls"),
    wakes: field("wakes"),
    hart: field("hart"),
    thread: field("thread"),
  };
}

function bindExecutor(
  spec: NonNullable<Profile["executors"]>[number],
  place: string,
  task: Type | undefined,
  binder: Binder,
): ExecutorBinding {
  const each = binder.compile(`${place}.each`, spec.each, () => undefined);
  const layout = each && collectionIn(each.node)?.layout;
  const element = layout && "element" in layout ? layout.element : undefined;
  const names: AccessNames = (name) =>
    name === "executor" && element ? slotPlace(SLOT.executor, element) : undefined;
  const list = binder.compile(`${place}.tasks`, spec.tasks, names);
  const records = list && task ? recordsIn(list, task) : undefined;
  if (typeof records === "string") binder.miss(`${place}.tasks`, records);
  const queues = binder.compile(`${place}.queues`, spec.queues, names);
  const lists = queues && collectionIn(queues.node)?.layout;
  const listed = lists && "element" in lists ? lists.element : undefined;
  return {
    name: spec.name,
    mode: spec.mode ?? "",
    each,
    id: binder.compile(`${place}.id`, spec.id, names),
    tasks: typeof records === "string" ? undefined : records,
    queues,
    first:
      listed &&
      binder.compile(`${place}.first`, spec.first, named("queue", slotPlace(SLOT.outer, listed))),
    next:
      task && binder.compile(`${place}.next`, spec.next, named("task", slotPlace(SLOT.task, task))),
    callbacks: spec.callbacks && bindCallbacks(spec.callbacks, `${place}.callbacks`, binder),
    wakers: binder.compile(`${place}.wakers`, spec.wakers, names),
    current: binder.compile(`${place}.current`, spec.current, names),
  };
}

function bindCallbacks(
  spec: NonNullable<NonNullable<Profile["executors"]>[number]["callbacks"]>,
  place: string,
  binder: Binder,
): CallbackBinding | undefined {
  const field = (key: "in" | "read" | "written") =>
    binder.compile(`${place}.${key}`, spec[key], () => undefined);
  const [ring, read, written] = [field("in"), field("read"), field("written")];
  const layout = ring && collectionIn(ring.node)?.layout;
  if (ring && layout?.kind !== "sequence") binder.miss(`${place}.in`, "it is no array");
  if (!ring || !read || !written || layout?.kind !== "sequence") return undefined;
  const names = named("callback", slotPlace(SLOT.element, layout.element));
  const errors = spec.errors && binder.type(`${place}.errors`, spec.errors);
  return {
    ...{ ring, read, written },
    coroutine: binder.compile(`${place}.coroutine`, spec.coroutine, names),
    result: binder.compile(`${place}.result`, spec.result, names),
    errors: variantNames(errors || undefined),
  };
}

function bindBitmap(
  spec: NonNullable<Profile["bitmaps"]>[number],
  place: string,
  process: Type | undefined,
  binder: Binder,
): BitmapBinding[] {
  const each = spec.each !== undefined;
  const names =
    process && each ? named("process", slotPlace(SLOT.process, process)) : () => undefined;
  const word = binder.compile(`${place}.word`, spec.word, names);
  const scalar = word?.type && scalarOf(word.type);
  if (!word) return [];
  const size = scalar?.type.size ?? 0;
  if (![1, 2, 4, 8].includes(size) || word.node.kind !== "place") {
    binder.miss(`${place}.word`, "it is no word of 1, 2, 4 or 8 bytes in memory");
    return [];
  }
  const field = (key: "queues" | "lock" | "holder") =>
    binder.compile(`${place}.${key}`, spec[key], names);
  const { bits, meaning, name, owner } = spec;
  return [
    {
      ...{ name, each, word, size, bits, owner, meaning },
      queues: field("queues"),
      lock: field("lock"),
      holder: field("holder"),
    },
  ];
}
