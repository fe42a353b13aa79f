/**
 * What the language server shows at a stop: how many coroutines of each async fn live, by state, and
 * which of them are suspended at which line.
 */
import { shownId } from "../awareness/ids.ts";
import type { Annotations, Environment } from "./api.ts";
import type { Session } from "./session.ts";

export class Annotator {
  readonly #session: Session;
  readonly #environment: Environment;
  readonly #tell: (annotations: Annotations | undefined) => void;
  #stop = 0;
  #shown = false;

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
      void collect(this.#session).then((annotations) => {
        if (stop !== this.#stop) return;
        this.#shown = true;
        this.#tell(annotations);
      });
    });
  }

  /** What was told does not hold any more. */
  clear(): void {
    this.#stop += 1;
    if (!this.#shown) return;
    this.#shown = false;
    this.#tell(undefined);
  }
}

async function collect({ awareness, sources }: Session): Promise<Annotations> {
  const functions: Annotations["functions"][number][] = [];
  const awaits: Annotations["awaits"][number][] = [];
  for (const { name, location, counts, awaits: sites } of awareness.census()) {
    const { host } = await sources.find(location.path);
    if (host !== undefined) functions.push({ path: host, line: location.line, name, counts });
    for (const { location: at, count, coroutines } of sites) {
      const { host: path } = await sources.find(at.path);
      if (path !== undefined)
        awaits.push({ path, line: at.line, name, count, coroutines: coroutines.map(shownId) });
    }
  }
  return { functions, awaits };
}
