/** How fast a session answers, over the real WebSocket: steps, stops, and all views of a stop. */
import type { DapClient } from "../../daemon/src/server/client.ts";
import { startDaemon } from "./daemon.ts";
import { median, milliseconds, print, type Row, timed } from "./table.ts";

const STEPS = 40;

const row = (what: string, samples: readonly number[]): Row => ({
  what,
  ours: `${milliseconds(median(samples) * 1000)} (max ${milliseconds(Math.max(...samples) * 1000)})`,
});

/** Everything that an editor with all views open asks for at a stop. */
async function askForAllViews(client: DapClient, threadId: number): Promise<void> {
  await Promise.all([
    client.request("threads"),
    client.request("asyncos/harts"),
    client.request("asyncos/threads"),
    client.request("asyncos/coroutines", { start: 0, count: 200 }),
    client.request("asyncos/executors", { members: 200 }),
    client.request("asyncos/bitmaps"),
    client.request("asyncos/events", { count: 1000 }),
    client.request("asyncos/machine"),
    (async () => {
      const { stackFrames } = await client.request("stackTrace", {
        threadId,
        startFrame: 0,
        levels: 20,
      });
      const { scopes } = await client.request("scopes", { frameId: stackFrames[0].id });
      for (const scope of scopes)
        if (!scope.expensive)
          await client.request("variables", { variablesReference: scope.variablesReference });
    })(),
  ]);
}

export async function session(root: string): Promise<void> {
  const daemon = await startDaemon(root);
  const rows: Row[] = [];
  const stopAt = (name: string) => async (client: DapClient) => {
    await client.request("setFunctionBreakpoints", { breakpoints: [{ name }] });
  };

  const ring = await daemon.session(
    { harts: 4, append: "workload=ring" },
    stopAt("workload::ring::pass"),
  );
  const { threadId } = await ring.stopped();
  for (const command of ["next", "stepIn"]) {
    const samples: number[] = [];
    for (let i = 0; i < STEPS; i++)
      samples.push(
        (
          await timed(async () => {
            await ring.request(command, { threadId });
            await ring.stopped();
          })
        ).seconds,
      );
    rows.push(row(`${command} by line, 4 harts`, samples));
  }
  const single: number[] = [];
  for (let i = 0; i < STEPS; i++)
    single.push(
      (
        await timed(async () => {
          await ring.request("asyncos/stepHart", { threadId, granularity: "instruction" });
          await ring.stopped();
        })
      ).seconds,
    );
  rows.push(row("one instruction of one hart", single));
  await ring.request("disconnect", {});
  ring.close();

  for (const coroutines of [1_000, 10_000, 100_000]) {
    const storm = await daemon.session(
      { harts: 4, memory: 512, append: `workload=storm coroutines=${coroutines}` },
      stopAt("workload::storm::witness"),
    );
    const stop = await storm.stopped();
    const first = await timed(() => askForAllViews(storm, stop.threadId!));
    rows.push(row(`all views of a first stop with ${coroutines} coroutines`, [first.seconds]));
    const later: number[] = [];
    for (let i = 0; i < 10; i++) {
      await storm.request("asyncos/stepHart", { threadId: stop.threadId });
      await storm.stopped();
      later.push((await timed(() => askForAllViews(storm, stop.threadId!))).seconds);
    }
    rows.push(row(`all views of later stops with ${coroutines} coroutines`, later));
    const merged: number[] = [];
    for (let i = 0; i < 10; i++) {
      await storm.request("asyncos/stepHart", { threadId: stop.threadId });
      await storm.stopped();
      merged.push((await timed(() => storm.request("asyncos/parallelStacks"))).seconds);
    }
    rows.push(row(`parallel stacks of ${coroutines} coroutines`, merged));
    await storm.request("disconnect", {});
    storm.close();
  }

  const spin = await daemon.session({ harts: 2, append: "workload=spin" });
  const pauses: number[] = [];
  for (let i = 0; i < 10; i++) {
    const { seconds, value } = await timed(async () => {
      await spin.request("pause", { threadId: 1 });
      return spin.stopped();
    });
    pauses.push(seconds);
    await spin.request("continue", { threadId: value.threadId });
  }
  rows.push(row("pause of a guest that spins", pauses));
  await spin.request("disconnect", {});
  spin.close();
  daemon.close();
  print("a session over WebSocket: median (worst)", rows);
}
