/** The kernel in the box, out of a checkout and out of a package's archive. */
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { brotliCompressSync } from "node:zlib";
import { createTar } from "nanotar";
import { beforeEach, expect, test } from "vitest";
import { kernelFolder } from "../../extension/src/daemon/kernel-folder.ts";
import { scratch } from "../scratch.ts";

let home: string;
beforeEach(() => {
  home = scratch();
});

const image = new Uint8Array(300_000).map((_, index) => index % 251);

function packaged(): { root: string; storage: string } {
  const root = join(home, "extension");
  mkdirSync(root);
  const files = [
    { name: "README.md", data: "words" },
    { name: "prebuilt/kernel.elf", data: image },
    { name: "src/empty.rs", data: "" },
  ];
  writeFileSync(join(root, "kernel-0123abcd.tar.br"), brotliCompressSync(createTar(files)));
  return { root, storage: join(home, "storage", "of", "the", "extension") };
}

test("a checkout has it as it is", async () => {
  mkdirSync(join(home, "kernel"));
  expect(await kernelFolder(home, join(home, "storage"))).toBe(join(home, "kernel"));
  expect(readdirSync(home)).toEqual(["kernel"]);
});

test("a package's is unpacked once, by several windows at a time, and older ones go", async () => {
  const { root, storage } = packaged();
  const old = join(storage, "kernel-99");
  mkdirSync(old, { recursive: true });
  const folders = await Promise.all([kernelFolder(root, storage), kernelFolder(root, storage)]);
  const folder = join(storage, "kernel-0123abcd");
  expect(folders).toEqual([folder, folder]);
  expect(readdirSync(storage)).toEqual(["kernel-0123abcd"]);
  expect(readFileSync(join(folder, "README.md"), "utf8")).toBe("words");
  expect(new Uint8Array(readFileSync(join(folder, "prebuilt/kernel.elf")))).toEqual(image);
  expect(readFileSync(join(folder, "src/empty.rs"))).toHaveLength(0);

  writeFileSync(join(folder, "mark"), "");
  expect(await kernelFolder(root, storage)).toBe(folder);
  expect(readdirSync(folder)).toContain("mark");
});

test("a damaged archive is an error, and leaves nothing", async () => {
  const { root, storage } = packaged();
  const archive = join(root, "kernel-0123abcd.tar.br");
  const bytes = readFileSync(archive);
  writeFileSync(archive, bytes.subarray(0, bytes.length / 2));
  await expect(kernelFolder(root, storage)).rejects.toThrow();
  expect(readdirSync(storage)).toEqual([]);
});
