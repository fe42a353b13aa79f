/** Files that a machine starts from: ELFs, raw firmware, and Linux's boot image. */
import { type Address, type PhysicalAddress, physical } from "../base/brand.ts";
import { FormatError, UserError } from "../base/errors.ts";
import type { BootImage } from "../machine/api.ts";
import type { SymbolFile } from "../symbols/api.ts";
import { openSymbols } from "../symbols/symbols.ts";

const RAM = 0x8000_0000;
const ELF_MAGIC = 0x7f45_4c46;
/** "RSC\x05" at 0x38 of a boot image. Source: Linux, Documentation/arch/riscv/boot-image-header.rst. */
const LINUX_MAGIC = 0x0543_5352;
const LINUX_HEADER_SIZE = 64;

/** What is loaded, and where S-mode begins: the ELF's entry at its physical address. */
export function bootImage(symbols: SymbolFile): BootImage {
  const segments = symbols.segments.map((segment) => ({
    address: toPhysical(segment.physical),
    bytes: segment.bytes,
    size: segment.size,
  }));
  const holds = symbols.segments.find(
    ({ virtual, size }) => symbols.entry >= virtual && symbols.entry < virtual + BigInt(size),
  );
  if (!holds) {
    throw new FormatError(symbols.name, "e_entry", "the entry point is in no loaded segment");
  }
  const entry = symbols.entry - holds.virtual + holds.physical;
  return { segments, entry: toPhysical(entry as Address) };
}

/** Firmware: an ELF, or the bytes that begin at the beginning of RAM. */
export function firmwareImage(bytes: Uint8Array, name: string): BootImage {
  return isElf(bytes) ? bootImage(openSymbols(bytes, name)) : rawImage(bytes, RAM, bytes.length);
}

/** Linux's boot image, which stands where its header says; undefined when the bytes are none. */
export function linuxImage(bytes: Uint8Array): BootImage | undefined {
  if (bytes.length < LINUX_HEADER_SIZE) return undefined;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  if (view.getUint32(0x38, true) !== LINUX_MAGIC) return undefined;
  const offset = Number(view.getBigUint64(0x08, true));
  return rawImage(bytes, RAM + offset, Number(view.getBigUint64(0x10, true)));
}

/** Throws a UserError for kernels that have to be unpacked first, as distributions keep them. */
export function refusePacked(bytes: Uint8Array, name: string): void {
  const text = (at: number, length: number): string =>
    String.fromCharCode(...bytes.subarray(at, at + length));
  if (text(0, 2) === "MZ" && text(4, 4) === "zimg") {
    throw new UserError(
      `${name} is an EFI program with a packed kernel in it (vmlinuz.efi): give the Image that is in it.`,
    );
  }
  const packed = PACKED.find(({ magic }) => magic.every((byte, index) => bytes[index] === byte));
  if (packed === undefined) return;
  throw new UserError(`${name} is packed: unpack it first (${packed.unpack} ${name}).`);
}

/** What packed files begin with, and what unpacks them. */
const PACKED: readonly { readonly magic: readonly number[]; readonly unpack: string }[] = [
  { magic: [0x1f, 0x8b], unpack: "gzip -dc" },
  { magic: [0xfd, 0x37, 0x7a, 0x58, 0x5a], unpack: "xz -dc" },
  { magic: [0x28, 0xb5, 0x2f, 0xfd], unpack: "zstd -dc" },
  { magic: [0x42, 0x5a, 0x68], unpack: "bzip2 -dc" },
];

/** The smallest ELF that says the same as an image of one segment, for what asks for symbols. */
export function elfOf(image: BootImage): Uint8Array {
  const [segment] = image.segments;
  const headers = 64 + 56;
  const bytes = new Uint8Array(headers + segment!.bytes.length);
  const view = new DataView(bytes.buffer);
  view.setUint32(0, ELF_MAGIC);
  bytes.set([2, 1, 1], 4); // 64 bits, little-endian, version
  view.setUint16(16, 2, true); // executable
  view.setUint16(18, 243, true); // RISC-V
  view.setUint32(20, 1, true);
  view.setBigUint64(24, BigInt(image.entry), true);
  view.setBigUint64(32, 64n, true); // program headers
  [64, 56, 1, 64].forEach((value, index) => {
    view.setUint16(52 + 2 * index, value, true);
  });
  view.setUint32(64, 1, true); // PT_LOAD
  view.setUint32(68, 7, true); // to be read, written, executed
  const address = BigInt(segment!.address);
  const sizes = [segment!.bytes.length, Math.max(segment!.size, segment!.bytes.length)];
  [BigInt(headers), address, address, ...sizes.map(BigInt), 4096n].forEach((value, index) => {
    view.setBigUint64(72 + 8 * index, value, true);
  });
  bytes.set(segment!.bytes, headers);
  return bytes;
}

export const isElf = (bytes: Uint8Array): boolean =>
  bytes.length >= 4 && new DataView(bytes.buffer, bytes.byteOffset).getUint32(0) === ELF_MAGIC;

function rawImage(bytes: Uint8Array, at: number, size: number): BootImage {
  const address = physical(at);
  return { segments: [{ address, bytes, size }], entry: address };
}

const toPhysical = (value: Address): PhysicalAddress => physical(Number(value));
