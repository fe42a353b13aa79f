/** The bundled kernel as a boot image, read by a few lines of test code instead of the symbol layer. */
import { readFileSync } from "node:fs";
import { physical } from "../../../daemon/src/base/brand.ts";
import type { BootImage, LoadSegment } from "../../../daemon/src/machine/api.ts";

const PATH = new URL("../../../kernel/prebuilt/asyncos-kernel.elf", import.meta.url);
const PT_LOAD = 1;

/** The disk that comes with it. */
export const kernelDisk = (): Uint8Array => new Uint8Array(readFileSync(new URL("disk.img", PATH)));

export const kernelImage = (): BootImage => bootImage(readFileSync(PATH));

/** What is loaded of an ELF. */
export function bootImage(bytes: Uint8Array): BootImage {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const u64 = (at: number): number => Number(view.getBigUint64(at, true));
  const segments: LoadSegment[] = [];
  for (let index = 0; index < view.getUint16(56, true); index++) {
    const at = u64(32) + index * view.getUint16(54, true);
    if (view.getUint32(at, true) !== PT_LOAD) continue;
    const [offset, stored] = [u64(at + 8), u64(at + 32)];
    segments.push({
      address: physical(u64(at + 24)),
      bytes: bytes.subarray(offset, offset + stored),
      size: u64(at + 40),
    });
  }
  return { segments, entry: physical(u64(24)) };
}
