/** Images to read: the bundled kernel, a C kernel where a compiler for RISC-V is installed, and the user's own. */
import { execFileSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { openSymbols } from "../../daemon/src/symbols/symbols.ts";
import { compileC, GCC } from "../gcc.ts";
import { scratch } from "../scratch.ts";

const here = (path: string) => fileURLToPath(new URL(path, import.meta.url));

const kernel = here("../../kernel/prebuilt/asyncos-kernel.elf");
export const KERNEL: string | undefined = existsSync(kernel) ? kernel : undefined;

/** Further images for the witnesses: paths in SYMBOLS_IMAGES, with colons between them. */
export const OTHER_IMAGES: readonly string[] = (process.env.SYMBOLS_IMAGES ?? "")
  .split(":")
  .filter((path) => path !== "");

export const open = (path: string) => openSymbols(readFileSync(path), path);

const VARIANTS: Readonly<Record<string, string>> = {
  "c-dwarf4": "-gdwarf-4 -O0",
  "c-dwarf5": "-gdwarf-5 -O0",
  "c-dwarf4-optimised": "-gdwarf-4 -O2",
  "c-dwarf5-optimised": "-gdwarf-5 -O2",
  "c-dwarf4-type-units": "-gdwarf-4 -O2 -fdebug-types-section",
  "c-dwarf5-type-units": "-gdwarf-5 -O1 -fdebug-types-section",
};

/** The C kernel of fixtures/ in several shapes, or nothing where no compiler for it is installed. */
export function compileKernels(): { readonly name: string; readonly path: string }[] {
  if (GCC === undefined) return [];
  const folder = scratch();
  const sources = ["proc.c", "lock.c"].map((name) => here(`fixtures/${name}`));
  return Object.entries(VARIANTS).map(([name, options]) => {
    const path = join(folder, `${name}.elf`);
    compileC(sources, options, path);
    return { name, path };
  });
}

/** The function of fixtures/frame.ll, its frame's base in s0; undefined where LLVM is not installed. */
export function compileFramePointer(): string | undefined {
  const folder = scratch();
  const [object, image] = [join(folder, "frame.o"), join(folder, "frame.elf")];
  try {
    execFileSync("llc-19", ["-O0", "-filetype=obj", here("fixtures/frame.ll"), "-o", object]);
    execFileSync("ld.lld-19", ["-Ttext", "0x80200000", "-e", "half", object, "-o", image]);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    throw error;
  }
  return image;
}
