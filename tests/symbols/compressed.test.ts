/** Debug sections that objcopy has compressed say what they said, and damaged ones say what is wrong. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { address } from "../../daemon/src/base/brand.ts";
import type { SymbolFile } from "../../daemon/src/symbols/api.ts";
import { decompressed } from "../../daemon/src/symbols/compressed.ts";
import { Elf } from "../../daemon/src/symbols/elf.ts";
import { openSymbols } from "../../daemon/src/symbols/symbols.ts";
import { scratch } from "../scratch.ts";
import { KERNEL } from "./images.ts";
import { llvm } from "./witness.ts";

// Older ones do not know zstd.
const objcopy = llvm("llvm-objcopy-19");
const folder = scratch();

/** The bundled kernel's sections, compressed. */
function compress(how: "zlib" | "zstd"): Uint8Array {
  const path = join(folder, `${how}.elf`);
  objcopy!([`--compress-debug-sections=${how}`, KERNEL!, path]);
  return new Uint8Array(readFileSync(path));
}

const told = (symbols: SymbolFile, at: bigint) =>
  symbols.framesAt(address(at)).map(({ location, name }) => [name, location]);

const place = (how: string) => (how === "zlib" ? 1 : 2);

describe.skipIf(!objcopy || !KERNEL).each(["zlib", "zstd"] as const)("compressed by %s", (how) => {
  const plain = new Elf(new Uint8Array(readFileSync(KERNEL!)), "plain");
  const bytes = compress(how);
  const packed = new Elf(bytes, "packed");
  const compressed = packed.sections.filter(({ flags }) => (flags & 0x800) !== 0);

  test("every section is what it was", () => {
    expect(compressed.map(({ name }) => name)).toContain(".debug_info");
    for (const { bytes: held, name } of compressed) {
      expect(new DataView(held.buffer, held.byteOffset).getUint32(0, true)).toBe(place(how));
      const whole = decompressed("packed", name, held);
      expect(Buffer.compare(whole, plain.section(name)!.bytes), name).toBe(0);
    }
  });

  test("functions, lines and types are found, and nothing is said to be missing", () => {
    const [of, as] = [openSymbols(readFileSync(KERNEL!), "k"), openSymbols(bytes, "k")];
    expect(as.gaps).toEqual(of.gaps);
    const [fn] = as.functionsNamed("workload::storm::witness");
    expect(fn?.declaration?.line).toBeGreaterThan(0);
    expect(fn?.declaration).toEqual(of.functionsNamed("workload::storm::witness")[0]?.declaration);
    for (let at = 0x8020_0000n; at < 0x8020_4000n; at += 52n) {
      expect(told(as, at)).toEqual(told(of, at));
    }
    expect(of.typeNamed("executor::Executor")).not.toEqual([]);
    expect(as.typeNamed("executor::Executor")[0]?.size).toBe(
      of.typeNamed("executor::Executor")[0]?.size,
    );
  });

  test("damage is told with the section's name", () => {
    const { bytes: held } = compressed.find(({ name }) => name === ".debug_line")!;
    const damaged = (change: (copy: Uint8Array, view: DataView) => void, end?: number) => {
      const copy = held.slice(0, end);
      change(copy, new DataView(copy.buffer));
      return () => decompressed("k", ".debug_line", copy);
    };
    const one = new DataView(held.buffer, held.byteOffset).getUint32(8, true);
    expect(damaged(() => {}, 20)).toThrowError(/section \.debug_line: .*shorter/);
    expect(damaged((_, view) => view.setUint32(0, 3, true))).toThrowError(/not known \(3\)/);
    expect(damaged((_, view) => view.setUint32(12, 1, true))).toThrowError(/more than 1073741824/);
    expect(damaged((_, view) => view.setUint32(8, one - 1, true))).toThrowError(/damaged/);
    expect(damaged((_, view) => view.setUint32(8, one + 1, true))).toThrowError(/damaged/);
    expect(damaged(() => {}, held.length >> 1)).toThrowError(/damaged/);
    expect(damaged((copy) => copy.fill(0xff, 24, 60))).toThrowError(/damaged/);
  });

  test("what is damaged is a gap, and all else is there", () => {
    const copy = bytes.slice();
    const { bytes: held } = new Elf(copy, "k").section(".debug_line")!;
    held.fill(0xff, 24, 60);
    const symbols = openSymbols(copy, "k");
    expect(symbols.functionsNamed("workload::storm::witness")).not.toEqual([]);
    symbols.locationAt(symbols.functionsNamed("workload::storm::witness")[0]!.entry);
    expect(symbols.gaps.join()).toMatch(/Unreadable: .*section \.debug_line/);
  });
});
