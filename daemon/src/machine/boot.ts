/** Puts an image and the device tree into fresh memory, or says why they do not fit. */
import { hex, physical } from "../base/brand.ts";
import { UserError } from "../base/errors.ts";
import { type BootImage, type LoadSegment, type MachineOptions, SCHEDULE_POLICIES } from "./api.ts";
import { LATENCY } from "./devices/virtio/transport.ts";
import { RAM_BASE } from "./engine/layout.ts";
import { encodeFdt } from "./fdt.ts";
import { type Memory, PAGE } from "./memory.ts";
import { PCT_DEPTH, PCT_LENGTH } from "./schedule-pct.ts";
import { virtTree } from "./virt.ts";

const MAX_HARTS = 8;
const MAX_MEMORY = 2048;
const MAX_DISK_LATENCY = 1_000_000_000;
const MIB = 0x10_0000;
/** The device tree lies in the last such block of RAM, as QEMU places it. */
const FDT_ALIGNMENT = 2 * MIB;

/** Throws a UserError that names the option and what it may be. */
export function checkOptions(options: MachineOptions): void {
  integer("harts", options.harts, 1, MAX_HARTS);
  integer("memory", options.memory, 4, MAX_MEMORY, " MiB");
  integer("quantum", options.quantum, 1, 0x10_0000);
  integer("seed", options.seed, 0, Number.MAX_SAFE_INTEGER);
  integer("pctDepth", options.pctDepth ?? PCT_DEPTH, 1, 32);
  integer("pctLength", options.pctLength ?? PCT_LENGTH, 1, 2 ** 31);
  integer("diskLatency", options.diskLatency ?? LATENCY, 1, MAX_DISK_LATENCY);
  integer("bootHart", options.bootHart ?? 0, 0, options.harts - 1);
  if (!SCHEDULE_POLICIES.includes(options.schedule)) {
    throw new UserError(
      `schedule: '${String(options.schedule)}' is not a policy; choose ${SCHEDULE_POLICIES.join(", ")}.`,
    );
  }
}

function integer(name: string, value: number, least: number, most: number, unit = ""): void {
  if (Number.isSafeInteger(value) && value >= least && value <= most) return;
  throw new UserError(`${name}: ${value} is not an integer from ${least} to ${most}${unit}.`);
}

/**
 * The physical address of the device tree. A first file system lies right below it, where images
 * that grow upwards from the beginning of RAM reach last.
 */
export function loadBoot(memory: Memory, options: MachineOptions, image: BootImage): number {
  const { initrd } = options;
  const blob = (treeAt: number): Uint8Array => {
    const start = RAM_BASE + treeAt - roundUp(initrd?.length ?? 0, PAGE);
    return encodeFdt(
      virtTree({
        harts: options.harts,
        ramSize: memory.size,
        bootargs: options.append,
        seed: options.seed,
        initrd: initrd && { start, end: start + initrd.length },
      }),
      options.bootHart,
    );
  };
  const room = roundUp(blob(0).length, PAGE);
  const end = memory.size - room;
  const treeAt = end - (end % FDT_ALIGNMENT);
  const taken: Range[] = [{ what: "the device tree", from: treeAt, to: treeAt + room }];
  if (options.firmware !== undefined) load(memory, "firmware", options.firmware, taken);
  load(memory, "image", image, taken);
  if (initrd !== undefined) {
    const address = physical(RAM_BASE + treeAt - roundUp(initrd.length, PAGE));
    loadSegment(memory, "initrd", { address, bytes: initrd, size: initrd.length }, taken);
  }
  memory.poke(treeAt, blob(treeAt));
  return RAM_BASE + treeAt;
}

const roundUp = (size: number, unit: number): number => Math.ceil(size / unit) * unit;

/** Bytes of RAM that are spoken for; offsets. */
interface Range {
  readonly what: string;
  readonly from: number;
  readonly to: number;
}

/** Segments of one image may lie over each other (the later one wins); those of two may not. */
function load(memory: Memory, what: string, image: BootImage, taken: Range[]): void {
  const others = [...taken];
  for (const segment of image.segments) taken.push(loadSegment(memory, what, segment, others));
  if (image.entry % 2 !== 0 || !memory.isRam(image.entry - RAM_BASE, 2)) {
    throw new UserError(
      `The ${what}'s entry ${hex(image.entry)} is no address of an instruction in RAM.`,
    );
  }
}

/** The range that it takes. */
function loadSegment(
  memory: Memory,
  what: string,
  { address, bytes, size: wanted }: LoadSegment,
  others: readonly Range[],
): Range {
  const from = address - RAM_BASE;
  const size = Math.max(wanted, bytes.length);
  if (!memory.isRam(from, size)) {
    throw new UserError(
      `The ${what} has ${hex(size)} bytes at ${hex(address)}, outside of RAM (${hex(RAM_BASE)} to ${hex(RAM_BASE + memory.size)}). Give the machine more memory or link the ${what} elsewhere.`,
    );
  }
  const other = others.find((range) => from < range.to && range.from < from + size);
  if (other !== undefined) {
    throw new UserError(
      `The ${what}'s bytes at ${hex(address)} overlap ${other.what} at ${hex(RAM_BASE + other.from)}. Give the machine more memory, or link one of them elsewhere.`,
    );
  }
  memory.poke(from, bytes);
  return { what: `the ${what}`, from, to: from + size };
}
