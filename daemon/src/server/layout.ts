/**
 * Where things lie. The repository and the packaged extension have the same layout, so one rule
 * serves both: everything hangs below the folder that holds `daemon/dist`. Only the kernel may lie
 * elsewhere: a package has it compressed.
 *
 *     ROOT/daemon/dist/{asyncos,session}.mjs    the bundles
 *     ROOT/daemon/profiles/*.json               profiles in the box
 *     ROOT/kernel/prebuilt/asyncos-kernel.elf   the kernel in the box
 *     ROOT/kernel/                              its sources
 */
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

export interface Layout {
  readonly root: string;
  /** The script that workers run: of sessions, and of looks at kernels. */
  readonly session: string;
  readonly profiles: string;
  readonly kernel: string;
  readonly kernelSources: string;
}

/** What the bundled kernel's DWARF says in place of the folder of its sources. */
export const KERNEL_SOURCE_PREFIX = "/asyncos/kernel";

export function layoutOf(root: string, kernelFolder = join(root, "kernel")): Layout {
  return {
    root,
    session: join(root, "daemon", "dist", "session.mjs"),
    profiles: join(root, "daemon", "profiles"),
    kernel: join(kernelFolder, "prebuilt", "asyncos-kernel.elf"),
    kernelSources: kernelFolder,
  };
}

/** The root for a bundle in `ROOT/daemon/dist`, from its `import.meta.url`. */
export function rootOfBundle(url: string): string {
  return dirname(dirname(dirname(fileURLToPath(url))));
}
