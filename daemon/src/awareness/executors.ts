/** Executors: their coroutines, ready queues, cached wakers, and what they poll. */
import {
  type Access,
  type AccessContext,
  collectionIn,
  slotPlace,
  walk,
} from "../inspect/expression/accessor.ts";
import { readInteger, toAddress } from "../inspect/memory.ts";
import { isStruct, scalarOf, stepsTo } from "../inspect/types.ts";
import type { Type } from "../symbols/api.ts";
import type { Callback, ExecutorInfo } from "./api.ts";
import type { Binding, CallbackBinding, ExecutorBinding } from "./binding.ts";
import type { Owner } from "./coroutines.ts";
import { coroutineId } from "./ids.ts";
import { countOf, type Front, linkedQueueReader, type QueueReader, queueReader } from "./queues.ts";
import { eachElement, type RecordPiece } from "./records.ts";
import { SLOT } from "./slots.ts";

interface Prepared {
  readonly binding: ExecutorBinding;
  /** By priority: records of coroutines. */
  readonly queues: QueueReader | undefined;
  readonly wakers:
    | ((context: AccessContext, limit: number) => Front<ExecutorInfo["wakers"][number]>)
    | undefined;
}

/** Lists of executors are short; queues and wakers of one are bounded for display. */
const MAX_LISTED = 100_000;

export class Executors {
  readonly #context: AccessContext;
  readonly #prepared: readonly Prepared[];
  readonly #taskId: Access | undefined;
  readonly #owner: Owner;

  constructor(binding: Binding | undefined, context: AccessContext, owner: Owner) {
    this.#context = context;
    this.#owner = owner;
    this.#taskId = binding?.coroutines?.id;
    const task = binding?.coroutines?.type;
    this.#prepared = (binding?.executors ?? []).map((one) => ({
      binding: one,
      queues: queuesOf(one, task, (gap) => binding?.miss(gap)),
      wakers: one.wakers && wakerReader(one.wakers),
    }));
  }

  /** The records of all coroutines by executor, some dozens together. */
  tasks(visit: (executor: number, pieces: (piece: RecordPiece) => void) => void): void {
    this.#each(({ binding }, executor) => {
      visit(executor, (piece) => binding.tasks?.pieces(this.#context, piece));
      return true;
    });
  }

  /** By id. */
  names(): ReadonlyMap<number, string> {
    const names = new Map<number, string>();
    this.#each(({ binding }, id) => {
      names.set(id, binding.name);
      return true;
    });
    return names;
  }

  /** `members`: how many of each queue and cache are listed at most. */
  list(members = MAX_LISTED): ExecutorInfo[] {
    const result: ExecutorInfo[] = [];
    this.#each((prepared, id) => {
      result.push(this.#info(prepared, id, Math.min(members, MAX_LISTED)));
      return true;
    });
    return result;
  }

  #each(visit: (prepared: Prepared, id: number) => boolean): void {
    let next = 1;
    for (const prepared of this.#prepared) {
      const { each } = prepared.binding;
      if (!each) {
        if (!visit(prepared, this.#id(prepared, next++))) return;
        continue;
      }
      const found = collectionIn(each.node);
      if (!found) continue;
      const { slots } = this.#context;
      eachElement(found.layout, found.type, found.at(this.#context), this.#context, (address) => {
        slots[SLOT.executor] = address;
        return visit(prepared, this.#id(prepared, next++));
      });
    }
  }

  /** The id that an expression names; NaN where it names none. */
  #unique(access: Access | undefined): number {
    const own = access?.number(this.#context) ?? Number.NaN;
    return Number.isNaN(own) ? own : coroutineId(this.#owner.process, own);
  }

  #id(prepared: Prepared, ordinal: number): number {
    const id = prepared.binding.id?.number(this.#context);
    return id === undefined || Number.isNaN(id) ? ordinal : id;
  }

  #info(prepared: Prepared, id: number, limit: number): ExecutorInfo {
    const { binding } = prepared;
    const idOf = (record: number): number => {
      this.#context.slots[SLOT.task] = record;
      return this.#unique(this.#taskId);
    };
    const queues = prepared.queues?.(this.#context, limit) ?? [];
    const wakers = prepared.wakers?.(this.#context, limit) ?? { members: [], count: 0 };
    const current = this.#unique(binding.current);
    const unread = binding.callbacks && this.#unread(binding.callbacks);
    const { process } = this.#owner;
    return {
      id,
      process,
      name: binding.name,
      mode: binding.mode,
      queues: queues.map(({ count, members }, priority) => ({
        priority,
        coroutines: members.map(idOf).filter((coroutine) => !Number.isNaN(coroutine)),
        count,
      })),
      wakers: wakers.members.map(({ coroutine, address }) => ({
        coroutine: coroutineId(process, coroutine),
        address,
      })),
      wakerCount: wakers.count,
      current: Number.isNaN(current) ? undefined : current,
      callbacks: unread?.length,
      unread,
    };
  }

  /** Undefined where the counts make no sense: the program can write them, too. */
  #unread(binding: CallbackBinding): readonly Callback[] | undefined {
    const context = this.#context;
    const [read, written] = [binding.read.number(context), binding.written.number(context)];
    const found = collectionIn(binding.ring.node);
    const places: number[] = [];
    if (!found) return undefined;
    eachElement(found.layout, found.type, found.at(context), context, (at) => places.push(at) > 0);
    // The counts are of 32 bits, and wrap.
    const count = (written - read) >>> 0;
    if (Number.isNaN(written - read) || count > places.length) return undefined;
    return Array.from({ length: count }, (_, index) => {
      context.slots[SLOT.element] = places[(read + index) % places.length]!;
      const coroutine = this.#unique(binding.coroutine);
      const result = binding.result?.number(context) ?? Number.NaN;
      return {
        coroutine: Number.isNaN(coroutine) ? undefined : coroutine,
        result: Number.isNaN(result) ? undefined : result,
        error: binding.errors.get(result),
      };
    });
  }
}

function queuesOf(
  { first, next, queues }: ExecutorBinding,
  task: Type | undefined,
  miss: (gap: string) => void,
): QueueReader | undefined {
  const linked = queues && first && next && linkedQueueReader(queues, first, next);
  const reader = linked ?? (queues && task && queueReader(queues, task));
  if (typeof reader !== "string") return reader;
  miss(`queues: ${reader}`);
  return undefined;
}

function wakerReader(access: Access): Prepared["wakers"] {
  const found = collectionIn(access.node);
  if (!found) return undefined;
  const { layout, type, at } = found;
  const element = layout.kind === "sequence" ? layout.element : (layout.value ?? layout.key);
  const way = stepsTo(element, (inner) => isStruct(inner, "core::task::wake::Waker"));
  const target = walk(slotPlace(SLOT.element, element), way?.steps ?? []);
  const key = layout.kind === "entries" ? scalarOf(layout.key) : undefined;
  return (context, limit) => {
    const members: ExecutorInfo["wakers"][number][] = [];
    const cache = at(context);
    eachElement(layout, type, cache, context, (address, index, keyAddress) => {
      context.slots[SLOT.element] = address;
      const waker = target.kind === "place" ? target.at(context) : Number.NaN;
      const coroutine = key
        ? readInteger(context.reader, keyAddress + key.offset, key.type.size, false)
        : index;
      const known = !Number.isNaN(waker) && !Number.isNaN(coroutine);
      if (known && members.length < limit) members.push({ coroutine, address: toAddress(waker) });
      return members.length < limit;
    });
    const header = context.reader.bytes(cache, type.size);
    return { members, count: countOf(members, header ? layout.length(header) : Number.NaN) };
  };
}
