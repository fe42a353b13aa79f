/**
 * The kernels of a client's folders, which it names in `asyncos/kernels`: looked at when a file is open
 * whose annotations need it, once, and again when their files have changed.
 */
import type { Knowledge } from "../debugger/api.ts";
import type { KernelFiles } from "../debugger/knowledge.ts";

export interface Kernels {
  /** Undefined where nothing can be known of it. */
  inspect(kernel: KernelFiles): Promise<Knowledge | undefined>;
}

export interface KnownKernel {
  readonly kernel: KernelFiles;
  readonly knowledge: Knowledge;
}

/** More than a window has in its launch configurations. */
const MOST = 16;

export class ClientKernels {
  readonly #inspector: Kernels;
  readonly #changed: () => void;
  #kernels: readonly KernelFiles[] = [];
  #known: readonly KnownKernel[] = [];
  /** Of the kernels as they are: those that were before are not told of any more. */
  #version = 0;
  #looked = false;

  /** `changed`: something else is known now. */
  constructor(inspector: Kernels, changed: () => void) {
    this.#inspector = inspector;
    this.#changed = changed;
  }

  get known(): readonly KnownKernel[] {
    return this.#known;
  }

  /** All of them, and their files as they are now; `needed`: a file is open that shows them. */
  set(kernels: readonly KernelFiles[], needed: boolean): void {
    this.#kernels = kernels.slice(0, MOST);
    this.#version += 1;
    this.#looked = false;
    if (needed) this.need();
    else if (this.#kernels.length === 0) this.#tell([]);
  }

  /** A file is open that shows what is known. */
  need(): void {
    if (this.#looked) return;
    this.#looked = true;
    void this.#look(this.#version);
  }

  dispose(): void {
    this.#version += 1;
    this.#looked = true;
  }

  async #look(version: number): Promise<void> {
    const known: KnownKernel[] = [];
    for (const kernel of this.#kernels) {
      const knowledge = await this.#inspector.inspect(kernel);
      if (version !== this.#version) return;
      if (knowledge) known.push({ kernel, knowledge });
    }
    this.#tell(known);
  }

  #tell(known: readonly KnownKernel[]): void {
    if (known.length === 0 && this.#known.length === 0) return;
    this.#known = known;
    this.#changed();
  }
}
