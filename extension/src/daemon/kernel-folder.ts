/**
 * The folder of the kernel in the box. A package carries it as one archive, because its programs'
 * DWARF is nearly the same in each: compressed together they are half as large. It is unpacked where
 * the extension may keep files, at the first need.
 */
import { existsSync } from "node:fs";
import { mkdir, mkdtemp, readdir, readFile, rename, rm, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { promisify } from "node:util";
import { brotliDecompress } from "node:zlib";
import { parseTar } from "nanotar";
import { t } from "../base/words.ts";

/** The part in the middle says what is inside. */
const ARCHIVE = /^(kernel-[0-9a-f]+)\.tar\.br$/;

/**
 * `root`: the folder that holds the daemon. `storage`: the extension's own, which need not be there
 * yet. Rejects when the archive cannot be read or written out.
 */
export async function kernelFolder(root: string, storage: string): Promise<string> {
  const plain = join(root, "kernel");
  if (existsSync(plain)) return plain;
  const archive = (await readdir(root)).find((name) => ARCHIVE.test(name));
  if (archive === undefined)
    throw new Error(t("{0} holds no kernel. Install the extension again.", root));
  const name = archive.replace(ARCHIVE, "$1");
  const folder = join(storage, name);
  if (existsSync(folder)) return folder;
  await unpack(join(root, archive), folder);
  await removeOthers(storage, name);
  return folder;
}

/** Whole or not at all: another window may do the same at the same time. */
async function unpack(archive: string, folder: string): Promise<void> {
  await mkdir(dirname(folder), { recursive: true });
  const draft = await mkdtemp(`${folder}.part-`);
  try {
    const tar = await promisify(brotliDecompress)(await readFile(archive));
    for (const { name, data } of parseTar(tar)) {
      const path = join(draft, name);
      await mkdir(dirname(path), { recursive: true });
      await writeFile(path, data ?? "");
    }
    await rename(draft, folder);
  } catch (error) {
    if (!existsSync(folder)) throw error;
  } finally {
    await rm(draft, { recursive: true, force: true });
  }
}

/** Those of other versions of the extension. */
async function removeOthers(storage: string, name: string): Promise<void> {
  for (const other of await readdir(storage)) {
    if (!/^kernel-[0-9a-f]+$/.test(other) || other === name) continue;
    await rm(join(storage, other), { recursive: true, force: true });
  }
}
