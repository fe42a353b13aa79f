/** Looks at kernels in a thread of its own, one after the other: sessions have the other cores. */
import { Worker } from "node:worker_threads";
import type { Knowledge } from "../debugger/api.ts";
import type { KernelFiles } from "../debugger/knowledge.ts";
import type { Layout } from "./layout.ts";
import type { Inspected, WorkerData } from "./session-messages.ts";

/** Heap for the debugging information of one kernel. */
const MAX_HEAP_MIB = 1024;

export class Inspection {
  readonly #layout: Layout;
  readonly #log: (line: string) => void;
  #last: Promise<unknown> = Promise.resolve();

  constructor(layout: Layout, log: (line: string) => void) {
    this.#layout = layout;
    this.#log = log;
  }

  /** Undefined where nothing can be known; the log says why. */
  of(kernel: KernelFiles): Promise<Knowledge | undefined> {
    const looked = this.#last.then(() => this.#look(kernel));
    this.#last = looked;
    return looked;
  }

  #look(inspect: KernelFiles): Promise<Knowledge | undefined> {
    const worker = new Worker(this.#layout.session, {
      workerData: { layout: this.#layout, inspect } satisfies WorkerData,
      resourceLimits: { maxOldGenerationSizeMb: MAX_HEAP_MIB },
      stdout: true,
    });
    worker.stdout.on("data", (bytes) => process.stderr.write(bytes));
    // A daemon that is to end waits for nobody who looks.
    worker.unref();
    return new Promise((resolve) => {
      const give = (knowledge: Knowledge | undefined, problem?: string) => {
        if (problem !== undefined) this.#log(`a look at a kernel: ${problem}`);
        resolve(knowledge);
        void worker.terminate();
      };
      worker.once("message", (told: Inspected) =>
        "knowledge" in told ? give(told.knowledge) : give(undefined, told.problem),
      );
      worker.once("error", (error) => give(undefined, error.message));
      worker.once("exit", () => resolve(undefined));
    });
  }
}
