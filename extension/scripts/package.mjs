/**
 * Makes `asyncos-VERSION.vsix`: the extension with everything it runs: the daemon's bundle and
 * profiles, laid out as in the repository, and the kernel's images and sources, compressed together
 * (src/daemon/kernel-folder.ts unpacks them). Nothing is installed on the user's machine, and no
 * `node_modules` goes in.
 */
import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { cp, mkdtemp, readdir, readFile, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join, relative } from "node:path";
import { fileURLToPath } from "node:url";
import { brotliCompressSync, constants } from "node:zlib";
import { createVSIX } from "@vscode/vsce";
import { createTar } from "nanotar";

const extension = join(dirname(fileURLToPath(import.meta.url)), "..");
const root = join(extension, "..");

/** Users download it: it stays small. */
const MOST_BYTES = 5 * 1024 * 1024;

/** From the repository's root, and to where in the package. */
const CONTENTS = [
  ["extension/dist/extension.cjs", "dist/extension.cjs"],
  ["extension/dist/language.cjs", "dist/language.cjs"],
  ["extension/dist/stacks.js", "dist/stacks.js"],
  ["extension/dist/stacks-style.css", "dist/stacks-style.css"],
  ["extension/dist/timeline.js", "dist/timeline.js"],
  ["extension/dist/timeline-style.css", "dist/timeline-style.css"],
  ["extension/l10n", "l10n"],
  ["extension/media", "media"],
  ["extension/package.nls.json", "package.nls.json"],
  ["extension/package.nls.zh-cn.json", "package.nls.zh-cn.json"],
  ["extension/README.md", "README.md"],
  ["extension/CHANGELOG.md", "CHANGELOG.md"],
  ["LICENSE", "LICENSE"],
  ["daemon/dist", "daemon/dist"],
  ["daemon/package.json", "daemon/package.json"],
  ["daemon/profiles", "daemon/profiles"],
];

/** What of the copied folders nobody needs at run time. */
const UNWANTED = /(^|\/)(target|node_modules|[^/]*\.map)$/;

const manifest = JSON.parse(await readFile(join(extension, "package.json"), "utf8"));
const target = join(extension, `${manifest.name}-${manifest.version}.vsix`);

execFileSync(process.execPath, [join(extension, "scripts", "build.mjs"), "--production"], {
  stdio: "inherit",
});
const staging = await mkdtemp(join(tmpdir(), "asyncos-vsix-"));
try {
  for (const [from, to] of CONTENTS) {
    await cp(join(root, from), join(staging, to), {
      recursive: true,
      filter: (path) => !UNWANTED.test(relative(root, path)),
    });
  }
  const kernel = await kernelArchive();
  await writeFile(join(staging, kernel.name), kernel.bytes);
  await writeFile(join(staging, "package.json"), JSON.stringify(shipped(manifest), null, 2));
  await createVSIX({
    cwd: staging,
    packagePath: target,
    dependencies: false,
    allowMissingRepository: true,
    rewriteRelativeLinks: false,
  });
} finally {
  await rm(staging, { recursive: true, force: true });
}
const { size } = await stat(target);
if (size > MOST_BYTES) {
  throw new Error(`${target} has ${size} bytes, more than the ${MOST_BYTES} that are allowed`);
}
console.log(`${relative(root, target)}: ${(size / 1024 / 1024).toFixed(2)} MiB`);

/** The kernel's folder, named after what is inside. */
async function kernelArchive() {
  const folder = join(root, "kernel");
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const paths = entries
    .filter((entry) => entry.isFile())
    .map((entry) => relative(folder, join(entry.parentPath, entry.name)).replaceAll("\\", "/"))
    .filter((path) => !path.split("/").some((part) => UNWANTED.test(part)))
    .sort();
  const files = await Promise.all(
    paths.map(async (name) => ({ name, data: await readFile(join(folder, name)) })),
  );
  const tar = createTar(files, { attrs: { mtime: 0 } });
  const bytes = brotliCompressSync(tar, {
    params: {
      [constants.BROTLI_PARAM_QUALITY]: 9,
      // As far back as the format goes, 16 MiB: from one program to the next.
      [constants.BROTLI_PARAM_LGWIN]: constants.BROTLI_MAX_WINDOW_BITS,
      [constants.BROTLI_PARAM_SIZE_HINT]: tar.length,
    },
  });
  const digest = createHash("sha256").update(tar).digest("hex").slice(0, 16);
  return { name: `kernel-${digest}.tar.br`, bytes };
}

/** The manifest without what only development needs. */
function shipped({ private: _, scripts, dependencies, devDependencies, ...rest }) {
  // All that was staged is wanted; vsce asks for a word on it.
  return { ...rest, files: ["**"] };
}
