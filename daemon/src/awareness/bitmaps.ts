/**
 * Priority bitmaps: their words, and whether each bit says what its queue does. While the lock that
 * guards both is held the word may lag behind: then nothing is concluded.
 */
import type { Access, AccessContext } from "../inspect/expression/accessor.ts";
import { toAddress } from "../inspect/memory.ts";
import { bytesToUnsigned } from "../inspect/place.ts";
import type { BitmapBit, BitmapInfo, CheckedBitmap, ExecutorInfo } from "./api.ts";
import type { Binding, BitmapBinding } from "./binding.ts";
import { coroutineId } from "./ids.ts";
import type { KernelMemory } from "./memory.ts";
import type { Process } from "./processes.ts";
import { type QueueReader, queueReader } from "./queues.ts";
import { SLOT } from "./slots.ts";

/** What stands in the queues, by priority. */
interface Behind {
  readonly coroutines: readonly (readonly number[])[];
  readonly threads: readonly (readonly number[])[];
  /** How many there are of each, listed or not. */
  readonly counts: readonly number[];
}

/** Of a queue that are listed. */
const MEMBERS = 20;

/** Queues that the profile gives a bitmap itself. */
interface OwnQueues {
  readonly read: QueueReader;
  readonly of: "coroutine" | "thread";
}

interface BitmapParts {
  readonly binding: Binding | undefined;
  readonly memory: KernelMemory;
  readonly context: AccessContext;
  readonly processes: () => readonly Process[];
  readonly executors: (members: number) => readonly ExecutorInfo[];
}

export class Bitmaps {
  readonly #parts: BitmapParts;
  readonly #queues = new Map<BitmapBinding, OwnQueues>();

  constructor(parts: BitmapParts) {
    this.#parts = parts;
    const { binding } = parts;
    for (const one of binding?.bitmaps ?? []) {
      const own = one.queues && ownQueues(one.name, one.queues, binding!);
      if (own) this.#queues.set(one, own);
    }
  }

  /** The words alone. */
  list(): readonly BitmapInfo[] {
    return this.#each((one, process) => this.#info(one, process) ?? []);
  }

  /** With what stands behind each bit. */
  check(): readonly CheckedBitmap[] {
    const executors = this.#parts.executors(MEMBERS);
    return this.#each((one, process) => {
      const info = this.#info(one, process);
      if (!info) return [];
      const lock = this.#lock(one);
      const behind = this.#behind(one, process, executors);
      const bits = Array.from({ length: one.bits }, (_, bit) =>
        judge(bit, info.bits.includes(bit), behind, lock),
      );
      return { ...info, lock, checked: bits };
    });
  }

  #each<T>(visit: (one: BitmapBinding, process: number | undefined) => T | readonly T[]): T[] {
    const { binding, context, processes } = this.#parts;
    return (binding?.bitmaps ?? []).flatMap((one) => {
      if (!one.each) return visit(one, undefined);
      return processes().flatMap(({ id, record }) => {
        context.slots[SLOT.process] = record;
        return visit(one, id);
      });
    });
  }

  #info(one: BitmapBinding, process: number | undefined): BitmapInfo | undefined {
    const { context, memory } = this.#parts;
    const at = one.word.address(context);
    const bytes = Number.isNaN(at) ? undefined : memory.bytes(at, one.size);
    if (!bytes) return undefined;
    const value = bytesToUnsigned(bytes);
    const bits: number[] = [];
    for (let bit = 0; bit < one.bits; bit++) if ((value >> BigInt(bit)) & 1n) bits.push(bit);
    const { meaning, name, owner } = one;
    return { name, address: toAddress(at), value, process, bits, owner, width: one.bits, meaning };
  }

  #lock({ holder, lock }: BitmapBinding): CheckedBitmap["lock"] {
    const held = lock?.number(this.#parts.context) ?? Number.NaN;
    if (Number.isNaN(held)) return undefined;
    const hart = held === 0 ? Number.NaN : (holder?.number(this.#parts.context) ?? Number.NaN);
    return { held: held !== 0, hart: Number.isNaN(hart) ? undefined : hart };
  }

  /** Queues of its own, or those of the executor that owns it. */
  #behind(
    one: BitmapBinding,
    process: number | undefined,
    executors: readonly ExecutorInfo[],
  ): Behind | undefined {
    const own = this.#queues.get(one);
    if (own) return this.#read(own, process);
    const owner = executors.find(
      (executor) => executor.name === one.owner && executor.process === process,
    );
    if (!owner) return undefined;
    const coroutines = owner.queues.map((queue) => queue.coroutines);
    return { coroutines, threads: [], counts: owner.queues.map(({ count }) => count) };
  }

  #read({ of, read }: OwnQueues, process: number | undefined): Behind {
    const { binding, context } = this.#parts;
    const [id, slot] =
      of === "thread" ? [binding!.threads!.id, SLOT.thread] : [binding!.coroutines!.id, SLOT.task];
    const queues = read(context, MEMBERS);
    const lists = queues.map(({ members }) =>
      members.map((record) => {
        context.slots[slot] = record;
        const found = id?.number(context) ?? Number.NaN;
        return of === "thread" ? found : coroutineId(process, found);
      }),
    );
    const counts = queues.map(({ count }) => count);
    return of === "thread"
      ? { coroutines: [], threads: lists, counts }
      : { coroutines: lists, threads: [], counts };
  }
}

function ownQueues(name: string, queues: Access, binding: Binding): OwnQueues | undefined {
  const { coroutines, threads } = binding;
  const ofCoroutines = coroutines && queueReader(queues, coroutines.type);
  if (typeof ofCoroutines === "function") return { read: ofCoroutines, of: "coroutine" };
  const ofThreads = threads && queueReader(queues, threads.type);
  if (typeof ofThreads === "function") return { read: ofThreads, of: "thread" };
  binding.miss(
    `bitmap ${name}: ${ofThreads ?? ofCoroutines ?? "nothing that could be queued is described"}`,
  );
  return undefined;
}

function judge(
  bit: number,
  set: boolean,
  behind: Behind | undefined,
  lock: CheckedBitmap["lock"],
): BitmapBit {
  const coroutines = behind?.coroutines[bit] ?? [];
  const threads = behind?.threads[bit] ?? [];
  const many = behind?.counts[bit];
  const facts = { bit, set, coroutines, threads, members: many };
  if (many === undefined) return { ...facts, verdict: "not checked", problem: undefined };
  if (set === many > 0) return { ...facts, verdict: "agrees", problem: undefined };
  const problem = set
    ? "the bit is set, but its queue is empty"
    : `the bit is clear, but its queue holds ${many}`;
  if (!lock) return { ...facts, verdict: "not checked", problem };
  return { ...facts, verdict: lock.held ? "being updated" : "differs", problem };
}
