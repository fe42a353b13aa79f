#!/usr/bin/env node
// Builds the kernel with whichever toolchain is there.
//
//   node build.mjs            build, and put image and manifest into prebuilt/
//   node build.mjs --check    compare sources and prebuilt image with the manifest
//   node build.mjs --verify   build in another folder and compare with the prebuilt image
//   node build.mjs --test     run the unit tests of the modules that need no machine

import { spawnSync } from "node:child_process";
import {
  chmodSync,
  copyFileSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { PROFILE, rustFlags, TARGET } from "./flags.mjs";
import {
  IMAGE,
  imageHash,
  KERNEL,
  MANIFEST,
  manifestProblems,
  readManifest,
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

/** Builds the sources in `folder`; says where the image is, and who built it. */
function build(folder, targetFolder) {
  const toolchain = findToolchain();
  const flags = rustFlags({ kernel: folder, library: toolchain.library, linker: toolchain.linker });
  const cargo = run(
    toolchain.cargo,
    [
      "build",
      "--profile",
      PROFILE,
      "--target",
      TARGET,
      "--target-dir",
      targetFolder,
      ...toolchain.args,
    ],
    {
      cwd: folder,
      stdio: "inherit",
      env: {
        ...process.env,
        ...toolchain.environment,
        CARGO_ENCODED_RUSTFLAGS: flags.join("\x1f"),
      },
    },
  );
  if (cargo.status !== 0) {
    throw new Failure(`cargo failed (${toolchain.name}: ${toolchain.version})`);
  }
  return { image: join(targetFolder, TARGET, PROFILE, "asyncos-kernel"), rustc: toolchain.version };
}

function buildPrebuilt() {
  const { image, rustc } = build(KERNEL, join(KERNEL, "target"));
  mkdirSync(join(KERNEL, "prebuilt"), { recursive: true });
  copyFileSync(image, IMAGE);
  // Nothing that this machine could execute.
  chmodSync(IMAGE, 0o644);
  const manifest = { sources: sourcesHash(), image: imageHash(), rustc };
  writeFileSync(MANIFEST, `${JSON.stringify(manifest, null, 2)}\n`);
  console.log(`kernel/prebuilt/asyncos-kernel.elf: ${manifest.image} (${rustc})`);
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
    const { image, rustc } = build(folder, join(folder, "target"));
    const expected = readManifest();
    if (rustc !== expected.rustc) {
      console.log(
        `built, but not compared: ${rustc} here, ${expected.rustc} made the prebuilt image`,
      );
    } else if (imageHash(image) !== expected.image) {
      throw new Failure("the same sources and compiler give another image than prebuilt/");
    } else {
      console.log("the prebuilt image is what the sources give");
    }
  });
}

/** Modules that read foreign text or bytes, tested on this machine. */
const TESTED = ["args", "device_tree"];

function test() {
  const { rustc } = findToolchain();
  inTemporaryFolder((folder) => {
    for (const module of TESTED) {
      const program = join(folder, module);
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

const MODES = { undefined: buildPrebuilt, "--check": check, "--verify": verify, "--test": test };

try {
  const mode = MODES[process.argv[2]];
  if (mode === undefined || process.argv.length > 3) {
    throw new Failure("usage: node build.mjs [--check | --verify | --test]");
  }
  mode();
} catch (error) {
  if (!(error instanceof Failure)) {
    throw error;
  }
  console.error(error.message);
  process.exitCode = 1;
}
