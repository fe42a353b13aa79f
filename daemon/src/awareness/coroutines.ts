/**
 * What the profile says of a coroutine, read from its record: a few words each; names and places are
 * worked out only for those that are shown.
 */
import { type Datum, datumAt, part, type Scope, take } from "../inspect/datum.ts";
import { type Access, type AccessContext, walk } from "../inspect/expression/accessor.ts";
import { readLocation } from "../inspect/library.ts";
import { toAddress, toNumber } from "../inspect/memory.ts";
import { addressOf } from "../inspect/place.ts";
import { isStruct, stepsTo } from "../inspect/types.ts";
import type { SourceLocation } from "../symbols/api.ts";
import type { CoroutineInfo, CoroutineState } from "./api.ts";
import type { Binding, CoroutineBinding } from "./binding.ts";
import { coroutineId } from "./ids.ts";
import type { FutureKind, FutureKinds } from "./kinds.ts";
import { SLOT } from "./slots.ts";
import { Waits } from "./waits.ts";

/** A coroutine's record and the executor that owns it. */
export interface Task {
  readonly record: number;
  readonly executor: number;
}

const known = (value: number): number | undefined => (Number.isNaN(value) ? undefined : value);

/** Whose coroutines they are: undefined is the kernel's. */
export interface Owner {
  readonly process: number | undefined;
}

export class Coroutines {
  readonly #binding: CoroutineBinding | undefined;
  readonly #context: AccessContext;
  readonly #scope: Scope;
  readonly #readFuture: ReturnType<FutureKinds["reader"]>;
  readonly #owner: Owner;
  readonly #readSpawned: ((context: AccessContext) => SourceLocation | undefined) | undefined;
  readonly #waits: Waits;

  constructor(
    binding: Binding | undefined,
    kinds: FutureKinds,
    context: AccessContext,
    scope: Scope,
    owner: Owner,
  ) {
    this.#owner = owner;
    this.#binding = binding?.coroutines;
    this.#context = context;
    this.#scope = scope;
    const future = this.#binding?.future;
    this.#readFuture = future?.type && kinds.reader(future.type);
    if (future && !this.#readFuture) {
      binding?.miss(
        `coroutines.future: \`${future.text}\` leads to no coroutine and no \`dyn Future\``,
      );
    }
    this.#readSpawned = this.#binding?.spawnedAt && this.#spawnReader(this.#binding.spawnedAt);
    this.#waits = new Waits(binding, kinds, context, scope, this);
  }

  /** Whose they are; undefined: the kernel's. */
  get process(): number | undefined {
    return this.#owner.process;
  }

  /** NaN where it cannot be read. */
  idOf(record: number): number {
    return this.unique(this.#number(this.#binding?.id, record));
  }

  /** The id in the machine of one that is counted here. */
  unique(own: number): number {
    return coroutineId(this.#owner.process, own);
  }

  priorityOf(record: number): number {
    return this.#number(this.#binding?.priority, record);
  }

  pollsOf(record: number): number {
    return this.#number(this.#binding?.polls, record);
  }

  stateOf(record: number): CoroutineState | "unknown" {
    const state = this.#binding?.state;
    if (!state) return "unknown";
    return (
      (state.name(this.#number(state.access, record)) as CoroutineState | undefined) ?? "unknown"
    );
  }

  /** The hart that polled it last; NaN before the first poll. */
  lastHart(record: number): number {
    const { hart, polls } = this.#binding ?? {};
    if (polls && this.#number(polls, record) === 0) return Number.NaN;
    return this.#number(hart, record);
  }

  lastThread(record: number): number {
    const { thread, polls } = this.#binding ?? {};
    if (polls && this.#number(polls, record) === 0) return Number.NaN;
    return this.#number(thread, record);
  }

  /** What it runs and where that stands; undefined when it is gone or no DWARF knows it. */
  future(record: number): { readonly kind: FutureKind; readonly at: number } | undefined {
    const field = this.#binding?.future;
    if (!field || !this.#readFuture) return undefined;
    this.#context.slots[SLOT.task] = record;
    const at = field.address(this.#context);
    return Number.isNaN(at) ? undefined : this.#readFuture(this.#context, at);
  }

  info(task: Task): CoroutineInfo {
    const { record } = task;
    const state = this.stateOf(record);
    const future = state === "done" ? undefined : this.future(record);
    const shape = state === "running" ? undefined : future?.kind.coroutine;
    const stage = shape?.state(this.#context, future!.at);
    return {
      id: this.idOf(record),
      process: this.#owner.process,
      name: future?.kind.name ?? (state === "done" ? "(done)" : "(unknown)"),
      state,
      priority: known(this.priorityOf(record)),
      executor: task.executor,
      thread: known(this.lastThread(record)),
      hart: known(this.lastHart(record)),
      awaiting: stage?.stage === "suspended" ? stage.location : undefined,
      waitsFor: state === "waiting" && future ? this.#waits.of(future) : undefined,
      spawnedAt: this.#spawnedAt(record),
      polls: known(this.pollsOf(record)),
      wakes: known(this.#number(this.#binding?.wakes, record)),
    };
  }

  #number(access: Access | undefined, record: number): number {
    if (!access) return Number.NaN;
    this.#context.slots[SLOT.task] = record;
    return access.number(this.#context);
  }

  #spawnedAt(record: number): SourceLocation | undefined {
    if (!this.#readSpawned) return undefined;
    this.#context.slots[SLOT.task] = record;
    return this.#readSpawned(this.#context);
  }

  /** Locations are constants of the image: each is read once. */
  #spawnReader(
    access: Access,
  ): ((context: AccessContext) => SourceLocation | undefined) | undefined {
    if (!access.type || access.node.kind === "number") return undefined;
    const way = stepsTo(access.type, (type) => isStruct(type, "core::panic::location::Location"));
    const place = way && walk(access.node, way.steps);
    if (!way || place?.kind !== "place") return undefined;
    const cache = new Map<number, SourceLocation | undefined>();
    return (context) => {
      const at = place.at(context);
      if (Number.isNaN(at)) return undefined;
      if (!cache.has(at)) {
        if (cache.size > 10_000) cache.clear();
        cache.set(at, readLocation(datumAt(way.type, toAddress(at), this.#scope)));
      }
      return cache.get(at);
    };
  }

  /** The coroutine whose record a future holds in one of its fields, as join handles do; else NaN. */
  joinedBy(future: Datum): number {
    const record = this.#binding?.type;
    if (!record || future.type.kind !== "struct" || future.type.variants) return Number.NaN;
    for (const { offset, type } of future.type.members) {
      const way = stepsTo(type, ({ name, size }) => name === record.name && size === record.size);
      const held = way && take(part(future, offset, type), way.steps);
      if (!held || typeof held === "string") continue;
      const at = addressOf(held.place, held.offset);
      return at === undefined ? Number.NaN : this.idOf(toNumber(at));
    }
    return Number.NaN;
  }
}
