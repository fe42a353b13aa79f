/** Random reads, writes, and states taken and given back: a disk holds what a plain array would. */
import { expect, test } from "vitest";
import { Disk, imageOfBytes, SECTOR } from "../../daemon/src/machine/devices/virtio/disk.ts";
import { random, rounds, SEED, TIMEOUT } from "./random.ts";

interface Kept {
  readonly changes: ReadonlyMap<number, Uint8Array>;
  readonly bytes: Uint8Array;
}

test(`FUZZ_SEED=${SEED}`, { timeout: TIMEOUT }, () => {
  const below = random(SEED);
  for (let round = 0; round < rounds(60); round++) {
    const what = `FUZZ_SEED=${SEED}, round ${round}`;
    const image = Uint8Array.from({ length: 1 + below(20_000) }, () => below(256));
    const original = image.slice();
    const disk = new Disk(imageOfBytes(image));
    const size = disk.sectors * SECTOR;
    let model = new Uint8Array(size);
    model.set(image);
    const kept: Kept[] = [];
    for (let step = 0; step < 60; step++) {
      const at = below(size);
      const length = below(Math.min(size - at, 9000) + 1);
      const kind = below(8);
      if (kind < 3) {
        expect(Buffer.compare(disk.read(at, length), model.subarray(at, at + length)), what).toBe(
          0,
        );
      } else if (kind < 6) {
        const bytes = Uint8Array.from({ length }, () => below(256));
        disk.write(at, bytes);
        model.set(bytes, at);
      } else if (kind === 6) {
        kept.push({ changes: disk.changes, bytes: model.slice() });
      } else if (kept.length > 0) {
        const { changes, bytes } = kept[below(kept.length)]!;
        disk.changes = changes;
        model = bytes.slice();
      }
    }
    const all = disk.changed() ?? image;
    expect(Buffer.compare(all, model.subarray(0, image.length)), what).toBe(0);
    expect(Buffer.compare(image, original), what).toBe(0);
  }
});
