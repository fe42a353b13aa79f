// How the images are compiled: the flags and options that determine their bytes, whichever
// toolchain there is. `build.mjs` adds what differs from machine to machine.

/** RV64 IMAC, lp64: no floating point, so that the kernel runs where there is none. */
export const TARGET = "riscv64imac-unknown-none-elf";

export const PROFILE = "kernel";

/** What the image calls the folders that its sources came from. */
const SOURCE_PREFIX = "/asyncos/kernel";
const LIBRARY_PREFIX = "/asyncos/rust";

/** Where each kind of image lies in memory: the flag for its last step. */
export function layoutFlag(kernel, script) {
  return `-Clink-arg=-T${kernel}/${script}`;
}

/** For what runs wherever it is mapped: the linker lists the addresses in it, its script allows none. */
export const POSITION_INDEPENDENT = ["-Clink-arg=-pie", "-Clink-arg=--no-dynamic-linker"];

/** Flags for every crate. Paths come in as arguments, and go into the images nowhere. */
export function rustFlags({ kernel, library, linker }) {
  return [
    `-Clinker=${linker}`,
    "-Clinker-flavor=ld.lld",
    "-Clink-arg=--build-id=none",
    // Without the assembler's own labels, of which there are thousands.
    "-Clink-arg=--discard-locals",
    // Names that end alike share their bytes.
    "-Clink-arg=-O2",
    // Each static keeps its symbol.
    "-Cllvm-args=--riscv-enable-global-merge=false",
    "-Crelocation-model=static",
    "-Cforce-frame-pointers=yes",
    "-Csymbol-mangling-version=v0",
    "-Cdwarf-version=4",
    // A line step goes over a macro, not through its inside.
    "-Ccollapse-macro-debuginfo=yes",
    `--remap-path-prefix=${kernel}=${SOURCE_PREFIX}`,
    `--remap-path-prefix=${library}=${LIBRARY_PREFIX}`,
  ];
}
