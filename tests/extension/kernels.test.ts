/** Kernels that F5 finds in a workspace. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import {
  buildCommand,
  cargoNames,
  cargoTarget,
  findKernels,
  isKernelElf,
  kernelConfiguration,
  makeTargets,
} from "../../extension/src/debug/kernels.ts";

const kernel = new Uint8Array(
  readFileSync(join(import.meta.dirname, "../../kernel/prebuilt/asyncos-kernel.elf")),
);

/** The kernel's header with some bytes of it others. */
function changed(bytes: Readonly<Record<number, number>>): Uint8Array {
  const copy = kernel.slice(0, 1024);
  for (const [at, value] of Object.entries(bytes)) copy[Number(at)] = value;
  return copy;
}

test.each([
  ["the bundled kernel", kernel, true],
  ["a position-independent one", changed({ 16: 3 }), true],
  [
    "a user program of it",
    new Uint8Array(
      readFileSync(join(import.meta.dirname, "../../kernel/prebuilt/programs/ring.elf")),
    ),
    false,
  ],
  ["a header without what it loads", kernel.slice(0, 64), false],
  ["this Node", new Uint8Array(readFileSync(process.execPath).subarray(0, 64)), false],
  ["an object file", changed({ 16: 1 }), false],
  ["a core file", changed({ 16: 4 }), false],
  ["32 bits", changed({ 4: 1 }), false],
  ["big-endian", changed({ 5: 2 }), false],
  ["a library without an entry", changed({ 24: 0, 25: 0, 26: 0, 27: 0 }), false],
  ["text", new TextEncoder().encode("kernel: all\n".repeat(20)), false],
  ["a cut header", kernel.slice(0, 40), false],
  ["nothing", new Uint8Array(), false],
])("%s is a kernel: %s", (_what, bytes, expected) => {
  expect(isKernelElf(bytes)).toBe(expected);
});

test("names of a Cargo.toml are those of packages and binaries", () => {
  const manifest = `[package]\nname = "os"\n[[bin]]\nname = "kernel"\n[dependencies.log]\nname = "log"\n`;
  expect(cargoNames(manifest)).toEqual(["os", "kernel"]);
});

test.each([
  [`[build]\ntarget = "riscv64gc-unknown-none-elf"\n`, "riscv64gc-unknown-none-elf"],
  [`[build]\ntarget = "targets/riscv64.json"\n`, "riscv64"],
  ["[unstable]\n", undefined],
])("the target of %j is %s", (config, expected) => {
  expect(cargoTarget(config)).toBe(expected);
});

test("targets of a Makefile are those written out, not assignments", () => {
  const makefile = "K := kernel\n.PHONY: all\nall: build/k.elf\nbuild/k.elf k.sym: main.c\n\tld\n";
  expect(makeTargets(makefile)).toEqual(["all", "build/k.elf", "k.sym"]);
});

/** A folder in memory; `find` answers by what a pattern is for. */
function folder(files: Readonly<Record<string, string | Uint8Array>>) {
  const asked: string[] = [];
  const known = Object.keys(files);
  return {
    asked,
    async find(pattern: string) {
      if (pattern.endsWith("Cargo.toml")) return known.filter((path) => /Cargo\.toml$/.test(path));
      if (pattern.includes(".cargo")) return known.filter((path) => path.includes(".cargo/"));
      if (pattern.includes("Makefile")) return known.filter((path) => path === "Makefile");
      return known;
    },
    async read(path: string) {
      asked.push(path);
      const file = files[path];
      return typeof file === "string" ? new TextEncoder().encode(file) : file;
    },
  };
}

test("Cargo: the package's image for the configured target comes first", async () => {
  const files = folder({
    "Cargo.toml": `[workspace]\nmembers = ["os"]\n`,
    "os/Cargo.toml": `[package]\nname = "os"\n`,
    "os/.cargo/config.toml": `[build]\ntarget = "riscv64imac-unknown-none-elf"\n`,
    "os/src/main.rs": "fn main() {}",
    "target/debug/build-script": kernel,
    "target/riscv64gc-unknown-none-elf/debug/user": kernel,
    "target/riscv64gc-unknown-none-elf/debug/os": kernel,
    "target/riscv64imac-unknown-none-elf/release/os": kernel,
    "target/riscv64imac-unknown-none-elf/release/os.d": "os: main.rs",
  });
  expect(await findKernels(files)).toEqual([
    "target/riscv64imac-unknown-none-elf/release/os",
    "target/riscv64gc-unknown-none-elf/debug/os",
    "target/riscv64gc-unknown-none-elf/debug/user",
  ]);
  expect(files.asked).not.toContain("os/src/main.rs");
});

test("Makefile: what it makes comes before other images; what is none is left out", async () => {
  const files = folder({
    Makefile: "kernel/kernel: kernel/entry.o\n\tld\n",
    "kernel/kernel": kernel,
    "kernel/entry.o": changed({ 16: 1 }),
    "a.elf": kernel,
    "b.elf": "not an ELF",
    README: "words",
  });
  expect(await findKernels(files)).toEqual(["kernel/kernel", "a.elf"]);
});

test.each([
  ["os/.cargo/config.toml", `[build]\ntarget = "riscv64gc-unknown-none-elf"\n`, "cargo build"],
  [".cargo/config", `[build]\ntarget = "kernel/riscv64-asyncos.json"\n`, "cargo build"],
  [".cargo/config.toml", `[build]\ntarget = "thumbv7em-none-eabihf"\n`, undefined],
  ["Cargo.toml", `[package]\nname = "os"\n`, undefined],
])("what builds a folder with the %s %j: %s", async (path, text, expected) => {
  expect(await buildCommand(folder({ [path]: text }))).toBe(expected);
});

test("an empty folder has none", async () => {
  expect(await findKernels(folder({}))).toEqual([]);
});

test("its configuration names the file from the workspace folder", () => {
  expect(kernelConfiguration("kernel/kernel")).toMatchObject({
    name: "AsyncOS: kernel",
    program: "${workspaceFolder}/kernel/kernel",
  });
});
