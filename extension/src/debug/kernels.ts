/**
 * Which files of a workspace are kernels that can be debugged, and what to start them with. Knows no
 * VS Code: files come in by `Files`.
 */

/**
 * The kernel in the box with four harts. Stops at the entry, because whoever starts it this way has
 * set no breakpoint yet.
 */
export const BUNDLED_KERNEL = {
  type: "asyncos",
  request: "launch",
  name: "AsyncOS: bundled kernel",
  harts: 4,
  stopOnEntry: true,
  // The panel is for the views; the console is one tab away.
  internalConsoleOptions: "neverOpen",
};

/** A workspace folder's files, by paths relative to it with `/`. */
export interface Files {
  /** Paths that match a glob pattern. */
  find(pattern: string): Promise<readonly string[]>;
  /** Undefined where it cannot be read. */
  read(path: string): Promise<Uint8Array | undefined>;
}

/** Where builds put images: Cargo's targets, the usual folders of Makefiles, and anything `.elf`. */
const PLACES = ["**/target/*/*/*", "{build,out,bin,kernel}/*", "*", "**/*.elf"];

const CARGO_CONFIGS = "**/.cargo/config{,.toml}";

/** Images that are looked at; what comes later is less likely. */
const MOST_READ = 24;

/** Names that no linked image has: objects, sources, notes of the build. */
const OTHER_FILE = /(^|\/)\.|\.(?!elf$)[^./]+$|(^|\/)target\/(debug|release)\//;

const EI_CLASS_64 = 2;
const EI_DATA_LITTLE = 1;
const ET_EXEC = 2;
const ET_DYN = 3;
const EM_RISCV = 243;

const PT_LOAD = 1;
/** Where the machine's RAM is, at its largest. */
const RAM = { start: 0x8000_0000n, end: 0x1_0000_0000n };

/** Whether these bytes begin an executable for RV64 that is loaded into RAM; user programs are none. */
export function isKernelElf(bytes: Uint8Array): boolean {
  if (bytes.length < 64) return false;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const type = view.getUint16(16, true);
  return (
    view.getUint32(0, false) === 0x7f454c46 &&
    bytes[4] === EI_CLASS_64 &&
    bytes[5] === EI_DATA_LITTLE &&
    (type === ET_EXEC || type === ET_DYN) &&
    view.getUint16(18, true) === EM_RISCV &&
    view.getBigUint64(24, true) !== 0n &&
    physicalAddresses(view).some((at) => at >= RAM.start && at < RAM.end)
  );
}

/** Where the segments are to be loaded, as far as the bytes go. */
function physicalAddresses(view: DataView): readonly bigint[] {
  const [first, size, count] = [
    view.getBigUint64(32, true),
    view.getUint16(54, true),
    view.getUint16(56, true),
  ];
  const found: bigint[] = [];
  for (let index = 0; index < count; index++) {
    const at = Number(first) + index * size;
    if (at + 56 > view.byteLength) break;
    if (view.getUint32(at, true) === PT_LOAD) found.push(view.getBigUint64(at + 24, true));
  }
  return found;
}

/** Names of packages and binaries in a Cargo.toml. */
export function cargoNames(manifest: string): readonly string[] {
  const names: string[] = [];
  let named = false;
  for (const line of manifest.split("\n")) {
    const section = /^\s*\[+([\w.-]+)\]+/.exec(line)?.[1];
    if (section !== undefined) named = section === "package" || section === "bin";
    const name = /^\s*name\s*=\s*["']([^"']+)["']/.exec(line)?.[1];
    if (named && name !== undefined) names.push(name);
  }
  return names;
}

/** The target that a `.cargo/config.toml` builds for; a JSON file's name stands for it. */
export function cargoTarget(config: string): string | undefined {
  const target = /^\s*target\s*=\s*["']([^"']+)["']/m.exec(config)?.[1];
  return target
    ?.split("/")
    .at(-1)
    ?.replace(/\.json$/, "");
}

/**
 * What builds the folder's kernel, where Cargo is set up for RISC-V: for a folder in which no image is
 * found. What a Makefile without an image would make is not known before it has.
 */
export async function buildCommand(files: Files): Promise<string | undefined> {
  for (const path of await files.find(CARGO_CONFIGS)) {
    const config = new TextDecoder().decode((await files.read(path)) ?? new Uint8Array());
    if (cargoTarget(config)?.startsWith("riscv64")) return "cargo build";
  }
  return undefined;
}

/** Files that a Makefile makes, as far as their names are written out. */
export function makeTargets(makefile: string): readonly string[] {
  const targets: string[] = [];
  for (const [, words] of makefile.matchAll(/^([\w./-][\w./ -]*):(?!=)/gm)) {
    for (const word of words!.split(/\s+/)) if (word !== "" && word[0] !== ".") targets.push(word);
  }
  return targets;
}

/** The kernels of a folder, the likeliest first. */
export async function findKernels(files: Files): Promise<readonly string[]> {
  const text = async (path: string): Promise<string> =>
    new TextDecoder().decode((await files.read(path)) ?? new Uint8Array());
  const all = async (pattern: string): Promise<string[]> =>
    Promise.all((await files.find(pattern)).map(text));
  const names = new Set((await all("**/Cargo.toml")).flatMap(cargoNames));
  const targets = new Set((await all(CARGO_CONFIGS)).map(cargoTarget));
  const made = new Set((await all("{Makefile,makefile,GNUmakefile}")).flatMap(makeTargets));
  const found = new Set<string>(made);
  for (const pattern of PLACES) for (const path of await files.find(pattern)) found.add(path);
  const rank = (path: string): number => {
    const [name, , triple] = path.split("/").reverse();
    const own = names.has(name!) || made.has(path) ? 2 : 0;
    return own + (triple !== undefined && targets.has(triple) ? 1 : 0);
  };
  const likely = [...found]
    .filter((path) => !OTHER_FILE.test(path))
    .sort((a, b) => rank(b) - rank(a) || a.localeCompare(b, "en"))
    .slice(0, MOST_READ);
  const heads = await Promise.all(likely.map((path) => files.read(path)));
  return likely.filter((_, index) => {
    const head = heads[index];
    return head !== undefined && isKernelElf(head);
  });
}

/** What starts one of them; `path` is relative to the workspace folder. */
export function kernelConfiguration(path: string): {
  readonly type: string;
  readonly request: string;
  readonly name: string;
  readonly program: string;
  readonly harts: number;
  readonly stopOnEntry: boolean;
} {
  return {
    type: "asyncos",
    request: "launch",
    name: `AsyncOS: ${path.split("/").at(-1)}`,
    program: `\${workspaceFolder}/${path}`,
    harts: 4,
    stopOnEntry: true,
  };
}
