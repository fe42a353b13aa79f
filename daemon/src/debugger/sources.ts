/**
 * Where the sources that the compiler named are on this host, and back. Rules (prefix to prefix) are
 * tried in order: the user's `sourceMap` first, the kernel in the box last; then the path as it is.
 */
import type { Environment } from "./api.ts";

export interface PathRule {
  /** What compiled paths begin with. */
  readonly compiled: string;
  /** What stands there on this host. */
  readonly host: string;
}

/** A compiled path as this host sees it. */
export interface SourceFile {
  readonly compiled: string;
  /** Undefined when none of `tried` exists. */
  readonly host: string | undefined;
  readonly tried: readonly string[];
}

/** `/` everywhere, no trailing one, and a drive letter in lower case: how paths are compared. */
const comparable = (path: string): string =>
  path
    .replaceAll("\\", "/")
    .replace(/\/+$/, "")
    .replace(/^([A-Z]):/, (_, drive: string) => `${drive.toLowerCase()}:`);

/** The rest of a path below a prefix, with its leading `/`; undefined when it is not below. */
function below(path: string, prefix: string): string | undefined {
  if (path === prefix) return "";
  return path.startsWith(`${prefix}/`) ? path.slice(prefix.length) : undefined;
}

export class Sources {
  readonly #rules: readonly PathRule[];
  readonly #exists: Environment["exists"];
  readonly #found = new Map<string, Promise<SourceFile>>();
  readonly #known = new Map<string, SourceFile>();
  readonly #files: readonly string[];

  /** `files` are all that the ELFs name: what a relative path (of a panic's location) is completed by. */
  constructor(
    environment: Environment,
    sourceMap: Readonly<Record<string, string>>,
    files: readonly string[] = [],
  ) {
    this.#files = files;
    const user = Object.entries(sourceMap).map(([compiled, host]) => ({ compiled, host }));
    const { prefix, path } = environment.bundled.sources;
    this.#rules = [...user, { compiled: prefix, host: path }].map(({ compiled, host }) => ({
      compiled: comparable(compiled),
      host: host.replace(/[\\/]+$/, ""),
    }));
    this.#exists = environment.exists;
  }

  /** Looks for a compiled path on this host; asks the host once for each path. */
  find(compiled: string): Promise<SourceFile> {
    let found = this.#found.get(compiled);
    if (!found) {
      found = this.#search(compiled).then((source) => {
        this.#known.set(compiled, source);
        return source;
      });
      this.#found.set(compiled, found);
    }
    return found;
  }

  /** The host's path of a compiled one that `find` has found before. */
  known(compiled: string): string | undefined {
    return this.#known.get(compiled)?.host;
  }

  /** Asks the host for every file at once, so that stops need not wait for it. */
  async findAll(): Promise<void> {
    await Promise.all(this.#files.map((file) => this.find(file)));
  }

  async #search(compiled: string): Promise<SourceFile> {
    const path = this.#absolute(comparable(compiled));
    const mapped = this.#rules.flatMap((rule) => {
      const rest = below(path, rule.compiled);
      return rest === undefined ? [] : [rule.host + rest];
    });
    const tried = [...new Set([...mapped, compiled])];
    for (const candidate of tried) {
      if (await this.#exists(candidate)) return { compiled, host: candidate, tried };
    }
    return { compiled, host: undefined, tried };
  }

  #absolute(path: string): string {
    if (/^(\/|[a-z]:)/i.test(path)) return path;
    const matches = this.#files.filter((file) => comparable(file).endsWith(`/${path}`));
    return matches.length === 1 ? comparable(matches[0]!) : path;
  }

  /**
   * The compiled path that a host's path means, out of those an ELF has: by the rules, as it is, or
   * as the only one that ends with the same folders and name.
   */
  compiledPath(host: string, files: readonly string[]): string | undefined {
    const path = comparable(host);
    const byRule = this.#rules.flatMap((rule) => {
      const rest = below(path, comparable(rule.host));
      return rest === undefined ? [] : [rule.compiled + rest];
    });
    const wanted = new Set([...byRule, path]);
    return files.find((file) => wanted.has(comparable(file))) ?? closest(path, files);
  }
}

/** The file with the longest common tail of at least folder and name; undefined when two are equally close. */
function closest(path: string, files: readonly string[]): string | undefined {
  const wanted = path.split("/").reverse();
  let best: { readonly file: string; readonly length: number } | undefined;
  let tied = false;
  for (const file of files) {
    const parts = comparable(file).split("/").reverse();
    const different = parts.findIndex((part, index) => part !== wanted[index]);
    const length = different < 0 ? parts.length : different;
    if (length < Math.min(2, parts.length) || length === 0) continue;
    if (best && length === best.length) tied = true;
    else if (!best || length > best.length) {
      best = { file, length };
      tied = false;
    }
  }
  return tied ? undefined : best?.file;
}
