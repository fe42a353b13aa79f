/** What a false condition on a wake costs: ours through DAP, and GDB's on QEMU. */
import type { DapClient } from "../../daemon/src/server/client.ts";
import { startDaemon } from "./daemon.ts";
import { gdbInstalled, qemuInstalled, runUnderGdb } from "./peers.ts";
import { median, print, type Row, timed } from "./table.ts";

const HERE = 1_000_000;
const THERE = 3_000;
const RUNS = 3;

export async function wakes(root: string, kernel: string): Promise<void> {
  const daemon = await startDaemon(root);
  const append = (count: number) => `workload=wakes wakes=${count}`;
  const run = async (count: number, filters: object): Promise<number> => {
    const configure = async (client: DapClient): Promise<void> => {
      await client.request("setExceptionBreakpoints", { filters: [], ...filters });
    };
    const { value, seconds } = await timed(async () => {
      const client = await daemon.session({ harts: 1, append: append(count) }, configure);
      await client.event("terminated");
      return client;
    });
    value.close();
    return seconds;
  };
  const off = {};
  const simple = { filterOptions: [{ filterId: "wake", condition: "coroutine == 123456" }] };
  const longer = {
    filterOptions: [
      { filterId: "wake", condition: "coroutine == 123456 && prio < 3 && hart == 1" },
    ],
  };
  const cost = async (filters: object): Promise<number> => {
    const samples: number[] = [];
    for (let i = 0; i < RUNS; i++) {
      const bare = await run(HERE, off);
      samples.push(((await run(HERE, filters)) - bare) / HERE);
    }
    return median(samples);
  };
  const ours = await cost(simple);
  const oursLonger = await cost(longer);
  daemon.close();

  let peer: number | undefined;
  if (qemuInstalled() && gdbInstalled()) {
    // Any function that each wake runs serves; GDB pays for the stop, not for what is asked.
    const location = "-function wake_by_ref";
    const samples: number[] = [];
    for (let i = 0; i < RUNS; i++) {
      const bare = await timed(() => runUnderGdb(kernel, append(THERE), undefined));
      const held = await timed(() =>
        runUnderGdb(kernel, append(THERE), { location, condition: "$a0 == 1" }),
      );
      samples.push((held.seconds - bare.seconds) / THERE);
    }
    peer = median(samples);
  }
  const row = (what: string, seconds: number): Row => ({
    what,
    ours: `${(seconds * 1e9).toFixed(0)} ns`,
    ...(peer !== undefined && { peer: `${(peer * 1e6).toFixed(0)} us`, ratio: peer / seconds }),
  });
  print(`a false condition on a wake (${HERE} wakes; GDB ${THERE}; median of ${RUNS})`, [
    row("coroutine == N", ours),
    row("coroutine == N && prio < 3 && hart == 1", oursLonger),
  ]);
}
