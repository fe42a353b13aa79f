/**
 * The facts of one stop, each fetched when a view first asks and then shared by all views. A new
 * stop gets a new snapshot.
 */
import type {
  AddressSpace,
  AwaitFrame,
  Bitmap,
  Coroutine,
  CoroutineGroup,
  CoroutineId,
  CoroutinePage,
  Executor,
  Grouping,
  Hart,
  Module,
  Process,
  Thread,
  Variable,
} from "../wire.ts";

/** Sends a request to the session; rejects with the daemon's sentence. */
export type Ask = (command: string, body?: object) => Promise<unknown>;

export interface CoroutineQuery {
  readonly filter?: string;
  readonly start?: number;
  readonly count?: number;
  readonly group?: { readonly by: Grouping; readonly key: string };
  readonly sort?: "readyAge";
}

/** Members of one queue or waker cache that are asked for; the rest is counted. */
export const MEMBERS_LISTED = 200;

export class Snapshot {
  readonly #ask: Ask;
  readonly #answers = new Map<string, Promise<unknown>>();
  /** As at the stop before this one, where they were asked for then. */
  readonly executorsBefore: readonly Executor[];
  #executors: readonly Executor[] = [];

  constructor(ask: Ask, executorsBefore: readonly Executor[] = []) {
    this.#ask = ask;
    this.executorsBefore = executorsBefore;
  }

  /** The same stop, with something in it changed: everything is asked anew. */
  renewed(): Snapshot {
    return new Snapshot(this.#ask, this.executorsBefore);
  }

  /** The stop after this one. */
  followed(): Snapshot {
    return new Snapshot(this.#ask, this.#executors);
  }

  async harts(): Promise<readonly Hart[]> {
    return (await this.#once<{ harts: Hart[] }>("asyncos/harts")).harts;
  }

  async threads(): Promise<readonly Thread[]> {
    return (await this.#once<{ threads: Thread[] }>("asyncos/threads")).threads;
  }

  async processes(): Promise<readonly Process[]> {
    return (await this.#once<{ processes: Process[] }>("asyncos/processes")).processes;
  }

  addressSpace(process: number): Promise<AddressSpace> {
    return this.#once("asyncos/addressSpace", { process, count: MEMBERS_LISTED });
  }

  async modules(): Promise<readonly Module[]> {
    return (await this.#once<{ modules: Module[] }>("asyncos/modules")).modules;
  }

  coroutines(query: CoroutineQuery): Promise<CoroutinePage> {
    return this.#once("asyncos/coroutines", query);
  }

  coroutineGroups(query: {
    readonly by: Grouping;
    readonly filter?: string;
  }): Promise<{ readonly total: number; readonly groups: readonly CoroutineGroup[] }> {
    return this.#once("asyncos/coroutineGroups", query);
  }

  /** Coroutines by id, in the order asked for; ids that no longer live are left out. */
  async coroutinesById(ids: readonly CoroutineId[]): Promise<readonly Coroutine[]> {
    if (ids.length === 0) return [];
    const query = { filter: `id:${ids.join(",")}`, start: 0, count: ids.length };
    const found = new Map((await this.coroutines(query)).coroutines.map((each) => [each.id, each]));
    return ids.map((id) => found.get(id)).filter((each) => each !== undefined);
  }

  async executors(): Promise<readonly Executor[]> {
    const args = { members: MEMBERS_LISTED };
    const found = (await this.#once<{ executors: Executor[] }>("asyncos/executors", args))
      .executors;
    this.#executors = found;
    return found;
  }

  async bitmaps(): Promise<readonly Bitmap[]> {
    return (await this.#once<{ bitmaps: Bitmap[] }>("asyncos/bitmaps")).bitmaps;
  }

  async awaitStack(coroutine: CoroutineId): Promise<readonly AwaitFrame[]> {
    return (await this.#once<{ frames: AwaitFrame[] }>("asyncos/awaitStack", { coroutine })).frames;
  }

  async variables(variablesReference: number): Promise<readonly Variable[]> {
    return (await this.#once<{ variables: Variable[] }>("variables", { variablesReference }))
      .variables;
  }

  #once<Body>(command: string, body?: object): Promise<Body> {
    const key = command + JSON.stringify(body ?? null);
    let answer = this.#answers.get(key);
    if (answer === undefined) {
      answer = this.#ask(command, body);
      this.#answers.set(key, answer);
    }
    return answer as Promise<Body>;
  }
}
