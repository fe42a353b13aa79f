/**
 * Who listens to which kinds of event. The sources of a kind are installed with its first listener
 * and taken out with its last: a kind nobody listens to costs nothing.
 */
import { type Disposable, disposable } from "../base/disposable.ts";
import type { Condition, StackFrame } from "../inspect/api.ts";
import type { Hart } from "../machine/api.ts";
import type { EventCounts, EventKind, SchedulingEvent } from "./api.ts";
import { Draft, type FieldReaders, type Surroundings } from "./draft.ts";

/** Tells what happened; true asks the machine to stop. */
export type Emit = (hart: Hart | undefined, readers: FieldReaders) => boolean;

/** Installs whatever makes a kind's events known. */
export type Source = (emit: Emit) => Disposable;

interface Listener {
  readonly notify: (event: SchedulingEvent) => boolean;
  readonly where: Condition | undefined;
}

interface Counter {
  count: number;
}

interface Channel {
  /** A new array for each change: a listener may come or go while it is being called. */
  listeners: readonly Listener[];
  counters: readonly Counter[];
  readonly draft: Draft;
  /** Where the event of the draft happened. */
  readonly frame: () => StackFrame | undefined;
  readonly emit: Emit;
  readonly installed: Disposable[];
}

export class Events {
  readonly #sources: Map<EventKind, Source[]>;
  readonly #channels = new Map<EventKind, Channel>();
  readonly #around: Surroundings;
  readonly #frameOf: (hart: Hart) => StackFrame | undefined;

  constructor(
    sources: Map<EventKind, Source[]>,
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
    for (const kind of new Set(kinds)) {
      const channel = this.#channel(kind);
      channel.listeners = [...channel.listeners, listener];
    }
    return disposable(() => {
      for (const kind of new Set(kinds)) this.#leave(kind, listener);
    });
  }

  count(kinds: readonly EventKind[]): EventCounts {
    const counters = new Map(kinds.map((kind): [EventKind, Counter] => [kind, { count: 0 }]));
    for (const [kind, counter] of counters) {
      const channel = this.#channel(kind);
      channel.counters = [...channel.counters, counter];
    }
    const end = disposable(() => {
      for (const [kind, counter] of counters) this.#leave(kind, counter);
    });
    return { ...end, of: (kind) => counters.get(kind)?.count ?? 0 };
  }

  #channel(kind: EventKind): Channel {
    const known = this.#channels.get(kind);
    if (known) return known;
    const draft = new Draft(kind, this.#around);
    const frame = () => draft.source && this.#frameOf(draft.source);
    const channel: Channel = {
      listeners: [],
      counters: [],
      draft,
      frame,
      emit: (hart, readers) => tell(channel, hart, readers),
      installed: [],
    };
    const sources = this.#sources.get(kind) ?? [];
    channel.installed.push(...sources.map((install) => install(channel.emit)));
    this.#channels.set(kind, channel);
    return channel;
  }

  /** Another source of a kind: whoever listens already hears it too. */
  add(kind: EventKind, source: Source): void {
    const known = this.#sources.get(kind);
    if (known) known.push(source);
    else this.#sources.set(kind, [source]);
    const channel = this.#channels.get(kind);
    channel?.installed.push(source(channel.emit));
  }

  #leave(kind: EventKind, who: Listener | Counter): void {
    const channel = this.#channels.get(kind);
    if (!channel) return;
    channel.listeners = channel.listeners.filter((other) => other !== who);
    channel.counters = channel.counters.filter((other) => other !== who);
    if (channel.listeners.length > 0 || channel.counters.length > 0) return;
    this.#channels.delete(kind);
    for (const part of channel.installed) part.dispose();
  }
}

function tell(channel: Channel, hart: Hart | undefined, readers: FieldReaders): boolean {
  const { counters, draft, frame, listeners } = channel;
  for (let i = 0; i < counters.length; i++) counters[i]!.count++;
  if (listeners.length === 0) return false;
  draft.begin(hart, readers);
  let stop = false;
  for (let i = 0; i < listeners.length; i++) {
    const { notify, where } = listeners[i]!;
    if (where && !where.test(draft as never, frame)) continue;
    if (notify(draft.finish())) stop = true;
  }
  return stop;
}
