/** What a stop costs that all views show, by how many coroutines there are and what has run since the last one. */
import type { DapClient } from "../../daemon/src/server/client.ts";
import { startDaemon } from "./daemon.ts";
import { print, type Row, timed } from "./table.ts";
import { measureViews, row, VIEWS } from "./views.ts";

const RUN_MILLISECONDS = 200;
const ROUNDS = 15;

export async function stops(root: string): Promise<void> {
  const daemon = await startDaemon(root);
  const rows: Row[] = [];
  for (const coroutines of [1_000, 100_000]) {
    const append = `workload=ring rounds=1000000 coroutines=${coroutines}`;
    const client = await daemon.session({ harts: 4, memory: 512, append });
    await allLive(client, coroutines);
    const many = `${coroutines.toLocaleString("en")} coroutines`;
    const first = await timed(() => Promise.all(Object.values(VIEWS).map((ask) => ask(client, 1))));
    rows.push(row(`first stop, ${many}`, [first.seconds]));
    const step = async (): Promise<number> => {
      await client.request("asyncos/stepHart", { threadId: 1 });
      return (await client.stopped()).threadId!;
    };
    rows.push(...(await measureViews(`after a step, ${many}`, { client, next: step }, ROUNDS)));
    const next = (): Promise<number> => run(client, RUN_MILLISECONDS);
    const running = `after ${RUN_MILLISECONDS} ms of running, ${many}`;
    rows.push(...(await measureViews(running, { client, next }, ROUNDS)));
    await client.request("disconnect", {});
    client.close();
  }
  daemon.close();
  print("all views at a stop, over WebSocket: median (worst)", rows);
}

/** Lets the machine run for a while; the thread in focus afterwards. */
async function run(client: DapClient, milliseconds: number): Promise<number> {
  await client.request("continue", { threadId: 1 });
  await pause(client, milliseconds);
  return 1;
}

async function pause(client: DapClient, milliseconds: number): Promise<void> {
  await new Promise((resolve) => setTimeout(resolve, milliseconds));
  await client.request("pause", { threadId: 1 });
  await client.stopped();
}

/** The workload makes them one after the other. */
async function allLive(client: DapClient, coroutines: number): Promise<void> {
  await pause(client, 1000);
  for (;;) {
    const { total } = await client.request("asyncos/coroutines", { count: 1 });
    if (total >= coroutines) return;
    await run(client, 500);
  }
}
