/**
 * Who listens to which kinds of event. The sources of a kind are installed with its first listener
 * and taken out with its last: a kind nobody listens to costs nothing.
 */
import { type Disposable, disposable } from "../base/disposable.ts";
import type { Condition, StackFrame } from "../inspect/api.ts";
import type { Hart } from "../machine/api.ts";
import type { EventKind, SchedulingEvent } from "./api.ts";
import { Draft, type FieldReaders, type Surroundings } from "./draft.ts";

/** Tells what happened; true asks the machine to stop. */
export type Emit = (hart: Hart | undefined, readers: FieldReaders) => boolean;

/** Installs whatever makes a kind's events known. */
export type Source = (emit: Emit) => Disposable;

interface Listener {
  readonly notify: (event: SchedulingEvent) => boolean;
  readonly where: Condition | undefined;
}

interface Channel {
  readonly listeners: Set<Listener>;
  readonly installed: Disposable;
}

export class Events {
  readonly #sources: ReadonlyMap<EventKind, readonly Source[]>;
  readonly #channels = new Map<EventKind, Channel>();
  readonly #around: Surroundings;
  readonly #frameOf: (hart: Hart) => StackFrame | undefined;

  constructor(
    sources: ReadonlyMap<EventKind, readonly Source[]>,
    around: Surroundings,
    frameOf: (hart: Hart) => StackFrame | undefined,
  ) {
    this.#sources = sources;
    this.#around = around;
    this.#frameOf = frameOf;
  }

  listen(
    kinds: readonly EventKind[],
    notify: (event: SchedulingEvent) => boolean,
    where?: Condition,
  ): Disposable {
    const listener = { notify, where };
    for (const kind of new Set(kinds)) this.#channel(kind).listeners.add(listener);
    return disposable(() => {
      for (const kind of new Set(kinds)) this.#leave(kind, listener);
    });
  }

  #channel(kind: EventKind): Channel {
    const known = this.#channels.get(kind);
    if (known) return known;
    const listeners = new Set<Listener>();
    const emit: Emit = (hart, readers) => this.#emit(kind, listeners, hart, readers);
    const parts = (this.#sources.get(kind) ?? []).map((install) => install(emit));
    const channel = {
      listeners,
      installed: disposable(() => {
        for (const part of parts) part.dispose();
      }),
    };
    this.#channels.set(kind, channel);
    return channel;
  }

  #leave(kind: EventKind, listener: Listener): void {
    const channel = this.#channels.get(kind);
    if (!channel?.listeners.delete(listener) || channel.listeners.size > 0) return;
    this.#channels.delete(kind);
    channel.installed.dispose();
  }

  #emit(
    kind: EventKind,
    listeners: ReadonlySet<Listener>,
    hart: Hart | undefined,
    readers: FieldReaders,
  ): boolean {
    const draft = new Draft(kind, hart, readers, this.#around);
    let stop = false;
    for (const { notify, where } of listeners) {
      if (where && !where.test(draft as never, () => hart && this.#frameOf(hart))) continue;
      if (notify(draft.finish())) stop = true;
    }
    return stop;
  }
}
