/** What each view of the extension asks for at a stop, and how long it waits for all of it. */
import type { DapClient } from "../../daemon/src/server/client.ts";
import { median, milliseconds, type Row, timed } from "./table.ts";

/** As many as the view lists, and the executors' rows. */
const LISTED = 200;

const byId = (client: DapClient, ids: readonly unknown[]) =>
  ids.length === 0
    ? Promise.resolve()
    : client.request("asyncos/coroutines", {
        filter: `id:${ids.join(",")}`,
        start: 0,
        count: ids.length,
      });

/** In the order in which a workbench asks, its own views first. */
export const VIEWS: Readonly<
  Record<string, (client: DapClient, threadId: number) => Promise<unknown>>
> = {
  "Call Stack": async (client, threadId) => {
    await client.request("threads");
    await client.request("stackTrace", { threadId, startFrame: 0, levels: 20 });
  },
  Variables: async (client, threadId) => {
    const stack = await client.request("stackTrace", { threadId, startFrame: 0, levels: 1 });
    const { scopes } = await client.request("scopes", { frameId: stack.stackFrames[0].id });
    for (const { expensive, variablesReference } of scopes)
      if (!expensive) await client.request("variables", { variablesReference });
  },
  Harts: (client) => client.request("asyncos/harts"),
  Coroutines: (client) => client.request("asyncos/coroutines", { start: 0, count: LISTED }),
  Executors: async (client) => {
    const { executors } = await client.request("asyncos/executors", { members: LISTED });
    for (const { current } of executors) if (current !== undefined) await byId(client, [current]);
    const [queue] = executors.flatMap(({ queues }: { queues: { coroutines: unknown[] }[] }) =>
      queues.filter(({ coroutines }) => coroutines.length > 0),
    );
    if (queue) await byId(client, queue.coroutines);
  },
  Bitmaps: (client) => client.request("asyncos/bitmaps"),
  Threads: (client) =>
    Promise.all([
      client.request("asyncos/threads"),
      client.request("asyncos/processes"),
      client.request("asyncos/modules"),
    ]),
  Timeline: async (client) => {
    const all = { width: 1600, lanes: { start: 0, count: 40 } };
    await client.request("asyncos/timeline", all);
  },
  "Parallel Stacks": (client) => client.request("asyncos/parallelStacks"),
};

export interface Stopped {
  readonly client: DapClient;
  /** Brings the machine to its next stop, and answers the thread in focus. */
  readonly next: () => Promise<number>;
}

/** All views at once, and each of them alone at stops of its own. */
export async function measureViews(
  what: string,
  { client, next }: Stopped,
  rounds: number,
): Promise<Row[]> {
  const all: number[] = [];
  const ready = new Map<string, number[]>();
  const alone = new Map<string, number[]>();
  const note = (into: Map<string, number[]>, name: string, seconds: number): void => {
    into.set(name, [...(into.get(name) ?? []), seconds]);
  };
  for (let round = 0; round < rounds; round++) {
    const threadId = await next();
    const { seconds } = await timed(() =>
      Promise.all(
        Object.entries(VIEWS).map(async ([name, ask]) => {
          const view = await timed(() => ask(client, threadId));
          note(ready, name, view.seconds);
        }),
      ),
    );
    all.push(seconds);
  }
  for (const [name, ask] of Object.entries(VIEWS)) {
    for (let round = 0; round < Math.min(rounds, 5); round++) {
      const threadId = await next();
      note(alone, name, (await timed(() => ask(client, threadId))).seconds);
    }
  }
  return [
    row(what, all),
    ...Object.keys(VIEWS).map((name) => ({
      what: `  ${name}`,
      ours: `${text(ready.get(name)!)}, alone ${text(alone.get(name)!)}`,
    })),
  ];
}

const text = (samples: readonly number[]): string => milliseconds(median(samples) * 1000);

export const row = (what: string, samples: readonly number[]): Row => ({
  what,
  ours: `${text(samples)} (max ${milliseconds(Math.max(...samples) * 1000)})`,
});
