/** How fast a session answers, over the real WebSocket: steps and stops. */
import type { DapClient } from "../../daemon/src/server/client.ts";
import { startDaemon } from "./daemon.ts";
import { print, type Row, timed } from "./table.ts";
import { row } from "./views.ts";

const STEPS = 40;

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
