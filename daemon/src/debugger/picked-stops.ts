/** Stops that the user picks in a view: at events of one coroutine, at changes of one bit of a bitmap. */
import { EVENT_FIELDS, type EventKind } from "../awareness/api.ts";
import { ownId, processOf, shownId } from "../awareness/ids.ts";
import type { Disposable } from "../base/disposable.ts";
import { UserError } from "../base/errors.ts";
import type { Halting } from "./halting.ts";

export const COROUTINE_STOPS = ["wake", "poll", "complete"] as const;
export type CoroutineStop = (typeof COROUTINE_STOPS)[number];

/** A bit of a bitmap: of a process's, or of the kernel's own. */
export interface Bit {
  readonly bitmap: string;
  readonly process: number | undefined;
  readonly bit: number;
}

/** Each kind of each coroutine is a hook of its own. */
const MOST = 256;

const keyOf = ({ bit, bitmap, process }: Bit): string => JSON.stringify([bitmap, process, bit]);

interface Picked<T> {
  readonly what: T;
  hooks: Disposable[];
}

export class PickedStops {
  readonly #coroutines = new Map<number, Picked<readonly CoroutineStop[]>>();
  readonly #bits = new Map<string, Picked<Bit>>();
  #host: Halting | undefined;

  /** Puts all of them into a machine, in place of the one before. */
  bind(host: Halting): void {
    this.unbind();
    this.#host = host;
    for (const [id, picked] of this.#coroutines) this.#hookCoroutine(id, picked);
    for (const picked of this.#bits.values()) this.#hookBit(picked);
  }

  /** Takes them out of the machine. */
  unbind(): void {
    this.#host = undefined;
    for (const picked of [...this.#coroutines.values(), ...this.#bits.values()]) drop(picked);
  }

  /** What stops at a coroutine from now on: nothing, when no kind is given. */
  setCoroutine(id: number, kinds: readonly CoroutineStop[]): void {
    const before = this.#coroutines.get(id);
    if (before) drop(before);
    this.#coroutines.delete(id);
    if (kinds.length === 0) return;
    if (this.#coroutines.size >= MOST)
      throw new UserError(`No more than ${MOST} coroutines can have breaks.`);
    const picked = { what: [...new Set(kinds)], hooks: [] };
    this.#coroutines.set(id, picked);
    this.#hookCoroutine(id, picked);
  }

  setBit(bit: Bit, on: boolean): void {
    const key = keyOf(bit);
    const before = this.#bits.get(key);
    if (on === (before !== undefined)) return;
    if (before) {
      drop(before);
      this.#bits.delete(key);
      return;
    }
    const picked = { what: bit, hooks: [] };
    this.#bits.set(key, picked);
    this.#hookBit(picked);
  }

  clear(): void {
    for (const picked of [...this.#coroutines.values(), ...this.#bits.values()]) drop(picked);
    this.#coroutines.clear();
    this.#bits.clear();
  }

  of(coroutine: number): readonly CoroutineStop[] {
    return this.#coroutines.get(coroutine)?.what ?? [];
  }

  has(bit: Bit): boolean {
    return this.#bits.has(keyOf(bit));
  }

  get coroutines(): readonly {
    readonly coroutine: number;
    readonly kinds: readonly CoroutineStop[];
  }[] {
    return [...this.#coroutines].map(([coroutine, { what }]) => ({ coroutine, kinds: what }));
  }

  get bits(): readonly Bit[] {
    return [...this.#bits.values()].map(({ what }) => what);
  }

  #hookCoroutine(id: number, picked: Picked<readonly CoroutineStop[]>): void {
    const host = this.#host;
    if (!host) return;
    const where = `coroutine == ${ownId(id)} && process == ${processOf(id) ?? 0}`;
    for (const kind of picked.what) {
      requireKind(host, kind);
      picked.hooks.push(
        host.awareness.listen(
          [kind],
          (event) => {
            const cause = { kind: "event", filter: kind, event, picked: true } as const;
            host.report({ hart: event.hart, cause });
            return true;
          },
          host.inspector.condition(where, EVENT_FIELDS),
        ),
      );
    }
  }

  #hookBit(picked: Picked<Bit>): void {
    const host = this.#host;
    if (!host) return;
    requireKind(host, "bitmap");
    const { bit, bitmap, process } = picked.what;
    picked.hooks.push(
      host.awareness.listen(["bitmap"], (event) => {
        const { new: now, old } = event;
        if (event.bitmap !== bitmap || old === undefined || now === undefined) return false;
        if (process !== undefined && event.process !== process) return false;
        if ((((old ^ now) >> BigInt(bit)) & 1n) === 0n) return false;
        host.report({ hart: event.hart, cause: { kind: "bit", bit, event } });
        return true;
      }),
    );
  }
}

function drop(picked: Picked<unknown>): void {
  for (const hook of picked.hooks.splice(0)) hook.dispose();
}

function requireKind(host: Halting, kind: EventKind): void {
  const available = host.awareness.available.get(kind);
  if (available === true) return;
  const reason = available ?? "its profile does not describe it";
  throw new UserError(`This kernel does not report ${kind} events: ${reason}.`);
}

/** For the sentence that refuses a coroutine. */
export const noCoroutine = (id: number): string =>
  `There is no coroutine ${shownId(id)}, or it is done.`;
