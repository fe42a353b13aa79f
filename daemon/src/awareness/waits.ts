/**
 * What coroutines wait for: at the end of a chain of awaits stands a future written by hand, and the
 * profile says what its fields mean. A future that the profile does not describe is unknown.
 */
import { innerFutures } from "../inspect/coroutine.ts";
import { type Datum, datumAt, type Scope } from "../inspect/datum.ts";
import {
  type Access,
  type AccessContext,
  type AccessNames,
  slotPlace,
  walk,
} from "../inspect/expression/accessor.ts";
import { toAddress, toNumber } from "../inspect/memory.ts";
import { addressOf } from "../inspect/place.ts";
import { stepsTo, unwrapFuture } from "../inspect/types.ts";
import type { Type } from "../symbols/api.ts";
import { pathMatcher, plainPath } from "../symbols/names.ts";
import type { Wait } from "./api.ts";
import { type Binding, variantNames } from "./binding.ts";
import type { FutureKind, FutureKinds } from "./kinds.ts";
import type { Profile } from "./profile.ts";
import { recordAt } from "./records.ts";
import { SLOT } from "./slots.ts";

type Spec = NonNullable<Profile["waits"]>[number];

/** Chains in damaged memory may run in circles. */
const MAX_DEPTH = 200;
/** Futures that poll futures that poll futures. */
const MAX_NESTING = 4;

interface Link {
  readonly kind: FutureKind;
  readonly at: number;
}

/** Reads the future at an address. */
type Reader = (context: AccessContext, at: number, nesting: number) => Wait;

/** Ids of coroutines, as the realm that the futures are in counts them. */
export interface WaitIds {
  unique(own: number): number;
  idOf(record: number): number;
  /** The coroutine whose record a future holds, where it holds one. */
  joinedBy(future: Datum): number;
}

const known = (value: number | undefined): number | undefined =>
  value === undefined || Number.isNaN(value) ? undefined : value;

const NOTHING_KNOWN = {
  what: undefined,
  deadline: undefined,
  coroutine: undefined,
  thread: undefined,
  of: [],
};

export class Waits {
  readonly #specs: readonly { readonly spec: Spec; readonly matches: (path: string) => boolean }[];
  readonly #binding: Binding | undefined;
  readonly #kinds: FutureKinds;
  readonly #context: AccessContext;
  readonly #scope: Scope;
  readonly #ids: WaitIds;
  /** Also of types that none of the profile's is: null. */
  readonly #readers = new Map<Type, Reader | null>();

  constructor(
    binding: Binding | undefined,
    kinds: FutureKinds,
    context: AccessContext,
    scope: Scope,
    ids: WaitIds,
  ) {
    this.#binding = binding;
    this.#kinds = kinds;
    this.#context = context;
    this.#scope = scope;
    this.#ids = ids;
    this.#specs = (binding?.profile.waits ?? []).map((spec) => ({
      spec,
      matches: pathMatcher(spec.type),
    }));
  }

  /** What the future of a suspended coroutine waits for. */
  of(outermost: Link): Wait | undefined {
    let link: Link | undefined = outermost;
    for (let depth = 0; link && depth < MAX_DEPTH; depth++) {
      const { at, kind }: Link = link;
      if (kind.coroutine) {
        const shape = kind.coroutine.state(this.#context, at);
        link = shape?.stage === "suspended" ? shape.next(this.#context, at) : undefined;
        continue;
      }
      const reader = this.#reader(kind.type);
      if (reader) return reader(this.#context, at, 0);
      const datum = datumAt(kind.type, toAddress(at), this.#scope);
      const inner = innerFutures(datum);
      if (inner.length !== 1) return this.#joined(datum);
      const [only] = inner;
      const address = addressOf(only!.place, only!.offset);
      link = address && { kind: this.#kinds.ofType(only!.type), at: toNumber(address) };
    }
    return undefined;
  }

  /** Who holds the record of another coroutine waits for its end, as handles to join do. */
  #joined(future: Datum): Wait | undefined {
    const coroutine = known(this.#ids.joinedBy(future));
    return coroutine === undefined ? undefined : { ...NOTHING_KNOWN, kind: "coroutine", coroutine };
  }

  /** Behind the references and boxes around it, too. */
  #reader(type: Type): Reader | undefined {
    let reader = this.#readers.get(type);
    if (reader === undefined) {
      reader = this.#specs.length > 0 ? this.#behind(type) : null;
      this.#readers.set(type, reader);
    }
    return reader ?? undefined;
  }

  #behind(type: Type): Reader | null {
    const way = stepsTo(type, (inner) => this.#specOf(inner) !== undefined, unwrapFuture);
    const place = way && walk(slotPlace(SLOT.future, type), way.steps);
    if (!way || place?.kind !== "place") return null;
    const read = this.#compile(this.#specOf(way.type)!, way.type);
    return (context, at, nesting) => {
      context.slots[SLOT.future] = at;
      return read(context, place.at(context), nesting);
    };
  }

  #specOf(type: Type): Spec | undefined {
    const path = plainPath(type.name);
    return this.#specs.find(({ matches }) => matches(path))?.spec;
  }

  #compile(spec: Spec, type: Type): Reader {
    const binding = this.#binding!;
    const place = `waits[${binding.profile.waits!.indexOf(spec)}]`;
    const names: AccessNames = (name) =>
      name === "future" ? slotPlace(SLOT.future, type) : undefined;
    const field = (
      key: "deadline" | "task" | "coroutine" | "thread" | "call",
    ): Access | undefined => {
      const text = spec[key];
      return text === undefined ? undefined : binding.compile(`${place}.${key}`, text, names);
    };
    const [deadline, coroutine, thread] = [field("deadline"), field("coroutine"), field("thread")];
    const task = field("task");
    const call = field("call");
    const calls = variantNames(call?.type);
    const record = task && binding.coroutines && recordAt(task, binding.coroutines.type);
    if (task && !record) binding.miss(`${place}.task: \`${spec.task}\` leads to no coroutine`);
    const inner = (spec.of ?? []).flatMap((text, index) => {
      const access = binding.compile(`${place}.of[${index}]`, text, names);
      return access?.type ? [{ access, type: access.type }] : [];
    });
    return (context, at, nesting) => {
      const here = <T>(read: () => T): T => {
        context.slots[SLOT.future] = at;
        return read();
      };
      const id = here(() =>
        coroutine
          ? this.#named(spec, coroutine.number(context))
          : record && this.#ids.idOf(record(context)),
      );
      return {
        kind: spec.for,
        what: (call && calls.get(here(() => call.number(context)))) ?? spec.what,
        deadline: known(here(() => deadline?.number(context))),
        coroutine: known(id),
        thread: known(here(() => thread?.number(context))),
        of: inner.flatMap(({ access, type: one }) => {
          const where = here(() => access.address(context));
          return Number.isNaN(where) ? [] : this.#inner(one, where, nesting);
        }),
      };
    };
  }

  /** A coroutine by its id: calls are done by the kernel's own. */
  #named(spec: Spec, id: number): number {
    return spec.for === "call" ? id : this.#ids.unique(id);
  }

  /** A future that another one polls: a coroutine of its own, or one written by hand. */
  #inner(type: Type, at: number, nesting: number): readonly Wait[] {
    const reader = nesting < MAX_NESTING ? this.#reader(type) : undefined;
    if (reader) return [reader(this.#context, at, nesting + 1)];
    const kind = this.#kinds.ofType(type);
    const followed = kind.coroutine && this.of({ kind, at });
    return followed ? [followed] : [];
  }
}
