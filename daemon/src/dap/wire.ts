/** Bodies of the custom requests. Addresses and 64-bit values are hex, machine time is decimal digits. */
import type {
  BitmapBit,
  BitmapInfo,
  CheckedBitmap,
  CoroutineInfo,
  ExecutorInfo,
  Wait,
} from "../awareness/api.ts";
import { shownId } from "../awareness/ids.ts";
import { hex } from "../base/brand.ts";
import { threadNumber } from "../debugger/threads.ts";
import { TIMEBASE_HZ } from "../machine/clock.ts";
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
  const breakOn = context.picked.of(info.id);
  const { pinned, target } = context.launched;
  const since = info.state === "ready" ? target.timeline.readySince(info.id) : undefined;
  return {
    ...info,
    id: shownId(info.id),
    awaiting,
    waitsFor: info.waitsFor && wireWait(context, info.waitsFor),
    spawnedAt,
    threadId,
    readyFor: since === undefined ? undefined : target.machine.time - since,
    breakOn: breakOn.length > 0 ? breakOn : undefined,
    pinned: pinned.has(info.id) || undefined,
  };
}

const TIME_CSR = 0xc01;

/** Deadlines also as microseconds from now, which may be past. */
function wireWait(context: Context, { coroutine, deadline, of, ...rest }: Wait): object {
  const now = context.launched.focusedHart.csr(TIME_CSR);
  return {
    ...rest,
    coroutine: coroutine === undefined ? undefined : shownId(coroutine),
    deadline: deadline === undefined ? undefined : String(deadline),
    left:
      deadline === undefined || now === undefined
        ? undefined
        : Math.round(((deadline - Number(now)) * 1e6) / TIMEBASE_HZ),
    of: of.length > 0 ? of.map((one) => wireWait(context, one)) : undefined,
  };
}

/** With `bit` for each queue where a bitmap of this executor is known. */
export function wireExecutor(info: ExecutorInfo, bitmaps: readonly BitmapInfo[]): object {
  const bitmap = bitmaps.find(
    ({ owner, process }) => owner === info.name && process === info.process,
  );
  return {
    ...info,
    current: info.current === undefined ? undefined : shownId(info.current),
    queues: info.queues.map(({ priority, coroutines, count }) => ({
      priority,
      coroutines: coroutines.map(shownId),
      count,
      bit: bitmap?.bits.includes(priority),
    })),
    unread: info.unread?.map(({ coroutine, ...rest }) => ({
      ...rest,
      coroutine: coroutine === undefined ? undefined : shownId(coroutine),
    })),
    wakers: info.wakers.map(({ coroutine, address }) => ({
      coroutine: shownId(coroutine),
      address: hex(address),
    })),
  };
}

export function wireBitmap(context: Context, bitmap: CheckedBitmap): object {
  const { address, bits, checked, lock, meaning, name, owner, process, value, width } = bitmap;
  const wireBit = ({ coroutines, ...rest }: BitmapBit) => ({
    ...rest,
    coroutines: coroutines.map(shownId),
    breaks: context.picked.has({ bitmap: name, process, bit: rest.bit }) || undefined,
  });
  return {
    ...{ process, name, bits, owner, width, meaning, lock },
    address: hex(address),
    value: hex(value),
    checked: checked.map(wireBit),
  };
}
