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

/** One session's share. Undefined while it runs; `dispose` when it ends. */
export interface AnnotationSource extends Disposable {
  set(annotations: Annotations | undefined): void;
}

export class LiveAnnotations {
  /** Some session stopped, runs again or ended. */
  readonly changed = new Signal<void>();
  readonly #sources = new Map<AnnotationSource, Annotations>();

  source(): AnnotationSource {
    const source: AnnotationSource = {
      set: (annotations) => {
        const known = this.#sources.has(source);
        const { functions = [], awaits = [] } = annotations ?? {};
        if (annotations && functions.length + awaits.length > 0)
          this.#sources.set(source, annotations);
        else if (known) this.#sources.delete(source);
        else return;
        this.changed.emit();
      },
      dispose: () => source.set(undefined),
    };
    return source;
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

function sum(a: FunctionCounts | undefined, b: FunctionCounts): FunctionCounts {
  if (!a) return b;
  return {
    ready: a.ready + b.ready,
    running: a.running + b.running,
    waiting: a.waiting + b.waiting,
    done: a.done + b.done,
  };
}
