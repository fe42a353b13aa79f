/**
 * What a guest does to its disk, request by request, and what a disk with a cache of its own may
 * hold after a power cut: all that was flushed, and of what came after it any sectors.
 */
import { vi } from "vitest";
import { Block } from "../../../daemon/src/machine/devices/virtio/block.ts";
import { Disk, SECTOR } from "../../../daemon/src/machine/devices/virtio/disk.ts";
import type { Random } from "../../../daemon/src/machine/random.ts";

export type Request =
  | { readonly kind: "write"; readonly offset: number; readonly bytes: Uint8Array }
  | { readonly kind: "flush" };

const FLUSH = 4;

/** The writes and flushes of all machines that run inside `action`. */
export function recordRequests(action: () => void): Request[] {
  const requests: Request[] = [];
  const { write } = Disk.prototype;
  const { serve } = Block.prototype;
  const writes = vi.spyOn(Disk.prototype, "write").mockImplementation(function (
    this: Disk,
    offset,
    bytes,
  ) {
    requests.push({ kind: "write", offset, bytes: bytes.slice() });
    return write.call(this, offset, bytes);
  });
  const serves = vi.spyOn(Block.prototype, "serve").mockImplementation(function (
    this: Block,
    queue,
    chain,
    memory,
  ) {
    const [header] = chain.readable;
    if (memory.view(header!.address, 1)[0] === FLUSH) requests.push({ kind: "flush" });
    return serve.call(this, queue, chain, memory);
  });
  try {
    action();
  } finally {
    writes.mockRestore();
    serves.mockRestore();
  }
  return requests;
}

/** What may be on the disk when the power fails after so many requests. */
export function afterPowerCut(
  volume: Uint8Array,
  requests: readonly Request[],
  random: Random,
): Uint8Array {
  const disk = volume.slice();
  const flushed = requests.findLastIndex(({ kind }) => kind === "flush");
  // None of them, or a few, or nearly all.
  const kept = random.below(101);
  for (const [index, request] of requests.entries()) {
    if (request.kind === "flush") continue;
    const { offset, bytes } = request;
    for (let at = 0; at < bytes.length; at += SECTOR) {
      if (index > flushed && random.below(100) >= kept) continue;
      disk.set(bytes.subarray(at, at + SECTOR), offset + at);
    }
  }
  return disk;
}
