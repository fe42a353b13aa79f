/**
 * The stacks that a stop shows: machine stacks of harts and of kernel threads, await stacks of
 * coroutines. Unwound once for each stop, as far as somebody asks.
 */
import type { AwaitFrame, Awareness, Wait } from "../awareness/api.ts";
import type { Inspector, StackFrame } from "../inspect/api.ts";
import type { Hart } from "../machine/api.ts";
import type { SourceLocation } from "../symbols/api.ts";

export type Frame =
  | { readonly kind: "machine"; readonly frame: StackFrame; readonly hart: Hart | undefined }
  | { readonly kind: "await"; readonly frame: AwaitFrame; readonly coroutine: number }
  /** Not a frame: a line between two parts of a stack. */
  | {
      readonly kind: "label";
      readonly text: string;
      readonly location: SourceLocation | undefined;
    };

/** More than any kernel stack holds; a stack that does not end is cut here. */
const MAX_FRAMES = 4096;

/** What a DAP thread or a row of a tree stands for. */
export type StackOwner =
  | { readonly kind: "hart"; readonly id: number }
  | { readonly kind: "thread"; readonly id: number }
  | { readonly kind: "coroutine"; readonly id: number };

export class Stacks {
  readonly #harts: readonly Hart[];
  readonly #inspector: Inspector;
  readonly #awareness: Awareness;
  readonly #hiddenAt: (hart: Hart) => number;
  readonly #known = new Map<string, readonly Frame[]>();

  constructor(
    harts: readonly Hart[],
    inspector: Inspector,
    awareness: Awareness,
    hiddenAt: (hart: Hart) => number,
  ) {
    this.#harts = harts;
    this.#inspector = inspector;
    this.#awareness = awareness;
    this.#hiddenAt = hiddenAt;
  }

  /** Forgets everything: the machine ran, or was changed. */
  clear(): void {
    this.#known.clear();
  }

  /** Innermost first; the whole stack. */
  of(owner: StackOwner): readonly Frame[] {
    const key = `${owner.kind} ${owner.id}`;
    let frames = this.#known.get(key);
    if (!frames) {
      frames = this.#read(owner);
      this.#known.set(key, frames);
    }
    return frames;
  }

  #read(owner: StackOwner): readonly Frame[] {
    switch (owner.kind) {
      case "hart": {
        const hart = this.#harts[owner.id];
        if (!hart || hart.state === "stopped") return [];
        return [...machineFrames(this.#inspector.stack(hart), hart, this.#hiddenAt(hart))];
      }
      case "thread":
        return [...machineFrames(this.#awareness.threadStack(owner.id), undefined, 0)];
      case "coroutine":
        return this.#coroutine(owner.id);
    }
  }

  /** Where it waits and what it holds; a running one has the stack of its hart. */
  #coroutine(id: number): readonly Frame[] {
    const info = this.#awareness.coroutine(id);
    if (info?.state === "running" && info.hart !== undefined) {
      return this.of({ kind: "hart", id: info.hart });
    }
    const frames: Frame[] = [];
    for (const frame of this.#awareness.awaitStack(id)) {
      frames.push({ kind: "await", frame, coroutine: id });
    }
    frames.unshift(...this.#call(info?.waitsFor));
    if (info?.spawnedAt) {
      frames.push({ kind: "label", text: "spawned at", location: info.spawnedAt });
    }
    return frames;
  }

  /** What the kernel does for a coroutine that waits for a system call. */
  #call(wait: Wait | undefined): readonly Frame[] {
    if (wait?.kind !== "call" || wait.coroutine === undefined) return [];
    const done = this.#awareness.coroutine(wait.coroutine);
    const text = `system call ${wait.what ?? ""}: coroutine ${wait.coroutine} of the kernel`;
    const label: Frame = { kind: "label", text, location: done?.spawnedAt };
    return done ? [...this.#coroutine(wait.coroutine), label] : [label];
  }
}

function* machineFrames(
  stack: Iterable<StackFrame>,
  hart: Hart | undefined,
  hidden: number,
): Iterable<Frame> {
  let count = 0;
  for (const frame of stack) {
    if (count >= hidden) yield { kind: "machine", frame, hart };
    if (++count >= MAX_FRAMES) {
      const text = `the stack goes on: cut after ${MAX_FRAMES} frames`;
      yield { kind: "label", text, location: undefined };
      return;
    }
  }
}
