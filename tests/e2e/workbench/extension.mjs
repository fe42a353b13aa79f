/** The extension as users install it. */
import { execFileSync } from "node:child_process";
import { readdir } from "node:fs/promises";
import { join } from "node:path";

/** Makes the package anew; answers its path. */
export async function packageExtension(root) {
  const extension = join(root, "extension");
  execFileSync(process.execPath, [join(extension, "scripts", "package.mjs")], {
    stdio: ["ignore", "ignore", "inherit"],
  });
  const made = (await readdir(extension)).filter((name) => name.endsWith(".vsix"));
  if (made.length !== 1) throw new Error(`one .vsix expected in extension/, found ${made.length}`);
  return join(extension, made[0]);
}
