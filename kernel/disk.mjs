// The disk in the box: an ext2 volume with the user programs below /bin, made by Debian's
// e2fsprogs. The same files give the same bytes, whoever makes it, whenever.

import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** What every volume has of its own, fixed. */
const ID = "a5e0c0de-0000-4000-8000-000000000001";
const TIME = "1700000000";

const BLOCK_SIZE = 1024;
const BLOCKS = 4096;
const INODES = 256;

const TEXTS = {
  "/etc/motd": "This disk came with the kernel. What a run writes to it goes to a copy.\n",
};

/** No tool to make it with. */
export class MissingTool extends Error {}

function run(command, args) {
  const { status, stderr, error } = spawnSync(command, args, {
    encoding: "utf8",
    env: {
      ...process.env,
      E2FSPROGS_FAKE_TIME: TIME,
      PATH: `${process.env.PATH}:/usr/sbin:/sbin`,
    },
  });
  if (error?.code === "ENOENT") {
    throw new MissingTool(
      `There is no ${command}, which makes the disk: apt-get install e2fsprogs`,
    );
  }
  // debugfs says on stderr what it could not do, and ends well.
  const complaint = stderr?.split("\n").filter((line) => line !== "" && !/^\w+ \d/.test(line));
  if (status !== 0 || complaint.length > 0) {
    throw new Error(`${command} failed: ${complaint?.join("\n")}`);
  }
}

/**
 * Makes the disk `image`.
 * @param {Record<string, string>} programs a file for each name
 */
export function makeDisk(image, programs) {
  const folder = mkdtempSync(join(tmpdir(), "asyncos-disk-"));
  try {
    const files = Object.entries(programs).map(([name, path]) => [`/bin/${name}`, path, "0100755"]);
    for (const [index, [name, text]] of Object.entries(TEXTS).entries()) {
      const path = join(folder, `text-${index}`);
      writeFileSync(path, text);
      files.push([name, path, "0100644"]);
    }
    const commands = ["mkdir /bin", "mkdir /etc"];
    for (const [name, path, mode] of files) {
      commands.push(`write ${path} ${name}`, `sif ${name} mode ${mode}`);
      commands.push(`sif ${name} uid 0`, `sif ${name} gid 0`);
    }
    const script = join(folder, "commands");
    writeFileSync(script, `${commands.join("\n")}\n`);
    rmSync(image, { force: true });
    run("mke2fs", [
      ...["-q", "-t", "ext2", "-b", String(BLOCK_SIZE), "-N", String(INODES), "-m", "0"],
      ...["-U", ID, "-E", `hash_seed=${ID},root_owner=0:0`],
      ...["-O", "none,filetype,sparse_super,large_file", image, String(BLOCKS)],
    ]);
    run("debugfs", ["-w", "-f", script, image]);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
