/** Bodies of the custom requests. Addresses and 64-bit values are hex, machine time is decimal digits. */
import type { BitmapInfo, CoroutineInfo, ExecutorInfo } from "../awareness/api.ts";
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
  return { ...info, awaiting, spawnedAt, threadId };
}

/** With `bit` for each queue where a bitmap of this executor is known. */
export function wireExecutor(info: ExecutorInfo, bitmaps: readonly BitmapInfo[]): object {
  const bitmap = bitmaps.find(({ owner }) => owner === info.name);
  return {
    ...info,
    queues: info.queues.map(({ priority, coroutines }) => ({
      priority,
      coroutines,
      bit: bitmap?.bits.includes(priority),
    })),
    wakers: info.wakers.map(({ coroutine, address }) => ({ coroutine, address: hex(address) })),
  };
}

export const wireBitmap = ({ name, address, value, bits, owner }: BitmapInfo): object => ({
  name,
  address: hex(address),
  value: hex(value),
  bits,
  owner,
});
