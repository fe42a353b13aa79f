/**
 * What the language server shows at a stop: how many coroutines of each async fn live, by state,
 * which of them are suspended at which line, what the selected one holds, and where async fns and
 * wakers are written.
 */
import { shownId } from "../awareness/ids.ts";
import type { Annotations, Environment } from "./api.ts";
import { codeIndex } from "./code-index.ts";
import { selectedValues } from "./selection.ts";
import type { Session } from "./session.ts";

export class Annotator {
  readonly #session: Session;
  readonly #environment: Environment;
  readonly #tell: (annotations: Annotations | undefined) => void;
  #stop = 0;
  #shown = false;
  #code: Annotations["code"];

  constructor(
    session: Session,
    environment: Environment,
    tell: (annotations: Annotations | undefined) => void,
  ) {
    this.#session = session;
    this.#environment = environment;
    this.#tell = tell;
  }

  /** Counts soon after the stop, so that the stop itself is not delayed. */
  refresh(): void {
    const stop = ++this.#stop;
    this.#environment.defer(() => {
      if (stop !== this.#stop) return;
      void this.#count(stop);
    });
  }

  async #count(stop: number): Promise<void> {
    const annotations = await collect(this.#session);
    if (stop !== this.#stop) return;
    this.#shown = true;
    this.#tell(this.#code ? { ...annotations, code: this.#code } : annotations);
    // Where things are written takes longer, and changes only with the ELFs.
    const { inspector, sources } = this.#session;
    const images = inspector.modules.modules.map(({ symbols }) => symbols);
    const code = await codeIndex(images, sources, this.#environment);
    if (stop !== this.#stop || JSON.stringify(code) === JSON.stringify(this.#code)) return;
    this.#code = code;
    this.#tell({ ...annotations, code });
  }

  /** What was told does not hold any more. */
  clear(): void {
    this.#stop += 1;
    if (!this.#shown) return;
    this.#shown = false;
    this.#tell(undefined);
  }
}

async function collect(session: Session): Promise<Annotations> {
  const { awareness, sources } = session;
  const functions: Annotations["functions"][number][] = [];
  const awaits: Annotations["awaits"][number][] = [];
  for (const { name, location, counts, polls, awaits: sites } of awareness.census()) {
    const { host } = await sources.find(location.path);
    if (host !== undefined)
      functions.push({ path: host, line: location.line, name, counts: { ...counts, polls } });
    for (const { location: at, count, coroutines } of sites) {
      const { host: path } = await sources.find(at.path);
      if (path !== undefined)
        awaits.push({ path, line: at.line, name, count, coroutines: coroutines.map(shownId) });
    }
  }
  return { functions, awaits, selected: await selectedValues(session) };
}
