#!/usr/bin/env node
// Builds the kernel with whichever toolchain is there.
//
//   node build.mjs            build, and put image and manifest into prebuilt/
//   node build.mjs --check    compare sources and prebuilt image with the manifest
//   node build.mjs --verify   build in another folder and compare with the prebuilt image
//   node build.mjs --clippy   what clippy says is an error
//   node build.mjs --test     run the unit tests of the modules that need no machine

import { spawnSync } from "node:child_process";
import {
  chmodSync,
  copyFileSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { MissingTool, makeDisk } from "./disk.mjs";
import { layoutFlag, POSITION_INDEPENDENT, PROFILE, rustFlags, TARGET } from "./flags.mjs";
import {
  DISK,
  imageHashes,
  KERNEL,
  MANIFEST,
  manifestProblems,
  PREBUILT,
  programs,
  readManifest,
  SCHEDULER,
  sources,
  sourcesHash,
} from "./manifest.mjs";

const NO_TOOLCHAIN = `No Rust toolchain that can build for ${TARGET}. Either, on Debian 12 or later:
    apt-get install --no-install-recommends rustc-web cargo-web rust-web-src lld-19
or, with rustup:
    rustup target add ${TARGET}
The image in prebuilt/ needs neither.`;

/** A failure that the message explains. */
class Failure extends Error {}

function run(command, args, options = {}) {
  return spawnSync(command, args, { encoding: "utf8", ...options });
}

function output(command, args) {
  const result = run(command, args);
  return result.status === 0 ? result.stdout.trim() : undefined;
}

/**
 * Debian's compiler has no library for the target but the library's sources: it builds them
 * too. A rustup shim may come first in PATH, so it is called by its full name.
 */
function debianToolchain() {
  const rustc = "/usr/bin/rustc";
  const library = "/usr/lib/rustlib/src/rust/library";
  const linker = ["ld.lld-19", "ld.lld"].find((name) => output(name, ["--version"]));
  if (!existsSync(rustc) || !existsSync(join(library, "vendor")) || linker === undefined) {
    return undefined;
  }
  return {
    name: "Debian",
    version: output(rustc, ["--version"]),
    rustc,
    cargo: "/usr/bin/cargo",
    library,
    linker,
    environment: { RUSTC: rustc, RUSTC_BOOTSTRAP: "1" },
    args: [
      "-Zbuild-std=core,alloc",
      "--offline",
      "--config",
      'source.crates-io.replace-with="library"',
      "--config",
      `source.library.directory="${library}/vendor"`,
    ],
  };
}

/** rustup's toolchain brings the library compiled, and a linker. */
function rustupToolchain() {
  const sysroot = output("rustc", ["--print", "sysroot"]);
  if (sysroot === undefined || !existsSync(join(sysroot, "lib", "rustlib", TARGET))) {
    return undefined;
  }
  return {
    name: "rustup",
    version: output("rustc", ["--version"]),
    rustc: "rustc",
    cargo: "cargo",
    library: join(sysroot, "lib", "rustlib", "src", "rust", "library"),
    linker: "rust-lld",
    environment: {},
    args: [],
  };
}

function findToolchain() {
  const toolchain = debianToolchain() ?? rustupToolchain();
  if (toolchain === undefined) {
    throw new Failure(NO_TOOLCHAIN);
  }
  return toolchain;
}

/** Calls `action` with a new folder, which is gone afterwards. */
function inTemporaryFolder(action) {
  const folder = mkdtempSync(join(tmpdir(), "asyncos-kernel-"));
  try {
    action(folder);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** A cargo that knows everything but what to build: a function of that. */
function cargoIn(folder, targetFolder) {
  const toolchain = findToolchain();
  const flags = rustFlags({ kernel: folder, library: toolchain.library, linker: toolchain.linker });
  const common = ["--profile", PROFILE, "--target", TARGET, "--target-dir", targetFolder];
  const output = join(targetFolder, TARGET, PROFILE);
  const build = (crate, name, script, { environment = {}, flags: own = [] } = {}) => {
    const { status } = run(
      toolchain.cargo,
      [
        "rustc",
        "--package",
        crate,
        "--bin",
        name,
        ...common,
        ...toolchain.args,
        "--",
        layoutFlag(folder, script),
        ...own,
      ],
      {
        cwd: folder,
        stdio: "inherit",
        env: {
          ...process.env,
          ...toolchain.environment,
          ...environment,
          CARGO_ENCODED_RUSTFLAGS: flags.join("\x1f"),
        },
      },
    );
    if (status !== 0) {
      throw new Failure(`cargo failed (${toolchain.name}: ${toolchain.version})`);
    }
    return join(output, name);
  };
  return { build, output, rustc: toolchain.version };
}

const PT_LOAD = 1;
const PAGE = 4096;

/** An ELF as a machine loads it: what comes behind its segments, DWARF above all, is cut off. */
function stripped(elf) {
  const bytes = Buffer.from(elf);
  const [table, count] = [Number(bytes.readBigUInt64LE(0x20)), bytes.readUInt16LE(0x38)];
  const ends = Array.from({ length: count }, (_, index) => {
    const header = table + 56 * index;
    if (bytes.readUInt32LE(header) !== PT_LOAD) {
      // Of the sections behind, such as what the code was compiled for.
      bytes.fill(0, header, header + 56);
      return 0;
    }
    return Number(bytes.readBigUInt64LE(header + 8) + bytes.readBigUInt64LE(header + 32));
  });
  // No section headers: their place in the file, their number, and that of their names.
  bytes.writeBigUInt64LE(0n, 0x28);
  bytes.writeUInt32LE(0, 0x3c);
  return bytes.subarray(0, Math.max(table + 56 * count, ...ends));
}

/** What an ELF of one segment puts into memory, filled up to whole pages. */
function pagesOf(elf) {
  const bytes = stripped(elf);
  const table = Number(bytes.readBigUInt64LE(0x20));
  const load = Array.from({ length: bytes.readUInt16LE(0x38) }, (_, index) => table + 56 * index);
  const [segment, ...others] = load.filter((header) => bytes.readUInt32LE(header) === PT_LOAD);
  const [offset, size] = [8, 32].map((field) => Number(bytes.readBigUInt64LE(segment + field)));
  if (others.length > 0 || size !== Number(bytes.readBigUInt64LE(segment + 40))) {
    throw new Failure("the scheduler's image must be one segment of bytes");
  }
  const pages = Buffer.alloc(Math.ceil(size / PAGE) * PAGE);
  bytes.copy(pages, 0, offset, offset + size);
  return pages;
}

/** Makes the disk with the programs as machines load them, without DWARF. */
function buildDisk(image, folder, imageOf) {
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  const files = programs().map((name) => {
    const file = join(folder, name);
    writeFileSync(file, stripped(readFileSync(imageOf(name))));
    return [name, file];
  });
  makeDisk(image, Object.fromEntries(files));
}

/** Builds the sources in `folder`; says where each image of `prebuilt/` is, and who built it. */
function build(folder, targetFolder) {
  const cargo = cargoIn(folder, targetFolder);
  const images = {};
  const scheduler = cargo.build("asyncos-scheduler", "scheduler-image", "scheduler/link.ld", {
    flags: POSITION_INDEPENDENT,
  });
  images[`programs/${SCHEDULER}.elf`] = scheduler;
  const pages = join(cargo.output, "scheduler.bin");
  writeFileSync(pages, pagesOf(readFileSync(scheduler)));
  for (const name of programs()) {
    images[`programs/${name}.elf`] = cargo.build("asyncos-programs", name, "user/link.ld");
  }
  images[DISK] = join(cargo.output, DISK);
  buildDisk(images[DISK], join(cargo.output, "programs"), (name) => join(cargo.output, name));
  images["asyncos-kernel.elf"] = cargo.build("asyncos-kernel", "asyncos-kernel", "linker.ld", {
    environment: { ASYNCOS_SCHEDULER: pages },
  });
  return { images, rustc: cargo.rustc };
}

function buildPrebuilt() {
  const { images, rustc } = build(KERNEL, join(KERNEL, "target"));
  rmSync(join(PREBUILT, "programs"), { recursive: true, force: true });
  mkdirSync(join(PREBUILT, "programs"), { recursive: true });
  for (const [name, path] of Object.entries(images)) {
    copyFileSync(path, join(PREBUILT, name));
    // Nothing that this machine could execute.
    chmodSync(join(PREBUILT, name), 0o644);
  }
  const manifest = { sources: sourcesHash(), images: imageHashes(), rustc };
  writeFileSync(MANIFEST, `${JSON.stringify(manifest, null, 2)}\n`);
  console.log(`kernel/prebuilt: ${Object.keys(images).join(", ")} (${rustc})`);
}

function check() {
  const problems = manifestProblems();
  if (problems.length > 0) {
    throw new Failure(problems.join("\n"));
  }
  console.log("kernel/prebuilt belongs to the sources");
}

/** Builds a copy of the sources elsewhere: the bytes must not depend on the folder. */
function verify() {
  check();
  inTemporaryFolder((folder) => {
    for (const file of sources()) {
      cpSync(join(KERNEL, file), join(folder, file));
    }
    const { images, rustc } = build(folder, join(folder, "target"));
    const expected = readManifest();
    const different = Object.entries(imageHashes((name) => images[name])).filter(
      ([name, hash]) => expected.images[name] !== hash,
    );
    if (rustc !== expected.rustc) {
      console.log(
        `built, but not compared: ${rustc} here, ${expected.rustc} made the prebuilt images`,
      );
    } else if (different.length > 0) {
      const names = different.map(([name]) => name).join(", ");
      throw new Failure(`the same sources and compiler give other images than prebuilt/: ${names}`);
    } else {
      console.log("the prebuilt images are what the sources give");
    }
  });
}

/** Modules that read foreign text or bytes, tested on this machine. */
const TESTED = [
  "args",
  "device_tree/mod",
  "fs/ext2/directory",
  "fs/ext2/inode",
  "fs/ext2/superblock",
  "process/elf",
];

function test() {
  const { rustc } = findToolchain();
  inTemporaryFolder((folder) => {
    for (const module of TESTED) {
      const program = join(folder, module.replaceAll("/", "-"));
      const source = join(KERNEL, "src", `${module}.rs`);
      const steps = [
        [rustc, ["--test", "--edition", "2024", "-Adead_code", "-o", program, source]],
        [program, []],
      ];
      for (const [command, args] of steps) {
        if (run(command, args, { stdio: "inherit" }).status !== 0) {
          throw new Failure(`the tests of src/${module}.rs fail`);
        }
      }
    }
  });
}

/** What Debian's clippy says of all crates is an error. */
function clippy() {
  const { name, rustc, environment, args } = findToolchain();
  if (name !== "Debian") throw new Failure("clippy runs with Debian's toolchain: rust-web-clippy");
  inTemporaryFolder((folder) => {
    const { status } = run(
      "/usr/bin/cargo-clippy",
      [
        ...["clippy", "--workspace", "--profile", PROFILE, "--target", TARGET],
        ...["--target-dir", folder, ...args, "--", "-Dwarnings"],
      ],
      {
        cwd: KERNEL,
        stdio: "inherit",
        env: {
          ...process.env,
          ...environment,
          CARGO: "/usr/bin/cargo",
          PATH: `/usr/bin:${process.env.PATH}`,
          // Any file will do where nothing is assembled.
          ASYNCOS_SCHEDULER: rustc,
        },
      },
    );
    if (status !== 0) throw new Failure("clippy has something to say");
  });
}

const MODES = {
  undefined: buildPrebuilt,
  "--check": check,
  "--verify": verify,
  "--clippy": clippy,
  "--test": test,
};

try {
  const mode = MODES[process.argv[2]];
  if (mode === undefined || process.argv.length > 3) {
    throw new Failure("usage: node build.mjs [--check | --verify | --test | --clippy]");
  }
  mode();
} catch (error) {
  if (!(error instanceof Failure || error instanceof MissingTool)) {
    throw error;
  }
  console.error(error.message);
  process.exitCode = 1;
}
