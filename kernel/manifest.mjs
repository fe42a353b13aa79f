// The manifest of the prebuilt image: hashes of the sources that determine it and of the image
// itself, so that nobody commits one without the other.

import { createHash } from "node:crypto";
import { existsSync, readdirSync, readFileSync, statSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

export const KERNEL = dirname(fileURLToPath(import.meta.url));
export const PREBUILT = join(KERNEL, "prebuilt");
export const IMAGE = join(PREBUILT, "asyncos-kernel.elf");
export const MANIFEST = join(PREBUILT, "manifest.json");

/** The disk with the user programs, beside the image: what names the one finds the other. */
export const DISK = "disk.img";

/** Everything that determines the images, apart from the toolchain. Folders are taken whole. */
const SOURCES = [
  "Cargo.lock",
  "Cargo.toml",
  "disk.mjs",
  "flags.mjs",
  "linker.ld",
  "scheduler",
  "src",
  "user",
];

/** Where the programs are, a file each, and where their images with DWARF go. */
const PROGRAM_SOURCES = join(KERNEL, "user", "programs", "src", "bin");
const PROGRAM_IMAGES = join(PREBUILT, "programs");

/** The shared code, which processes map beside their program. No program may have this name. */
export const SCHEDULER = "scheduler";

/** Names of the user programs, sorted: whatever lies in the folder. */
export function programs() {
  const names = readdirSync(PROGRAM_SOURCES)
    .filter((file) => file.endsWith(".rs"))
    .map((file) => file.slice(0, -".rs".length));
  if (names.includes(SCHEDULER)) throw new Error(`a program cannot be named ${SCHEDULER}`);
  return names.sort();
}

export function programImage(name) {
  return join(PROGRAM_IMAGES, `${name}.elf`);
}

/** Paths of the sources below the kernel's folder, sorted, with `/` on every system. */
export function sources() {
  const files = SOURCES.flatMap((name) =>
    statSync(join(KERNEL, name)).isDirectory()
      ? readdirSync(join(KERNEL, name), { recursive: true, withFileTypes: true })
          .filter((entry) => entry.isFile())
          .map((entry) => join(entry.parentPath ?? entry.path, entry.name).slice(KERNEL.length + 1))
      : [name],
  );
  return files.map((file) => file.replaceAll("\\", "/")).sort();
}

/** Hash over the sorted paths and the contents of the sources. */
export function sourcesHash() {
  const hash = createHash("sha256");
  for (const file of sources()) {
    // Git may check text out with other line ends; the compiler does not mind them.
    const text = readFileSync(join(KERNEL, file), "utf8").replaceAll("\r\n", "\n");
    hash.update(`${file}\0${Buffer.byteLength(text)}\0${text}\0`);
  }
  return hash.digest("hex");
}

export function imageHash(image = IMAGE) {
  return createHash("sha256").update(readFileSync(image)).digest("hex");
}

/** Hash of each image below `prebuilt/`, by its path there. */
export function imageHashes(pathOf = (name) => join(PREBUILT, name)) {
  const programImages = [...programs(), SCHEDULER].map((name) => `programs/${name}.elf`);
  const names = ["asyncos-kernel.elf", DISK, ...programImages];
  return Object.fromEntries(
    names.filter((name) => existsSync(pathOf(name))).map((name) => [name, imageHash(pathOf(name))]),
  );
}

export function readManifest() {
  return JSON.parse(readFileSync(MANIFEST, "utf8"));
}

/** What is wrong with the prebuilt image, in sentences; none when it belongs to the sources. */
export function manifestProblems() {
  const manifest = readManifest();
  const problems = [];
  if (manifest.sources !== sourcesHash()) {
    problems.push("kernel/prebuilt was built from other sources: run `npm run build:kernel`");
  }
  const images = imageHashes();
  for (const name of new Set([...Object.keys(manifest.images), ...Object.keys(images)])) {
    if (manifest.images[name] !== images[name]) {
      problems.push(`kernel/prebuilt/${name} is not the image of its manifest`);
    }
  }
  const unknown = existsSync(PROGRAM_IMAGES)
    ? readdirSync(PROGRAM_IMAGES).filter(
        (file) => ![...programs(), SCHEDULER].includes(file.replace(/\.elf$/, "")),
      )
    : [];
  for (const file of unknown) {
    problems.push(`kernel/prebuilt/programs/${file} has no source`);
  }
  return problems;
}
