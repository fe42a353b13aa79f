/** What the stopped sessions have to say about source files, all sessions together. */
import { type Disposable, Signal } from "../base/disposable.ts";
import type { Annotations } from "../debugger/api.ts";

export type FunctionCounts = Annotations["functions"][number]["counts"];

/** One `async fn` of a file; `line` from 1. */
export interface AnnotatedFunction {
  readonly line: number;
  readonly name: string;
  readonly counts: FunctionCounts;
}

/** An `.await` of a file at which coroutines are suspended; `line` from 1. */
export interface AnnotatedAwait {
  readonly line: number;
  readonly name: string;
  readonly count: number;
  /** The first few. */
  readonly coroutines: readonly (number | string)[];
}

/** Something written at a line of a file. */
export type CodePlace = NonNullable<Annotations["code"]>["wakers"][number];
/** An async fn or block, or a waker's method (`form` is `waker`). */
export interface CodeSymbol extends CodePlace {
  readonly form: string;
  readonly size?: number;
  readonly awaits?: readonly number[];
}
export type Code = NonNullable<Annotations["code"]>;
export type SelectedCoroutine = NonNullable<Annotations["selected"]>;

/** One session's share. Undefined while it runs; `dispose` when it ends. */
export interface AnnotationSource extends Disposable {
  set(annotations: Annotations | undefined): void;
}

export class LiveAnnotations {
  /** Some session stopped, runs again or ended. */
  readonly changed = new Signal<void>();
  /** Somebody has begun to look, or nobody looks any more. */
  readonly wantedChanged = new Signal<boolean>();
  readonly #sources = new Map<AnnotationSource, Annotations>();
  readonly #viewers = new Set<object>();
  /** Of the session that stopped last: it stays when that runs or has ended. */
  #code: Annotations["code"];

  source(): AnnotationSource {
    const source: AnnotationSource = {
      set: (annotations) => {
        const known = this.#sources.has(source);
        const { awaits = [], code, functions = [], selected } = annotations ?? {};
        this.#code = code ?? this.#code;
        if (annotations && (functions.length + awaits.length > 0 || code || selected))
          this.#sources.set(source, annotations);
        else if (known) this.#sources.delete(source);
        else return;
        this.changed.emit();
      },
      dispose: () => source.set(undefined),
    };
    return source;
  }

  /** Whether an editor shows a file that has annotations: otherwise sessions need not work them out. */
  get wanted(): boolean {
    return this.#viewers.size > 0;
  }

  /** `viewer` has such a file open, or none any more. */
  want(viewer: object, wants: boolean): void {
    const before = this.wanted;
    if (wants) this.#viewers.add(viewer);
    else this.#viewers.delete(viewer);
    if (this.wanted !== before) this.wantedChanged.emit(this.wanted);
  }

  /** The functions of a file by line; sessions, and generic instances of one function, add up. */
  functionsIn(path: string): readonly AnnotatedFunction[] {
    const byLine = new Map<number, AnnotatedFunction>();
    for (const { functions } of this.#sources.values()) {
      for (const entry of functions) {
        if (entry.path !== path) continue;
        const { line, name } = entry;
        byLine.set(line, { line, name, counts: sum(byLine.get(line)?.counts, entry.counts) });
      }
    }
    return [...byLine.values()].sort((a, b) => a.line - b.line);
  }

  /** By line; of a file that no session's ELF knows, what kernels that nobody runs say. */
  symbolsIn(path: string, others: readonly Code[]): readonly CodeSymbol[] {
    for (const code of [this.#code, ...others]) {
      const found = code ? symbolsOf(code, path) : [];
      if (found.length > 0) return found;
    }
    return [];
  }

  /** Methods that wakers call, of the session that stopped last, or else of `others`. */
  wakers(others: readonly Code[]): readonly CodePlace[] {
    return this.#code?.wakers ?? others.flatMap(({ wakers }) => wakers);
  }

  /** What is selected in the sessions that stand. */
  selected(): readonly SelectedCoroutine[] {
    return [...this.#sources.values()].flatMap(({ selected }) => selected ?? []);
  }

  /** The awaits of a file by line; sessions add up. */
  awaitsIn(path: string): readonly AnnotatedAwait[] {
    const byLine = new Map<number, AnnotatedAwait>();
    for (const { awaits } of this.#sources.values()) {
      for (const entry of awaits) {
        if (entry.path !== path) continue;
        const { line, name } = entry;
        const known = byLine.get(line);
        const count = entry.count + (known?.count ?? 0);
        const coroutines = [...(known?.coroutines ?? []), ...entry.coroutines];
        byLine.set(line, { line, name, count, coroutines });
      }
    }
    return [...byLine.values()].sort((a, b) => a.line - b.line);
  }
}

function symbolsOf({ functions, wakers }: Code, path: string): readonly CodeSymbol[] {
  return [...functions, ...wakers.map((each) => ({ ...each, form: "waker" }))]
    .filter((each) => each.path === path)
    .sort((a, b) => a.line - b.line);
}

function sum(a: FunctionCounts | undefined, b: FunctionCounts): FunctionCounts {
  if (!a) return b;
  return {
    ready: a.ready + b.ready,
    running: a.running + b.running,
    waiting: a.waiting + b.waiting,
    done: a.done + b.done,
    polls: a.polls === undefined || b.polls === undefined ? undefined : a.polls + b.polls,
  };
}
