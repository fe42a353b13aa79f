/**
 * Sections that a linker or objcopy has compressed (System V ABI, "Section Compression"): zlib and
 * zstd. Kernels of distributions, and images that were made small, have their DWARF so.
 */
import { unzlibSync } from "fflate";
import { decompress } from "fzstd";
import { FormatError } from "../base/errors.ts";
import { Reader } from "./reader.ts";

const ZLIB = 1;
const ZSTD = 2;
const HEADER = 24;
/** More than the largest kernels have in one section; a damaged size does not fill memory. */
const MOST_BYTES = 2 ** 30;

/** What the bytes of a compressed section say. */
export function decompressed(source: string, name: string, bytes: Uint8Array): Uint8Array {
  const refuse = (problem: string): never => {
    throw new FormatError(source, `section ${name}`, problem);
  };
  if (bytes.length < HEADER) refuse("it is compressed, and shorter than the header of that");
  const header = new Reader(source, name, bytes);
  const kind = header.u32();
  header.skip(4);
  const size = header.size64();
  if (kind !== ZLIB && kind !== ZSTD) refuse(`compressed in a way that is not known (${kind})`);
  if (size > MOST_BYTES) refuse(`${size} bytes decompressed, more than ${MOST_BYTES}`);
  const packed = bytes.subarray(HEADER);
  let found: Uint8Array;
  try {
    // Room for one more: what is longer than it says is seen.
    found =
      kind === ZLIB ? unzlibSync(packed, { out: new Uint8Array(size + 1) }) : decompress(packed);
  } catch (error) {
    return refuse(`its compressed data is damaged: ${(error as Error).message}`);
  }
  if (found.length !== size) {
    refuse(`its compressed data is damaged: ${found.length} bytes instead of ${size}`);
  }
  return found;
}
