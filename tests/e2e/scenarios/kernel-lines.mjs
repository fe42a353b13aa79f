/** Lines of the bundled kernel's sources by what stands there, so that tests survive edits. */
import { readFile } from "node:fs/promises";
import { join } from "node:path";

/** The 1-based number of the only line of `kernel/FILE` that contains `text`. */
export async function kernelLine(root, file, text) {
  const lines = (await readFile(join(root, "kernel", file), "utf8")).split("\n");
  const found = lines.flatMap((line, index) => (line.includes(text) ? [index + 1] : []));
  if (found.length !== 1) throw new Error(`${file} has ${found.length} lines with ${text}`);
  return found[0];
}
