// The manifest of the prebuilt image: hashes of the sources that determine it and of the image
// itself, so that nobody commits one without the other.

import { createHash } from "node:crypto";
import { readdirSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

export const KERNEL = dirname(fileURLToPath(import.meta.url));
export const IMAGE = join(KERNEL, "prebuilt", "asyncos-kernel.elf");
export const MANIFEST = join(KERNEL, "prebuilt", "manifest.json");

/** Everything that determines the image, apart from the toolchain. */
const SOURCES = ["Cargo.lock", "Cargo.toml", "flags.mjs", "linker.ld", "src"];

/** Paths of the sources below the kernel's folder, sorted, with `/` on every system. */
export function sources() {
  const files = SOURCES.flatMap((name) =>
    name === "src"
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
  if (manifest.image !== imageHash()) {
    problems.push("kernel/prebuilt/asyncos-kernel.elf is not the image of its manifest");
  }
  return problems;
}
