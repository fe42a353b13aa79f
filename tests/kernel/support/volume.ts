/** Volumes made and looked at by e2fsprogs: the witness for what the kernel does to them. */
import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";

const env = { ...process.env, PATH: `${process.env.PATH}:/usr/sbin` };
const tool = (command: string, args: readonly string[]) =>
  spawnSync(command, args, { encoding: "utf8", env });

/** Whether e2fsprogs is installed here. */
export const hasTools = tool("e2fsck", ["-V"]).status === 0;

export type Files = ReadonlyMap<string, Uint8Array>;

function inFolder<T>(action: (folder: string) => T): T {
  const folder = mkdtempSync(join(tmpdir(), "asyncos-volume-"));
  try {
    return action(folder);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** A volume of so many KiB with these files. */
export function makeVolume(files: Files, blockSize: number, kib: number): Uint8Array {
  return inFolder((folder) => {
    const tree = join(folder, "tree");
    mkdirSync(tree);
    for (const [path, bytes] of files) {
      mkdirSync(dirname(join(tree, path)), { recursive: true });
      writeFileSync(join(tree, path), bytes);
    }
    const image = join(folder, "image");
    const made = tool("mke2fs", [
      ...["-q", "-t", "ext2", "-b", String(blockSize), "-d", tree, image, `${kib}k`],
    ]);
    if (made.status !== 0) throw new Error(made.stderr);
    return new Uint8Array(readFileSync(image));
  });
}

export interface Verdict {
  /** Of `e2fsck -fn`: 0 when nothing is wrong. */
  readonly status: number | null;
  readonly text: string;
}

export function check(volume: Uint8Array): Verdict {
  return inFolder((folder) => {
    const image = join(folder, "image");
    writeFileSync(image, volume);
    const { status, stdout } = tool("e2fsck", ["-fn", image]);
    return { status, text: stdout };
  });
}

/** The volume as `e2fsck -fy` leaves it; undefined where it cannot. */
export function repaired(volume: Uint8Array): Uint8Array | undefined {
  return inFolder((folder) => {
    const image = join(folder, "image");
    writeFileSync(image, volume);
    const { status } = tool("e2fsck", ["-fy", image]);
    return status === null || status > 2 ? undefined : new Uint8Array(readFileSync(image));
  });
}

/** What is in some files of a volume; undefined for those that are not there. */
export function readFiles(
  volume: Uint8Array,
  paths: readonly string[],
): ReadonlyMap<string, Uint8Array | undefined> {
  return inFolder((folder) => {
    const image = join(folder, "image");
    writeFileSync(image, volume);
    const target = (index: number) => join(folder, `file-${index}`);
    const commands = paths.map((path, index) => `dump /${path} ${target(index)}`);
    writeFileSync(join(folder, "commands"), `${commands.join("\n")}\n`);
    tool("debugfs", ["-f", join(folder, "commands"), image]);
    const read = (index: number) => {
      try {
        return new Uint8Array(readFileSync(target(index)));
      } catch {
        return undefined;
      }
    };
    return new Map(paths.map((path, index) => [path, read(index)]));
  });
}
