/** A first file system for Linux: an archive in cpio's newc format, as the kernel unpacks it. */

interface Entry {
  readonly path: string;
  readonly bytes: Uint8Array;
}

const EXECUTABLE = 0o100755;
const FOLDER = 0o040755;
const ALIGNMENT = 4;

/** Programs in this order; folders come before what is in them. */
export function initramfs(folders: readonly string[], programs: readonly Entry[]): Uint8Array {
  const parts = [
    ...folders.map((path) => entry({ path, bytes: new Uint8Array() }, FOLDER)),
    ...programs.map((program) => entry(program, EXECUTABLE)),
    entry({ path: "TRAILER!!!", bytes: new Uint8Array() }, 0),
  ];
  return new Uint8Array(Buffer.concat(parts.flat()));
}

let inode = 0;

/** Source: Linux, Documentation/driver-api/early-userspace/buffer-format.rst. */
function entry({ path, bytes }: Entry, mode: number): Buffer[] {
  const fields = [++inode, mode, 0, 0, 1, 0, bytes.length, 0, 0, 0, 0, path.length + 1, 0];
  const numbers = fields.map((field) => field.toString(16).padStart(8, "0"));
  return [Buffer.from(`070701${numbers.join("")}${path}\0`), Buffer.from(bytes)].map((part) =>
    Buffer.concat([part, Buffer.alloc(-part.length & (ALIGNMENT - 1))]),
  );
}
