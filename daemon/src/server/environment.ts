/** The host as a session sees it: files, the kernel in the box and the profiles in the box. */
import { readdirSync, readFileSync } from "node:fs";
import { access, open, readdir, realpath, rename, rm, stat } from "node:fs/promises";
import { basename, join } from "node:path";
import { UserError } from "../base/errors.ts";
import type { Environment } from "../debugger/api.ts";
import { KERNEL_SOURCE_PREFIX, type Layout } from "./layout.ts";

/** A kernel with all its DWARF is some tens of MB; this keeps a wrong path from filling memory. */
const MAX_FILE_BYTES = 512 * 1024 * 1024;

export function createEnvironment(
  layout: Layout,
  overrides: Partial<Environment> = {},
): Environment {
  return {
    readFile: readUserFile,
    replaceFile: replaceUserFile,
    exists: (path) =>
      access(path).then(
        () => true,
        () => false,
      ),
    list: (path) => readdir(path).catch(() => []),
    defer: (callback) => void setImmediate(callback),
    now: () => performance.now(),
    log: (text) => void process.stderr.write(`asyncos: ${text}\n`),
    bundled: {
      kernel: layout.kernel,
      sources: { prefix: KERNEL_SOURCE_PREFIX, path: layout.kernelSources },
    },
    profiles: readProfiles(layout.profiles),
    ...overrides,
  };
}

async function readUserFile(path: string): Promise<Uint8Array> {
  let file: Awaited<ReturnType<typeof open>> | undefined;
  try {
    file = await open(path, "r");
    const stat = await file.stat();
    if (!stat.isFile()) throw new UserError(`${path} is not a file.`);
    if (stat.size > MAX_FILE_BYTES) {
      throw new UserError(`${path} is larger than ${MAX_FILE_BYTES / 2 ** 20} MiB.`);
    }
    return await file.readFile();
  } catch (error) {
    throw error instanceof UserError ? error : new UserError(fileProblem(path, error));
  } finally {
    await file?.close();
  }
}

/** Beside the file and under another name until it is whole; links and the file's mode stay. */
async function replaceUserFile(path: string, bytes: Uint8Array): Promise<void> {
  let draft: string | undefined;
  try {
    const real = await realpath(path);
    const { mode } = await stat(real);
    const name = `${real}.${process.pid}.part`;
    const file = await open(name, "wx", mode);
    draft = name;
    try {
      await file.chmod(mode);
      await file.writeFile(bytes);
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(draft, real);
  } catch (error) {
    if (draft !== undefined) await rm(draft, { force: true });
    throw new UserError(`${path} cannot be written, and is as it was: ${(error as Error).message}`);
  }
}

/** A sentence for what the operating system said about a file. */
function fileProblem(path: string, error: unknown): string {
  switch ((error as NodeJS.ErrnoException).code) {
    case "ENOENT":
    case "ENOTDIR":
      return `${path}: there is no such file.`;
    case "EACCES":
    case "EPERM":
      return `${path} cannot be read: permission denied.`;
    case "EISDIR":
      return `${path} is a folder, not a file.`;
    default:
      return `${path} cannot be read: ${(error as Error).message}`;
  }
}

function readProfiles(folder: string): ReadonlyMap<string, string> {
  const names = readdirSync(folder).filter((name) => name.endsWith(".json"));
  return new Map(
    names.sort().map((name) => [basename(name), readFileSync(join(folder, name), "utf8")]),
  );
}
