/** Bodies of the custom requests. Addresses and 64-bit values are hex, machine time is decimal digits. */
import type { BitmapInfo, CoroutineInfo, ExecutorInfo } from "../awareness/api.ts";
import { shownId } from "../awareness/ids.ts";
import { hex } from "../base/brand.ts";
import { threadNumber } from "../debugger/threads.ts";
import type { Context } from "./context.ts";

export async function wireCoroutine(
  context: Context,
  info: CoroutineInfo,
  shown: ReadonlySet<number>,
): Promise<object> {
  const [awaiting, spawnedAt] = await Promise.all([
    context.wirePlace(info.awaiting),
    context.wirePlace(info.spawnedAt),
  ]);
  const threadId = shown.has(info.id)
    ? threadNumber({ kind: "coroutine", id: info.id })
    : undefined;
  return { ...info, id: shownId(info.id), awaiting, spawnedAt, threadId };
}

/** With `bit` for each queue where a bitmap of this executor is known. */
export function wireExecutor(info: ExecutorInfo, bitmaps: readonly BitmapInfo[]): object {
  const bitmap = bitmaps.find(({ owner }) => owner === info.name);
  return {
    ...info,
    current: info.current === undefined ? undefined : shownId(info.current),
    queues: info.queues.map(({ priority, coroutines, count }) => ({
      priority,
      coroutines: coroutines.map(shownId),
      count,
      bit: bitmap?.bits.includes(priority),
    })),
    wakers: info.wakers.map(({ coroutine, address }) => ({
      coroutine: shownId(coroutine),
      address: hex(address),
    })),
  };
}

export const wireBitmap = ({ name, address, value, bits, owner, process }: BitmapInfo): object => ({
  process,
  name,
  address: hex(address),
  value: hex(value),
  bits,
  owner,
});
